"""Updates for the team, reminders and pages, on real databases with a moving clock."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, timedelta
from types import SimpleNamespace

import pytest
from tests.fakes import NOON
from tests.incidents.stories import ANN, BEN, ROOT, ZOE

from accelerapp.base import errors
from accelerapp.base.ids import ComponentId, UpdateId
from accelerapp.base.settings.people import Updates
from accelerapp.base.severity import Severity
from accelerapp.flows.informing import Informing
from accelerapp.incidents import service
from accelerapp.incidents.model import Audience, Role
from accelerapp.incidents.updates import Cadence
from accelerapp.notifications.model import Failed, Retry
from accelerapp.paging.model import OutgoingState, PagingState, Purpose, Verb
from accelerapp.statuspage.model import Component, Impact, Progress, Report, Update
from accelerapp.statuspage.store import MemoryStatus

MINUTE = timedelta(minutes=1)
GIVEN = Updates()
CADENCE = Cadence(
    {Audience.INSIDE: GIVEN.inside, Audience.OUTSIDE: GIVEN.outside}, {Audience.OUTSIDE: GIVEN.outside_later}
)


class Told:
    """An incident of a story with the clock of updates beside it; ann commands it and ben keeps people informed."""

    def __init__(self, story, severity=Severity.P1, **changes):
        self.story = story
        self.status = MemoryStatus()
        self.routes = {Severity.P1: ("ops", "chat:#war"), Severity.P2: ("ops",)}
        self.informing = self.process()
        self.incident = story.open(severity=severity, calls=False, **changes)  # but for missed updates
        story.incidents.acknowledge(self.incident.id, ANN)
        story.incidents.assign(self.incident.id, ANN, Role.COMMANDER, "ann")
        story.incidents.assign(self.incident.id, ANN, Role.COMMUNICATIONS, "ben")
        story.sent.clear()

    def process(self, **changes):
        """The product in one more process."""

        @contextmanager
        def work():
            with self.story.work() as others:
                yield SimpleNamespace(status=self.status, others=others)  # what it uses of the page's stores

        made = Informing(
            work, work, self.story.clock, lambda: None, CADENCE, lambda each: self.routes.get(each, ()), UTC
        )
        return replace(made, **changes)

    def wait(self, minutes, step=MINUTE):
        """Time passes with the jobs that there are."""
        until = self.story.now + minutes * MINUTE
        while self.story.now < until:
            self.story.clock.move(min(step, until - self.story.now))
            self.informing.turn()
            self.story.pager.turn()
            self.story.send()

    def sent(self):
        """`0:30:00 ben notice Update inside is due`."""
        return [f"{at} {each.person} {each.purpose} {each.title}" for at, each in self.story.sent]

    def calls(self):
        return [f"{at} {each.person}" for at, each in self.story.sent if each.purpose is Purpose.STEP]

    def publish(self):
        """What I2's page knows of an update."""
        update = Update(UpdateId("upd_1"), "investigating", "x", self.story.now)
        report = Report(self.incident.id, "x", Impact.MAJOR, Progress.INVESTIGATING, NOON, (update,))
        self.status.put_report(report)

    def has_page(self):
        self.status.put_component(Component(ComponentId("cmp_1"), "Shop", 1, NOON, NOON))

    def standing(self, audience=Audience.INSIDE):
        return next(each for each in self.informing.standing(self.incident.id, ROOT) if each.audience is audience)


@pytest.fixture
def told(anywhere):
    return Told(anywhere)


def test_the_communications_lead_is_reminded_then_the_commander_paged_until_an_update_comes(told):
    told.wait(29)
    assert told.sent() == []
    told.wait(2)
    assert told.sent() == ["0:30:00 ben notice Update inside is due: Nobody can pay"]
    told.wait(14)
    assert told.calls() == ["0:40:00 ann", "0:45:00 ben"]
    given = told.informing.tell_team(told.incident.id, BEN, "We go back to 1.0.0.")
    assert given.targets == ("ops", "chat:#war")
    told.story.sent.clear()
    told.wait(29)
    assert [line.split(" ", 2)[1] for line in told.sent()] == ["the", "the"]
    assert told.standing().is_paged is False
    assert "ann is called: the update inside was due at 12:30 UTC." in "\n".join(told.story.line(told.incident))


def test_an_update_goes_to_the_channels_of_the_severity_once_each_and_says_what(told):
    told.informing.tell_team(told.incident.id, BEN, "We go back.\nIt takes ten minutes.")
    told.story.send()
    ops, chat = [each for _, each in told.story.sent]
    assert (ops.kind, ops.address, chat.address) == ("team", "ops", "chat:#war")
    assert (ops.title, ops.body) == (
        "Nobody can pay",
        "We go back.\nIt takes ten minutes.\n\nInvestigating; by ben.",
    )
    assert told.story.line(told.incident)[-1].startswith(
        "12:00 update ben: Told the team (ops, chat:#war): We go back."
    )


def test_a_channel_that_is_down_is_tried_again_and_delays_nobody(told):
    told.story.answers = lambda each: Retry("It answers 500.") if each.address == "ops" else Failed("gone")
    told.informing.tell_team(told.incident.id, BEN, "We go back.")
    told.story.send()
    with told.story.work() as stores:
        _, (ops, chat) = stores.outbox.waiting(told.story.now), stores.outbox.of_paging(told.story.sent[0][1].paging)
    assert (ops.state, chat.state) == (OutgoingState.QUEUED, OutgoingState.FAILED)
    told.story.answers = lambda each: Failed("not reached")
    told.story.sent.clear()
    told.wait(1)
    assert [each.address for _, each in told.story.sent] == ["ops"]


