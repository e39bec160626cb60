"""Decides what to do next for one service. Pure: what is wanted, what is and the time go in, actions come out.

The rules are those of a Kubernetes rolling update with one surplus replica and none missing: a new replica is started,
must be ready and settled, and only then may an old one go. A rollout whose new replicas fail never costs an old one
that serves. Times are steady.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from accelerapp.base import text
from accelerapp.platforms.local.model import LEAVING, Desired, Phase, ReplicaRecord, Template, Why

_FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
STABLE_AFTER = 60.0
"""A replica that ran so many seconds has no failures behind it."""
UNHEARD = 0.3
"""So long after it has left the proxy's list a replica may still be given a request."""


@dataclass(frozen=True)
class Create:
    """Make a new replica of the wanted template."""


@dataclass(frozen=True)
class Start:
    """Start the process of a waiting replica."""

    replica: str


@dataclass(frozen=True)
class Drain:
    """A replica is not wanted any more: give it no new requests."""

    replica: str


@dataclass(frozen=True)
class Stop:
    """Ask a drained replica to end."""

    replica: str


@dataclass(frozen=True)
class Restart:
    """End the process of a replica that is not ready for too long; it starts again."""

    replica: str
    why: Why
    reason: str


@dataclass(frozen=True)
class Kill:
    """The time to end by itself is over."""

    replica: str


Action = Create | Start | Drain | Stop | Restart | Kill


def pause(failures: int) -> float:
    """Seconds before the next start: none after the first failure, then 1, 2, 4, … and at most 60."""
    return 0.0 if failures <= 1 else float(min(LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failures - 2, 10)))


def failures_after(replica: ReplicaRecord, now: float) -> int:
    """Its failures in a row when it ends now."""
    lived = now - (now if replica.started_at is None else replica.started_at)
    return 1 if lived >= STABLE_AFTER else replica.failures + 1


def decide(desired: Desired, replicas: Sequence[ReplicaRecord], busy: Collection[str], now: float) -> list[Action]:
    """The actions for now; the same again later is harmless, since each changes what is.

    `busy` names the replicas that still serve requests.
    """
    actions: list[Action] = []
    for replica in replicas:
        actions += _farewell(desired, replica, replica.name in busy, now)
    live = [replica for replica in replicas if replica.phase not in LEAVING]
    leaving = _surplus(desired, live, now)
    actions += [Drain(name) for name in sorted(leaving)]
    staying = [replica for replica in live if replica.name not in leaving]
    for replica in staying:
        actions += _tend(desired, replica, now)
    return actions + [Create()] * _missing(desired, staying)


def _farewell(desired: Desired, replica: ReplicaRecord, busy: bool, now: float) -> list[Action]:
    """Bring on its way a replica that ends."""
    if replica.phase is Phase.DRAINING:
        grace = desired.of(replica.template).definition.stop_grace
        drained = replica.port is None or (not busy and now - replica.since >= UNHEARD)
        return [Stop(replica.name)] if drained or now - replica.since >= max(grace, UNHEARD) else []
    ending = replica.phase is Phase.STOPPING or replica.ended_for is not None
    return [Kill(replica.name)] if ending and now >= replica.stop_by else []


def _tend(desired: Desired, replica: ReplicaRecord, now: float) -> list[Action]:
    """Start what waits, end what does not get ready."""
    limit = desired.of(replica.template).definition.ready_timeout
    if replica.phase is Phase.WAITING:
        return [Start(replica.name)] if now >= replica.next_start_at else []
    late = replica.phase in (Phase.STARTING, Phase.UNREADY) and now - replica.since > limit
    if late and replica.ended_for is None:
        return [Restart(replica.name, Why.NOT_READY, f"It was not ready for {limit:g} s.")]
    return []


def _missing(desired: Desired, replicas: Sequence[ReplicaRecord]) -> int:
    """How many new replicas to make: all that are missing, and one more while old ones are there."""
    new = sum(replica.template == desired.template for replica in replicas)
    old = len(replicas) - new
    room = desired.wanted + (1 if old else 0) - len(replicas)
    return max(0, min(room, desired.wanted - new))


