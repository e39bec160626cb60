"""Decides what to do next for one service. Pure: what is wanted, what is and the time go in, actions come out.

The rules are those of a Kubernetes rolling update with one surplus replica and none missing: a new replica is started,
must be ready and settled, and only then may an old one go. A rollout whose new replicas fail never costs an old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accelerapp.base import text
from accelerapp.platforms.local.model import Desired, Phase, ReplicaRecord, Template

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
STABLE_AFTER = 60.0
"""A replica that ran so many seconds has no failures behind it."""


@dataclass(frozen=True)
class Create:
    """Make a new replica of the wanted template."""


@dataclass(frozen=True)
class Start:
    """Start the process of a waiting replica."""

    replica: str


@dataclass(frozen=True)
class Stop:
    """End a replica: it is not wanted any more."""

    replica: str


@dataclass(frozen=True)
class Replace:
    """End the process of a replica that is not ready for too long; it starts again."""

    replica: str
    reason: str


@dataclass(frozen=True)
class Kill:
    """The time to end by itself is over."""

    replica: str


Action = Create | Start | Stop | Replace | Kill


def pause(failures: int) -> float:
    """Seconds before the next start: none after the first failure, then 1, 2, 4, … and at most 60."""
    return 0.0 if failures <= 1 else float(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failures - 2, 10)))


def decide(desired: Desired, replicas: Sequence[ReplicaRecord], now: float) -> list[Action]:
    """The actions for now; the same again later is harmless, since each changes what is."""
    actions: list[Action] = [Kill(r.name) for r in replicas if r.phase is Phase.STOPPING and now >= r.stop_by]
    live = [replica for replica in replicas if replica.phase is not Phase.STOPPING]
    wanted = 0 if desired.stopped else desired.replicas
    leaving = _surplus(desired, live, wanted, now)
    actions += [Stop(name) for name in leaving]
    staying = [replica for replica in live if replica.name not in leaving]
    actions += _tend(desired, staying, now)
    actions += [Create()] * _missing(desired.template, staying, wanted)
    return actions


def _tend(desired: Desired, replicas: Sequence[ReplicaRecord], now: float) -> list[Action]:
    """Start what waits, replace what does not get ready."""
    actions: list[Action] = []
    for replica in replicas:
        limit = desired.of(replica.template).definition.ready_timeout
        if replica.phase is Phase.WAITING and now >= replica.next_start_at:
            actions.append(Start(replica.name))
        elif replica.phase in (Phase.STARTING, Phase.UNREADY) and now - replica.since > limit:
            actions.append(Replace(replica.name, f"It was not ready for {limit:g} s."))
    return actions


def _missing(template: Template, replicas: Sequence[ReplicaRecord], wanted: int) -> int:
    """How many new replicas to make: all that are missing, and one more while old ones are there."""
    new = sum(replica.template == template for replica in replicas)
    old = len(replicas) - new
    room = wanted + (1 if old else 0) - len(replicas)
    return max(0, min(room, wanted - new))


def _surplus(desired: Desired, live: Sequence[ReplicaRecord], wanted: int, now: float) -> set[str]:
    """Names of the replicas that may go now."""
    if wanted == 0:
        return {replica.name for replica in live}
    new = [replica for replica in live if replica.template == desired.template]
    old = [replica for replica in live if replica.template != desired.template]
    settled = [replica for replica in new if is_settled(replica, desired.current.definition.settle, now)]
    leaving = _least_useful(new, len(new) - wanted)
    serving_old = [replica for replica in old if replica.phase is Phase.READY]
    idle_old = [replica for replica in old if replica.phase is not Phase.READY]
    if settled:
        leaving += idle_old
    else:
        # They serve nobody, but one that was only just hurt may come back while the new ones fail. The others make
        # room for a new replica: those in a crash loop, and all when no old one serves or enough of them do.
        enough = not serving_old or len(serving_old) >= wanted
        hopeless = [replica for replica in idle_old if enough or replica.failures > 1]
        leaving += hopeless[: max(0, len(live) - wanted)]
    leaving += _least_useful(serving_old, len(serving_old) + len(settled) - wanted)
    return {replica.name for replica in leaving}


def _least_useful(replicas: Sequence[ReplicaRecord], count: int) -> list[ReplicaRecord]:
    """Those that are not ready first, then the youngest."""
    ranked = sorted(replicas, key=lambda replica: (replica.phase is Phase.READY, -(replica.started_at or 1e18)))
    return ranked[: max(0, count)]


def is_settled(replica: ReplicaRecord, settle: float, now: float) -> bool:
    """Has it been ready long enough to count on it?"""
    return replica.phase is Phase.READY and now - replica.since >= settle


def is_done(desired: Desired, replicas: Sequence[ReplicaRecord], now: float) -> bool:
    """Do all wanted replicas, and no others, run the wanted template and are settled?"""
    settle = desired.current.definition.settle
    return len(replicas) == desired.replicas and all(
        replica.template == desired.template and is_settled(replica, settle, now) for replica in replicas
    )


def rollout(desired: Desired, replicas: Sequence[ReplicaRecord], done: Template | None, now: float) -> tuple[str, str]:
    """The phase of the rollout (complete, progressing, failed) and a sentence about it."""
    if desired.stopped:
        return ("complete", "Stopped.") if not replicas else ("progressing", "Stopping.")
    live = [replica for replica in replicas if replica.phase is not Phase.STOPPING]
    ready = sum(replica.phase is Phase.READY for replica in live)
    new = [replica for replica in live if replica.template == desired.template]
    if done != desired.template:
        failed = next((replica for replica in new if replica.failures >= 2), None)
        if failed is not None:
            rest = f" {ready} of {desired.replicas} replicas go on serving." if ready else ""
            return "failed", f"{failed.name} does not come up: {failed.message}{rest}"
        updated = sum(replica.phase is Phase.READY for replica in new)
        version = desired.current.version
        return "progressing", f"{updated} of {desired.replicas} replicas ready with version {version}."
    if ready < desired.replicas or len(replicas) != desired.replicas:
        return "progressing", f"{ready} of {desired.replicas} replicas ready."
    return "complete", f"{text.count(desired.replicas, 'replica')} ready with version {desired.current.version}."
