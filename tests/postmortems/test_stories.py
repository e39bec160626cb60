"""Stories of post-mortems: from the end of an incident until its action items are done, with a moving clock."""

from __future__ import annotations

from datetime import date

import pytest
from tests.fakes import NOON
from tests.incidents.stories import ANN, BEN, ROOT, ZOE
from tests.postmortems import trackers
from tests.postmortems.scenes import DAY, MINUTE

from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.incidents.model import Impact, Role, Status
from accelerapp.postmortems import service, written
from accelerapp.postmortems.actions import Wanted
from accelerapp.postmortems.model import Part, State
from accelerapp.postmortems.trackers import interface
from accelerapp.postmortems.trackers.github import GitHub


def test_the_report_is_filled_from_what_was_recorded(story):
    made = story.open("Nobody can pay", Severity.P1)
    story.incidents.assign(made.id, ANN, Role.COMMANDER, "ben")
    story.wait(5 * MINUTE)
    story.incidents.acknowledge(made.id, ANN)
    story.wait(5 * MINUTE)
    story.incidents.change_status(made.id, ANN, Status.IDENTIFIED, "release 1.1.0\nlocks a table")
    story.incidents.note(made.id, BEN, "rolled back", at=story.at(8))
    story.incidents.set_impact(made.id, ANN, Impact("Orders were lost.", story.at(-5), story.at(25), 1200), 99)
    story.wait(30 * MINUTE)
    story.incidents.resolve(made.id, ANN, "1.0.0 runs again")
    report = story.postmortems.report(made.id, ANN)
    told = written.markdown(report, story.postmortems.house.where)
    for words in (
        "- **12:00** - Incident detected (by ann)\n- **12:05** - Investigation started (ann)\n- **12:08** - rolled back (ben)\n"
        "- **12:10** - Root cause identified: release 1.1.0 locks a table\n- **not known** - Fix applied\n"
        "- **12:40** - Service restored: 1.0.0 runs again\n",
        "- **Duration**: 0 hours 30 minutes",
        "- **Users Affected**: 1,200",
        "- **Revenue Impact**: $900.00",
        "Orders were lost.",
        "## Resolution\n1.0.0 runs again",
        "## Root Cause\nNot known.",
    ):
        assert words in told
    assert report.owner == "ben"


def test_while_it_lasts_the_end_is_not_known(story):
    report = story.postmortems.report(story.open().id, ANN)
    assert (report.duration_seconds, report.revenue, report.due_at) == (None, None, None)


def test_two_people_who_write_at_once_lose_nothing(anywhere):
    made = anywhere.over()
    seen = anywhere.postmortems.report(made.id, ANN)
    anywhere.postmortems.write(made.id, ANN, Part.ROOT_CAUSE, "a lock", seen.sections[Part.ROOT_CAUSE].version)
    anywhere.postmortems.write(made.id, BEN, Part.LESSONS, "test it", seen.sections[Part.LESSONS].version)
    with pytest.raises(service.OvertakenError, match="ann has written"):
        anywhere.postmortems.write(made.id, BEN, Part.ROOT_CAUSE, "a leak", seen.sections[Part.ROOT_CAUSE].version)
    found = anywhere.postmortems.report(made.id, ANN)
    assert (found.sections[Part.ROOT_CAUSE].text, found.sections[Part.LESSONS].text) == ("a lock", "test it")
    assert found.authors == ("ann", "ben")


def test_it_is_reviewed_and_published_and_the_time_line_says_so(story):
    made = story.over()
    story.postmortems.move(made.id, ANN, State.IN_REVIEW)
    assert story.postmortems.move(made.id, BEN, State.PUBLISHED).state is State.PUBLISHED
    assert [each for each in story.line(made) if "post-mortem" in each] == [
        "12:40 edited ann: The post-mortem is in review.",
        "12:40 edited ben: The post-mortem is published.",
    ]
    assert story.postmortems.due(ANN) == []


def test_only_what_is_bad_enough_is_asked_for_and_a_duplicate_is_not(story):
    bad, small, double = story.over("bad"), story.over("small", Severity.P3), story.open("double", Severity.P1)
    story.incidents.merge(double.id, ANN, story.open("into", Severity.P1).id)
    assert [each.incident for each in story.postmortems.due(ANN)] == [bad.id]
    assert story.postmortems.report(small.id, ANN).due_at is None
    with pytest.raises(errors.WrongUseError, match="was merged into"):
        story.postmortems.write(double.id, ANN, Part.SUMMARY, "x", 0)


