"""Times of on-call commands: in the zone of the schedule, both ways."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from accelerapp.base import clock, errors, text
from accelerapp.cli.target import Target


def shown(at: datetime, zone: str) -> str:
    """`Fri 2026-12-04 17:00 CET`."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %Z}"


def zones(asked: Target) -> dict[str, str]:
    """The zone of each schedule that has layers."""
    from accelerapp.oncall.model import OnCall

    found: list[OnCall] = asked.ask(list[OnCall], "/oncall/now", lambda app: app.oncall.now())
    return {each.schedule: each.zone for each in found}


def moment(written: str, zone: str) -> datetime:
    """`2026-12-04 17:00` in that zone, `…+01:00` as it says, or `2h` from now. Raises WrongUseError."""
    from accelerapp.oncall import zones as walls

    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        try:
            return clock.SystemClock().now() + text.parse_duration(written)
        except errors.WrongUseError as error:
            raise errors.WrongUseError(
                f"'{written[:40]}' is not a time.", mend='Write it like "2026-12-04 17:00", or like 2h: from now.'
            ) from error
    if found.tzinfo is not None:
        return found
    return walls.moment(found.date(), found.time(), walls.zone(zone))
