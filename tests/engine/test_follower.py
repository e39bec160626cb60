"""The follower: what is due at once is done at once, by a burst as by one, and by two processes as by one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from tests import databases, sites
from tests.paging import stories
from tests.running import eventually

from accelerapp.alerts import silencing
from accelerapp.alerts.model import Matcher, Operator, Signal
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.settings.model import Alerts, Data, Settings
from accelerapp.engine.follower import Follower
from accelerapp.engine.sender import Sender
from accelerapp.notifications.model import Delivered
from accelerapp.paging.model import Outgoing

CRITICAL, WARNING = "critical", "warning"


class Turns:
    """Counts turns; one waits until it may go on, and raises what it is given."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = threading.Event()
        self.error: Exception | None = None

    def __call__(self) -> None:
        self.begun += 1
        assert self.may_end.wait(30)
        if self.error:
            raise self.error


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def follower(turns):
    made = Follower(turns, rest=0.01)
    made.start()
    yield made
    turns.may_end.set()
    assert made.stop(30)


def test_what_comes_during_a_turn_is_one_more_turn(follower, turns):
    follower.wake()
    eventually(lambda: turns.begun == 1)
    for _ in range(1000):
        follower.wake()
    turns.may_end.set()
    eventually(lambda: turns.begun == 2)
    assert follower.stop(30)
    assert turns.begun == 2


def test_a_turn_that_fails_is_not_the_last(follower, turns):
    turns.error = errors.CannotTellError("The database does not answer.")
    turns.may_end.set()
    follower.wake()
    eventually(lambda: turns.begun == 1)
    eventually(lambda: follower.wake() or turns.begun > 1)


def test_it_does_not_end_in_the_middle_of_a_turn_and_begins_none_after(turns):
    follower = Follower(turns)
    follower.start()
    follower.wake()
    eventually(lambda: turns.begun == 1)
    assert not follower.stop(0.05)
    follower.wake()
    turns.may_end.set()
    assert follower.stop(30)
    assert turns.begun == 1


def test_one_that_was_not_started_is_stopped():
    assert Follower(lambda: None).stop()


# -- in the product ----------------------------------------------------------------------------------------------------


def signal(rule: str, severity: str = CRITICAL) -> Signal:
    return Signal({"alertname": rule, "service": "shop", "severity": severity}, key=rule)


def test_it_is_woken_for_what_waits_for_nothing_and_not_for_the_rest(tmp_path):
    app, woken = sites.product(tmp_path), list[str]()
    app.when_alerts_due(lambda: woken.append("due"))
    app.alerting.take([signal("Slow", WARNING)])
    assert woken == []
    app.alerting.take([signal("Slow", CRITICAL)])  # it got worse
    assert len(woken) == 1
    app.alerting.turn()
    app.alerting.take([signal("Slow", CRITICAL)])
    assert len(woken) == 1
    app.alerting.take([signal("Down")])
    assert len(woken) == 2


def test_the_end_of_a_silence_is_the_end_of_waiting(tmp_path):
    app, woken = sites.product(tmp_path), list[str]()
    over = [Matcher("service", Operator.EQUAL, "shop")]
    silence = app.alerting.silence(silencing.Wanted(over, "ann", "a test", app.clock.now() + stories.HOUR))
    app.alerting.take([signal("Down")])
    app.alerting.turn()
    app.when_alerts_due(lambda: woken.append("due"))
    app.alerting.end_silence(silence.id, "ann")
    assert woken == ["due"]
    app.alerting.maintain("shop", stories.HOUR, "ann", "a test")
    app.alerting.end_maintenance("shop", "ann")
    assert len(woken) == 2


def test_rules_wake_it_as_senders_do(tmp_path):
    app, woken = sites.product(tmp_path), list[str]()
    app.when_alerts_due(lambda: woken.append("due"))
    with app.rules.writing() as (_, take):
        take([signal("Down")])
        assert woken == []  # not before it is committed
    assert woken == ["due"]


def test_a_p1_is_with_people_without_a_look_of_the_engine(tmp_path):
    app, sent = sites.product(tmp_path), list[Outgoing]()
    stories.Story(app.pager.writing, app.clock).describe(stories.book())

    def post(outgoing, now):
        sent.append(outgoing)
        return Delivered()

    sender, follower = Sender(stories.replace(app.sending, post=post)), Follower(app.alerting.catch_up)
    app.when_outgoing(sender.wake)
    app.when_alerts_due(follower.wake)
    sender.start()
    follower.start()
    try:
        app.alerting.take([signal("Down")])
        assert eventually(lambda: [each.person for each in sent]) == ["ann"]
    finally:
        assert follower.stop(30)
        assert sender.stop(30)


@pytest.mark.parametrize("kind", databases.KINDS)
def test_two_processes_that_decide_at_once_make_one_page_of_each(request, tmp_path, kind):
    if kind == "sqlite":
        _decide_at_once(lambda: _product(tmp_path, ""))
    else:
        with databases.new_postgres(request) as url:
            _decide_at_once(lambda: _product(tmp_path, url))


def _product(folder, url: str) -> App:
    data = Data(folder=folder, database_url=SecretStr(url))
    return App(Settings(data=data, alerts=Alerts(storm_pages=1000)))


def _decide_at_once(product: Callable[[], App]) -> None:
    apps, together = [product() for _ in range(4)], threading.Barrier(4)
    stories.Story(apps[0].pager.writing, apps[0].clock).describe(stories.book())

    def decide(app: App) -> None:
        together.wait(30)
        app.alerting.turn()

    with ThreadPoolExecutor(len(apps)) as pool:
        for number in range(5):
            apps[0].alerting.take([signal(f"Rule{number}{each}") for each in range(5)])
            for done in [pool.submit(decide, app) for app in apps]:
                done.result(60)
    alerts, pagings = apps[0].alerting.alerts(), apps[0].pager.pages()
    assert len(alerts) == 25
    assert sorted(each.page for each in alerts) == sorted(each.page for each in pagings)
    calls = [call for each in pagings for call in apps[0].pager.detail(each.id).outgoing]
    assert [call.call for call in calls] == [1] * 25
    for app in apps:
        app.database.engine.dispose()
