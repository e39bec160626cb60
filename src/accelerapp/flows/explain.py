"""Why does it not run? A platform finds causes; they are ranked, and one explanation comes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.explanations import model as explanations
from accelerapp.explanations import service as explanations_service
from accelerapp.platforms import interface as platforms
from accelerapp.platforms.causes import Findings, Unread
from accelerapp.platforms.local import causes as local_causes

LINES = 100
"""So many of the last lines of a replica's log are read."""


def explain(find: Callable[[], Findings], at: datetime) -> explanations.Explanation:
    """The explanation of what `find` finds. Raises what it raises."""
    return explanations_service.explain(find(), at)


def of_local(platform: platforms.Platform, service: ServiceName) -> Findings:
    """What the local platform can tell of a service. Raises CannotTellError when it cannot even tell its replicas."""
    workload = platform.workload(service)
    unwell = [each.name for each in workload.replicas if not each.ready]
    unread: list[Unread] = []
    events = _events(platform, service, unread)
    logs = _logs(platform, service, unwell, unread) if unwell else {}
    return Findings(
        subject=str(service),
        causes=tuple(local_causes.find(workload, events, logs)),
        looked_at=(f"{len(workload.replicas)} replicas", f"{len(events)} events", f"{len(logs)} logs"),
        unread=tuple(unread),
        state=f"{workload.ready} of {workload.desired} replicas are ready, version {workload.version}.",
    )


def _events(platform: platforms.Platform, service: ServiceName, unread: list[Unread]) -> Sequence[platforms.Event]:
    try:
        return platform.events(service)
    except errors.AccelerappError as error:
        unread.append(Unread("events", error.message))
        return ()


def _logs(
    platform: platforms.Platform, service: ServiceName, replicas: Sequence[ReplicaName], unread: list[Unread]
) -> dict[ReplicaName, list[str]]:
    """The last lines of these replicas. What cannot be read is named in `unread`."""
    found: dict[ReplicaName, bytes] = {}
    try:
        for chunk in platform.logs(platforms.LogRequest(service, tail=LINES, replicas=replicas)):
            found[chunk.replica] = found.get(chunk.replica, b"") + chunk.data
            if chunk.unread:
                unread.append(Unread(f"log of {chunk.replica}", chunk.unread))
    except errors.AccelerappError as error:
        unread.append(Unread("logs", error.message))
    return {name: data.decode(errors="replace").splitlines() for name, data in found.items()}
