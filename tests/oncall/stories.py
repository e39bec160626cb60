"""Schedules to tell stories about: a week that ann, ben and cy take in turn, in Berlin."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from accelerapp.base.ids import OverrideId, ScheduleName
from accelerapp.oncall.model import Layer, Override, Rank, Schedule

BERLIN = ZoneInfo("Europe/Berlin")


def at(wall: str) -> datetime:
    """The moment at which a clock in Berlin shows this."""
    return datetime.fromisoformat(wall).replace(tzinfo=BERLIN).astimezone(UTC)


def layer(*people: str, **changes: object) -> Layer:
    """A rotation of these, from the first of January 2026 on."""
    given = {"name": "week", "members": people, "starts_on": date(2026, 1, 1), "at": time(17), **changes}
    return Layer(**given)  # type: ignore[arg-type]


WEEKLY = layer("ann", "ben", "cy")


def schedule(*layers: Layer, **changes: object) -> Schedule:
    """The schedule `shop`, in Berlin."""
    given = {"name": ScheduleName("shop"), "zone": "Europe/Berlin", "layers": layers, **changes}
    return Schedule(**given)  # type: ignore[arg-type]


def override(person: str, starts: str | datetime, ends: str | datetime, number: int = 1) -> Override:
    """Somebody in place of the primary; those of a higher number were made later."""
    begins, over = (at(each) if isinstance(each, str) else each for each in (starts, ends))
    made = datetime(2026, 1, 1, 12, number, tzinfo=UTC)
    return Override(OverrideId(f"ovr_{number}"), ScheduleName("shop"), Rank.PRIMARY, person, begins, over, "ann", made)
