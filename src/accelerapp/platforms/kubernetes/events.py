"""From a cluster's events to ours: by time, with counts. Pure.

The core API gives the events of both of Kubernetes' event APIs; the newer one fills other fields with times and counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from lightkube.resources.core_v1 import Event

from accelerapp.base.ids import ReplicaName
from accelerapp.platforms import interface

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
WARNING = "Warning"


def at(event: Event) -> datetime:
    """When it happened last."""
    series = event.series.lastObservedTime if event.series else None
    made = event.metadata.creationTimestamp if event.metadata else None
    return series or event.lastTimestamp or event.eventTime or event.firstTimestamp or made or _LONG_AGO


def count(event: Event) -> int:
    """How often it happened."""
    return (event.series.count if event.series else None) or event.count or 1


def told(event: Event) -> interface.Event:
    """The event as ours."""
    about = event.involvedObject
    return interface.Event(
        at=at(event),
        kind=event.type or "Normal",
        reason=event.reason or "",
        message=" ".join((event.message or "").split()),
        replica=ReplicaName(about.name or "") if about.kind == "Pod" else None,
        count=count(event),
    )


def newest_first(events: Iterable[Event]) -> list[Event]:
    """By the time when each happened last."""
    return sorted(events, key=lambda event: (at(event), _order(event)), reverse=True)


def _order(event: Event) -> str:
    """Times have whole seconds only; the end of an event's name is the nanosecond of its beginning, in hexadecimal."""
    return ((event.metadata and event.metadata.name) or "").rpartition(".")[2]


def by_pod(events: Iterable[Event]) -> Mapping[str, list[Event]]:
    """Warnings about pods by the pod's name, newest first."""
    found: dict[str, list[Event]] = {}
    for event in newest_first(events):
        if event.involvedObject.kind == "Pod" and event.type == WARNING:
            found.setdefault(event.involvedObject.name or "", []).append(event)
    return found
