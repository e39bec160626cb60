"""When an audience is due to hear more, and what follows; and what could be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.fakes import NOON

from accelerapp.base import errors
from accelerapp.base.ids import PagingId
from accelerapp.base.settings.people import Updates
from accelerapp.base.severity import Severity
from accelerapp.incidents import editing, service, team, timeline, updates
from accelerapp.incidents.model import Audience, EntryKind, Impact, Role, Status, Told, Wanted
from accelerapp.incidents.updates import Act, Cadence, Due

MINUTE = timedelta(minutes=1)
INSIDE, OUTSIDE = Audience.INSIDE, Audience.OUTSIDE
P = Severity
GIVEN = Updates()
CADENCE = Cadence({INSIDE: GIVEN.inside, OUTSIDE: GIVEN.outside}, {OUTSIDE: GIVEN.outside_later}, GIVEN.later_after)
DUE = Due(INSIDE, NOON, NOON + 30 * MINUTE, 30 * MINUTE)
MISSED = 10 * MINUTE


def opened(severity=P.P1, **changes):
    return service.open_by_person(Wanted("Nobody can pay", severity, ("shop",), **changes), "ann", NOON)


def minutes(audience, told_after=None, severity=P.P1):
    """How long after the opening the next update is due."""
    told = NOON + told_after * MINUTE if told_after is not None else None
    found = updates.due(opened(severity)[0], audience, CADENCE, NOON, told)
    return (found.at - NOON) / MINUTE if found else None


def test_the_team_hears_every_half_hour_and_everybody_every_20_minutes_for_two_hours():
    assert [minutes(INSIDE, told) for told in (None, 10, 200)] == [30, 40, 230]
    assert [minutes(OUTSIDE, told) for told in (None, 15, 119, 120, 200)] == [20, 35, 139, 180, 260]


def test_p2_is_as_p1_and_the_milder_ones_are_off():
    assert (minutes(INSIDE, severity=P.P2), minutes(OUTSIDE, severity=P.P2)) == (30, 20)
    assert {minutes(audience, severity=each) for audience in Audience for each in (P.P3, P.P4)} == {None}


def test_what_is_over_is_due_no_more():
    incident, _ = opened()
    over, _ = service.resolve(incident, "", "ann", NOON)
    assert updates.due(over, INSIDE, CADENCE, NOON, None) is None


def test_the_time_runs_anew_when_it_is_of_another_severity_or_reopened():
    incident, entries = opened(P.P3)
    late = NOON + 5 * 60 * MINUTE
    worse, more = service.change_severity(incident, P.P1, "ann", late)
    began = updates.began_at(worse, [*entries, *more])
    assert began == late
    assert updates.due(worse, INSIDE, CADENCE, began, NOON + MINUTE).at == late + 30 * MINUTE
    over, _ = service.resolve(worse, "", "ann", late)
    again, back = service.reopen(over, "it is back", "ann", late + 60 * MINUTE)
    assert updates.began_at(again, [*entries, *more, *back]) == late + 60 * MINUTE


def test_notes_do_not_make_time_run_anew():
    incident, entries = opened()
    entries.append(timeline.note(incident.id, "a guess", "ann", NOON + 20 * MINUTE))
    assert updates.began_at(incident, entries) == NOON


def test_it_is_reminded_once_and_paged_once():
    def at(known, after):
        return updates.decide(known, DUE, MISSED, NOON + after * MINUTE)

    assert at(Told(), 29) is Act.NOTHING
    assert at(Told(), 30) is Act.REMIND
    reminded = Told(reminded_for=NOON, reminded_at=NOON + 30 * MINUTE)
    assert (at(reminded, 39), at(reminded, 40)) == (Act.NOTHING, Act.PAGE)
    paged = replace(reminded, paged_for=NOON, paging=PagingId("pgg_1"))
    assert [at(paged, after) for after in (40, 41, 400)] == [Act.NOTHING] * 3


def test_with_an_update_or_the_end_the_page_is_over():
    paged = Told(reminded_for=NOON, reminded_at=NOON, paged_for=NOON, paging=PagingId("pgg_1"))
    later = replace(DUE, base=NOON + 45 * MINUTE, at=NOON + 75 * MINUTE)
    assert updates.decide(paged, later, MISSED, NOON + 46 * MINUTE) is Act.END
    assert updates.decide(paged, None, MISSED, NOON + 46 * MINUTE) is Act.END
    assert updates.decide(replace(paged, paging=None), None, MISSED, NOON) is Act.NOTHING


def test_after_a_long_sleep_people_are_reminded_before_they_are_paged():
    """The product was down for hours, or the clock jumped ahead."""
    wakes = NOON + 300 * MINUTE
    assert updates.decide(Told(), DUE, MISSED, wakes) is Act.REMIND
    reminded = Told(reminded_for=NOON, reminded_at=wakes)
    assert updates.decide(reminded, DUE, MISSED, wakes + 9 * MINUTE) is Act.NOTHING
    assert updates.decide(reminded, DUE, MISSED, wakes + 10 * MINUTE) is Act.PAGE


def test_a_clock_that_was_set_back_reminds_at_once_and_not_in_hours():
    back = NOON - 300 * MINUTE
    assert updates.decide(Told(), DUE, MISSED, back) is Act.REMIND
    reminded = Told(reminded_for=NOON, reminded_at=back)
    assert updates.decide(reminded, DUE, MISSED, back + 9 * MINUTE) is Act.NOTHING
    assert updates.decide(reminded, DUE, MISSED, back + 10 * MINUTE) is Act.PAGE
    before_the_jump = Told(reminded_for=NOON, reminded_at=NOON + 30 * MINUTE)
    assert updates.decide(before_the_jump, DUE, MISSED, back) is Act.PAGE


def test_clocks_that_differ_by_seconds_change_nothing():
    assert updates.decide(Told(), DUE, MISSED, NOON - timedelta(seconds=20)) is Act.NOTHING


def test_the_change_of_the_clock_changes_no_interval_and_the_hour_that_comes_twice_is_named():
    begin = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)
    incident = replace(opened()[0], opened_at=begin, started_at=begin)
    due = updates.due(incident, INSIDE, CADENCE, begin, None)
    assert due.at == begin + 30 * MINUTE
    told = updates.draft(incident, INSIDE, (), due.at, ZoneInfo("Europe/Berlin"))
    assert "since 02:40 CEST" in told
    assert "Next update by 02:10 CET." in told


# -- giving ------------------------------------------------------------------------------------------------------------


def test_an_update_stands_on_the_time_line_with_whom_it_was_told_to():
    incident, _ = opened()
    after, (entry,) = updates.give(incident, " We go back. ", "ann", "the team (ops)", NOON + MINUTE)
    assert (entry.kind, entry.text) == (EntryKind.UPDATE, "Told the team (ops): We go back.")
    assert updates.told(after, INSIDE) == Told(told_at=NOON + MINUTE, told_by="ann")
    assert updates.told(after, OUTSIDE) == Told()


@pytest.mark.parametrize(("text", "mistake"), [(" \x00"[:1], "is missing"), ("x" * 10_001, "at most 10,000")])
def test_nothing_or_a_book_is_no_update(text, mistake):
    with pytest.raises(errors.InvalidInputError, match=mistake):
        updates.give(opened()[0], text, "ann", "the team", NOON)


def test_an_update_of_what_is_over_says_how_to_go_on():
    over, _ = service.resolve(opened()[0], "", "ann", NOON)
    with pytest.raises(service.ResolvedError) as raised:
        updates.give(over, "x", "ann", "the team", NOON)
    assert "incident reopen" in raised.value.mend


# -- drafts ------------------------------------------------------------------------------------------------------------


def test_a_draft_for_the_team_has_the_facts():
    incident, entries = opened()
    incident, _ = team.assign(incident, Role.COMMANDER, "ann", "ann", NOON)
    incident, _ = editing.set_impact(incident, Impact("nobody can pay", NOON), incident.version, "ann", NOON)
    incident, _ = service.change_status(incident, Status.IDENTIFIED, "", "ann", NOON + 5 * MINUTE)
    entries += [
        timeline.note(incident.id, text, "ben", NOON) for text in ("first", "a lock", "<b>\x1b[31m\nit is the release")
    ]
    told = updates.draft(incident, INSIDE, entries, NOON + 60 * MINUTE, UTC)
    assert told.startswith("Identified since 12:05 UTC. Services: shop. Impact from 12:00 UTC: nobody can pay.")
    assert "Lately: a lock; <b>" in told
    assert "\x1b" not in told
    assert told.endswith("Commander: ann. Next update by 13:00 UTC.")
    incident, _ = editing.add_task(incident, "go back", "ann", NOON, owner="ben")
    assert "Being done: go back (ben)." in updates.draft(incident, INSIDE, entries, None, UTC)


def test_a_draft_for_everybody_names_no_person_and_no_cause_and_promises_the_right_time():
    incident, entries = opened()
    incident, _ = team.assign(incident, Role.COMMANDER, "ann", "ann", NOON)
    incident, _ = editing.edit(incident, {"root_cause": "a lock"}, incident.version, "ann", NOON)
    told = updates.draft(incident, OUTSIDE, entries, NOON + 60 * MINUTE, UTC)
    assert told == "We are investigating a problem with shop. The next update comes by 13:00 UTC."
    written = replace(incident, draft="Written by hand.")
    assert updates.draft(written, OUTSIDE, entries, None, UTC) == "Written by hand."