def _surplus(desired: Desired, live: Sequence[ReplicaRecord], now: float) -> set[str]:
    """Names of the replicas that may go now."""
    wanted = desired.wanted
    if wanted == 0:
        return {replica.name for replica in live}
    new = [replica for replica in live if replica.template == desired.template]
    old = [replica for replica in live if replica.template != desired.template]
    settled = sum(is_settled(desired, replica, now) for replica in new)
    leaving = _least_useful(new, len(new) - wanted)
    # One that serves nobody may come back while no new one has settled, so it stays then; but never in the place of the
    # surplus replica, or the version that is wanted would never get one.
    leaving += _least_useful(old, len(old) - wanted)
    if settled:
        serving = [replica for replica in old if replica not in leaving and replica.phase is Phase.READY]
        leaving += [replica for replica in old if replica not in leaving and replica.phase is not Phase.READY]
        leaving += _least_useful(serving, len(serving) + settled - wanted)
    # After scaling down in the middle of a rollout there may still be more than the one surplus replica.
    staying = [replica for replica in live if replica not in leaving]
    most = wanted + any(replica in old for replica in staying)
    leaving += _least_useful(staying, len(staying) - most)
    return {replica.name for replica in leaving}


def _least_useful(replicas: Sequence[ReplicaRecord], count: int) -> list[ReplicaRecord]:
    """So many of them: those that never got ready first, then those that are not ready, then the youngest."""
    rank = {Phase.READY: 2, Phase.UNREADY: 1}
    ranked = sorted(replicas, key=lambda replica: (rank.get(replica.phase, 0), -(replica.started_at or 1e18)))
    return ranked[: max(0, count)]


def is_settled(desired: Desired, replica: ReplicaRecord, now: float) -> bool:
    """Has it been ready long enough to count on it? Without a port it had to live that long to be ready at all."""
    settle = desired.of(replica.template).definition.settle if replica.port is not None else 0.0
    return replica.phase is Phase.READY and now - replica.since >= settle


def is_done(desired: Desired, replicas: Sequence[ReplicaRecord], now: float) -> bool:
    """Do all wanted replicas, and no others, run the wanted template and are settled?"""
    return len(replicas) == desired.replicas and all(
        replica.template == desired.template and is_settled(desired, replica, now) for replica in replicas
    )


def rollout(desired: Desired, replicas: Sequence[ReplicaRecord], done: Template | None, now: float) -> tuple[str, str]:
    """The phase of the rollout (complete, progressing, failed) and a sentence about it."""
    if desired.stopped:
        return ("complete", "Stopped.") if not replicas else ("progressing", "Stopping.")
    live = [replica for replica in replicas if replica.phase not in LEAVING]
    ready = sum(replica.phase is Phase.READY for replica in live)
    version = desired.current.version
    if done != desired.template:
        return _unfinished(desired, live, ready, now)
    if ready < desired.replicas:
        hurt = next((replica for replica in live if replica.phase is not Phase.READY and replica.failures), None)
        why = f" {hurt.name}: {hurt.message}" if hurt else ""
        return "progressing", f"{ready} of {desired.replicas} replicas ready.{why}"
    if len(replicas) != desired.replicas:
        return "progressing", f"{ready} of {desired.replicas} replicas ready."
    return "complete", f"{text.count(desired.replicas, 'replica')} ready with version {version}."


def _unfinished(desired: Desired, live: Sequence[ReplicaRecord], ready: int, now: float) -> tuple[str, str]:
    new = [replica for replica in live if replica.template == desired.template]
    failed = next((replica for replica in new if has_failed(replica) and not is_settled(desired, replica, now)), None)
    if failed is not None:
        rest = f" {ready} of {desired.replicas} replicas go on serving." if ready else ""
        story = failed.message if failed.phase is Phase.WAITING or not failed.ending else failed.ending.story
        return "failed", f"{failed.name} does not come up: {story}{rest}"
    updated = sum(replica.phase is Phase.READY for replica in new)
    return "progressing", f"{updated} of {desired.replicas} replicas ready with version {desired.current.version}."


def has_failed(replica: ReplicaRecord) -> bool:
    """Is it clear that it does not come up? One crash may be bad luck; not getting ready in time has taken its time."""
    reason = replica.ending.reason if replica.ending else ""
    return replica.failures >= 2 or (replica.failures == 1 and reason in (Why.NOT_READY, "StartError"))