def test_without_a_channel_it_stands_on_the_time_line_and_that_is_said(told):
    told.routes.clear()
    given = told.informing.tell_team(told.incident.id, BEN, "We go back.")
    assert (given.targets, given.remark) == (
        (),
        "[notify] names no channel for P1: it stands on the time line alone.",
    )
    assert told.standing().told_at == NOON


def test_one_miss_is_one_page_however_many_look_at_it(told):
    told.wait(38)
    told.story.clock.move(3 * MINUTE)
    barrier, troubles = threading.Barrier(3), []

    def look():
        barrier.wait()
        try:
            told.process().turn()
        except Exception as error:  # shown by the test
            troubles.append(error)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert troubles == []
    told.story.send()
    assert told.calls() == ["0:41:00 ann"]


def test_answered_and_still_no_update_it_calls_again_when_the_next_one_is_due(told):
    told.wait(41)
    (call,) = [each for _, each in told.story.sent if each.purpose is Purpose.STEP]
    told.story.pager.act(call.paging, Verb.ACKNOWLEDGE, "ann")
    told.wait(29)
    assert told.calls() == ["0:40:00 ann"]
    told.wait(2)
    assert told.calls() == ["0:40:00 ann", "1:11:00 ann"]


def test_with_the_end_of_the_incident_nobody_is_called_any_more(told):
    told.wait(41)
    told.story.incidents.resolve(told.incident.id, ANN, "it is over")
    told.wait(60)
    assert told.calls() == ["0:40:00 ann"]
    (call,) = [each for _, each in told.story.sent if each.purpose is Purpose.STEP]
    assert told.story.pager.detail(call.paging).paging.state is PagingState.RESOLVED


def test_after_a_long_sleep_there_is_one_reminder_and_ten_minutes_until_the_page(told):
    told.story.clock.move(5 * 60 * MINUTE)
    told.wait(30)
    assert [line.split(" ", 1)[0] for line in told.sent()][:2] == ["5:01:00", "5:11:00"]
    assert told.sent()[0].startswith("5:01:00 ben notice")


def test_a_clock_that_was_set_back_reminds_at_once(told):
    told.informing.tell_team(told.incident.id, BEN, "We go back.")
    told.story.send()
    told.story.sent.clear()
    told.story.clock.move(-3 * 60 * MINUTE)
    told.wait(12)
    assert [each.person for _, each in told.story.sent if each.purpose is Purpose.NOTICE] == ["ben"]
    assert len(told.calls()) == 1


def test_outside_is_due_only_where_there_is_a_status_page(told):
    told.wait(25)
    assert (told.sent(), told.standing(Audience.OUTSIDE).due_at) == ([], None)
    told.has_page()
    told.wait(1)
    assert told.sent() == ["0:26:00 ben notice Update outside is due: Nobody can pay"]
    told.publish()
    told.wait(1)
    assert told.standing(Audience.OUTSIDE).due_at == NOON + 46 * MINUTE
    assert told.standing(Audience.OUTSIDE).reminded_at is None


def test_while_nobody_has_it_nobody_is_reminded_since_people_are_called_for_itself(anywhere):
    made = Told.__new__(Told)
    made.story, made.status, made.routes = anywhere, MemoryStatus(), {}
    made.informing = made.process()
    made.incident = anywhere.open(severity=Severity.P1)
    made.wait(45)
    assert {each.purpose for _, each in anywhere.sent} == {Purpose.STEP, Purpose.WARNING}
    anywhere.incidents.acknowledge(made.incident.id, BEN)
    anywhere.sent.clear()
    made.wait(1)
    assert made.sent() == ["0:46:00 ben notice Update inside is due: Nobody can pay"]


def test_p3_reminds_nobody(anywhere):
    made = Told(anywhere, Severity.P3)
    made.wait(300, 10 * MINUTE)
    assert (made.sent(), made.standing().due_at) == ([], None)


def test_of_a_private_incident_its_people_alone_hear_and_messages_do_not_name_it(anywhere):
    made = Told(anywhere, is_private=True)
    given = made.informing.tell_team(made.incident.id, BEN, "It is Zoe's account.")
    assert given.targets == ("ann", "ben")
    made.wait(41)
    assert {each.person for _, each in anywhere.sent} == {"ann", "ben"}
    assert all(each.kind != "team" for _, each in anywhere.sent)
    reminder = next(each for _, each in anywhere.sent if "is due" in each.title)
    assert "Nobody can pay" not in reminder.title + reminder.body
    with pytest.raises(errors.NotFoundError):
        made.informing.tell_team(made.incident.id, ZOE, "x")
    with pytest.raises(errors.NotFoundError):
        made.informing.standing(made.incident.id, ZOE)


def test_whoever_commands_from_slack_is_the_person_of_that_name(anywhere):
    made = Told(anywhere)
    slack = replace(ANN, name="ann (Slack)")
    anywhere.incidents.assign(made.incident.id, slack, Role.COMMANDER, "ann (Slack)", "ann")
    made.wait(41)
    assert made.calls() == ["0:40:00 ann"]


def test_what_is_over_takes_no_update(told):
    told.story.incidents.resolve(told.incident.id, ANN)
    with pytest.raises(service.ResolvedError):
        told.informing.tell_team(told.incident.id, BEN, "x")


def test_each_incident_gets_its_call_unless_somebody_wrote_another(told):
    told.informing = told.process(conference=lambda incident: f"https://meet.example.com/{incident.id}")
    told.wait(1)
    one = told.story.detail_of(told.incident).incident
    assert one.conference == f"https://meet.example.com/{one.id}"
    told.story.incidents.edit(one.id, ANN, {"conference": ""}, one.version)
    told.wait(1)
    assert told.story.detail_of(told.incident).incident.conference == ""
