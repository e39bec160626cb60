"""Incidents from the first minute to the last: by alerts, by people, and both at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from tests.incidents.stories import ANN, BEN, MINUTE, ROOT, SECOND, ZOE

from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.flows.reaching import Reaching
from accelerapp.incidents.model import Impact, Role, Status, Wanted
from accelerapp.incidents.team import TakenError
from accelerapp.oncall.model import Book
from accelerapp.paging.model import OutgoingState, PagingState, Verb


def test_a_p1_as_the_manual_has_it(anywhere):
    story, verbs = anywhere, anywhere.incidents
    story.fire()
    one = story.only()
    assert (one.severity, one.status, one.respond_by) == (Severity.P1, Status.INVESTIGATING, story.at(15))
    assert story.told() == ["0:00:00 ann"]
    story.wait(3 * MINUTE)
    verbs.acknowledge(one.id, ANN)
    verbs.assign(one.id, ANN, Role.COMMANDER, "ann")
    verbs.assign(one.id, ANN, Role.COMMUNICATIONS, "cat")
    story.wait(10 * MINUTE)
    assert story.told() == ["0:00:00 ann"], "an answer ends the calls"
    verbs.note(one.id, BEN, "pods crash since 1.1.0")
    verbs.change_status(one.id, BEN, Status.IDENTIFIED, "release 1.1.0")
    seen = verbs.get(one.id, ANN).version
    verbs.set_impact(one.id, ANN, Impact("Nobody can order.", story.at(0), None, 120), seen)
    verbs.add_task(one.id, ANN, "undo the release", owner="ben")
    verbs.end_task(one.id, BEN, verbs.get(one.id, ANN).tasks[0].id)
    story.wait(7 * MINUTE)
    story.end()
    assert story.only().status is Status.MONITORING, "people work on it: people resolve it"
    story.wait(10 * MINUTE)
    verbs.resolve(one.id, ANN, "1.0.0 runs again")
    after = story.only()
    assert (after.status, after.resolved_by, after.resolution) == (Status.RESOLVED, "ann", "1.0.0 runs again")
    assert (after.acknowledged_at, after.identified_at) == (story.at(3), story.at(13))
    assert (after.monitoring_at, after.resolved_at) == (story.at(20), story.at(30))
    assert story.pager.pages(None)[0].state is PagingState.RESOLVED
    told = story.line(one)
    assert [line.split(":")[1].split()[1:] for line in told] == [
        ["opened", "alerts"],
        ["acknowledged", "ann"],
        ["role", "ann"],
        ["role", "ann"],
        ["note", "ben"],
        ["status", "ben"],
        ["impact", "ann"],
        ["task", "ann"],
        ["task", "ben"],
        ["alert", "alerts"],
        ["status", "alerts"],
        ["resolved", "ann"],
    ]
    assert told[5] == "12:13 status ben: investigating became identified: release 1.1.0"


def test_an_incident_that_nobody_took_ends_with_its_alerts(story):
    story.fire()
    story.wait(2 * MINUTE)
    story.end()
    one = story.only()
    assert (one.status, one.resolved_by) == (Status.RESOLVED, "alerts")
    story.wait(20 * MINUTE)
    assert story.told() == ["0:00:00 ann"]


def test_whoever_opens_one_calls_who_is_on_call_and_has_a_draft(anywhere):
    one = anywhere.open(description="cards are refused")
    assert anywhere.told() == ["0:00:00 ann"]
    sent = anywhere.sent[0][1]
    assert (sent.title, sent.body, sent.severity) == ("Nobody can pay", "cards are refused", Severity.P2)
    assert one.draft == "We are investigating a problem with shop. We will tell more within 20 minutes."
    assert anywhere.line(one) == [
        "12:00 opened ann: P2: Nobody can pay\n\ncards are refused",
        "12:00 page ann: Called: ann, by the policy shop.",
    ]


def test_its_message_leads_to_the_incident(story):
    one = story.open()
    reaching = Reaching({}, lambda name: None, "https://ops.example", lambda outgoing, lasts: "token", MINUTE)
    message = reaching.message(story.sent[0][1])
    assert [each.url for each in message.links] == [f"https://ops.example/incidents/{one.id}"]
    assert message.ack_link == "https://ops.example/ack/token"


def test_an_answer_to_the_page_is_an_answer_to_the_incident(anywhere):
    one = anywhere.open()
    anywhere.pager.act(one.id, Verb.ACKNOWLEDGE, "ann")
    assert anywhere.only().acknowledged_by == "ann"
    with pytest.raises(errors.WrongUseError, match="ann has acknowledged"):
        anywhere.incidents.acknowledge(one.id, BEN)


def test_an_answer_to_the_incident_is_an_answer_to_its_page_and_its_alerts(anywhere):
    anywhere.fire()
    anywhere.incidents.acknowledge(anywhere.only().id, BEN)
    (paging,) = anywhere.pager.pages()
    assert (paging.state, paging.acknowledged_by) == (PagingState.ACKNOWLEDGED, "ben")
    assert [each.acknowledged_by for each in anywhere.alerting.alerts()] == ["ben"]


def test_an_answer_to_the_only_alert_is_an_answer_to_the_incident(story):
    story.fire()
    (alert,) = story.alerting.alerts()
    story.alerting.acknowledge(alert.id, "ben")
    assert story.only().acknowledged_by == "ben"
    assert story.pager.pages()[0].state is PagingState.ACKNOWLEDGED


def test_an_unanswered_one_goes_on_calling_and_its_end_ends_that(anywhere):
    one = anywhere.open()
    anywhere.wait(6 * MINUTE)
    assert anywhere.told() == ["0:00:00 ann", "0:05:00 ben"]
    anywhere.incidents.resolve(one.id, ANN, "a false alarm")
    anywhere.wait(timedelta(hours=2), 10 * MINUTE)
    assert len(anywhere.sent) == 2
    assert [each for each in anywhere.outbox(id=one.id) if each.state is OutgoingState.QUEUED] == []


def test_a_worse_one_calls_anew_and_is_to_be_answered_sooner(anywhere):
    one = anywhere.open(severity=Severity.P3)
    assert one.respond_by == anywhere.at(240)
    anywhere.wait(2 * MINUTE)
    after = anywhere.incidents.change_severity(one.id, ANN, Severity.P1, "all shops")
    anywhere.send()
    assert after.respond_by == anywhere.at(17)
    assert anywhere.told() == ["0:00:00 ann", "0:02:00 ann"]
    told = "P3 became P1 (all shops): to be answered by 12:17 UTC instead of 16:00 UTC."
    assert f"12:02 severity ann: {told}" in anywhere.line(one)
    back = anywhere.incidents.change_severity(one.id, ANN, Severity.P4)
    assert back.respond_by == anywhere.at(24 * 60)
    assert len(anywhere.sent) == 2


def test_without_anybody_to_call_the_time_line_says_so(story):
    story.describe(Book({}, {}, {}, {}))
    one = story.open()
    assert "Nobody was called. Nobody is paged: there is no person" in story.line(one)[-1]
    quiet = story.open(calls=False)
    assert len(story.line(quiet)) == 1


def test_the_same_wish_twice_opens_one(anywhere):
    first, second = anywhere.open(key="k"), anywhere.open(key="k")
    assert first == second
    assert len(anywhere.incidents.find(ROOT)) == 1
    assert len(anywhere.sent) == 1
    assert anywhere.incidents.open(Wanted("x", Severity.P4, key="k"), BEN).id != first.id


def test_new_alerts_reopen_what_was_resolved_while_others_fired(story):
    story.fire(instance="a")
    one = story.only()
    story.incidents.resolve(one.id, ANN, "seems over")
    story.fire(instance="b")
    after = story.only()
    assert after.is_open
    assert story.line(one)[-1].startswith("12:00 reopened alerts: Reopened: Came to it: ServiceDown")
    assert [each.person for _, each in story.sent] == ["ann", "ann"]


def test_an_alert_that_comes_back_while_people_watch_comes_to_the_same_incident(anywhere):
    anywhere.fire()
    one = anywhere.only()
    anywhere.incidents.change_status(one.id, ANN, Status.IDENTIFIED, "release 1.1.0")
    anywhere.wait(5 * MINUTE)
    anywhere.end()
    assert anywhere.only().status is Status.MONITORING
    anywhere.wait(5 * MINUTE)
    calls = len(anywhere.sent)
    anywhere.fire()
    after = anywhere.only()
    assert (after.status, len(after.pages)) == (Status.IDENTIFIED, 2)
    assert "monitoring became identified: Came to it: ServiceDown" in anywhere.line(one)[-1]
    assert len(anywhere.sent) == calls + 1, "people are called: it is a new page"
    anywhere.incidents.resolve(one.id, ANN, "undone")
    anywhere.end()
    anywhere.fire()
    assert len(anywhere.incidents.find(ROOT)) == 2, "of one that is over there is a new one"


# -- several -----------------------------------------------------------------------------------------------------------


def test_a_duplicate_hands_over_its_page_and_its_alerts(anywhere):
    anywhere.fire()
    duplicate, into = anywhere.only(), anywhere.open()
    anywhere.incidents.merge(duplicate.id, ANN, into.id)
    (alert,) = anywhere.alerting.alerts()
    assert alert.incident == into.id
    assert all(each.state is PagingState.ACKNOWLEDGED for each in anywhere.pager.pages() if each.page != into.id)
    detail = anywhere.detail_of(into)
    assert detail.duplicates == (duplicate.id,)
    anywhere.end()
    assert detail.incident.is_open
    assert anywhere.incidents.get(into.id, ROOT).status is Status.MONITORING
    assert "is resolved" in anywhere.line(into)[-1]
    with pytest.raises(errors.WrongUseError, match=f"was merged into {into.id}"):
        anywhere.incidents.acknowledge(duplicate.id, ANN)
    assert anywhere.incidents.note(duplicate.id, ANN, "a late word").text == "a late word"


# -- private ones ------------------------------------------------------------------------------------------------------


def test_a_private_one_is_there_for_its_people_and_administrators_alone(story):
    one = story.open("Somebody read the orders", is_private=True, description="dump on a forum", responders=("ben",))
    for viewer in (ANN, BEN, ROOT):
        assert [each.id for each in story.incidents.find(viewer)] == [one.id]
    assert story.incidents.find(ZOE) == []
    for act in (story.incidents.get, story.incidents.detail, story.incidents.acknowledge, story.incidents.resolve):
        with pytest.raises(errors.NotFoundError, match="There is no incident"):
            act(one.id, ZOE)
    sent = story.sent[0][1]
    assert (sent.title, sent.body) == (f"A private incident of shop ({one.id})", "")


def test_whoever_answers_the_page_of_a_private_one_may_see_it(story):
    one = story.open("secret", is_private=True)
    story.pager.act(one.id, Verb.ACKNOWLEDGE, "zoe")
    assert story.incidents.get(one.id, ZOE).title == "secret"


def test_whoever_makes_one_private_goes_on_seeing_it(story):
    story.fire()
    one = story.only()
    story.incidents.edit(one.id, ZOE, {"is_private": True}, one.version)
    assert story.incidents.get(one.id, ZOE).is_private
    with pytest.raises(errors.NotFoundError):
        story.incidents.get(one.id, BEN)


# -- two at once -------------------------------------------------------------------------------------------------------


def at_once(*acts):
    """Each in a thread of its own, begun together; what each gave or raised."""
    start, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number):
        start.wait()
        try:
            found[number] = acts[number]()
        except errors.AccelerappError as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return found


def test_of_two_who_take_command_at_once_one_is_told_of_the_other(anywhere):
    one, verbs = anywhere.open(), anywhere.incidents
    found = at_once(
        lambda: verbs.assign(one.id, ANN, Role.COMMANDER, "ann"),
        lambda: verbs.assign(one.id, BEN, Role.COMMANDER, "ben"),
    )
    (refused,) = [each for each in found if isinstance(each, TakenError)]
    holder = verbs.get(one.id, ANN).roles[Role.COMMANDER]
    assert f"{holder} is commander of {one.id} already." in refused.message
    assert f"--instead-of {holder}" in refused.mend


def test_notes_and_tasks_of_many_at_once_are_all_kept(anywhere):
    one, verbs = anywhere.open(), anywhere.incidents
    acts = [lambda n=n: verbs.note(one.id, ANN, f"note {n}") for n in range(4)]
    acts += [lambda n=n: verbs.add_task(one.id, BEN, f"task {n}") for n in range(4)]
    found = at_once(*acts)
    assert [each for each in found if isinstance(each, Exception)] == []
    after = anywhere.detail_of(one)
    assert sorted(each.text for each in after.incident.tasks) == [f"task {n}" for n in range(4)]
    assert {f"note {n}" for n in range(4)} <= {each.text for each in after.entries}


def test_of_two_merges_that_make_a_circle_one_is_refused(anywhere):
    one, two, verbs = anywhere.open("one"), anywhere.open("two"), anywhere.incidents
    found = at_once(lambda: verbs.merge(one.id, ANN, two.id), lambda: verbs.merge(two.id, BEN, one.id))
    assert len([each for each in found if isinstance(each, errors.WrongUseError)]) == 1
    assert len(verbs.find(ROOT, True)) == 1


def test_of_two_answers_at_once_one_is_told_of_the_other(anywhere):
    one, verbs = anywhere.open(), anywhere.incidents
    found = at_once(lambda: verbs.acknowledge(one.id, ANN), lambda: anywhere.pager.act(one.id, Verb.ACKNOWLEDGE, "ben"))
    (refused,) = [each for each in found if isinstance(each, errors.WrongUseError)]
    by = verbs.get(one.id, ANN).acknowledged_by
    assert by in refused.message
    assert anywhere.pager.detail(one.id).paging.acknowledged_by == by


def test_a_crash_between_decision_and_page_leaves_nothing_half_done(anywhere, monkeypatch):
    from accelerapp.flows import incident_calling

    def dies(*_):
        raise errors.CannotTellError("The database does not answer.")

    # Nothing fails between the two by itself: the cut is made by hand.
    monkeypatch.setattr(incident_calling, "call", dies)
    with pytest.raises(errors.CannotTellError):
        anywhere.open(key="k")
    monkeypatch.undo()
    assert anywhere.incidents.find(ROOT) == []
    anywhere.open(key="k")
    anywhere.wait(10 * SECOND)
    assert (len(anywhere.incidents.find(ROOT)), anywhere.told()) == (1, ["0:00:00 ann"])
