"""The time line writes itself: each call with what became of it, and storms a minute at a time; nothing twice."""

from __future__ import annotations

import pytest
from tests.incidents.stories import ANN, MINUTE, ROOT, SECOND

from accelerapp.flows.incident_story import Story
from accelerapp.incidents.model import EntryKind
from accelerapp.notifications.model import Delivered, Failed


@pytest.fixture
def told(anywhere):
    """Tells all that there is to tell of the only incident; its lines of calls and alerts."""
    line = Story(anywhere.work, anywhere.work, anywhere.clock)

    def look(kind):
        line.tell_calls()
        line.tell_alerts()
        assert (line.tell_calls(), line.tell_alerts()) == (0, 0), "nothing is told twice"
        entries = anywhere.incidents.detail(anywhere.only().id, ROOT, 10_000).entries
        return [f"{each.at:%H:%M} {each.text}" for each in entries if each.kind is kind]

    return look


def test_each_call_is_told_with_what_became_of_it(anywhere, told):
    story = anywhere
    story.answers = lambda call: Failed("the carrier refuses") if call.person == "ann" else Delivered()
    story.fire()
    story.wait(6 * MINUTE)
    assert told(EntryKind.PAGE) == [
        "12:00 Call 1 (shop): ann by ntfy, failed: the carrier refuses.",
        "12:00 Call 2 (shop): ben by ntfy, delivered at 12:00:30.",
        "12:05 Call 3 (shop): cat by ntfy, delivered at 12:05:30.",
    ]
    first = next(each for each in story.detail_of(story.only()).entries if each.kind is EntryKind.PAGE)
    assert first.evidence[0].target == story.pager.pages()[0].id


def test_calls_that_an_answer_spared_are_not_told_as_made(anywhere, told):
    story = anywhere
    story.fire()
    story.incidents.acknowledge(story.only().id, ANN)
    story.wait(20 * MINUTE)
    assert told(EntryKind.PAGE) == ["12:00 Call 1 (shop): ann by ntfy, delivered at 12:00:00."]


def test_a_call_that_is_under_way_is_told_when_it_is_over(anywhere, told):
    story, line = anywhere, Story(anywhere.work, anywhere.work, anywhere.clock)
    story.open()
    before = len(told(EntryKind.PAGE))
    with story.work() as stores:
        (paging,) = stores.pagings.find()
        assert stores.outbox.of_paging(paging.id)
    assert line.tell_calls() == 0
    story.wait(6 * MINUTE)
    assert len(told(EntryKind.PAGE)) == before + 1


def test_what_ended_after_the_incident_is_still_told(anywhere, told):
    story = anywhere
    story.fire()
    story.end()
    assert not story.only().is_open
    assert len(told(EntryKind.PAGE)) == 1


def test_a_storm_is_a_line_a_minute(anywhere, told):
    story = anywhere
    story.fire()
    for number in range(24):
        story.fire(instance=f"host-{number}")
        story.wait(5 * SECOND)
    story.wait(2 * MINUTE)
    lines = told(EntryKind.ALERT)
    assert len(lines) <= 6
    assert sum("more came" in line for line in lines) >= 2
    assert all(len(line) < 1500 for line in lines)


def test_alerts_that_end_while_others_stay_are_told_together(anywhere, told):
    story = anywhere
    story.fire()
    for name in "abcd":
        story.fire(instance=name)
    story.wait(5 * MINUTE)
    for name in "abc":
        story.end(instance=name)
    story.wait(2 * MINUTE)
    assert any("12:05 Within a minute 3 alerts ended" in line and "2 remain" in line for line in told(EntryKind.ALERT))
