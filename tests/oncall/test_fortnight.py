"""A fortnight of two people in Berlin, with the change of the clock inside: alerts, schedule, policy, pages, answers.

Everything is the product's own, from the alert that is taken to the message that goes out; the clock is moved, and the
other side takes every message. Times are those of a clock on a wall in Berlin.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta

import pytest
from tests import sites
from tests.oncall.stories import BERLIN, BOOK_TOML, at
from tests.paging import stories
from tests.paging.stories import HOUR, MINUTE, SECOND

from accelerapp.alerts.model import Signal, SignalState
from accelerapp.base.clock import MovingClock
from accelerapp.engine.jobs.follow_alerts import FollowAlerts
from accelerapp.engine.jobs.paging import AuditPaging, CallPeople
from accelerapp.engine.runner import Engine
from accelerapp.flows.oncall import By
from accelerapp.notifications.model import Delivered
from accelerapp.oncall import standing_in
from accelerapp.oncall.model import Rank, SwapState
from accelerapp.paging.model import Outgoing, Verb

HALF = 30 * SECOND
ANN, BEN, ROOT = By("ann"), By("ben"), By("root", is_admin=True)


@dataclass(frozen=True)
class Heard:
    """A message that came."""

    at: str
    """`03-29 03:03`, on the wall."""
    person: str
    method: str
    title: str

    def __str__(self) -> str:
        return f"{self.at} {self.person} {self.method}: {self.title}"


class Fortnight:
    """From the noon before a handoff on."""

    def __init__(self, folder) -> None:
        self.app = sites.product(folder)
        self.clock = self.app.clock = MovingClock(at("2026-03-20 12:00"))
        self.app.oncall.take(tomllib.loads(BOOK_TOML), ROOT)
        self.story = stories.Story(self.app.pager.writing, self.clock)
        self.story.answers = self._hear
        self.heard: list[Heard] = []
        self.app.when_alerts_due(self.app.alerting.catch_up)
        self.engine = Engine(self.app, (FollowAlerts(self.app), CallPeople(self.app), AuditPaging(self.app)))

    def _hear(self, outgoing: Outgoing) -> Delivered:
        wall = self.clock.now().astimezone(BERLIN)
        self.heard.append(Heard(f"{wall:%m-%d %H:%M}", outgoing.person, outgoing.method, outgoing.title))
        return Delivered()

    def until(self, wall: str, step: timedelta = HOUR) -> None:
        """Time passes. Never is anything found that should have happened and did not."""
        end = at(f"2026-{wall}")
        assert end > self.clock.now()
        while self.clock.now() < end:
            self.clock.move(min(step, end - self.clock.now()))
            self.engine.turn()
            self.story.send()

    def fire(self, rule: str, severity: str = "P1") -> None:
        labels = {"alertname": rule, "service": "shop", "severity": severity}
        self.app.alerting.take([Signal(labels, key=rule)])
        self.story.send()

    def over(self, rule: str) -> None:
        self.app.alerting.take([Signal({"alertname": rule}, state=SignalState.RESOLVED, key=rule)])

    def acknowledge(self, rule: str, by: str) -> None:
        [page] = [each for each in self.app.pager.pages() if each.title == rule]
        self.app.pager.act(page.id, Verb.ACKNOWLEDGE, by)

    def told(self, rule: str) -> list[str]:
        """`03-29 03:03 cy email`, of this alert."""
        return [f"{each.at} {each.person} {each.method}" for each in self.heard if rule in each.title]

    def primary(self) -> str:
        return next(each.shift.person for each in self.app.oncall.now("shop") if each.rank is Rank.PRIMARY)


@pytest.fixture
def fortnight(tmp_path):
    made = Fortnight(tmp_path)
    yield made
    made.app.database.engine.dispose()


def test_a_fortnight_of_pages_with_the_change_of_the_clock_inside(fortnight):
    _a_handoff_between_the_acknowledgement_and_the_end(fortnight)
    _a_night_in_which_the_second_message_is_not_needed(fortnight)
    _a_day_on_which_somebody_stands_in(fortnight)
    _a_week_that_is_swapped(fortnight)
    _a_night_in_which_the_clock_is_put_forward(fortnight)
    _a_primary_who_does_not_answer_while_the_week_ends(fortnight)
    _what_is_left(fortnight)


def _a_handoff_between_the_acknowledgement_and_the_end(fortnight):
    """ann is called and says that she sees to it; an hour later it is not over, and ben has the week."""
    fortnight.until("03-20 16:58")
    assert fortnight.primary() == "ann"
    fortnight.fire("Handoff")
    assert fortnight.told("Handoff") == ["03-20 16:58 ann ntfy", "03-20 16:58 ann email"]
    fortnight.until("03-20 16:59", 10 * SECOND)
    fortnight.acknowledge("Handoff", "ann")
    fortnight.until("03-20 17:58", HALF)
    assert fortnight.primary() == "ben"
    assert len(fortnight.told("Handoff")) == 2
    fortnight.until("03-20 18:00", 10 * SECOND)
    assert fortnight.told("Handoff")[2:] == ["03-20 17:59 ben sms"]
    fortnight.acknowledge("Handoff", "ben")
    fortnight.over("Handoff")


def _a_night_in_which_the_second_message_is_not_needed(fortnight):
    """ben wants to be telephoned for a P2, and a text a minute and a half later."""
    fortnight.until("03-25 03:00")
    fortnight.fire("Night", "P2")
    fortnight.until("03-25 03:01", 10 * SECOND)
    fortnight.acknowledge("Night", "ben")
    fortnight.until("03-25 03:30", HALF)
    assert fortnight.told("Night") == ["03-25 03:00 ben voice"]
    fortnight.over("Night")


def _a_day_on_which_somebody_stands_in(fortnight):
    """cy stands in for ben from 14:00 to 22:00."""
    fortnight.until("03-26 10:00")
    wanted = standing_in.Wanted("cy", at("2026-03-26 22:00"), "ben", at("2026-03-26 14:00"), reason="dentist")
    fortnight.app.oncall.add_override("shop", wanted)
    for hour, called in (("13:59", "ben sms"), ("14:00", "cy email"), ("21:59", "cy email"), ("22:00", "ben sms")):
        fortnight.until(f"03-26 {hour}")
        rule = f"At{hour.replace(':', '')}"
        fortnight.fire(rule)
        assert fortnight.told(rule) == [f"03-26 {hour} {called}"]
        fortnight.acknowledge(rule, "cy")
        fortnight.over(rule)


def _a_week_that_is_swapped(fortnight):
    """ann gives ben her week for his; until he accepts nothing changes."""
    fortnight.until("03-27 09:00")
    mine, yours = at("2026-03-27 17:00"), at("2026-04-03 17:00")
    swap = fortnight.app.oncall.ask_swap("shop", "ben", mine, ANN, yours)
    fortnight.until("03-27 12:00")
    assert [each.person for each in fortnight.app.oncall.shifts("shop") if each.starts_at == mine][:1] == ["ann"]
    fortnight.app.oncall.answer_swap(swap.id, SwapState.ACCEPTED, BEN)
    fortnight.until("03-27 17:01")
    assert fortnight.primary() == "ben"


def _a_night_in_which_the_clock_is_put_forward(fortnight):
    """Steps wait as long as they say, whatever the clock on the wall does; quiet hours end by the wall."""
    fortnight.until("03-28 22:30")
    fortnight.fire("Quiet", "P2")
    fortnight.until("03-29 01:58", HALF)
    fortnight.fire("Forward")
    fortnight.until("03-29 03:14", 10 * SECOND)
    assert fortnight.told("Forward") == [
        "03-29 01:58 ben sms",
        "03-29 03:01 ben voice",  # three minutes later
        "03-29 03:03 cy email",  # the lead, five minutes later, since at night there is no secondary
        "03-29 03:10 ben sms",  # the time to respond runs out
        "03-29 03:10 cy email",
        "03-29 03:13 ann ntfy",
        "03-29 03:13 ann email",
        "03-29 03:13 ben sms",
        "03-29 03:13 cy email",
    ]
    fortnight.acknowledge("Forward", "cy")
    fortnight.over("Forward")
    fortnight.until("03-29 07:01", HALF)
    quiet = [each for each in fortnight.told("Quiet") if "ann" in each]
    assert quiet[0] == "03-29 07:00 ann ntfy"
    fortnight.acknowledge("Quiet", "ann")
    fortnight.over("Quiet")


def _a_primary_who_does_not_answer_while_the_week_ends(fortnight):
    """167 hours after the last handoff, at 17:00 on the wall, ann has the week that she took for hers."""
    fortnight.until("04-03 16:58")
    assert fortnight.primary() == "ben"
    fortnight.fire("Unanswered")
    fortnight.until("04-03 17:14", 10 * SECOND)
    assert fortnight.primary() == "ann"
    assert at("2026-04-03 17:00") - at("2026-03-27 17:00") == 167 * HOUR
    called = fortnight.told("Unanswered")
    assert called[:3] == ["04-03 16:58 ben sms", "04-03 17:01 ben voice", "04-03 17:03 cy email"]
    assert {each.split()[2] for each in called[3:]} == {"ann", "ben", "cy"}
    fortnight.acknowledge("Unanswered", "ann")
    fortnight.over("Unanswered")
    fortnight.until("04-03 17:30", MINUTE)
    fortnight.fire("Next")
    assert fortnight.told("Next") == ["04-03 17:30 ann ntfy", "04-03 17:30 ann email"]
    fortnight.acknowledge("Next", "ann")
    fortnight.over("Next")


def _what_is_left(fortnight):
    """Every page is over, and how long each took is known."""
    fortnight.until("04-03 18:00", MINUTE)
    pager = fortnight.app.pager
    assert pager.pages() == []
    assert pager.standing().queued == 0
    found = {str(each.severity): each for each in pager.responses()}
    assert {name: (each.pages, each.breached) for name, each in found.items()} == {"P1": (8, 2), "P2": (2, 1)}
    job = {each.name: each for each in fortnight.engine.status()}["audit_paging"]
    assert (job.failures, job.runs > 300) == (0, True)
