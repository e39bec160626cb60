"""Why a service on this machine does not run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests import fakes
from tests.fakes import SHOP, FakePlatform

from accelerapp.base import errors
from accelerapp.explanations.model import Explanation, Outcome
from accelerapp.flows import explain
from accelerapp.platforms import interface
from accelerapp.platforms.interface import LastExit, LogRequest, ReplicaState, RolloutPhase


def explained(platform: FakePlatform) -> Explanation:
    return explain.explain(lambda: explain.of_local(platform, SHOP), fakes.NOON)


def shop(*replicas: interface.Replica, **changes: object) -> FakePlatform:
    return FakePlatform(fakes.workload(*replicas, **changes))


def crashed(number: int = 1, code: int | None = 1, reason: str = "Error", **more: object) -> interface.Replica:
    ended = LastExit(fakes.NOON, code, reason)
    given = {"ready": False, "state": ReplicaState.CRASH_LOOP, "restarts": 3, "last_exit": ended, **more}
    return fakes.replica(number, **given)


def test_a_service_that_runs_is_well_and_says_what_was_looked_at() -> None:
    found = explained(FakePlatform())
    assert found.outcome is Outcome.NOTHING_WRONG
    assert found.summary == "Nothing is wrong. 2 of 2 replicas are ready, version 1.0.0."
    assert found.looked_at == ("2 replicas", "0 events", "0 logs")


def test_a_crash_is_told_by_the_log_and_comes_before_the_rollout() -> None:
    platform = shop(crashed(1), crashed(2), phase=RolloutPhase.FAILED, message="It is stuck.")
    for replica in platform.workload(SHOP).replicas:
        platform.log_lines[replica.name] = [b"starting", b"psycopg.OperationalError: Connection refused", b"bye"]
    found = explained(platform)
    assert [each.kind for each in found.causes] == ["database-unreachable", "rollout-failed"]
    assert found.causes[0].also == ("shop-2",)
    assert "log: psycopg.OperationalError: Connection refused" in found.causes[0].evidence
    assert "accelerapp service undo shop" in found.causes[1].mend


@pytest.mark.parametrize(
    ("replica", "kind"),
    [
        (crashed(reason="OOMKilled", state=ReplicaState.OOM_KILLED), "out-of-memory"),
        (crashed(code=-9, reason="Killed by signal 9"), "crash-loop"),
        (crashed(code=None, reason="Unknown"), "crash-loop"),
        (fakes.replica(ready=False, state=ReplicaState.RUNNING, reason="503 at /health."), "not-ready"),
        (fakes.replica(ready=False, state=ReplicaState.STARTING, reason="It starts."), "starting"),
    ],
)
def test_each_state_has_its_own_cause(replica: interface.Replica, kind: str) -> None:
    found = explained(shop(replica, desired=1))
    assert kind in [each.kind for each in found.causes]
    assert found.outcome is Outcome.EXPLAINED


def test_scaled_to_zero_is_said() -> None:
    assert [each.kind for each in explained(shop()).causes] == ["scaled-to-zero"]


def test_a_platform_that_cannot_be_asked_is_no_explanation() -> None:
    platform = FakePlatform()
    platform.unreachable = True
    with pytest.raises(errors.CannotTellError):
        explained(platform)


class Deaf(FakePlatform):
    """Tells its replicas, but neither events nor logs."""

    def events(self, service: object, limit: int = 100) -> list[interface.Event]:
        raise errors.CannotTellError("The events are gone.")

    def logs(self, request: LogRequest) -> object:  # type: ignore[override]
        raise errors.CannotTellError("The logs are gone.")


def test_what_could_not_be_read_is_named_and_keeps_it_from_being_called_well() -> None:
    found = explained(Deaf())
    assert found.outcome is Outcome.CANNOT_TELL
    assert [each.what for each in found.unread] == ["events"]
    sick = explained(Deaf(replace(fakes.workload(crashed()), desired=1)))
    assert sick.outcome is Outcome.EXPLAINED
    assert [each.what for each in sick.unread] == ["events", "logs"]
