"""From nouns to what the eye gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests import fakes

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName
from accelerapp.console import acts, figures, frame, looks, plots, review
from accelerapp.console.asking import Answer
from accelerapp.health import model as health
from accelerapp.health import service as health_service
from accelerapp.logs import model as logs
from accelerapp.metrics import model as metrics
from accelerapp.platforms import interface as platforms

NOW = fakes.NOON
SHOP = fakes.SHOP


def state_of(verdict: health.Verdict) -> health.HealthState:
    found = health.CheckResult("url", "Address", verdict, "", ("It answers 500.",))
    report = health_service.report(SHOP, NOW, [found], 0.1)
    return health.HealthState(SHOP, verdict, NOW, NOW, report)


# -- states ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "tone"), [("healthy", "ok"), ("degraded", "warning"), ("down", "critical"), ("unknown", "unknown")]
)
def test_each_verdict_has_a_tone_and_a_word(verdict: str, tone: str) -> None:
    standing = looks.standing(Answer(state_of(health.Verdict(verdict))))
    assert (standing.tone, standing.word) == (tone, verdict.capitalize())
    assert standing.reasons == ("It answers 500.",)


def test_no_report_yet_is_unknown_and_not_well() -> None:
    assert looks.standing(Answer(None)).tone is looks.Tone.UNKNOWN


def test_a_store_that_cannot_tell_is_unknown_with_its_sentence() -> None:
    standing = looks.standing(Answer(trouble="The database is locked.", mend="Wait."))
    assert (standing.tone, standing.reasons, standing.mend) == (
        looks.Tone.UNKNOWN,
        ("The database is locked.",),
        "Wait.",
    )


def test_a_replica_that_runs_and_is_not_ready_is_not_shown_as_well() -> None:
    assert looks.replica(fakes.replica()).tone is looks.Tone.OK
    assert looks.replica(fakes.replica(ready=False)).tone is looks.Tone.WARNING


@pytest.mark.parametrize("state", list(platforms.ReplicaState))
def test_every_state_of_a_replica_keeps_the_platforms_word(state: platforms.ReplicaState) -> None:
    assert looks.replica(fakes.replica(state=state, ready=False)).word == state.value


def test_a_service_without_any_ready_replica_is_worse_than_one_that_misses_some() -> None:
    two = fakes.workload(fakes.replica(1), fakes.replica(2))
    assert looks.readiness(two) is looks.Tone.OK
    assert looks.readiness(replace(two, ready=1)) is looks.Tone.WARNING
    assert looks.readiness(replace(two, ready=0)) is looks.Tone.CRITICAL
    assert looks.readiness(replace(two, ready=0, desired=0)) is looks.Tone.OK


def test_only_web_addresses_become_links() -> None:
    assert looks.is_web("https://grafana.example.com")
    assert not looks.is_web("javascript:alert(1)")
    assert not looks.is_web("")


def test_commands_in_a_sentence_stand_out_and_the_rest_is_escaped() -> None:
    assert looks.coded("Run `up` <b>") == "Run <code>up</code> &lt;b&gt;"
    assert looks.coded("`<i>`") == "<code>&lt;i&gt;</code>"
    assert looks.coded("a lone ` backtick") == "a lone ` backtick"


def test_a_pattern_shows_what_varies_and_is_found_again_by_what_does_not() -> None:
    assert looks.pattern("order <*> <b>") == "order <mark>*</mark> &lt;b&gt;"
    assert looks.fixed("a <*> payment (card) failed <*>") == r"payment\ \(card\)\ failed"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s ago"), (89, "89 s ago"), (90, "1 min ago"), (5400, "1 h ago"), (172_800, "2 d ago"), (-60, "in 60 s")],
)
def test_an_age_has_one_unit(seconds: int, said: str) -> None:
    assert frame.age(NOW - timedelta(seconds=seconds), NOW) == said


# -- plots -------------------------------------------------------------------------------------------------------------


def series(
    replica: str, values: list[float | None], metric: metrics.Metric = metrics.Metric.CPU, step: float = 10
) -> metrics.Series:
    start = NOW.timestamp() - step * len(values)
    times = tuple(start + step * index for index in range(len(values)))
    return metrics.Series(SHOP, ReplicaName(replica), metric, "cores", times, tuple(values))


def test_the_figures_of_a_line_leave_missing_values_out() -> None:
    row = plots.plots([series("shop-1", [1.0, None, 3.0, 2.0])])[0].rows[0]
    assert (row.last, row.minimum, row.median, row.maximum) == (2.0, 1.0, 2.0, 3.0)


def test_a_line_without_a_value_has_no_figures() -> None:
    row = plots.plots([series("shop-1", [None, None])])[0].rows[0]
    assert (row.last, row.minimum, row.maximum) == (None, None, None)


def test_of_too_many_lines_the_highest_stay_in_the_order_of_their_names_and_the_rest_is_counted() -> None:
    plot = plots.plots([series(f"shop-{n:02}", [float(n)]) for n in range(20)])[0]
    assert [row.name for row in plot.rows] == [f"shop-{n:02}" for n in range(12, 20)]
    assert plot.left_out == 12


def test_what_the_browser_draws_has_gaps_a_limit_and_a_mark_for_each_revision_in_sight() -> None:
    shown = plots.plots([series("shop-1", [1024.0**2, None], metrics.Metric.MEMORY)])
    revisions = [
        platforms.Revision(2, "1.1.0", NOW - timedelta(minutes=10), "ana"),
        platforms.Revision(1, "1.0.0", NOW - timedelta(days=2), "ana"),
    ]
    drawn = plots.document(shown, NOW, 60, 256 * 1024**2, revisions)
    assert drawn["marks"] == [{"t": 3000, "label": "1.1.0"}]
    cpu, memory = drawn["plots"]
    assert (cpu["limit"], memory["limit"]) == (None, 256)
    assert memory["lines"] == [{"name": "shop-1", "t": [3580, 3590], "v": [1.0, None]}]


def test_what_is_drawn_stays_the_same_between_two_samples() -> None:
    drawn = [plots.document((), NOW + timedelta(seconds=n), 60, None, ()) for n in (1, 9)]
    assert drawn[0] == drawn[1]


def test_the_small_line_starts_at_zero_and_breaks_where_nobody_was_measured() -> None:
    step = 60.0
    path = plots.spark([series("shop-1", [1.0, 1.0, None, None, 2.0, 2.0], step=step)], NOW)
    assert path.count("M") == 2
    assert path.endswith("2.0")
    assert plots.spark([], NOW) == ""
    assert plots.spark([series("shop-1", [0.0, 0.0], step=step)], NOW)


def test_a_review_draws_several_minutes_in_one_bar_when_there_are_many_and_loses_none() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    minutes = [logs.Minute(start + timedelta(minutes=n), 10, 2, 1) for n in range(0, 1440, 2)]
    drawn = review.document(minutes)
    assert drawn is not None
    assert drawn["step"] == 240
    assert sum(drawn["total"]) == 7200
    assert len(drawn["total"]) <= review.MOST_BARS
    assert [row.name for row in review.rows(drawn)] == ["errors", "warnings", "other"]
    assert review.document([]) is None


# -- figures of checks -------------------------------------------------------------------------------------------------


def test_a_figure_is_written_by_the_unit_that_its_name_ends_with() -> None:
    found = figures.figures(
        {
            "memory_bytes": 3 * 1024**2,
            "memory_percent": 93.4,
            "latency_ms": 2.0,
            "share": 0.051,
            "cpu_cores": 0.5,
            "records": 4180,
            "ready": True,
            "size_bytes": None,
            "at": "2026-03-02T12:00:00+00:00",
            "missing": ["a", "b"],
        }
    )
    assert {each.label: each.cell.text for each in found} == {
        "Memory": "3 MiB",
        "Memory, %": "93 %",
        "Latency": "2 ms",
        "Share": "5.1 %",
        "CPU": "0.50 cores",
        "Records": "4,180",
        "Ready": "yes",
        "Size": "–",
        "At": "2026-03-02 12:00:00 UTC",
        "Missing": "a, b",
    }


def test_lists_of_things_are_tables_and_lists_within_them_too() -> None:
    windows = [{"name": "hour", "errors": 3, "top": [{"message": "no", "count": 3}]}, {"name": "minute", "top": []}]
    first, second = figures.tables({"windows": windows})
    assert [head.label for head in first.heads] == ["Name", "Errors"]
    assert [cell.text for cell in first.rows[1]] == ["minute", "–"]
    assert first.heads[1].cell.is_number
    assert (second.label, second.rows[0][1].text) == ("Windows, hour: top", "3")


# -- acts --------------------------------------------------------------------------------------------------------------

TWO = fakes.workload(fakes.replica(1), fakes.replica(2))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (3, "1 more replica starts."),
        (5, "3 more replicas start."),
        (1, "1 replica is stopped."),
        (2, "nothing changes"),
    ],
)
def test_scaling_says_what_will_happen(wanted: int, said: str) -> None:
    act = acts.scale(TWO, wanted)
    assert said in act.steps[0]
    assert act.button == f"Scale shop to {wanted}"
    assert act.values == {"replicas": wanted}


def test_stopping_everything_is_named_and_destructive() -> None:
    act = acts.scale(TWO, 0)
    assert act.button == "Stop all replicas of shop"
    assert act.is_destructive


@pytest.mark.parametrize("wanted", [-1, 101])
def test_a_number_of_replicas_that_cannot_be_is_refused(wanted: int) -> None:
    with pytest.raises(errors.WrongUseError):
        acts.scale(TWO, wanted)


def test_an_act_without_its_value_asks_for_it() -> None:
    assert not acts.scale(TWO, None).ready
    assert not acts.version(TWO, "").ready


def test_undo_without_a_number_means_the_revision_before() -> None:
    known = [platforms.Revision(number, f"{number}.0", NOW, "ana") for number in (3, 2, 1)]
    workload = replace(TWO, revision=3, version="3.0")
    assert acts.undo(workload, known, None).button == "Roll back shop to 2.0"
    assert acts.undo(workload, known, 1).values == {"to": 1}
    with pytest.raises(errors.NotFoundError, match="revision 9"):
        acts.undo(workload, known, 9)
    with pytest.raises(errors.NotFoundError, match="earlier revision"):
        acts.undo(replace(workload, revision=1), known[2:], None)
