"""From incidents to what the eye gets: states, meanings, texts that are safe to show. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from markupsafe import Markup

from accelerapp.access import model as access
from accelerapp.base import markdown, text
from accelerapp.base.severity import RESPOND_WITHIN, Severity
from accelerapp.console.looks import Look, Tone, is_web
from accelerapp.incidents.model import Entry, EntryKind, Incident, Role, Status, Viewer

EVERYTHING = Viewer("", is_administrator=True)
"""Who makes what many look at; each viewer is then asked for apart."""
MEANINGS = {
    Severity.P1: "complete outage",
    Severity.P2: "a major feature does not work",
    Severity.P3: "a minor feature does not work",
    Severity.P4: "cosmetic",
}
ROLES = {Role.COMMANDER: "Commander", Role.SCRIBE: "Scribe", Role.COMMUNICATIONS: "Communications lead"}
_BAD = {Severity.P1: Tone.CRITICAL, Severity.P2: Tone.CRITICAL, Severity.P3: Tone.WARNING, Severity.P4: Tone.NOTICE}
_WRITTEN = frozenset(
    {
        EntryKind.OPENED,
        EntryKind.NOTE,
        EntryKind.STATUS,
        EntryKind.UPDATE,
        EntryKind.RESOLVED,
        EntryKind.REOPENED,
    }
)
"""Of these the text is Markdown of people."""
_CLIPPED = 1500
_LONGEST = 100_000
_PLACES = {"inc_": "/incidents/", "alr_": "/alerts/", "pgg_": "/pages/", "pag_": "/pages/"}


def viewer(identity: access.Identity) -> Viewer:
    """Whoever asks, as incidents see them."""
    return Viewer(identity.name, identity.role is access.Role.ADMIN)


def look(incident: Incident) -> Look:
    """How bad it is while it lasts."""
    word = f"{incident.severity} {incident.status}"
    if not incident.is_open:
        return Look(Tone.OK, word)
    return Look(Tone.NOTICE if incident.status is Status.MONITORING else _BAD[incident.severity], word)


def meaning(severity: Severity) -> str:
    """`P1: complete outage, to be answered within 15 min`."""
    return f"{severity}: {MEANINGS[severity]}, to be answered within {text.duration(within(severity))}"


def within(severity: Severity) -> float:
    """Seconds until somebody should have answered."""
    return RESPOND_WITHIN[severity].total_seconds()


@dataclass(frozen=True)
class Row:
    """An incident as a list shows it."""

    incident: Incident
    look: Look
    due_at: datetime | None = None
    """When somebody is to be told more; None: nobody is, or it is over."""

    @property
    def commander(self) -> str:
        """Who leads; empty: nobody."""
        return self.incident.roles.get(Role.COMMANDER, "")


def ordered(incidents: Iterable[Incident]) -> list[Incident]:
    """The worst first, then the newest."""
    return sorted(incidents, key=lambda each: (each.severity, -each.opened_at.timestamp()))


def began(incident: Incident) -> datetime:
    """When the harm began, as far as it is known."""
    return incident.started_at or incident.opened_at


def lines(written: str) -> str:
    """With the line breaks that we use; browsers send others."""
    return written.replace("\r\n", "\n").replace("\r", "\n")


def is_clipped(entry: Entry) -> bool:
    """Is only the beginning of it shown on the time line?"""
    return len(entry.text) > _CLIPPED


def is_written(entry: Entry) -> bool:
    """Is its text Markdown?"""
    return entry.kind in _WRITTEN


def said(entry: Entry) -> Markup | str:
    """The beginning of an entry, as it is shown on the time line."""
    return _shown(entry, _CLIPPED)


def whole(entry: Entry) -> Markup | str:
    """All of an entry."""
    return _shown(entry, _LONGEST)


def _shown(entry: Entry, limit: int) -> Markup | str:
    clean = text.printable(lines(entry.text), limit)
    return _rendered(clean) if is_written(entry) else clean


@lru_cache(maxsize=512)
def _rendered(clean: str) -> Markup:
    return Markup(markdown.html(clean))  # noqa: S704  escaped there


def place(target: str) -> str:
    """Where evidence is shown: an address of the web, or a page of ours by the id; empty: nowhere."""
    if is_web(target):
        return target
    path = _PLACES.get(target[:4], "")
    return path + quote(target, safe="") if path else ""


def newest(entries: Sequence[Entry], most: int) -> list[Entry]:
    """The last ones, the newest first."""
    return list(entries[-most:])[::-1]
