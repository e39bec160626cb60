"""The life of a maintenance: announced, begun and ended by the clock or by people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base import errors
from accelerapp.base.ids import ComponentId, MaintenanceId, UpdateId, new_id
from accelerapp.statuspage import texts
from accelerapp.statuspage.model import Maintenance, Stage, Update

MOST_UPDATES = 100
_LONGEST = timedelta(days=30)
_BEGINS = "The maintenance has begun."
_ENDS = "The maintenance is complete."


@dataclass(frozen=True)
class Planned:
    """A maintenance that somebody wants to announce."""

    title: str
    scheduled_for: datetime
    scheduled_until: datetime
    message: str = ""
    components: tuple[str, ...] = ()
    """By name or id."""


def begins_at(each: Maintenance) -> datetime:
    """When it begins or began."""
    return min(each.began_at or each.scheduled_for, each.scheduled_for)


def ends_at(each: Maintenance) -> datetime | None:
    """When it ends or ended; None: when people say so."""
    if each.completed_at is not None:
        return each.completed_at
    return None if each.verifying_at is not None else each.scheduled_until


def stage(each: Maintenance, now: datetime) -> Stage:
    """How far it is."""
    end = ends_at(each)
    if end is not None and now >= end:
        return Stage.COMPLETED
    if each.verifying_at is not None:
        return Stage.VERIFYING
    return Stage.IN_PROGRESS if now >= begins_at(each) else Stage.SCHEDULED


def updates(each: Maintenance, now: datetime) -> tuple[Update, ...]:
    """All that was told by now, oldest first: that it began and ended by the clock is told by the clock."""
    told, begin, end = list(each.updates), begins_at(each), ends_at(each)
    if begin <= now and each.began_at is None and (end is None or begin < end):
        told.append(Update(UpdateId(f"{each.id}-begin"), Stage.IN_PROGRESS, _BEGINS, begin))
    if end is not None and end <= now and each.completed_at is None:
        told.append(Update(UpdateId(f"{each.id}-end"), Stage.COMPLETED, _ENDS, end))
    return tuple(sorted(told, key=lambda update: update.at))


def changes_at(each: Maintenance, now: datetime) -> datetime | None:
    """When the clock changes it next."""
    moments = (begins_at(each), ends_at(each))
    return min((at for at in moments if at is not None and at > now), default=None)


def touched(maintenances: Iterable[Maintenance], now: datetime) -> frozenset[ComponentId]:
    """The components that are being worked on."""
    working = (Stage.IN_PROGRESS, Stage.VERIFYING)
    return frozenset(id for each in maintenances if stage(each, now) in working for id in each.components)


# -- verbs -------------------------------------------------------------------------------------------------------------


def announce(planned: Planned, components: Sequence[ComponentId], by: str, now: datetime) -> Maintenance:
    """A new one; of the past too, so that it stands in the history. Raises InvalidInputError."""
    checked = texts.Checked("The maintenance")
    title = checked.line("title", planned.title, is_needed=True)
    body = checked.text("message", planned.message) or title
    _check_times(checked, planned.scheduled_for, planned.scheduled_until)
    checked.end()
    at = min(now, planned.scheduled_for)
    return Maintenance(
        id=MaintenanceId(new_id("mnt")),
        title=title,
        scheduled_for=planned.scheduled_for,
        scheduled_until=planned.scheduled_until,
        components=tuple(dict.fromkeys(components)),
        created_at=now,
        updates=(_update(Stage.SCHEDULED, body, by, at),),
    )


def start(each: Maintenance, message: str, by: str, now: datetime) -> Maintenance:
    """Earlier than planned. Raises WrongUseError, InvalidInputError."""
    _need(each, now, Stage.SCHEDULED, what="has begun already")
    return _told(replace(each, began_at=now), Stage.IN_PROGRESS, message or _BEGINS, by, now)


def verify(each: Maintenance, message: str, by: str, now: datetime) -> Maintenance:
    """The work is done and is being looked at; then it ends when people say so. Raises as `start`."""
    _need(each, now, Stage.IN_PROGRESS, what="is not in progress")
    body = message or "The work is done. We are checking that all is well."
    return _told(replace(each, verifying_at=now), Stage.VERIFYING, body, by, now)


def complete(each: Maintenance, message: str, by: str, now: datetime) -> Maintenance:
    """It is over. Raises as `start`."""
    _need(each, now, Stage.IN_PROGRESS, Stage.VERIFYING, what="is not in progress")
    return _told(replace(each, completed_at=now), Stage.COMPLETED, message or _ENDS, by, now)


def extend(each: Maintenance, until: datetime, message: str, by: str, now: datetime) -> Maintenance:
    """It takes longer, or less long. Raises as `start`."""
    _need(each, now, Stage.SCHEDULED, Stage.IN_PROGRESS, what="is over")
    checked = texts.Checked("The maintenance")
    _check_times(checked, each.scheduled_for, until)
    if until <= now:
        checked.refuse("until", "is over already: `complete` ends it.")
    checked.end()
    body = message or f"The maintenance is planned to end at {until:%Y-%m-%d %H:%M} UTC."
    return _told(replace(each, scheduled_until=until), stage(each, now), body, by, now)


def tell(each: Maintenance, message: str, by: str, now: datetime) -> Maintenance:
    """A word about it. Raises InvalidInputError."""
    return _told(each, stage(each, now), message, by, now)


def _told(each: Maintenance, at_stage: Stage, message: str, by: str, now: datetime) -> Maintenance:
    checked = texts.Checked("The update")
    body = checked.text("message", message, is_needed=True)
    if len(each.updates) >= MOST_UPDATES:
        checked.refuse("message", f"is one too many: a maintenance has at most {MOST_UPDATES} updates.")
    checked.end()
    return replace(each, updates=(*each.updates, _update(at_stage, body, by, now)))


def _update(at_stage: Stage, body: str, by: str, at: datetime) -> Update:
    return Update(UpdateId(new_id("upd")), at_stage, body, at, by=by)


def _need(each: Maintenance, now: datetime, *wanted: Stage, what: str) -> None:
    if (found := stage(each, now)) not in wanted:
        raise errors.WrongUseError(f"{each.id} {what}: it is {found.replace('_', ' ')}.")


def _check_times(checked: texts.Checked, begin: datetime, end: datetime) -> None:
    if end <= begin:
        checked.refuse("until", "is not after the beginning.")
    elif end - begin > _LONGEST:
        checked.refuse("until", f"is more than {_LONGEST.days} days after the beginning.")
