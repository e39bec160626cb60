"""A storm on the real wiring: everybody is told little, nothing is missing from the list."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from tests import sites
from tests.fakes import NOON
from tests.paging import stories
from tests.paging.stories import MINUTE, SECOND, person

from accelerapp.alerts.model import Signal
from accelerapp.alerts.store import Filter
from accelerapp.base.clock import MovingClock
from accelerapp.base.severity import Severity
from accelerapp.engine.jobs.follow_alerts import FollowAlerts
from accelerapp.engine.jobs.paging import CallPeople
from accelerapp.engine.runner import Engine
from accelerapp.notifications.model import Delivered
from accelerapp.paging.model import Outgoing

WAVES, OF = 6, 250


class Storm:
    """A product, its engine and its sender, on a clock that moves second by second."""

    def __init__(self, folder) -> None:
        self.app = sites.product(folder)
        self.app.clock = MovingClock(NOON)
        self.story = stories.Story(self.app.pager.writing, self.app.clock)
        steps = stories.book().policies["shop"].steps[:2]
        quick = tuple(stories.replace(step, wait=15 * SECOND) for step in steps)  # more often than is allowed
        self.story.describe(stories.book(person("ann"), person("ben"), steps=quick, repeat=20))
        self.heard: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        """By person and incident, when."""
        self.story.answers = self._hear
        self.engine = Engine(self.app, (FollowAlerts(self.app), CallPeople(self.app)))

    def _hear(self, outgoing: Outgoing) -> Delivered:
        self.heard[outgoing.person, outgoing.subject].append(self.app.clock.now())
        return Delivered()

    def wait(self, length: timedelta) -> None:
        until = self.app.clock.now() + length
        while self.app.clock.now() < until:
            self.app.clock.move(SECOND)
            self.engine.turn()
            self.story.send()

    def wave(self, number: int, severity: str) -> None:
        """Each thing of a service of its own; every second wave tells of things that are known, and now worse."""
        named = range(number // 2 * OF, number // 2 * OF + OF)
        self.app.alerting.take(
            [Signal({"alertname": f"R{n % 40}", "service": f"s{n}", "severity": severity}, key=f"s{n}") for n in named]
        )


@pytest.fixture
def storm(tmp_path):
    made = Storm(tmp_path)
    yield made
    made.app.database.engine.dispose()


def test_a_person_hears_of_one_incident_once_a_minute_and_the_list_has_everything(storm):
    for number in range(WAVES):
        storm.wave(number, "P2" if number % 2 else "P3")
        storm.wait(25 * SECOND)
    storm.wait(4 * MINUTE)
    assert {name for name, _ in storm.heard} == {"ann", "ben"}
    gaps = [later - earlier for moments in storm.heard.values() for earlier, later in pairwise(moments)]
    assert len(gaps) > WAVES
    assert min(gaps) >= MINUTE
    listed = storm.app.alerting.alerts(Filter(is_open=True, limit=10 * WAVES * OF))
    assert Counter(each.service for each in listed) == Counter({f"s{n}": 1 for n in range(WAVES // 2 * OF)})
    paged = {each.page for each in storm.app.pager.pages(limit=1000)}
    assert {each.page for each in listed} == paged
    assert len(paged) <= 1 + storm.app.settings.alerts.storm_pages


def test_of_a_storm_of_p1_everything_is_told_at_once(storm):
    storm.wave(0, "critical")
    storm.wait(SECOND)
    [page] = storm.app.pager.pages()
    assert page.severity is Severity.P1
    assert storm.story.told() == ["0:00:01 ann"]
