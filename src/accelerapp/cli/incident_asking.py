"""What the commands of incidents share: who asks, one question either way, and times by a zone of choice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import click

from accelerapp.base import clock, errors, text
from accelerapp.cli import output
from accelerapp.cli.alert import me, path
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.app import App
    from accelerapp.incidents.model import Incident, Viewer

zone_option = click.option("--zone", default="UTC", show_default=True, metavar="ZONE", help="Times by this zone.")


def severities() -> click.Choice[str]:
    """P1 to P4, in either case."""
    return click.Choice(["P1", "P2", "P3", "P4"], case_sensitive=False)


def viewer() -> Viewer:
    """Whoever can read the data folder can read everything."""
    from accelerapp.incidents.model import Viewer

    return Viewer(me(), is_administrator=True)


def ask(
    kind: Any, parts: tuple[str, ...], local: Callable[[App], Any], *, body: object = None, method: str = "POST"
) -> Any:
    """A question about incidents, here or to a server."""
    return target().ask(kind, path("incidents", *parts), local, method=method, body=body)


def change(
    parts: tuple[str, ...], local: Callable[[App], Incident], body: object = None, *, method: str = "POST"
) -> Incident:
    """A change that gives the incident as it is then."""
    from accelerapp.incidents.model import Incident

    found: Incident = ask(Incident, parts, local, body=body, method=method)
    return found


def say(found: object, told: str, *, as_json: bool) -> None:
    """What came of it, in a sentence or whole."""
    if as_json:
        output.print_json(found)
    else:
        output.echo(text.printable(told))


def shown(at: datetime, zone: str) -> str:
    """`2026-10-25 02:30:00 CEST`: with the name of the offset, as this hour comes twice."""
    from accelerapp.oncall import zones

    return f"{at.astimezone(zones.zone(zone)):%Y-%m-%d %H:%M:%S %Z}"


def moment(written: str, zone: str, *, is_past: bool = True) -> datetime:
    """`14:05` (the last one, or the next), `2026-12-04 14:05`, `…+01:00`, or `20m` (ago, or from now).

    Raises WrongUseError.
    """
    from accelerapp.oncall import zones

    now, where = clock.SystemClock().now(), zones.zone(zone)
    try:
        if len(written) <= 5 and ":" in written:
            at, today = time.fromisoformat(written.zfill(5)), now.astimezone(where).date()
            days = [zones.moment(today + timedelta(days=days), at, where) for days in (-1, 0, 1)]
            return max(each for each in days if each <= now) if is_past else min(each for each in days if each > now)
        found = datetime.fromisoformat(written)
    except ValueError:
        return _apart(written, now, is_past=is_past)
    return found if found.tzinfo is not None else zones.moment(found.date(), found.time(), where)


def _apart(written: str, now: datetime, *, is_past: bool) -> datetime:
    try:
        length = text.parse_duration(written)
    except errors.WrongUseError as error:
        raise errors.WrongUseError(
            f"'{written[:40]}' is not a time.", mend='Write it like 14:05, "2026-12-04 14:05", or 20m.'
        ) from error
    return now - length if is_past else now + length
