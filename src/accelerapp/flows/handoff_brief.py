"""What the next on call should know: the content of the handoff notice. Pure; sending it is done in `handoff`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accelerapp.alerts import matching
from accelerapp.alerts.model import Alert, Silence
from accelerapp.base import text
from accelerapp.incidents.model import Incident
from accelerapp.oncall import zones
from accelerapp.oncall.model import OnCall, Shift
from accelerapp.platforms.interface import Revision

WINDOW = timedelta(days=7)
"""How far back is told of."""
FLAKY_OPENINGS = 3
_MOST = 10
"""Lines of a kind; the rest is counted."""
_LINE = 200


@dataclass(frozen=True)
class Flaky:
    """An alert that opened often lately."""

    title: str
    times: int


@dataclass(frozen=True)
class Facts:
    """What there is to tell."""

    incidents: Sequence[Incident] = ()
    """Those that are over, and those that only their people know of, are left out."""
    silences: Sequence[Silence] = ()
    flaky: Sequence[Flaky] = ()
    revisions: Mapping[str, Sequence[Revision]] = field(default_factory=dict)
    """Of each service that could be asked."""
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Services whose revisions cannot be told, with the reason."""


@dataclass(frozen=True)
class Section:
    """Lines under a heading."""

    head: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Brief:
    """A title, and lines of plain text under headings."""

    title: str
    sections: tuple[Section, ...]

    @property
    def body(self) -> str:
        """As one text."""
        return "\n\n".join(
            "\n".join([f"{each.head}:", *(f"- {line}" for line in each.lines)]) for each in self.sections
        )


def comes(shift: Shift, zone: str, before: str, facts: Facts, now: datetime) -> Brief:
    """For whoever's `shift` begins. `before`: who hands over, empty when nobody does."""
    until = shown(shift.ends_at, zone)
    title = f"{shift.person}, you are {shift.rank} on call of {shift.schedule} until {until}"
    if shift.starts_at > now:
        title = f"{title}, from {shown(shift.starts_at, zone)} on"
    return Brief(
        title, (Section("Handed over by", (before or "nobody: there was a gap before",)), *_sections(facts, now))
    )


def goes(shift: Shift, zone: str, before: str, facts: Facts, now: datetime) -> Brief:
    """For whoever hands over: the same facts, so that both can speak of them."""
    when = f"from {shown(shift.starts_at, zone)} on" if shift.starts_at > now else "now"
    title = f"{before}, {shift.person} is {when} {shift.rank} on call of {shift.schedule} in your place"
    return Brief(title, _sections(facts, now))


def standing(found: Sequence[OnCall], facts: Facts, now: datetime) -> Brief:
    """As of now, of all schedules and ranks that are given."""
    who = Section("On call", tuple(_on_call(each) for each in found) or ("nobody: there is no schedule",))
    return Brief(f"On-call as of {now:%a %Y-%m-%d %H:%M} UTC", (who, *_sections(facts, now)))


def shown(at: datetime, zone: str) -> str:
    """A moment by the clock of the schedule."""
    return f"{at.astimezone(zones.zone(zone)):%a %Y-%m-%d %H:%M %Z}"


def _on_call(each: OnCall) -> str:
    held = f"{each.shift.person} until {shown(each.shift.ends_at, each.zone)}" if each.shift else "nobody"
    then = f", then {each.next.person} from {shown(each.next.starts_at, each.zone)}" if each.next else ""
    return text.printable(f"{each.schedule} {each.rank}: {held}{then}", _LINE)


def _sections(facts: Facts, now: datetime) -> tuple[Section, ...]:
    told = [each for each in facts.incidents if each.is_open and not each.is_private]
    open_ones = sorted(told, key=lambda each: (each.severity, each.opened_at))
    held = sorted((each for each in facts.silences if each.is_active(now)), key=lambda each: each.ends_at)
    often = sorted(facts.flaky, key=lambda each: (-each.times, each.title))
    return (
        Section("Open incidents", _lines([_incident(each, now) for each in open_ones])),
        Section("Deployed in 7 days", _lines(_deployed(facts, now))),
        Section("Silences that hold", _lines([_silence(each, now) for each in held])),
        Section("Alerts that opened often in 7 days", _lines([f"{each.title}: {each.times} times" for each in often])),
    )


def _lines(lines: Sequence[str]) -> tuple[str, ...]:
    if not lines:
        return ("none",)
    more = len(lines) - _MOST
    shown = tuple(text.printable(line, _LINE) for line in lines[:_MOST])
    return (*shown, f"and {more} more") if more > 0 else shown


def _incident(each: Incident, now: datetime) -> str:
    service = f" ({each.service})" if each.service else ""
    return f"{each.severity} {each.title}{service}, open for {text.duration((now - each.opened_at).total_seconds())}"


def _silence(each: Silence, now: datetime) -> str:
    over = matching.written(each.matchers) or each.service or "everything"
    return f"{over} until {text.ago(each.ends_at, now)}, by {each.author}: {each.reason}"


def _deployed(facts: Facts, now: datetime) -> list[str]:
    """What cannot be told comes first: it is never cut off."""
    unknown = [f"{service}: cannot tell: {reason}" for service, reason in facts.unknown.items()]
    found = [(each.at, service, each) for service, known in facts.revisions.items() for each in known]
    lately = sorted((each for each in found if each[0] > now - WINDOW), key=lambda each: each[0], reverse=True)
    return unknown + [_revision(service, each, now) for _, service, each in lately]


def _revision(service: str, each: Revision, now: datetime) -> str:
    by = f", by {each.by}" if each.by else ""
    changes = f": {'; '.join(each.changes)}" if each.changes else ""
    return f"{service} {each.version}, {text.ago(each.at, now)}{by}{changes}"


def flaky(alerts: Iterable[Alert], now: datetime) -> list[Flaky]:
    """Alerts that opened at least three times in the last seven days, of those that are given."""
    times: dict[str, int] = {}
    for each in alerts:
        if each.opened_at > now - WINDOW:
            times[each.title] = times.get(each.title, 0) + 1
    return [Flaky(title, count) for title, count in times.items() if count >= FLAKY_OPENINGS]
