"""Why a service on this machine does not run: from its replicas, their last exits, its events and its log. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from accelerapp.base import text
from accelerapp.base.ids import ReplicaName
from accelerapp.platforms import exit_codes, interface, telling
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.interface import ReplicaState, RolloutPhase, Workload

_EVENTS = 3


def find(
    workload: Workload, events: Sequence[interface.Event], logs: Mapping[ReplicaName, Sequence[str]]
) -> Iterator[Cause]:
    """The causes, one for all replicas that suffer from the same. `events` are newest first."""
    if workload.desired == 0:
        yield _off(workload)
    for each in workload.replicas:
        if not each.ready and each.state not in (ReplicaState.TERMINATING, ReplicaState.COMPLETED):
            told = [event for event in events if event.replica == each.name and event.kind == "Warning"]
            yield _replica(workload, each, told, logs.get(each.name, ()))
    if workload.phase is RolloutPhase.FAILED or (workload.desired and workload.ready < workload.desired):
        yield _short(workload, events)


def _off(workload: Workload) -> Cause:
    return Cause(
        kind="scaled-to-zero",
        subject=workload.service,
        sentence=f"{workload.service} is scaled to 0 replicas: nothing of it is wanted to run.",
        evidence=("desired replicas: 0",),
        mend=f"`accelerapp service scale {workload.service} 1`",
        depth=Depth.WISH,
    )


def _replica(
    workload: Workload, each: interface.Replica, told: Sequence[interface.Event], lines: Sequence[str]
) -> Cause:
    ended = each.last_exit
    if each.state is ReplicaState.OOM_KILLED or (ended and ended.reason == "OOMKilled"):
        found = _out_of_memory(workload, each)
    elif ended is not None and each.state in (ReplicaState.CRASH_LOOP, ReplicaState.ERROR):
        found = _crash(workload, each, ended, lines)
    else:
        found = _not_ready(workload, each)
    evidence = [*found.evidence, *(f"event {event.reason}: {event.message}" for event in told[:_EVENTS])]
    return replace(found, evidence=tuple(text.printable(telling.masked(line), 400) for line in evidence))


def _out_of_memory(workload: Workload, each: interface.Replica) -> Cause:
    return Cause(
        kind="out-of-memory",
        subject=each.name,
        sentence="The replica was ended because it used more memory than its limit.",
        evidence=(f"state: {each.state}", f"restarts: {each.restarts}", each.reason),
        mend=f"Let it use less, or raise memory_limit in [services.{workload.service}.local].",
    )


def _crash(workload: Workload, each: interface.Replica, ended: interface.LastExit, lines: Sequence[str]) -> Cause:
    meant, said = telling.meaning(lines), telling.line(lines)
    code = ended.exit_code
    how = (
        f"with exit code {code}: {exit_codes.meaning(code)}" if code is not None and code >= 0 else f"({ended.reason})"
    )
    words = f"{'keeps ending' if each.restarts > 1 else 'ended'} {how}" + (f'. It said: "{said}"' if said else ".")
    return Cause(
        kind=meant.kind if meant else "crash-loop",
        subject=each.name,
        sentence=f"The replica {meant.words} and {words}" if meant else f"The replica {words}",
        evidence=(
            f"state: {each.state}, restarts: {each.restarts}",
            f"last exit: {ended.reason}, exit code {'unknown' if code is None else code}",
            *((f"log: {said}",) if said else ()),
        ),
        mend=meant.mend if meant else f"Read on in its log: `accelerapp logs tail --service {workload.service}`.",
        depth=Depth.ROOT if meant else Depth.FAILURE,
    )


def _not_ready(workload: Workload, each: interface.Replica) -> Cause:
    waits = each.state in (ReplicaState.PENDING, ReplicaState.STARTING)
    return Cause(
        kind="starting" if waits else "not-ready",
        subject=each.name,
        sentence=f"The replica is not ready: {(each.reason or 'nothing says why').rstrip('.')}.",
        evidence=(f"state: {each.state}, restarts: {each.restarts}",),
        mend=f"See its log: `accelerapp logs tail --service {workload.service}`; and its readiness check in "
        f"[services.{workload.service}.local].",
        depth=Depth.HINT if waits else Depth.FAILURE,
    )


def _short(workload: Workload, events: Sequence[interface.Event]) -> Cause:
    last = next((event for event in events if event.kind == "Warning" and event.replica is None), None)
    failed = workload.phase is RolloutPhase.FAILED
    return Cause(
        kind="rollout-failed" if failed else "too-few-ready",
        subject=workload.service,
        sentence=f"{workload.service} has {workload.ready} of {workload.desired} replicas ready"
        + (f", and its rollout of version {workload.version} failed." if failed else "."),
        evidence=(
            *((f"rollout: {workload.message}",) if workload.message else (f"rollout: {workload.phase}",)),
            *((f"event {last.reason}: {last.message}",) if last else ()),
        ),
        mend="Mend what keeps its replicas from being ready"
        + (f"; or go back: `accelerapp service undo {workload.service}`." if failed else "."),
        depth=Depth.SYMPTOM,
    )