def test_a_reopened_incident_is_due_anew(story):
    made = story.over()
    story.incidents.reopen(made.id, ANN, "it is back")
    assert story.postmortems.due(ANN) == []
    story.clock.move(DAY)
    story.incidents.resolve(made.id, ANN)
    (due,) = story.postmortems.due(ANN)
    assert due.due_at == NOON + 3 * DAY + 40 * MINUTE


def test_a_private_one_is_for_its_people_alone(story):
    made = story.over(is_private=True)
    story.actions.add(made.id, ANN, Wanted("hide the key"))
    for act in (
        lambda: story.postmortems.report(made.id, ZOE),
        lambda: story.actions.add(made.id, ZOE, Wanted("x")),
        lambda: story.actions.finish(story.actions.find(ANN)[0].action.id, ZOE),
    ):
        with pytest.raises(errors.NotFoundError):
            act()
    assert (story.actions.find(ZOE), story.postmortems.due(ZOE)) == ([], [])
    assert len(story.actions.find(ROOT)) == 1
    assert story.statistics.of_days(1, ZOE).incidents == 0
    assert story.statistics.of_days(1, ANN).incidents == 1


# -- reminders ---------------------------------------------------------------------------------------------------------


def test_whoever_had_command_is_reminded_until_it_is_published_then_the_lead(anywhere):
    made = anywhere.over()
    about = f"The post-mortem of {made.id}"
    assert anywhere.reminded() == [f"ann: {about} is to be written"]
    assert anywhere.reminded() == []
    anywhere.pass_days(1, 1)
    assert anywhere.reminded() == [f"ann: {about} is due soon"]
    anywhere.pass_days(1)
    assert anywhere.reminded() == [f"ann: {about} is overdue"]
    anywhere.pass_days(1)
    assert anywhere.reminded() == [f"ann: {about} is overdue", f"cat: {about} is overdue"]
    anywhere.send()
    assert anywhere.told()[-2:] == ["3 days, 1:40:00 ann", "3 days, 1:40:00 cat"]
    for state in (State.IN_REVIEW, State.PUBLISHED):
        anywhere.postmortems.move(made.id, ANN, state)
    anywhere.pass_days(1)
    assert anywhere.reminded() == []


def test_an_action_item_is_told_of_the_day_before_on_the_day_late_and_to_the_lead(story):
    made = story.over(severity=Severity.P3)
    action = story.actions.add(made.id, ANN, Wanted("test it", "ben", date(2026, 3, 5)))
    about = f"An action item of {made.id}"
    told = []
    for day in range(8):
        told += [f"{day} {each}" for each in story.reminded()]
        story.pass_days(1)
    assert told == [
        f"2 ben: {about} is due soon",
        f"3 ben: {about} is due today",
        f"4 ben: {about} is overdue",
        f"6 ben: {about} is overdue",
        f"6 cat: {about} is overdue",
    ]
    story.actions.finish(action.id, BEN)
    story.pass_days(30)
    assert story.reminded() == []


def test_nobody_is_told_before_nine_by_their_clock(story):
    made = story.over(severity=Severity.P3)
    story.actions.add(made.id, ANN, Wanted("test it", "ben", date(2026, 3, 5)))
    story.pass_days(1, 19)  # Wednesday 07:40
    assert story.reminded() == []
    story.pass_days(0, 2)
    assert len(story.reminded()) == 1


def test_an_owner_who_cannot_be_told_is_told_through_the_lead(story):
    made = story.over(severity=Severity.P3)
    story.actions.add(made.id, ANN, Wanted("test it", "somebody", date(2026, 3, 2)))
    assert story.reminded() == [f"cat: An action item of {made.id} is due today"]


def test_of_a_private_one_the_lead_hears_no_more_than_its_id(story):
    made = story.over("the key leaked", is_private=True)
    story.reminded()
    story.pass_days(3, 1)
    bodies = {person: notice.body for notice, person in story.reminding.send()}
    assert "the key leaked" in bodies["ann"]
    assert "the key leaked" not in bodies["cat"]
    assert made.id in bodies["cat"]


# -- action items ------------------------------------------------------------------------------------------------------


def test_tasks_are_taken_over_once_and_are_done_together(story):
    made = story.over()
    story.incidents.add_task(made.id, ANN, "test it", owner="ben", due_at=NOON + 2 * DAY)
    story.incidents.add_task(made.id, ANN, "watch it")
    assert story.postmortems.report(made.id, ANN).tasks_left == 2
    one, two = story.actions.take_over(made.id, ANN)
    assert (one.text, one.owner, one.due_on) == ("test it", "ben", date(2026, 3, 4))
    assert story.actions.take_over(made.id, ANN) == []
    assert story.postmortems.report(made.id, ANN).tasks_left == 0
    story.actions.finish(one.id, BEN)
    assert story.incidents.get(made.id, ANN).tasks[0].done_by == "ben"
    story.incidents.end_task(made.id, ANN, two.task)
    assert story.actions.find(ANN) == []
    assert all(each.is_done for each in story.postmortems.report(made.id, ANN).actions)


