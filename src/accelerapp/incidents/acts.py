"""What was done to a service, as the time line of its open incidents tells it. Pure.

An act has a key: told twice, by whoever did it and by whoever found it later, it stays one entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base import text
from accelerapp.base.ids import EntryId, IncidentId
from accelerapp.incidents import texts, timeline
from accelerapp.incidents.model import Entry, EntryKind, Evidence, Incident

BEFORE = timedelta(hours=1)
"""A deployment so long before the beginning belongs to the story."""
_LINE = 1000
_NAMED = 10


@dataclass(frozen=True)
class Act:
    """Something that was done to a service."""

    service: str
    kind: EntryKind
    text: str
    by: str
    at: datetime
    key: str
    """The same for the same act, whoever tells of it."""
    evidence: tuple[Evidence, ...] = ()


def revision(service: str, number: int, version: str, by: str, at: datetime, how: str = "") -> Act:
    """A version or a configuration is wanted from now on; `how`: `rolled back`, or what changed."""
    told = f"{service}: version {version} is wanted, as revision {number}" + (f" ({how})." if how else ".")
    shown = (Evidence(f"revision {number} of {service}", f"/services/{service}"),)
    return Act(service, EntryKind.DEPLOYMENT, _line(told), by, at, f"revision {number}", shown)


def command(service: str, told: str, by: str, at: datetime) -> Act:
    """A command, such as a restart; each is one of its own."""
    shown = (Evidence(f"service {service}", f"/services/{service}"),)
    return Act(service, EntryKind.COMMAND, _line(f"{service}: {told}"), by, at, f"{told} {at.isoformat()}", shown)


def config(service: str, name: str, version: str, keys: Sequence[str], by: str, at: datetime) -> Act:
    """Keys of a ConfigMap were changed; their values are not told."""
    told = f"{service}: the ConfigMap {name} was changed: {named(keys)}."
    shown = (Evidence(f"ConfigMap {name}, version {version}", f"/services/{service}"),)
    return Act(service, EntryKind.CONFIG, _line(told), by, at, f"config {name} {version}", shown)


def named(names: Sequence[str], most: int = _NAMED) -> str:
    """`a, b and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def concerns(incident: Incident, act: Act) -> bool:
    """Is it open and about that service, and was it done while it lasted or shortly before?"""
    since = min(incident.started_at or incident.opened_at, incident.opened_at) - BEFORE
    return incident.is_open and act.service in incident.services and act.at >= since


def entry(incident: IncidentId, act: Act, now: datetime) -> Entry:
    """As it stands on the time line; the same act always has the same id there."""
    made = timeline.entry(incident, act.kind, act.text, act.by, now, at=act.at, evidence=act.evidence)
    return replace(made, id=id_of_act(incident, act))


def id_of_act(incident: IncidentId, act: Act) -> EntryId:
    """The id of its entry."""
    return id_of(incident, f"{act.service} {act.key}")


def id_of(incident: IncidentId, key: str) -> EntryId:
    """The id of an entry that is made by itself and must not be made twice."""
    return EntryId("ent_" + hashlib.sha256(f"{incident}\0{key}".encode("utf-8", "replace")).hexdigest()[:16])


def _line(told: str) -> str:
    return text.printable(told, min(_LINE, texts.LONGEST))
