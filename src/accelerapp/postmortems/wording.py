"""How figures and moments of a report read, in Markdown and in HTML alike. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from accelerapp.base import text
from accelerapp.postmortems import service
from accelerapp.postmortems.model import Action, Line, Report, Revenue

UNKNOWN = "not known"


def duration(seconds: float | None) -> str:
    """`1 hour 5 minutes`, as the template has it; a minute that has begun counts."""
    if seconds is None:
        return UNKNOWN
    hours, minutes = divmod(-int(-max(0.0, seconds) // 60), 60)
    return f"{text.count(hours, 'hour')} {text.count(minutes, 'minute')}"


def users(report: Report) -> str:
    """How many people were affected."""
    return UNKNOWN if report.users is None else f"{report.users:,}"


def services(report: Report) -> str:
    """Their names."""
    return ", ".join(report.services) or UNKNOWN


def revenue(found: Revenue | None) -> str:
    """`$1,200.00`, with a word when that is not all of it."""
    if found is None:
        return UNKNOWN
    left = f" (not known for {', '.join(found.unpriced)})" if found.unpriced else ""
    return f"{found.currency}{found.amount:,.2f}{left}"


def times(lines: Sequence[Line], where: tzinfo) -> list[str]:
    """`14:05` for each; with the day when there are several days, with the offset when the clocks were changed."""
    local = [each.at.astimezone(where) for each in lines if each.at]
    day = "%Y-%m-%d " if len({each.date() for each in local}) > 1 else ""
    offset = " %Z" if len({each.utcoffset() for each in local}) > 1 else ""
    return [f"{each.at.astimezone(where):{day}%H:%M{offset}}" if each.at else UNKNOWN for each in lines]


def zone_said(report: Report, where: tzinfo) -> str:
    """Which clock the time line goes by, and the day it begins on."""
    first = next((each.at for each in report.timeline if each.at), None)
    return f"{report.zone}, from {first.astimezone(where):%Y-%m-%d}" if first else report.zone


def moment(at: datetime, where: tzinfo) -> str:
    """`2026-03-04 12:00 UTC`."""
    return f"{at.astimezone(where):%Y-%m-%d %H:%M %Z}"


def standing(report: Report, where: tzinfo) -> str:
    """How far it is: `Draft, due 2026-03-04 12:00 UTC. Owner: ann. Authors: ann, ben.`"""
    state = service.said(report.state).capitalize()
    due = f", {'overdue since' if report.is_overdue else 'due'} {moment(report.due_at, where)}" if report.due_at else ""
    told = [f"{state}{'' if report.state.value == 'published' else due}."]
    told += [f"Owner: {report.owner}."] if report.owner else []
    told += [f"Authors: {', '.join(report.authors)}."] if report.authors else []
    told += ["Private: only for its people and administrators."] if report.is_private else []
    told += [f"Merged into {report.merged_into}: go on there."] if report.merged_into else []
    told += [f"Duplicates: {', '.join(report.duplicates)}."] if report.duplicates else []
    return " ".join(told)


def owner(action: Action) -> str:
    """Whose it is."""
    return action.owner or UNKNOWN


def due(action: Action) -> str:
    """The day."""
    return f"{action.due_on:%Y-%m-%d}" if action.due_on else UNKNOWN
