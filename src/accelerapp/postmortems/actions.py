"""Action items: added, taken over from tasks, done, given to somebody else, made issues of. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from accelerapp.base import errors
from accelerapp.base.ids import ActionId, IncidentId, TaskId, new_id
from accelerapp.postmortems import texts
from accelerapp.postmortems.model import Action, Export, Issue

_EXPORT_LASTS = timedelta(minutes=10)
"""After which a try that said nothing counts as died; longer than the time-outs of one export."""


@dataclass(frozen=True)
class Wanted:
    """An action item that somebody wants to add."""

    text: str
    owner: str = ""
    due_on: date | None = None
    task: TaskId | None = None


def add(incident: IncidentId, known: Sequence[Action], wanted: Wanted, by: str, now: datetime) -> Action:
    """A new one. Raises InvalidInputError; WrongUseError when there are too many."""
    if len(known) >= texts.MOST:
        raise errors.WrongUseError(f"{incident} has {texts.MOST} action items: that is the most.")
    return Action(
        id=ActionId(new_id("act", 8)),
        incident=incident,
        text=texts.line("text", wanted.text, is_needed=True),
        added_by=by[: texts.NAME],
        added_at=now,
        owner=texts.line("owner", wanted.owner, texts.NAME),
        due_on=wanted.due_on,
        task=wanted.task,
    )


def finish(known: Action, by: str, now: datetime) -> Action:
    """It is done. Raises WrongUseError when it was before."""
    if known.done_at is not None:
        raise errors.WrongUseError(f"{known.done_by} has done it already, on {known.done_at:%Y-%m-%d}: {known.text}")
    return replace(known, done_at=now, done_by=by[: texts.NAME])


def resume(known: Action) -> Action:
    """It is not done after all. Raises WrongUseError when it is not done."""
    if not known.is_done:
        raise errors.WrongUseError(f"{known.id} is not done yet.")
    return replace(known, done_at=None, done_by="")


def change(known: Action, text: str | None, owner: str | None, due_on: date | None) -> Action:
    """Another text, owner or day; what is None stays. Raises InvalidInputError."""
    return replace(
        known,
        text=known.text if text is None else texts.line("text", text, is_needed=True),
        owner=known.owner if owner is None else texts.line("owner", owner, texts.NAME),
        due_on=due_on or known.due_on,
    )


def overdue_days(action: Action, today: date) -> int:
    """Days since it was due; 0: it is not overdue."""
    if action.is_done or action.due_on is None:
        return 0
    return max(0, (today - action.due_on).days)


# -- issues ------------------------------------------------------------------------------------------------------------


def begin_export(known: Action, by: str, now: datetime) -> Action:
    """Say that an issue is about to be made, before it is: whoever finds this knows that there may be one.

    Raises WrongUseError while another makes it.
    """
    if known.export is not None and now < known.export.began_at + _EXPORT_LASTS:
        raise errors.WrongUseError(
            f"{known.export.by} makes an issue of {known.id} since {known.export.began_at:%H:%M} UTC.",
            mend="Try again in ten minutes: it is looked first whether that came to be.",
        )
    first = known.export.first_at if known.export else now
    return replace(known, export=Export(by[: texts.NAME], now, first))


def end_export(known: Action, issue: Issue | None) -> Action:
    """It has its issue; None: it was refused, there is none."""
    return replace(known, issue=issue, export=None)


def release_export(known: Action, now: datetime) -> Action:
    """Nobody knows whether there is an issue; the next try may begin at once and looks first."""
    if known.export is None:
        return known
    return replace(known, export=replace(known.export, began_at=now - _EXPORT_LASTS))