def test_they_are_listed_with_how_late_they_are(story):
    made = story.over()
    story.actions.add(made.id, ANN, Wanted("later", "ben", date(2026, 3, 9)))
    late = story.actions.add(made.id, ANN, Wanted("late", "ann", date(2026, 2, 27)))
    assert [(each.action.text, each.overdue_days) for each in story.actions.find(ANN)] == [("late", 3), ("later", 0)]
    assert [each.action.text for each in story.actions.find(ANN, owner="ben")] == ["later"]
    story.actions.finish(late.id, ANN)
    assert len(story.actions.find(ANN)) == 1
    assert len(story.actions.find(ANN, is_done=None)) == 2
    assert story.actions.change(late.id, ANN, owner="cat").owner == "cat"


# -- issues ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(story):
    with trackers.served() as made:
        story.tracker = GitHub("acme/shop", "secret", (), made.url)
        yield made


@pytest.fixture
def action(story, server):
    return story.actions.add(story.over().id, ANN, Wanted("test it", "ben", date(2026, 3, 5)))


def test_an_issue_is_made_once(story, server, action):
    made = story.actions.export(action.id, ANN)
    assert made.issue.url == "https://github.example/acme/shop/issues/1"
    assert story.actions.export(action.id, BEN) == made
    (issue,) = server.issues
    assert issue["title"] == "test it"
    assert f"https://ops.example/incidents/{action.incident}" in issue["body"]
    assert "Owner: ben. Due: 2026-03-05." in issue["body"]


@pytest.mark.parametrize("status", [0, 500, 201])
def test_after_a_lost_answer_the_issue_is_found_and_no_second_one_made(story, server, action, status):
    server.fail(status, b"", is_done=True)
    with pytest.raises(errors.CannotTellError):
        story.actions.export(action.id, ANN)
    assert story.actions.export(action.id, BEN).issue.number == "#1"
    assert len(server.issues) == 1


def test_after_a_crash_in_the_midst_it_is_looked_for_too(story, server, action):
    known, _ = story.actions._begin(action.id, ANN)  # as a process does that dies before it hears the answer
    story.tracker.create(story.actions._draft(known))
    with pytest.raises(errors.WrongUseError, match="ann makes an issue"):
        story.actions.export(action.id, BEN)
    story.clock.move(11 * MINUTE)
    assert story.actions.export(action.id, BEN).issue.number == "#1"
    assert len(server.issues) == 1


def test_after_a_refusal_it_is_tried_anew(story, server, action):
    server.fail(401)
    with pytest.raises(interface.RefusedError):
        story.actions.export(action.id, ANN)
    assert story.actions.export(action.id, ANN).issue
    assert [method for method, _, _ in server.requests] == ["POST", "POST"]


def test_a_refusal_after_a_lost_answer_forgets_nothing(story, server, action):
    server.fail(0, is_done=True)
    server.fail(429)
    for _ in range(2):
        with pytest.raises(errors.CannotTellError):
            story.actions.export(action.id, ANN)
    assert story.actions.export(action.id, ANN).issue.number == "#1"
    assert len(server.issues) == 1


def test_of_a_private_incident_no_issue_is_made(story, server):
    hidden = story.actions.add(story.over(is_private=True).id, ANN, Wanted("hide it"))
    with pytest.raises(errors.WrongUseError, match="is private"):
        story.actions.export(hidden.id, ANN)
    assert server.requests == []


# -- figures -----------------------------------------------------------------------------------------------------------


def test_figures_come_from_incidents_their_alerts_and_what_was_written(story):
    story.fire("ServiceDown")
    story.wait(10 * MINUTE)
    for each in story.incidents.find(ROOT):
        story.incidents.acknowledge(each.id, ANN)
        story.incidents.resolve(each.id, ANN)
        story.postmortems.write(each.id, ANN, Part.ROOT_CAUSE, "A lock.", 0)
    story.over("again")
    found = story.statistics.of_days(7, ANN)
    assert found.incidents == 2
    assert found.without_cause == 1
    with pytest.raises(errors.WrongUseError, match="no number of days"):
        story.statistics.of_days(0, ANN)
