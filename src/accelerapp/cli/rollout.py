"""Waits for a rollout and says how far it is. `reached` is pure; `wait` asks again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from accelerapp.base import errors, text

if TYPE_CHECKING:
    from accelerapp.platforms.interface import Workload

_POLL_SECONDS = 0.5
_PATIENCE = 15.0


@dataclass(frozen=True)
class Goal:
    """What was asked for; what is None was not."""

    replicas: int | None = None
    revision: int | None = None
    """This revision or a later one."""


class Step(StrEnum):
    """Where the rollout stands."""

    SUPERSEDED = "superseded"
    """Someone wants something else by now."""
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


def reached(found: Workload, goal: Goal) -> Step:
    """How a workload stands to the goal; the platform's word about an earlier revision does not count."""
    if goal.revision is not None and found.revision > goal.revision:
        return Step.SUPERSEDED
    if goal.replicas is not None and found.desired != goal.replicas:
        return Step.SUPERSEDED
    if goal.revision is not None and found.revision < goal.revision:
        return Step.WAITING
    if found.phase == "failed":
        return Step.FAILED
    return Step.DONE if found.phase == "complete" and found.ready >= found.desired else Step.WAITING


def line(found: Workload) -> str:
    """One line of progress."""
    told = found.message.rstrip(".") or f"{found.updated} of {found.desired} replicas new, {found.ready} ready"
    return f"version {found.version}, {text.printable(told, 300)}"


def wait(
    ask: Callable[[], Workload], goal: Goal, timeout: float, say: Callable[[str], None], stale: float = 3.0
) -> Workload:
    """Ask until the goal is reached or failed, and say each change. Raises CannotTellError after `timeout` seconds.

    A failure that is told within the first `stale` seconds may be that of the rollout before: it is not believed yet.
    A platform that cannot be asked for a few seconds (its supervisor is being replaced) is asked again. On ctrl-C the
    rollout goes on; that is said before the interrupt goes up.
    """
    begun, said = time.monotonic(), ""
    try:
        while True:
            found = _patiently(ask, min(_PATIENCE, timeout))
            said = _say_change(found, said, say)
            step, waited = reached(found, goal), time.monotonic() - begun
            if step in (Step.DONE, Step.SUPERSEDED) or (step is Step.FAILED and waited >= stale):
                return _ended(found, goal, say)
            if waited > timeout:
                raise _too_long(found, timeout)
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        say("Interrupted: the rollout goes on by itself. `accelerapp service undo` takes it back.")
        raise


def _patiently(ask: Callable[[], Workload], seconds: float) -> Workload:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except errors.CannotTellError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)


def _say_change(found: Workload, said: str, say: Callable[[str], None]) -> str:
    now = line(found)
    if now != said:
        say(f"{found.service}: {now}")
    return now


def _ended(found: Workload, goal: Goal, say: Callable[[str], None]) -> Workload:
    step = reached(found, goal)
    if step is Step.SUPERSEDED:
        say(f"{found.service}: something else is wanted by now (version {found.version}, {found.desired} replicas).")
    elif step is Step.DONE:
        say(f"{found.service}: done, {text.count(found.ready, 'replica')} of version {found.version} ready.")
    return found


def _too_long(found: Workload, timeout: float) -> errors.CannotTellError:
    return errors.CannotTellError(
        f"The rollout of {found.service} has not come to an end within {text.duration(timeout)}: {line(found)}.",
        mend="It goes on by itself; `accelerapp service show` tells how far it is.",
    )
