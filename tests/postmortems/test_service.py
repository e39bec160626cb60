"""What the pure verbs decide and refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.fakes import NOON

from accelerapp.base import errors
from accelerapp.base.ids import IncidentId
from accelerapp.base.severity import Severity
from accelerapp.oncall import zones
from accelerapp.postmortems import actions, service
from accelerapp.postmortems.model import Issue, Part, PostMortem, State

MINUTE = timedelta(minutes=1)
NEW = PostMortem(IncidentId("inc_1"))
BERLIN = zones.zone("Europe/Berlin")


def test_two_who_write_different_sections_lose_nothing():
    one = service.write(NEW, Part.ROOT_CAUSE, "a lock", 0, "ann", NOON)
    both = service.write(one, Part.LESSONS, "test it", 0, "ben", NOON)
    assert {part: each.text for part, each in both.sections.items()} == {
        Part.ROOT_CAUSE: "a lock",
        Part.LESSONS: "test it",
    }
    assert both.authors == ("ann", "ben")


def test_of_two_who_write_the_same_section_the_second_is_told_what_stands_there():
    one = service.write(NEW, Part.ROOT_CAUSE, "a lock", 0, "ann", NOON)
    with pytest.raises(
        service.OvertakenError, match=r"ann has written the section root_cause at 12:00 UTC.*a lock"
    ) as told:
        service.write(one, Part.ROOT_CAUSE, "a leak", 0, "ben", NOON + MINUTE)
    assert told.value.section.text == "a lock"
    assert service.write(one, Part.ROOT_CAUSE, "a leak", 1, "ben", NOON).sections[Part.ROOT_CAUSE].version == 2


def test_the_same_text_twice_is_one_version():
    one = service.write(NEW, Part.SUMMARY, "text\r\nmore ", 0, "ann", NOON)
    assert service.write(one, Part.SUMMARY, "text\nmore", 0, "ben", NOON) is one


def test_an_emptied_section_still_guards_against_a_writer_who_saw_less():
    one = service.write(service.write(NEW, Part.SUMMARY, "text", 0, "ann", NOON), Part.SUMMARY, "", 1, "ann", NOON)
    with pytest.raises(service.OvertakenError):
        service.write(one, Part.SUMMARY, "other", 1, "ben", NOON)


def test_what_is_published_is_taken_back_before_it_is_written_on():
    review = service.move(NEW, State.IN_REVIEW, "ann", NOON)
    assert service.write(review, Part.SUMMARY, "text", 0, "ann", NOON).state is State.IN_REVIEW
    done = service.move(review, State.PUBLISHED, "ben", NOON)
    with pytest.raises(errors.WrongUseError, match="is published") as told:
        service.write(done, Part.SUMMARY, "text", 0, "ann", NOON)
    assert "postmortem draft inc_1" in told.value.mend
    assert service.move(done, State.DRAFT, "ann", NOON).state is State.DRAFT


@pytest.mark.parametrize(("known", "wanted"), [(State.DRAFT, State.PUBLISHED), (State.PUBLISHED, State.IN_REVIEW)])
def test_no_step_is_left_out(known, wanted):
    with pytest.raises(errors.WrongUseError, match="at once"):
        service.move(PostMortem(NEW.incident, known), wanted, "ann", NOON)


def test_the_same_step_twice_is_told():
    with pytest.raises(errors.WrongUseError, match="is draft already"):
        service.move(NEW, State.DRAFT, "ann", NOON)


def test_a_text_that_is_too_long_is_refused_and_what_no_database_takes_is_replaced():
    with pytest.raises(errors.InvalidInputError, match="at most 100,000 characters"):
        service.write(NEW, Part.SUMMARY, "x" * 100_001, 0, "ann", NOON)
    assert service.write(NEW, Part.SUMMARY, "a\x00b\ud800", 0, "ann", NOON).sections[Part.SUMMARY].text == "a\ufffdb?"


@pytest.mark.parametrize(
    ("resolved", "due"),
    [
        ("2026-03-02T14:00", "2026-03-04T14:00"),  # Monday: Wednesday
        ("2026-03-06T14:00", "2026-03-10T14:00"),  # Friday: Tuesday
        ("2026-03-07T09:00", "2026-03-10T09:00"),  # Saturday: Tuesday
        ("2026-03-27T14:00", "2026-03-31T14:00"),  # over the change of the clocks, the same time on the wall
    ],
)
def test_it_is_due_after_two_working_days(resolved, due):
    at = datetime.fromisoformat(resolved).replace(tzinfo=BERLIN)
    found = service.due_at(Severity.P1, at.astimezone(UTC), BERLIN)
    assert found == datetime.fromisoformat(due).replace(tzinfo=BERLIN)


def test_of_a_p3_and_of_what_is_not_over_none_is_asked_for():
    assert service.due_at(Severity.P3, NOON, UTC) is None
    assert service.due_at(Severity.P2, None, UTC) is None


def action():
    return actions.add(NEW.incident, [], actions.Wanted("Test it"), "ann", NOON)


def test_an_action_item_is_done_once():
    done = actions.finish(action(), "ben", NOON)
    with pytest.raises(errors.WrongUseError, match="ben has done it already"):
        actions.finish(done, "ann", NOON)
    assert not actions.resume(done).is_done


def test_an_action_item_needs_words():
    with pytest.raises(errors.InvalidInputError, match="text: is missing"):
        actions.add(NEW.incident, [], actions.Wanted(" \n"), "ann", NOON)


def test_there_is_a_most_of_them():
    with pytest.raises(errors.WrongUseError, match="that is the most"):
        actions.add(NEW.incident, [action()] * 200, actions.Wanted("one more"), "ann", NOON)


def test_two_do_not_make_an_issue_at_once():
    begun = actions.begin_export(action(), "ann", NOON)
    with pytest.raises(errors.WrongUseError, match="ann makes an issue of act_"):
        actions.begin_export(begun, "ben", NOON + MINUTE)


def test_a_try_that_died_is_taken_over_and_its_beginning_is_remembered():
    begun = actions.begin_export(action(), "ann", NOON)
    again = actions.begin_export(begun, "ben", NOON + 11 * MINUTE)
    assert again.export
    assert (again.export.by, again.export.first_at) == ("ben", NOON)
    assert actions.end_export(again, Issue("github", "#1", "https://x.example")).export is None
