"""The report reads like the manual's template, says what is not known, and is safe to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.fakes import NOON
from tests.postmortems import scenes
from tests.postmortems.scenes import DAY, HOSTILE, HOUR

from accelerapp.base.ids import IncidentId
from accelerapp.oncall import zones
from accelerapp.postmortems import actions, printed, service, wording, written
from accelerapp.postmortems.model import Issue, Line, Part, PostMortem, Revenue, State

WHOLE = """\
# Incident Report: inc_1

**P1 Nobody can pay**

_Draft, due 2026-03-04 12:40 UTC. Owner: ann. Authors: ben._

## Summary
P1: Nobody can pay.

## Timeline
_Times: UTC, from 2026-03-02._

- **12:00** - Incident detected (by alerts)
- **12:40** - Service restored

## Impact
- **Duration**: 0 hours 40 minutes
- **Users Affected**: 1,200
- **Services Affected**: shop
- **Revenue Impact**: $1,200.00

## Root Cause
A lock.

## Resolution
Rolled back.

## Action Items
1. [ ] Test it - Owner: ben - Due: 2026-03-09
2. [x] Watch it - Owner: not known - Due: not known ([github #7](https://x.example/7))

## Lessons Learned
- test more
"""


def post_mortem(**texts):
    known = PostMortem(IncidentId("inc_1"))
    for name, told in texts.items():
        known = service.write(known, Part(name), told, 0, "ben", NOON)
    return known


def items():
    one = actions.add(IncidentId("inc_1"), [], actions.Wanted("Test it", "ben", date(2026, 3, 9)), "ann", NOON)
    two = actions.finish(actions.add(IncidentId("inc_1"), [], actions.Wanted("Watch it"), "ann", NOON), "ann", NOON)
    return one, replace(two, issue=Issue("github", "#7", "https://x.example/7"))


def test_it_is_the_template_of_the_manual_filled():
    report = replace(scenes.report(post_mortem(lessons="- test more")), actions=items())
    assert written.markdown(report, UTC) == WHOLE


def test_what_is_not_known_is_said_to_be_so():
    report = scenes.report(
        texts={},
        users=None,
        harm=None,
        services=(),
        writer="",
        timeline=(Line(NOON, "Incident detected"), Line(None, "Fix applied")),
    )
    told = written.markdown(report, UTC)
    for words in (
        "**Duration**: not known",
        "**Users Affected**: not known",
        "**Services Affected**: not known",
        "**Revenue Impact**: not known",
        "- **not known** - Fix applied",
        "## Root Cause\nNot known.",
        "## Lessons Learned\nNot known.",
    ):
        assert words in told
    assert printed.html(report, UTC).count("not known") + printed.html(report, UTC).count("Not known") >= 7


def test_what_people_wrote_stands_in_place_of_the_facts():
    known = post_mortem(root_cause="A *leak*.", timeline="| a | b |\n|---|---|\n| 1 | 2 |")
    report = scenes.report(known)
    assert report.sections[Part.ROOT_CAUSE].version == 1
    assert "A *leak*." in written.markdown(report, UTC)
    assert "A lock." not in written.markdown(report, UTC)
    assert "<em>leak</em>" in printed.html(report, UTC)
    assert "<table>" in printed.html(report, UTC)
    emptied = service.write(known, Part.ROOT_CAUSE, "", 1, "ann", NOON)
    assert scenes.report(emptied).sections[Part.ROOT_CAUSE].text == "A lock."
    assert scenes.report(emptied).sections[Part.ROOT_CAUSE].version == 2


def test_a_report_shows_no_html_of_people_and_ends_their_code():
    known = post_mortem(**{part.value: f"{HOSTILE}\n\n```\nopen {part.value}" for part in Part})
    report = scenes.report(known, title=HOSTILE, services=(HOSTILE,), writer=HOSTILE)
    report = replace(
        report, actions=(replace(items()[0], text=HOSTILE, owner=HOSTILE, issue=Issue("x", "1", "javascript:1")),)
    )
    page, told = printed.html(report, UTC), written.markdown(report, UTC)
    assert "<script" not in page
    assert 'href="javascript' not in page
    for both in (page, told):
        assert "\x1b" not in both
        assert "\u202e" not in both
    assert told.count("```") == 2 * len(Part)
    assert page.index("open root_cause") < page.index("<h2>Resolution</h2>") < page.index("open resolution")


@pytest.mark.parametrize(
    ("told", "ends"),
    [("```\na", "```"), ("````\n```\na", "````"), ("~~~\n```\na", "~~~"), ("```\na\n```", "a\n```"), ("a", "a")],
)
def test_a_block_of_code_that_nobody_closed_is_closed(told, ends):
    assert written.whole(told).endswith(ends)
    assert written.whole(written.whole(told)) == written.whole(told)


def test_the_file_stands_alone_and_loads_nothing():
    page = printed.html(scenes.report(), UTC)
    assert "default-src 'none'" in page
    assert "src=" not in page.replace("style-src", "")
    assert "@media print" in page


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 hours 0 minutes"),
        (59, "0 hours 1 minute"),
        (3900, "1 hour 5 minutes"),
        (3601, "1 hour 1 minute"),
        (None, "not known"),
    ],
)
def test_lengths_read_as_in_the_template(seconds, told):
    assert wording.duration(seconds) == told


def test_times_name_the_day_when_there_are_several():
    lines = [Line(NOON, "a"), Line(None, "b"), Line(NOON + 13 * HOUR, "c")]
    assert wording.times(lines, UTC) == ["2026-03-02 12:00", "not known", "2026-03-03 01:00"]


def test_the_hour_that_comes_twice_is_told_apart():
    berlin, first = zones.zone("Europe/Berlin"), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    lines = [Line(first, "a"), Line(first + HOUR, "b")]
    assert wording.times(lines, berlin) == ["02:30 CEST", "02:30 CET"]


def test_money_is_told_for_the_services_whose_rate_is_set():
    report = scenes.report(services=("shop", "search"))
    assert report.revenue == Revenue(1200.0, "$", ("search",))
    assert wording.revenue(report.revenue) == "$1,200.00 (not known for search)"
    assert scenes.report(services=("search",)).revenue is None
    assert scenes.report(harm=None).revenue is None
    assert scenes.report(used=scenes.house("UTC", shop=0.5, search=1)).revenue == Revenue(20.0, "$")


def test_it_is_overdue_until_it_is_published():
    late = NOON + 3 * DAY
    assert scenes.report(now=late).is_overdue
    assert "overdue since 2026-03-04 12:40 UTC" in written.markdown(scenes.report(now=late), UTC)
    assert not scenes.report(PostMortem(IncidentId("inc_1"), State.PUBLISHED), now=late).is_overdue
    assert scenes.report(merged_into=IncidentId("inc_2"), now=late).due_at is None


def test_a_clock_that_was_set_back_gives_no_length_below_zero():
    assert wording.duration(timedelta(minutes=-5).total_seconds()) == "0 hours 0 minutes"
