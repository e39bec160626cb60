"""The outgoing heartbeat: a watcher elsewhere hears of us while paging works, and else does not."""

from __future__ import annotations

from datetime import timedelta

import fakes
import pytest
from notifications.servers import Got, Local, Reply, serve
from pydantic import SecretStr
from story import StoryApp, settings_of
from tests.paging import stories

from accelerapp.base import clock as clocks
from accelerapp.base.settings.people import Paging
from accelerapp.engine import jobs
from accelerapp.engine.jobs.paging import SendHeartbeat
from accelerapp.engine.runner import Engine

MINUTE = timedelta(minutes=1)


class Watched:
    """A product whose heartbeat goes to a local watcher; `answer` is what that says."""

    def __init__(self, folder) -> None:
        self.clock = clocks.MovingClock(fakes.NOON)
        self.folder = folder
        self.beats: list[Got] = []
        self.answer = Reply(200, "OK")

    def connect(self, url: str) -> None:
        known = settings_of(self.folder)
        told = Paging(heartbeat_url=SecretStr(url), heartbeat_every=MINUTE)
        self.app = StoryApp(known.model_copy(update={"paging": told}), fakes.FakePlatform(), self.clock)
        self.engine = Engine(self.app, [each for each in jobs.of_app(self.app) if isinstance(each, SendHeartbeat)])
        self.story = stories.Story(self.app.pager.writing, self.clock)

    def hear(self, got: Got, local: Local) -> Reply:
        self.beats.append(got)
        return self.answer

    def minutes(self, count: int) -> None:
        for _ in range(count):
            self.engine.turn()
            self.clock.move(MINUTE)

    @property
    def trouble(self) -> str:
        [status] = self.engine.status()
        return status.last_error if status.failures_in_a_row else ""


@pytest.fixture
def watched(tmp_path):
    made = Watched(tmp_path)
    with serve(made.hear, tmp_path) as watcher:
        made.connect(f"{watcher.url}/ping/5ac64822?from=us")
        made.watcher = watcher
        yield made
    made.app.database.engine.dispose()


def test_it_comes_every_minute_at_the_very_address(watched):
    watched.minutes(3)
    assert [(each.method, each.path) for each in watched.beats] == [("GET", "/ping/5ac64822?from=us")] * 3
    assert watched.trouble == ""


def test_it_stays_away_while_due_pages_lie_about_and_comes_again(watched):
    watched.story.describe(stories.book())
    send, watched.story.send = watched.story.send, lambda sending=None: 0
    watched.story.page()
    watched.minutes(5)
    assert len(watched.beats) == 3  # at once, and after one and two minutes
    assert watched.trouble == "Due pages wait for 4 min: no heartbeat is sent."
    send()
    watched.story.resolve()
    watched.minutes(1)
    assert len(watched.beats) == 4
    assert watched.trouble == ""


@pytest.mark.parametrize("status", [301, 404, 500])
def test_a_watcher_that_does_not_know_us_is_told_and_asked_again(watched, status):
    watched.answer = Reply(status, "", {"Location": "/elsewhere"})
    watched.minutes(2)
    assert len(watched.beats) == 2
    assert watched.trouble == f"The watcher of paging.heartbeat_url answers {status}."


def test_a_watcher_that_hangs_up_is_told_without_the_address_which_is_a_secret(watched):
    watched.watcher.mode = "drops"
    watched.minutes(1)
    assert watched.trouble.startswith("http://127.0.0.1:")
    assert "5ac64822" not in watched.trouble
    watched.watcher.mode = "fine"
    watched.minutes(1)
    assert watched.trouble == ""


def test_a_watcher_that_is_away_is_told(tmp_path):
    gone = Watched(tmp_path)
    gone.connect("http://127.0.0.1:9/ping")
    gone.minutes(1)
    assert gone.trouble == "http://127.0.0.1:9 cannot be reached."


def test_an_address_that_is_none_is_told_without_it(tmp_path):
    wrong = Watched(tmp_path)
    wrong.connect("hc-ping.example.com/5ac64822")
    wrong.minutes(1)
    assert wrong.trouble == "That is no http or https address."


def test_without_an_address_there_is_no_heartbeat(tmp_path):
    bare = StoryApp(settings_of(tmp_path), fakes.FakePlatform())
    assert not [each for each in jobs.of_app(bare) if each.name == "send_heartbeat"]
