"""Components and groups: made, edited, and in which state they are. Pure.

Whenever a component's state changes, the stretch of time that it was in is written as an outage.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from accelerapp.base import errors
from accelerapp.base.ids import ComponentId, IncidentId, OutageId, ServiceName, new_id
from accelerapp.statuspage import texts
from accelerapp.statuspage.model import Board, Component, ComponentState, Follows, Group, Outage

MOST = 200
"""Components of a page."""


@dataclass(frozen=True)
class Edited:
    """What is to be different of a component or a group; None: it stays."""

    name: str | None = None
    description: str | None = None
    group: str | None = None
    """Its name; empty: none. One that is not there is made."""
    service: str | None = None
    follows: Follows | None = None
    position: int | None = None
    only_show_if_degraded: bool | None = None
    showcase: bool | None = None
    starts_at: datetime | None = None


def add(board: Board, name: str, now: datetime) -> Component:
    """A new one, at the end. Raises InvalidInputError."""
    checked = texts.Checked("The component")
    clean = _name(checked, name, (each.name for each in board.components))
    if len(board.components) >= MOST:
        checked.refuse("name", f"is one too many: the page takes at most {MOST} components.")
    checked.end()
    last = max((each.position for each in board.components), default=0)
    return Component(ComponentId(new_id("cmp")), clean, last + 1, now, now)


def edit(board: Board, known: Component, wanted: Edited, now: datetime) -> tuple[Component, Group | None]:
    """The component as it is wanted, and its group when that is new. Raises InvalidInputError."""
    checked = texts.Checked("The component")
    others = (each.name for each in board.components if each.id != known.id)
    name = known.name if wanted.name is None else _name(checked, wanted.name, others)
    told = known.description if wanted.description is None else checked.line("description", wanted.description, 500)
    service = known.service if wanted.service is None else ServiceName(wanted.service) if wanted.service else None
    follows = wanted.follows or known.follows
    if not service and follows is Follows.SERVICE:
        checked.refuse("follows", "the health of a service needs the service.")
    if wanted.starts_at is not None and wanted.starts_at > now:
        checked.refuse("starts_at", "has not come yet.")
    group, made = _group(board, checked, known.group, wanted.group, now)
    checked.end()
    changed = replace(
        known,
        name=name,
        description=told,
        group=group,
        service=service,
        follows=follows,
        position=known.position if wanted.position is None else wanted.position,
        only_show_if_degraded=_or(wanted.only_show_if_degraded, known.only_show_if_degraded),
        showcase=_or(wanted.showcase, known.showcase),
        starts_at=wanted.starts_at or known.starts_at,
    )
    return (known if changed == known else replace(changed, updated_at=now)), made


def _or(wanted: bool | None, known: bool) -> bool:
    return known if wanted is None else wanted


def _name(checked: texts.Checked, name: str, others: Iterable[str]) -> str:
    clean = checked.line("name", name, texts.NAME, is_needed=True)
    if "=" in clean or "," in clean:
        checked.refuse("name", "has no = and no comma: commands use them between names and states.")
    if texts.fold(clean) in {texts.fold(each) for each in others}:
        checked.refuse("name", f"'{clean}' is there already.")
    return clean


def _group(
    board: Board, checked: texts.Checked, known: ComponentId | None, wanted: str | None, now: datetime
) -> tuple[ComponentId | None, Group | None]:
    if wanted is None:
        return known, None
    if not wanted.strip():
        return None, None
    for each in board.groups:
        if wanted == each.id or texts.fold(wanted) == texts.fold(each.name):
            return each.id, None
    clean = checked.line("group", wanted, texts.NAME)
    last = max((each.position for each in board.groups), default=0)
    made = Group(ComponentId(new_id("grp")), clean, last + 1, now, now)
    return made.id, made


def need_unused(board: Board, known: Component) -> None:
    """Raises WrongUseError when something that is not over tells of it."""
    for each in board.reports:
        if each.is_open and known.id in each.components:
            raise errors.WrongUseError(
                f"{known.name} is a part of {each.id}, which is open.", mend="Resolve that one first."
            )


# -- states ------------------------------------------------------------------------------------------------------------


def set_state(
    known: Component,
    state: ComponentState,
    open_outages: Iterable[Outage],
    now: datetime,
    incident: IncidentId | None = None,
) -> tuple[Component, list[Outage]]:
    """It is so from now on: the component, and the outages that end and begin by it."""
    if known.state is state and known.unknown_since is None:
        return known, []
    after = replace(known, state=state, state_since=now, unknown_since=None, updated_at=now)
    outages = _end(open_outages, known, now)
    if state is not ComponentState.OPERATIONAL:
        outages.append(Outage(_outage_id(), known.id, state, now, incident=incident))
    return after, outages


def set_unknown(
    known: Component, since: datetime, open_outages: Iterable[Outage], now: datetime
) -> tuple[Component, list[Outage]]:
    """Since then nobody knows how it is; what it was before stays as what was known last."""
    if known.unknown_since is not None:
        return known, []
    since = max(since, known.state_since or known.created_at)
    after = replace(known, unknown_since=since, updated_at=now)
    return after, [*_end(open_outages, known, since), Outage(_outage_id(), known.id, None, since)]


def record(known: Component, state: ComponentState, begin: datetime, end: datetime, now: datetime) -> Outage:
    """An outage of the past that was not on the page. Raises InvalidInputError."""
    checked = texts.Checked("The outage")
    if state is ComponentState.OPERATIONAL:
        checked.refuse("state", "operational is none.")
    if end <= begin:
        checked.refuse("to", "is not after the beginning.")
    if end > now:
        checked.refuse("to", "has not come yet: `status component set` says how it is now.")
    checked.end()
    return Outage(_outage_id(), known.id, state, begin, end)


def _end(outages: Iterable[Outage], known: Component, now: datetime) -> list[Outage]:
    mine = [each for each in outages if each.component == known.id and each.ends_at is None]
    return [replace(each, ends_at=max(now, each.starts_at)) for each in mine]


def _outage_id() -> OutageId:
    return OutageId(new_id("otg"))
