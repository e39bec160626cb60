"""What the next on call should know: the content of the handoff notice. Pure; sending it is done elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp.alerts import matching
from accelerapp.alerts.model import Alert, Silence
from accelerapp.base import text
from accelerapp.incidents.model import Incident
from accelerapp.oncall import zones
from accelerapp.oncall.model import Shift

FLAKY_WINDOW = timedelta(days=7)
FLAKY_OPENINGS = 3
_MOST = 10
"""Lines of a kind; the rest is counted."""


@dataclass(frozen=True)
class Flaky:
    """An alert that opened often lately."""

    title: str
    times: int


@dataclass(frozen=True)
class Brief:
    """A title, and lines of plain text under headings."""

    title: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def body(self) -> str:
        """As one text."""
        return "\n\n".join("\n".join([f"{head}:", *(f"- {line}" for line in lines)]) for head, lines in self.sections)


def brief(
    shift: Shift,
    zone: str,
    before: str,
    incidents: Iterable[Incident],
    silences: Iterable[Silence],
    flaky: Sequence[Flaky],
    now: datetime,
) -> Brief:
    """For whoever's `shift` begins. `before`: who hands over, empty when nobody does."""
    where = zones.zone(zone)
    until = f"{shift.ends_at.astimezone(where):%a %Y-%m-%d %H:%M %Z}"
    title = f"{shift.person}, you are {shift.rank} on call of {shift.schedule} until {until}"
    open_ones = sorted(
        (each for each in incidents if each.is_open and not each.is_private),
        key=lambda each: (each.severity, each.opened_at),
    )
    held = sorted((each for each in silences if each.is_active(now)), key=lambda each: each.ends_at)
    often = sorted(flaky, key=lambda each: (-each.times, each.title))
    return Brief(
        title,
        (
            ("Handed over by", (before or "nobody: there was a gap before",)),
            ("Open incidents", _lines([_incident(each, now) for each in open_ones])),
            ("Silences that hold", _lines([_silence(each, now) for each in held])),
            ("Alerts that opened often in 7 days", _lines([f"{each.title}: {each.times} times" for each in often])),
        ),
    )


def _lines(lines: Sequence[str]) -> tuple[str, ...]:
    if not lines:
        return ("none",)
    more = len(lines) - _MOST
    shown = tuple(text.printable(line, 200) for line in lines[:_MOST])
    return (*shown, f"and {more} more") if more > 0 else shown


def _incident(each: Incident, now: datetime) -> str:
    service = f" ({each.service})" if each.service else ""
    return f"{each.severity} {each.title}{service}, open for {text.duration((now - each.opened_at).total_seconds())}"


def _silence(each: Silence, now: datetime) -> str:
    over = matching.written(each.matchers) or each.service or "everything"
    return f"{over} until {text.ago(each.ends_at, now)}, by {each.author}: {each.reason}"


def flaky(alerts: Iterable[Alert], now: datetime) -> list[Flaky]:
    """Alerts that opened at least three times in the last seven days, of those that are kept."""
    times: dict[str, int] = {}
    for each in alerts:
        if each.opened_at > now - FLAKY_WINDOW:
            times[each.title] = times.get(each.title, 0) + 1
    return [Flaky(title, count) for title, count in times.items() if count >= FLAKY_OPENINGS]
