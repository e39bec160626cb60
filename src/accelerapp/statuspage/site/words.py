"""What the page says, in words: states, stages, moments and lengths of time."""

from __future__ import annotations

from datetime import datetime, tzinfo

from accelerapp.statuspage.latency import Latency
from accelerapp.statuspage.model import ComponentState, Impact, Progress, Stage
from accelerapp.statuspage.uptime import Day, Uptime

_STATES = {
    ComponentState.OPERATIONAL: "Operational",
    ComponentState.UNDER_MAINTENANCE: "Under maintenance",
    ComponentState.DEGRADED: "Degraded performance",
    ComponentState.PARTIAL_OUTAGE: "Partial outage",
    ComponentState.MAJOR_OUTAGE: "Major outage",
}
_IMPACTS = {
    Impact.NONE: "No outage reported",
    Impact.MINOR: "Minor impact",
    Impact.MAJOR: "Major impact",
    Impact.CRITICAL: "Critical impact",
}


def of_state(state: ComponentState) -> str:
    """`Partial outage`."""
    return _STATES[state]


def of_impact(impact: Impact) -> str:
    """`Major impact`."""
    return _IMPACTS[impact]


def of_status(status: str | Progress | Stage) -> str:
    """`In progress`."""
    return str(status).replace("_", " ").capitalize()


def moment(at: datetime, zone: tzinfo) -> str:
    """`24 Nov 2026, 14:03 UTC`; the zone by its name at that moment."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M} {_zone(local)}"


def period(begin: datetime, end: datetime, zone: tzinfo) -> str:
    """`24 Nov 2026, 14:00–16:30 UTC`; over midnight, or over a change of the clock, both are whole."""
    one, two = begin.astimezone(zone), end.astimezone(zone)
    if one.date() != two.date() or one.utcoffset() != two.utcoffset():
        return f"{moment(begin, zone)} – {moment(end, zone)}"
    return f"{one.day} {one:%b %Y, %H:%M}–{two:%H:%M} {_zone(two)}"


def _zone(local: datetime) -> str:
    """Some zones have no letters of their own, only an offset."""
    name = local.tzname() or "UTC"
    return name if name[0].isalpha() else f"UTC{name[:3]}{':' + name[3:5] if len(name) > 3 else ''}"


def percent(share: float | None) -> str:
    """`99.98 %`; never rounded up to 100; `not known` without any."""
    if share is None:
        return "not known"
    if share >= 100:
        return "100 %"
    return f"{int(share * 100) / 100:.2f} %" if share >= 99 else f"{int(share * 10) / 10:.1f} %"


def length(seconds: float) -> str:
    """`2 h 5 min`, `under a minute`."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "under a minute"
    hours, rest = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (rest, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def share(found: Uptime) -> str:
    """`99.98 % uptime, 3 h not known`; `100 % uptime since 24 Nov` where the days before are not known."""
    gap = f", {length(found.unknown)} not known" if found.unknown >= 60 else ""
    return f"{percent(found.percent)} uptime{_since(found)}{gap}" if found.percent is not None else "Uptime not known"


def _since(found: Uptime) -> str:
    """` since 24 Nov`; nothing where the first of the days is known."""
    first = next((each.date for each in found.days if each.known > 0), None)
    return f" since {first.day} {first:%b}" if first and first != found.days[0].date else ""


def duration(seconds: float) -> str:
    """`1.25 s`, `210 ms`, `0.4 ms`."""
    if seconds >= 1:
        return f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.2g} ms"


def latency(found: Latency) -> str:
    """`Smallest 12 ms, median 30 ms, largest 210 ms, not known for 3 h`."""
    figures = found.figures
    if figures is None:
        return "Not known"
    told = (
        f"Smallest {duration(figures.minimum)}, median {duration(figures.median)}, largest {duration(figures.maximum)}"
    )
    gap = found.unknown.total_seconds()
    return f"{told}, not known for {length(gap)}" if gap else told


def latency_label(found: Latency) -> str:
    """What the drawing says, for who does not see it."""
    return f"95th percentile of latency over 24 hours. {latency(found)}."


def day(each: Day) -> str:
    """`24 Nov: major outage 2 h 5 min, not known 10 min`; what is told of one bar."""
    date = f"{each.date.day} {each.date:%b}"
    if each.counted <= 0:
        return f"{date}: no record"
    lengths = (
        ("major outage", each.major),
        ("partial outage", each.partial),
        ("degraded", each.degraded),
        ("maintenance", each.maintenance),
        ("not known", each.unknown),
    )
    told = ", ".join(f"{what} {length(seconds)}" for what, seconds in lengths if seconds > 0)
    return f"{date}: {told or 'operational'}"


def bars(found: Uptime) -> str:
    """What the bars say, for who does not see them."""
    notable = [each for each in found.days if each.major or each.partial or each.degraded]
    told = "; ".join(day(each) for each in notable[-10:]) or "no outage recorded"
    gap = f"; not known for {length(found.unknown)}" if found.unknown >= 60 else ""
    since = _since(found) or f" over {len(found.days)} days"
    return f"Uptime {percent(found.percent)}{since}: {told}{gap}."
