"""The checks as they look: what they ask, and what a silent or a wrong outside turns into."""

from __future__ import annotations

from datetime import timedelta

import fakes
import pytest

from accelerapp.base import clock, errors
from accelerapp.base.settings import model as settings
from accelerapp.clients import http, postgres
from accelerapp.health.checks import family
from accelerapp.health.checks.database import DatabaseCheck
from accelerapp.health.checks.database_inside import DatabaseInsideCheck
from accelerapp.health.checks.errors import ErrorsCheck, LogWindow, WindowMemory
from accelerapp.health.checks.host import HostCheck
from accelerapp.health.checks.replicas import ReplicasCheck
from accelerapp.health.checks.url import UrlCheck
from accelerapp.health.checks.usage import UsageCheck
from accelerapp.health.model import Verdict
from accelerapp.platforms.interface import CommandResult, Node

LIMITS = settings.Health()


class ChangingNodes(fakes.FakePlatform):
    """Tells another load at each question."""

    def __init__(self, *busy: float) -> None:
        super().__init__()
        self.busy = list(busy)

    def nodes(self):
        return [Node("host", 1, self.busy.pop(0), 1, 0)]


def test_a_host_that_is_busy_for_a_moment_is_looked_at_again():
    moving = clock.MovingClock(fakes.NOON)
    assert HostCheck(ChangingNodes(1.0, 0.2), LIMITS, moving).look().verdict is Verdict.HEALTHY
    assert HostCheck(ChangingNodes(1.0, 1.0), LIMITS, moving).look().verdict is Verdict.DEGRADED
    calm = ChangingNodes(0.2, 1.0)
    assert HostCheck(calm, LIMITS, moving).look().verdict is Verdict.HEALTHY
    assert calm.busy == [1.0]


@pytest.mark.parametrize("check", [ReplicasCheck, lambda *known: UsageCheck(*known, LIMITS)])
def test_a_platform_that_cannot_be_asked_is_not_taken_for_an_empty_one(check):
    platform = fakes.FakePlatform()
    platform.unreachable = True
    with pytest.raises(errors.CannotTellError):
        check(platform, fakes.SHOP).look()


def test_what_is_not_configured_is_skipped_with_its_reason():
    assert DatabaseCheck("", 1, LIMITS).look().skipped == "the settings name no database of the service"
    assert UrlCheck("", 1, LIMITS).look().skipped == "the settings name no address of the service"


def test_a_silent_database_is_down_with_the_cause():
    def silent(url: str, timeout: float) -> postgres.PostgresState:
        raise postgres.PostgresUnreachableError("The database does not answer: connection refused")

    result = DatabaseCheck("postgresql://x/y", 1, LIMITS, ask=silent).look()
    assert (result.verdict, result.reasons) == (
        Verdict.DOWN,
        ("The database does not answer: connection refused",),
    )


def inside(*, code: int, out: bytes = b"", err: bytes = b"") -> DatabaseInsideCheck:
    platform = fakes.FakePlatform(fakes.workload(fakes.replica(1, ready=False), fakes.replica(2)))
    platform.command_result = CommandResult(code, out, err)
    return DatabaseInsideCheck(platform, fakes.SHOP, ("check",), 1)


def test_a_database_out_of_reach_is_asked_from_a_replica_that_is_ready():
    check = inside(code=0, out=b"Database: OK\n")
    assert check.look().verdict is Verdict.HEALTHY
    assert check.platform.ran == [("shop-2", ("check",))]


def test_a_command_that_fails_says_why_the_database_is_down():
    result = inside(code=1, err=b"Traceback\n  x\nOperationalError: no route\n").look()
    reason = "The database does not answer shop-2: OperationalError: no route"
    assert (result.verdict, result.reasons) == (Verdict.DOWN, (reason,))


def test_a_command_that_is_not_there_or_a_replica_that_is_not_ready_tells_nothing():
    with pytest.raises(errors.CannotTellError, match="cannot be run in shop-2: sh: 1: check: not found"):
        inside(code=127, err=b"sh: 1: check: not found\n").look()
    with pytest.raises(errors.CannotTellError, match="no replica is ready"):
        none = fakes.FakePlatform(fakes.workload(fakes.replica(1, ready=False)))
        DatabaseInsideCheck(none, fakes.SHOP, ("check",), 1).look()


def test_the_address_of_a_database_goes_before_the_command():
    def database(service: settings.Service) -> object:
        platform = fakes.FakePlatform()
        checks = family.of_service(fakes.SHOP, service, LIMITS, platform, lambda length: None, clock.SystemClock())
        return type(next(check for check in checks if check.name == "database"))

    local = settings.Local(releases="r", release="1", command=("true",))
    assert database(settings.Service(local=local, database_command=("check",))) is DatabaseInsideCheck
    both = settings.Service(local=local, database="postgresql://x/y", database_command=("check",))
    assert database(both) is DatabaseCheck


def test_a_silent_address_is_down_with_the_cause():
    def silent(url: str, timeout: float) -> http.Probe:
        raise http.UnreachableError(f"{url} cannot be reached.") from ConnectionError("connection refused")

    result = UrlCheck("http://shop", 1, LIMITS, ask=silent).look()
    assert (result.verdict, result.reasons) == (
        Verdict.DOWN,
        ("http://shop cannot be reached. ConnectionError: connection refused",),
    )


def test_the_log_is_read_for_every_window():
    asked: list[timedelta] = []

    def read(length: timedelta) -> LogWindow:
        asked.append(length)
        return LogWindow(length, 10, {"info": 10})

    assert ErrorsCheck(read, LIMITS).look().verdict is Verdict.HEALTHY
    assert asked == [timedelta(hours=1), timedelta(minutes=5), timedelta(minutes=1)]


def test_a_window_is_read_anew_at_a_twentieth_of_its_length_or_when_the_clock_was_set_back():
    memory, reads = WindowMemory(slow_seconds=-1), []

    def get(minutes: float, hours: int = 1, service: str = "shop") -> None:
        length, now = timedelta(hours=hours), fakes.NOON + timedelta(minutes=minutes)
        memory.get(service, length, now, lambda: reads.append(minutes) or LogWindow(length, 0, {}))

    for minutes in (0, 2.9, 3, 5, 2):
        get(minutes)
    assert reads == [0, 3, 2]
    get(2, hours=2)
    get(2, service="other")
    assert reads == [0, 3, 2, 2, 2]


def test_a_window_that_could_not_be_read_is_not_remembered():
    memory, length = WindowMemory(slow_seconds=-1), timedelta(hours=1)

    def fails() -> LogWindow:
        raise errors.CannotTellError("no log")

    with pytest.raises(errors.CannotTellError):
        memory.get("shop", length, fakes.NOON, fails)
    assert memory.get("shop", length, fakes.NOON, lambda: LogWindow(length, 7, {})).records == 7


def test_the_family_has_each_check_once_in_a_stable_order():
    described = settings.Service(local=settings.Local(releases="r", release="1", command=("true",)))
    checks = family.of_service(
        fakes.SHOP,
        described,
        LIMITS,
        fakes.FakePlatform(),
        lambda length: LogWindow(length, 0, {}),
        clock.SystemClock(),
    )
    names = ["replicas", "usage", "errors", "database", "url", "certificate", "host", "disk"]
    assert [check.name for check in checks] == names
    assert all(check.title for check in checks)
