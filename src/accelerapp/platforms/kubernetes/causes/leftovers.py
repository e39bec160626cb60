"""Last resort: what is not well and no other cause accounts for, told by its events, or by its state alone."""

from __future__ import annotations

from collections.abc import Iterator, Set
from datetime import timedelta

from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import Event, Pod

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

RECENT = timedelta(minutes=15)


def find(snapshot: Snapshot, explained: Set[str]) -> Iterator[Cause]:
    """Hints for what no cause in `explained` speaks of: pods that are not ready first, then warnings of late."""
    told: set[str] = set()
    for pod in facts.living(snapshot):
        if not facts.is_well(pod) and facts.subject(pod) not in explained:
            told.add(facts.subject(pod))
            yield _pod(snapshot, pod)
    for event in sorted(snapshot.all(Event), key=facts.event_time, reverse=True):
        name = f"{(event.involvedObject.kind or '').lower()}/{event.involvedObject.name}"
        recent = snapshot.at - facts.event_time(event) < RECENT
        known = {name, *_above(snapshot, event)}
        if event.type == "Warning" and recent and not known & {*told, *explained} and _is_there(snapshot, event):
            told.add(name)
            yield _event(snapshot, name, event)


def _above(snapshot: Snapshot, event: Event) -> Iterator[str]:
    """The controllers above what the event is about."""
    for kind in (Pod, ReplicaSet, Job):
        found = snapshot.get(kind, event.involvedObject.name or "")
        if found is not None and event.involvedObject.kind == kind.__name__:
            yield from (f"{each.kind.lower()}/{each.name}" for each in facts.meta(found).ownerReferences or ())


def _is_there(snapshot: Snapshot, event: Event) -> bool:
    """Does the object still exist and is it not a pod that is well by now? What was not read counts as there."""
    kind = next((kind for kind in snapshot.objects if kind.__name__ == event.involvedObject.kind), None)
    if kind is None:
        return True
    found = snapshot.get(kind, event.involvedObject.name or "")
    same = found is not None and event.involvedObject.uid in (None, facts.meta(found).uid)
    return same and not (isinstance(found, Pod) and facts.is_well(found))


def _pod(snapshot: Snapshot, pod: Pod) -> Cause:
    waits = [f"{part.title}: {part.waiting or _running(part)}" for part in facts.parts(pod) if part.status]
    warnings = [facts.told(each) for each in facts.events(snapshot, pod) if each.type == "Warning"]
    age = text.duration(max(0.0, (snapshot.at - facts.created(pod)).total_seconds()))
    return Cause(
        kind="not-ready",
        subject=facts.subject(pod),
        sentence="The pod is not ready, and nothing says yet that it failed: it may still be starting."
        if not warnings
        else f"The pod is not ready; the last warning about it: {text.printable(warnings[0], 300).rstrip('.')}.",
        evidence=(f"status.phase: {facts.phase(pod)}, made {age} ago", *waits, *warnings[1:3]),
        mend=f"Ask again in a while; `kubectl describe {facts.subject(pod)} -n {snapshot.namespace}` shows all of it.",
        depth=Depth.HINT,
    )


def _running(part: facts.Part) -> str:
    if part.state.running:
        return "running, ready" if part.status and part.status.ready else "running, not ready"
    return "ended" if part.state.terminated else "waiting"


def _event(snapshot: Snapshot, name: str, event: Event) -> Cause:
    return Cause(
        kind="warning-event",
        subject=name,
        sentence=f"A warning about {name}: {facts.words(event.message or event.reason or '')}.",
        evidence=(text.printable(facts.told(event), 300), f"seen {text.ago(facts.event_time(event), snapshot.at)}"),
        mend=f"`kubectl describe {name} -n {snapshot.namespace}`",
        depth=Depth.HINT,
    )
