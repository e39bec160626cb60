"""Those who follow a log: they hold up nobody else, end when they leave, and are not too many."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests import sites
from tests.fakes import SHOP, FakePlatform
from tests.running import eventually

from accelerapp.access.model import Role
from accelerapp.api import logs
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.platforms.interface import LogChunk, LogRequest

MORE_THAN_THERE_ARE_THREADS_FOR_REQUESTS = 45


class SilentPlatform(FakePlatform):
    """Its log says one line, and then nothing until the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.followed = 0

    def logs(self, request: LogRequest) -> Iterator[LogChunk]:
        self.followed += 1
        try:
            yield LogChunk(self.workload(SHOP).replicas[0].name, b"hello\n")
            while True:
                yield LogChunk(self.workload(SHOP).replicas[0].name, b"")
                self.go_on.wait(60)
        finally:
            self.followed -= 1


@pytest.fixture
def platform() -> SilentPlatform:
    return SilentPlatform()


@pytest.fixture
def app(tmp_path: Path, platform: SilentPlatform) -> App:
    return sites.product(tmp_path, platform)


def ask(url: str, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def test_many_followers_leave_room_for_requests_and_end_when_they_leave(app: App, platform: SilentPlatform) -> None:
    viewer = sites.key(app, Role.VIEWER)
    with sites.served(app) as url:
        following = [
            ask(url, "/api/v1/services/shop/logs?follow=true", viewer)
            for _ in range(MORE_THAN_THERE_ARE_THREADS_FOR_REQUESTS)
        ]
        assert following[-1].readline().endswith(b"hello\n")
        assert ask(url, "/api/v1/services", viewer).status == 200  # while all of them wait
        for one in following:
            one.close()
        platform.go_on.set()
        eventually(lambda: platform.followed == 0)


def test_there_is_a_limit_which_is_said() -> None:
    followers = logs.Followers(most=1)
    followers.need_room()
    with followers.one_more(), pytest.raises(errors.CannotTellError, match="1 follow logs already"):
        followers.need_room()
    followers.need_room()
