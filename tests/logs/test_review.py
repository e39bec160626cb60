"""From records to a review: groups, stable ids, bounds, and what stands out."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from accelerapp.flows import log_review
from accelerapp.logs import templates
from accelerapp.logs.model import Level, LogReview
from accelerapp.logs.sources.streams import StreamSource

START = datetime(2026, 11, 24, 9, tzinfo=UTC)


def record(message: str, minute: float = 0, level: Level = Level.INFO, source: str = "a") -> tuple[str, str]:
    """A source and its line."""
    at = (START + timedelta(minutes=minute)).isoformat(timespec="milliseconds")
    return source, f"{at} {level.value.upper()} {message}"


def review(
    records: list[tuple[str, str]],
    until: datetime | None = None,
    ended: tuple[str, ...] = (),
    since: datetime | None = None,
) -> LogReview:
    sources: dict[str, list[str]] = {}
    for source, line in records:
        sources.setdefault(source, []).append(line)
    streams = [StreamSource(name, io.StringIO("\n".join(lines))) for name, lines in sources.items()]
    return log_review.review(
        streams, since or START - timedelta(days=1), until or START + timedelta(days=1), ended=ended
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 17 failed after 250 ms", "order 18 failed after 1.5 s"),
        ("connection from 10.0.0.1:5000 closed", "connection from 10.9.8.7:61000 closed"),
        ("job 3f9a1c20-d4e5-4f60-8a7b-112233445566 ended", "job 00000000-0000-4000-8000-000000000000 ended"),
        ("GET http://a/b?x=1 took long", "GET http://c/d took long"),
        ("read /var/log/app-1.log", "read /var/log/app-22.log"),
        ("mail to ann@example.com sent", "mail to b.c@example.org sent"),
        ("at 0x7ffe12 crashed", "at 0x00ab crashed"),
    ],
)
def test_messages_that_differ_in_what_varies_are_one_pattern(one: str, other: str) -> None:
    assert templates.skeleton(one) == templates.skeleton(other)


def test_a_place_with_many_values_is_a_variable_and_one_with_few_states_is_not() -> None:
    names = ["ann", "bob", "carl", "dora", "emil", "fritz", "gina"]
    assert set(templates.group(f"the account of {name} was opened" for name in names).values()) == {
        "the account of <*> was opened"
    }
    states = [f"worker {state} on this node" for state in ("started", "stopped", "failed")]
    assert len(set(templates.group(states).values())) == 3


def test_a_known_template_takes_what_it_covers_and_stays_as_it_is() -> None:
    known = ["the account of <*> was opened"]
    assert templates.group(["the account of ann was opened"], known) == {"the account of ann was opened": known[0]}
    assert templates.group(["the account of ann was closed"], known)["the account of ann was closed"] != known[0]


def test_words_that_matter_stay() -> None:
    assert templates.skeleton("order failed: no stock") == "order failed: no stock"
    assert templates.skeleton("order failed: no stock") != templates.skeleton("order failed: no money")


def test_the_same_message_has_the_same_id_tomorrow() -> None:
    assert templates.pattern_id("error", "order <*> failed") == "p_6baf121f3e"


def test_the_top_errors_are_grouped_counted_and_have_an_example() -> None:
    found = review([record(f"order {n} failed", level=Level.ERROR) for n in range(7)] + [record("fine")])
    (top,) = found.top_errors
    assert (top.message, top.count, top.example) == ("order <*> failed", 7, "order 0 failed")
    assert found.counts[Level.ERROR] == 7


def test_the_window_leaves_out_what_is_before_and_after() -> None:
    records = [("a", "no time"), record("in", 10), record("before", 1), record("after", 99)]
    found = review(records, START + timedelta(minutes=60), since=START + timedelta(minutes=5))
    assert found.record_count == 2
    assert found.untimed_count == 1


def steady(minutes: int, source: str = "a") -> list[tuple[str, str]]:
    return [record("fine", minute + part / 10, source=source) for minute in range(minutes) for part in range(10)]


def kinds(found: LogReview) -> dict[str, str]:
    return {anomaly.kind: anomaly.description for anomaly in found.anomalies}


def test_a_quiet_log_has_no_anomalies() -> None:
    assert not review(steady(60), START + timedelta(minutes=60)).anomalies


def test_a_new_error_a_jump_and_a_risen_share_are_told_with_figures() -> None:
    errors = [record(f"order {n} failed", 50 + n / 10, Level.ERROR) for n in range(50)]
    found = kinds(review(steady(60) + errors, START + timedelta(minutes=60)))
    assert "since 09:50 UTC, 50 times: order <*> failed" in found["new_pattern"]
    assert "10 errors in the minute of" in found["rate_jump"]
    assert "error_share" in found


def test_few_errors_are_no_anomaly() -> None:
    errors = [record("order failed", 50 + n, Level.ERROR) for n in range(4)]
    assert not kinds(review(steady(60) + errors, START + timedelta(minutes=60)))


def test_a_source_that_stops_is_told_unless_it_has_ended() -> None:
    records = steady(60) + steady(20, source="b")
    until = START + timedelta(minutes=60)
    assert "b has logged nothing for 40 min" in kinds(review(records, until))["silence"]
    assert "silence" not in kinds(review(records, until, ended=("b",)))


def test_a_stretch_of_a_few_minutes_is_too_short_to_judge() -> None:
    errors = [record("order failed", n / 100, Level.ERROR) for n in range(100)]
    assert not review(errors, START + timedelta(minutes=2)).anomalies
