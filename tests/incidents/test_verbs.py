"""What the pure verbs decide and refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes import NOON

from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.incidents import editing, joining, service, team, timeline
from accelerapp.incidents.model import EntryKind, Evidence, Impact, Role, Status, Wanted

MINUTE = timedelta(minutes=1)
MARKDOWN = "# What we saw\n\n<script>alert(1)</script> [x](javascript:alert(2)) ![](x)\n"


def opened(title="Nobody can pay", **changes):
    return service.open_by_person(Wanted(title, **{"severity": Severity.P2, **changes}), "ann", NOON)[0]


def refused(mistake, call, *arguments, **named):
    with pytest.raises(errors.WrongUseError, match=mistake) as raised:
        call(*arguments, **named)
    return raised.value


@pytest.mark.parametrize(("severity", "minutes"), [("P1", 15), ("P2", 60), ("P3", 240), ("P4", 1440)])
def test_each_severity_is_to_be_answered_in_the_time_of_the_manual(severity, minutes):
    assert opened(severity=Severity[severity]).respond_by == NOON + minutes * MINUTE


def test_all_mistakes_of_a_wish_are_told_at_once():
    wanted = Wanted(" ", Severity.P2, ("",), "x" * 100_001, started_at=NOON + MINUTE)
    told = str(refused("has 4 mistakes", service.open_by_person, wanted, "ann", NOON))
    for words in ("title: is missing", "takes at most 100,000 characters", "started_at: has not come", "services: is"):
        assert words in told


def test_what_no_database_takes_is_replaced():
    incident = opened("a\x00b \ud800 c\nd")
    assert incident.title == "a\ufffdb ? c d"


def test_a_late_answer_says_how_late():
    _, (entry,) = service.acknowledge(opened(), "ann", NOON + 70 * MINUTE)
    assert entry.text == "ann sees to it, 10 min after it should have been answered."


def test_after_the_end_only_notes_and_what_is_put_right_go_on():
    over, _ = service.resolve(opened(), "undone", "ann", NOON)
    for act in (
        lambda: service.acknowledge(over, "ann", NOON),
        lambda: service.change_status(over, Status.MONITORING, "", "ann", NOON),
        lambda: service.resolve(over, "", "ann", NOON),
        lambda: team.assign(over, Role.COMMANDER, "ann", "ann", NOON),
    ):
        error = refused("is resolved by ann", act)
        assert f"incident reopen {over.id}" in error.mend
    assert timeline.note(over.id, "afterwards", "ann", NOON).text == "afterwards"
    assert service.change_severity(over, Severity.P1, "ann", NOON)[1][0].text == "P2 became P1."
    assert editing.edit(over, {"root_cause": "a lock"}, over.version, "ann", NOON)[0].root_cause == "a lock"


def test_reopened_it_begins_anew_and_keeps_what_is_known():
    incident, _ = service.change_status(opened(), Status.IDENTIFIED, "", "ann", NOON)
    over, _ = service.resolve(incident, "undone", "ann", NOON)
    refused("why: is missing", service.reopen, over, " ", "ann", NOON)
    again, (entry,) = service.reopen(over, "it is back", "ben", NOON + MINUTE)
    assert (again.status, again.resolved_at, again.resolved_by) == (Status.INVESTIGATING, None, "")
    assert again.identified_at is None
    assert (entry.kind, entry.text) == (EntryKind.REOPENED, "Reopened: it is back")
    refused("is open: it is investigating", service.reopen, again, "x", "ben", NOON)


def test_the_same_again_is_said():
    incident = opened()
    refused("is P2 already", service.change_severity, incident, Severity.P2, "ann", NOON)
    refused("is investigating already", service.change_status, incident, Status.INVESTIGATING, "", "ann", NOON)


# -- parts -------------------------------------------------------------------------------------------------------------


def test_command_is_taken_over_only_by_who_names_the_one_before():
    one, _ = team.assign(opened(), Role.COMMANDER, "ann", "ann", NOON)
    refused("ann is commander", team.assign, one, Role.COMMANDER, "ben", "ben", NOON)
    two, (entry,) = team.assign(one, Role.COMMANDER, "ben", "ben", NOON, "ann")
    assert (two.roles[Role.COMMANDER], entry.text) == ("ben", "ben is commander instead of ann.")
    refused("ben is commander", team.assign, two, Role.COMMANDER, "cat", "cat", NOON, "ann")
    refused("ben is commander of .* already", team.assign, two, Role.COMMANDER, "ben", "ben", NOON)
    refused("nobody is", team.assign, two, Role.SCRIBE, "cat", "cat", NOON, "ann")


def test_who_helps_may_leave():
    one, _ = team.assign(opened(), Role.RESPONDER, "ben", "ann", NOON)
    refused("ben is a responder", team.assign, one, Role.RESPONDER, "ben", "ann", NOON)
    assert "ben" in one.people
    two, _ = team.leave(one, Role.RESPONDER, "ben", "ben", NOON)
    assert two.responders == ()
    refused("ben is not responder", team.leave, two, Role.RESPONDER, "ben", "ben", NOON)
    lead, _ = team.assign(two, Role.COMMUNICATIONS, "cat", "ann", NOON)
    gone, (entry,) = team.leave(lead, Role.COMMUNICATIONS, "cat", "cat", NOON)
    assert (gone.roles, entry.text) == ({}, "cat is not communications lead any more.")


# -- edits -------------------------------------------------------------------------------------------------------------


def test_who_comes_second_to_a_field_is_told_what_the_first_wrote():
    incident = opened()
    first, _ = editing.edit(incident, {"root_cause": "a lock"}, incident.version, "ann", NOON)
    error = refused(
        "ann has changed the root cause at 12:00 UTC, to: a lock",
        editing.edit,
        first,
        {"root_cause": "a leak"},
        incident.version,
        "ben",
        NOON,
    )
    assert f"the version is now {first.version}" in error.mend
    other, _ = editing.edit(first, {"tags": ("pay",)}, incident.version, "ben", NOON)
    assert (other.root_cause, other.tags) == ("a lock", ("pay",)), "another field is nobody's loss"
    same, told = editing.edit(other, {"root_cause": "a lock"}, incident.version, "ben", NOON)
    assert (same, told) == (other, [])


def test_an_impact_is_not_lost_either():
    incident = opened()
    first, (entry,) = editing.set_impact(incident, Impact("no orders", NOON, None, 5), incident.version, "ann", NOON)
    assert entry.text == "Impact from 12:00 UTC, 5 users: no orders"
    assert first.draft.endswith("no orders")
    refused("ann has changed the impact", editing.set_impact, first, Impact("x"), incident.version, "ben", NOON)
    wrong = Impact("x", None, NOON, -1)
    told = str(refused("has 2 mistakes", editing.set_impact, first, wrong, first.version, "ann", NOON))
    assert "users: is a number" in told and "ends_at: comes after" in told


def test_a_draft_that_somebody_wrote_is_kept_and_others_follow_the_facts():
    incident = opened(services=("shop",))
    followed, _ = editing.edit(incident, {"components": ("Checkout",)}, 1, "ann", NOON)
    assert "with Checkout" in followed.draft
    written, told = editing.edit(followed, {"draft": "Sorry!"}, followed.version, "ann", NOON)
    assert told == []
    kept, _ = editing.edit(written, {"components": ("Search",)}, written.version, "ann", NOON)
    assert kept.draft == "Sorry!"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x", "https://", "x"]
)
def test_links_lead_to_the_web_alone(url):
    refused("begins with https", editing.add_link, opened(), "x", url, "ann", NOON)
    refused("begins with https", editing.edit, opened(), {"conference": url}, 1, "ann", NOON)


def test_fields_that_are_not_there_cannot_be_written():
    refused("status: cannot be written", editing.edit, opened(), {"status": "resolved"}, 1, "ann", NOON)


def test_tasks_are_done_once():
    one, _ = editing.add_task(opened(), "restart", "ann", NOON, owner="ben")
    done, (entry,) = editing.end_task(one, one.tasks[0].id, "ben", NOON)
    assert (done.tasks[0].done_by, entry.text) == ("ben", "Done: restart")
    refused("ben has done it already", editing.end_task, done, one.tasks[0].id, "ann", NOON)
    refused("has no task", editing.end_task, done, "tsk_nobody", "ann", NOON)


# -- the time line -----------------------------------------------------------------------------------------------------


def test_a_hundred_kilobytes_of_markdown_with_scripts_are_kept_as_they_came():
    long = (MARKDOWN * 2000)[:100_000]
    assert timeline.note(opened().id, long, "ann", NOON).text == long.strip()
    refused("takes at most 100,000 characters", timeline.note, opened().id, "x" * 100_001, "ann", NOON)


def test_what_has_not_come_yet_cannot_have_happened():
    refused("has not come yet", timeline.note, opened().id, "x", "ann", NOON, at=NOON + 6 * MINUTE)
    assert timeline.note(opened().id, "x", "ann", NOON, at=NOON + MINUTE).noted_at == NOON


def test_a_correction_says_who_and_why_and_of_what():
    entry = timeline.note(opened().id, "at 3", "ann", NOON, evidence=[Evidence("plot", "https://x.example")])
    fixed = timeline.correct(entry, 1, "ben", NOON + MINUTE, text="at 4", why="misread")
    assert (fixed.id, fixed.version, fixed.by, fixed.corrected_by, fixed.why) == (entry.id, 2, "ann", "ben", "misread")
    refused("ben has corrected this entry meanwhile: at 4", timeline.correct, fixed, 1, "cat", NOON, text="5", why="x")
    refused("says the same as before", timeline.correct, fixed, 2, "cat", NOON, text="at 4", why="x")
    refused("why: is missing", timeline.correct, fixed, 2, "cat", NOON, text="at 5", why="")


# -- several -----------------------------------------------------------------------------------------------------------


def test_merges_that_make_no_sense_are_refused():
    one, two, three = opened("one"), opened("two"), opened("three")
    refused("cannot be merged with itself", joining.merge, one, one, "ann", NOON)
    ended, into, _ = joining.merge(one, two, "ann", NOON)
    refused("is a circle", joining.merge, into, ended, "ann", NOON)
    refused("was merged into", joining.merge, three, ended, "ann", NOON)
    refused("was merged into", joining.merge, ended, three, "ann", NOON)
    over, _ = service.resolve(three, "", "ann", NOON)
    refused("is resolved by ann", joining.merge, into, over, "ann", NOON)
    refused("private incident and an open one", joining.merge, opened(is_private=True), two, "ann", NOON)


def test_a_merge_brings_people_tasks_and_the_earlier_beginning():
    one, _ = team.assign(opened("one", services=("shop",)), Role.COMMANDER, "ben", "ann", NOON)
    one, _ = editing.add_task(one, "restart", "ann", NOON)
    one, _ = editing.edit(one, {"started_at": NOON - MINUTE}, one.version, "ann", NOON)
    _, into, entries = joining.merge(one, opened("two", services=("cart",)), "ann", NOON)
    assert (into.services, into.responders) == (("cart", "shop"), ("ben",))
    assert ([each.text for each in into.tasks], into.started_at) == (["restart"], NOON - MINUTE)
    assert {each.incident for each in entries} == {one.id, into.id}


def test_related_ones_name_each_other_once_and_private_ones_by_id_alone():
    one, two = opened("one"), opened("a secret", is_private=True)
    first, second, entries = joining.relate(one, two, "ann", NOON)
    assert (first.related, second.related) == ((two.id,), (one.id,))
    assert [each.text for each in entries] == [f"Related to {two.id}.", f"Related to {one.id}: one."]
    assert joining.relate(first, second, "ann", NOON)[2] == []
    refused("cannot be related to itself", joining.relate, one, one, "ann", NOON)
