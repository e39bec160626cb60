"""Samples written, packed, thinned and read again, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
import pytest
from metrics.collecting import HOUR, MINUTE, NOON, PERIOD, World, scraped

from accelerapp.base import errors
from accelerapp.flows import metric_keeping
from accelerapp.metrics.promql import evaluator
from accelerapp.metrics.promql.matchers import Matcher
from accelerapp.metrics.sources.embedded import EmbeddedSource
from accelerapp.storage.tables import metric_blocks, metric_scrapes, metric_series, metric_targets
from accelerapp.storage.unit_of_work import Database


@pytest.fixture(params=databases.KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with databases.opened(request, request.param, tmp_path) as database:
        yield database


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def value(world: World, text: str, at: int | None = None) -> float | None:
    found = evaluator.instant(world.history, text, world.now if at is None else at).elements
    assert len(found) < 2, found
    return found[0].point.value if found else None


def tidy(world: World, retention: timedelta = timedelta(days=2), rollup: timedelta = timedelta(days=30)) -> int:
    now = datetime.fromtimestamp(world.now / 1000, UTC)
    return metric_keeping.tidy(world.reading, world.writing, retention, rollup, now)


def count(database: Database, table) -> int:
    with database.read() as work:
        return len(work.execute(table.select()).all())


def asked_often(world: World) -> None:
    """From now on the history keeps a head."""
    for _ in range(51):
        value(world, "up")


@pytest.mark.parametrize("often", [False, True])
def test_what_was_scraped_is_found(world: World, often: bool) -> None:
    if often:
        asked_often(world)
    world.run(10 * MINUTE)
    assert value(world, 'hits_total{replica="shop-1"}') == 390
    assert value(world, "increase(hits_total[5m])") == pytest.approx(200, rel=0.06)
    assert value(world, "up") == 1
    assert value(world, "nothing") is None


def test_hours_that_are_over_are_packed_and_read_the_same(world: World, database: Database) -> None:
    world.run(5 * HOUR, period=MINUTE)
    texts = ("increase(hits_total[4h])", "count_over_time(up[5h])", "hits_total offset 3h")
    before = [value(world, text) for text in texts]
    scrapes = count(database, metric_scrapes)
    tidy(world)
    assert count(database, metric_blocks) == 3
    assert count(database, metric_scrapes) == scrapes - 180
    assert [value(world, text) for text in texts] == before
    assert [value(World(database), text, world.now) for text in texts] == before


def test_old_samples_are_thinned_then_forgotten_and_their_series_with_them(world: World, database: Database) -> None:
    world.run(6 * HOUR, period=MINUTE)
    tidy(world, retention=timedelta(hours=3))
    assert value(world, "increase(hits_total[1h] offset 4h)") == pytest.approx(600, rel=0.02)
    assert value(world, "count_over_time(hits_total[1h] offset 4h)") == pytest.approx(31, abs=1)
    assert tidy(world, timedelta(hours=3), timedelta(hours=4)) > 0
    assert value(world, "hits_total offset 5h") is None
    for _ in range(5 * 60):
        world.collector.take("other", [], [], world.now)
        world.run(MINUTE, period=MINUTE)
    assert count(database, metric_targets) == 1


def test_a_target_that_is_gone_for_good_is_forgotten_with_its_series(world: World, database: Database) -> None:
    world.scrape(scraped('old{a="b"} 1', "old"), scraped("hits_total 1"))
    series = count(database, metric_series)
    world.now += PERIOD
    world.run(5 * HOUR, period=MINUTE)
    tidy(world, timedelta(hours=3), timedelta(hours=3))
    tidy(world, timedelta(hours=3), timedelta(hours=3))
    assert count(database, metric_targets) == 1
    assert count(database, metric_series) < series


def test_a_process_that_died_has_lost_nothing_and_the_next_one_goes_on(world: World, database: Database) -> None:
    world.run(10 * MINUTE)
    after = World(database)
    after.now = world.now
    after.run(10 * MINUTE)
    assert value(after, "count_over_time(hits_total[20m])") == 80
    assert value(after, "rate(hits_total[10m])") == pytest.approx(10 / 15, rel=0.05)
    asked_often(after)
    assert value(after, "count_over_time(hits_total[20m])") == 80


def test_two_processes_that_take_turns_write_one_series(world: World, database: Database) -> None:
    other = World(database)
    for turn in range(40):
        for each in (world, other):
            each.now = NOON + turn * PERIOD
        (world if turn % 2 else other).run(PERIOD)
    assert value(world, "count_over_time(hits_total[20m])") == 40
    asked_often(other)
    assert value(other, "count_over_time(hits_total[20m])") == 40
    world.now = other.now = NOON + 3 * HOUR
    tidy(world)
    assert value(World(database), "count_over_time(hits_total[4h])", world.now) == 40


def test_when_a_target_does_not_answer_its_series_end_and_up_is_zero(world: World) -> None:
    world.run(2 * MINUTE)
    assert world.scrape(scraped(None, trouble="It cannot be reached.")) == ["shop/shop-1: It cannot be reached."]
    assert value(world, "hits_total") is None
    assert value(world, "up") == 0
    world.now += PERIOD
    world.run(PERIOD)
    assert value(world, "hits_total", world.now) is not None


def test_a_replica_that_is_gone_ends_with_its_up(world: World) -> None:
    world.scrape(scraped("hits_total 1", "shop-1"), scraped("hits_total 1", "shop-2"))
    world.now += PERIOD
    world.scrape(scraped("hits_total 2", "shop-1"))
    assert value(world, "count(hits_total)") == 1
    assert value(world, "count(up)") == 1


def test_a_service_without_metrics_is_not_down(world: World) -> None:
    world.scrape(scraped(None, trouble="answers 404", serves_none=True))
    assert value(world, "up") is None
    world.scrape(scraped("hits_total 1", "shop-2"))
    world.now += PERIOD
    world.scrape(scraped(None, "shop-2", trouble="answers 404", serves_none=True))
    assert value(world, 'up{replica="shop-2"}') == 0


def test_garbage_and_too_much_are_said_and_never_silent(world: World) -> None:
    [said] = world.scrape(scraped("<html>nothing</html>"))
    assert "Line 1" in said
    assert value(world, "up") == 0
    world.now += PERIOD
    [said] = world.scrape(scraped("\n".join(f'a{{id="{each}"}} 1' for each in range(1000))))
    assert "too many series" in said
    assert value(world, "up") == 1
    assert value(world, 'scrape_samples_dropped{reason="too many series"}') is None  # no room is left for it either
    assert value(world, "count(a)") is not None


def test_a_target_whose_series_change_all_the_time_is_numbered_anew(world: World, database: Database) -> None:
    for turn in range(20):
        world.scrape(scraped("hits_total 1\n" + "\n".join(f'a{{id="{turn}-{each}"}} 1' for each in range(20))))
        world.now += PERIOD
    assert 10 <= value(world, "count(a)", world.now - PERIOD) <= 20  # at most what the last scrape had
    assert value(world, "count_over_time(hits_total[10m])") == 20
    assert 2 <= count(database, metric_targets) <= 10


@pytest.mark.parametrize("often", [False, True])
def test_a_clock_that_is_set_back_writes_history_anew_from_there(world: World, often: bool) -> None:
    if often:
        asked_often(world)
    world.run(10 * MINUTE)
    value(world, "up")
    world.now = NOON + 5 * MINUTE
    world.scrape(scraped("hits_total 7"))
    assert value(world, "hits_total") == 7
    assert value(world, "count_over_time(hits_total[10m])") == 21
    world.now += PERIOD
    world.scrape(scraped("hits_total 8"))
    assert value(world, "hits_total") == 8


def test_a_clock_that_jumps_ahead_for_a_moment_takes_no_history_with_it(world: World, database: Database) -> None:
    world.run(3 * HOUR, period=MINUTE)
    here = world.now
    world.now += 400 * 24 * HOUR
    world.scrape(scraped("hits_total 1"))
    assert tidy(world) == 0
    world.now = here
    world.run(MINUTE, period=MINUTE)
    assert value(world, "count_over_time(hits_total[3h])", here) == 181
    assert value(world, "hits_total") is not None
    asked_often(world)
    assert value(world, "count_over_time(hits_total[10m])", here) == 11


def test_nobody_can_tell_of_a_time_when_nothing_was_scraped(world: World) -> None:
    source = EmbeddedSource(world.history, world.history.has_scrapes)
    noon = datetime.fromtimestamp(NOON / 1000, UTC)
    with pytest.raises(errors.CannotTellError, match="Nothing was scraped"):
        source.instant("up", noon)
    world.run(MINUTE)
    later = noon + timedelta(minutes=1)
    assert source.instant("nothing", later).elements == ()
    with pytest.raises(errors.WrongUseError):
        source.instant("sum(", later)
    with pytest.raises(errors.CannotTellError):
        source.instant("up", later + timedelta(minutes=10))
    for _ in range(51):
        source.instant("up", later)
    world.now += 6 * MINUTE
    with pytest.raises(errors.CannotTellError):
        source.instant("up", later + timedelta(minutes=6))


def test_a_damaged_block_cannot_tell_rather_than_be_empty(world: World, database: Database) -> None:
    world.run(3 * HOUR, period=MINUTE)
    tidy(world)
    with database.write() as work:
        work.execute(metric_blocks.update().values(samples=b"acc1 damaged bytes"))
    with pytest.raises(errors.CannotTellError, match="damaged"):
        value(world, "hits_total offset 170m")


def test_hours_of_questions_are_answered_the_same_from_memory_and_from_the_database(
    world: World, database: Database
) -> None:
    asked_often(world)
    texts = (
        "hits_total",
        "increase(hits_total[1h])",
        "count_over_time(hits_total[1h])",
        "sum(count_over_time(churn[1h]))",
    )
    for turn in range(18):
        world.run(9 * MINUTE, period=MINUTE)
        world.scrape(scraped(f'hits_total 1\nchurn{{turn="{turn}"}} 1'))
        memory = [value(world, text) for text in texts]
        assert memory == [value(World(database), text, world.now) for text in texts]
        world.now += MINUTE
    kept = world.history._recent.head.select([Matcher("__name__", "=", "churn")], 0, 0)
    assert 7 <= len(kept) <= 9  # those of the last hour and a quarter, not all 18
