"""What every platform must do, on a running service named `shop` with two replicas of its first version.

A platform's test module subclasses `PlatformContract`, says there what is particular to it, and gives a fixture
`platform` with that service. In a replica `$GREETING` is `hello`, and something writes a line every second.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.platforms.interface import LogRequest, Platform, Replica, ReplicaState, RolloutPhase, Workload

T = TypeVar("T")
SHOP = ServiceName("shop")


def eventually(look: Callable[[], T], seconds: float = 20) -> T:
    """The first true thing that `look` gives; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"did not come true: {look}"
        time.sleep(0.05)


def when(platform: Platform, condition: Callable[[Workload], bool], seconds: float = 60) -> Workload:
    """The workload once the condition holds."""

    def look() -> Workload | None:
        workload = platform.workload(SHOP)
        return workload if condition(workload) else None

    found = eventually(look, seconds)
    assert found is not None
    return found


def complete(workload: Workload) -> bool:
    return workload.phase is RolloutPhase.COMPLETE


def staying(workload: Workload) -> list[Replica]:
    """Without those that are being ended."""
    return [replica for replica in workload.replicas if replica.state is not ReplicaState.TERMINATING]


def runs(workload: Workload, version: str) -> bool:
    """Is its rollout complete, and does nothing else run any more?"""
    return complete(workload) and {replica.version for replica in staying(workload)} == {version}


class PlatformContract:
    FIRST = "1.0.0"
    SECOND = "2.0.0"
    CRASHING = "crash-1"
    """Ends at start."""
    CRASH_CODE = 3
    LAST_WORDS = "PAYMENT_URL"
    """In the last line that the crashing version writes."""
    HAPPENED = frozenset({"Started", "Ready"})
    """Reasons of events of a service that has started."""
    AFTER_UNDO = (FIRST, SECOND, FIRST)
    """Versions of the revisions after a change to the second one and back, newest first."""

    def test_a_running_service_has_ready_replicas_with_figures(self, platform: Platform) -> None:
        workload = when(platform, complete)
        assert (workload.ready, workload.desired, workload.version) == (2, 2, self.FIRST)
        assert {replica.state for replica in workload.replicas} == {ReplicaState.RUNNING}
        usage = eventually(lambda: len(platform.usage(SHOP)) == 2 and platform.usage(SHOP), 60)
        assert all(figure.memory_bytes > 1_000_000 for figure in usage)

    def test_an_unknown_service_is_not_found(self, platform: Platform) -> None:
        with pytest.raises(errors.NotFoundError):
            platform.workload(ServiceName("nothing"))

    def test_a_new_version_replaces_every_replica_and_undo_brings_the_old_one_back(self, platform: Platform) -> None:
        before = {replica.name for replica in when(platform, complete).replicas}
        platform.set_version(SHOP, self.SECOND, by="me")
        after = when(platform, lambda workload: runs(workload, self.SECOND))
        assert (after.version, len(staying(after))) == (self.SECOND, 2)
        assert not before & {replica.name for replica in staying(after)}
        assert platform.undo(SHOP, by="me").version == self.FIRST
        when(platform, lambda workload: runs(workload, self.FIRST))
        assert tuple(revision.version for revision in platform.revisions(SHOP))[:3] == self.AFTER_UNDO
        assert platform.revisions(SHOP)[0].by == "me"

    def test_a_version_that_crashes_fails_its_rollout_and_costs_no_replica(self, platform: Platform) -> None:
        when(platform, complete)
        platform.set_version(SHOP, self.CRASHING, by="me")
        stuck = when(platform, lambda workload: workload.phase is RolloutPhase.FAILED)
        serving = [replica for replica in stuck.replicas if replica.ready]
        assert [replica.version for replica in serving] == [self.FIRST, self.FIRST]
        crashing = next(replica for replica in stuck.replicas if not replica.ready)
        assert crashing.state is ReplicaState.CRASH_LOOP
        assert crashing.last_exit is not None
        assert crashing.last_exit.exit_code == self.CRASH_CODE
        assert self.LAST_WORDS in crashing.reason
        platform.undo(SHOP, by="me")
        when(platform, complete)

    def test_there_is_no_release_of_an_unknown_version(self, platform: Platform) -> None:
        with pytest.raises(errors.NotFoundError, match="no release"):
            platform.set_version(SHOP, "../1.0.0", by="me")

    def test_scaling_up_and_down(self, platform: Platform) -> None:
        when(platform, complete)
        platform.scale(SHOP, 3, by="me")
        when(platform, lambda workload: workload.ready == 3 and complete(workload))
        platform.scale(SHOP, 1, by="me")
        when(platform, lambda workload: len(staying(workload)) == 1 and complete(workload))
        with pytest.raises(errors.WrongUseError):
            platform.scale(SHOP, -1, by="me")

    def test_restart_replaces_every_replica(self, platform: Platform) -> None:
        before = {replica.name for replica in when(platform, complete).replicas}
        platform.restart(SHOP, by="me")
        after = when(platform, lambda workload: complete(workload) and staying(workload)[0].name not in before)
        assert not before & {replica.name for replica in staying(after)}

    def test_logs_come_from_every_replica_and_can_be_followed(self, platform: Platform) -> None:
        workload = when(platform, complete)
        chunks = list(platform.logs(LogRequest(SHOP)))
        assert {chunk.replica for chunk in chunks} == {replica.name for replica in workload.replicas}
        following = platform.logs(LogRequest(SHOP, tail=1, follow=True))
        seen = eventually(lambda: next(following).data)  # the readiness probe writes a line every second
        assert seen.count(b"\n") >= 1
        assert not list(platform.logs(LogRequest(SHOP, since=datetime.now(UTC) + timedelta(hours=1), tail=0)))

    def test_what_happened_is_told_newest_first(self, platform: Platform) -> None:
        when(platform, complete)
        eventually(lambda: {event.reason for event in platform.events(SHOP)} >= self.HAPPENED)
        times = [event.at for event in platform.events(SHOP)]
        assert times == sorted(times, reverse=True)

    def test_a_command_runs_beside_a_replica(self, platform: Platform) -> None:
        replica = when(platform, complete).replicas[0]
        result = platform.run(replica.name, ["sh", "-c", "echo $GREETING; echo oops >&2; exit 4"], timeout=10)
        assert (result.exit_code, result.stdout, result.stderr) == (4, b"hello\n", b"oops\n")
        with pytest.raises(errors.CannotTellError):
            platform.run(replica.name, ["sleep", "30"], timeout=0.2)
        with pytest.raises(errors.NotFoundError):
            platform.run(ReplicaName("shop-nobody"), ["true"], timeout=5)

    def test_the_machine_has_cores_memory_and_disks(self, platform: Platform) -> None:
        node = platform.nodes()[0]
        assert node.cpu_cores >= 1
        assert 0 < node.memory_used_bytes < node.memory_bytes
        assert node.disks
