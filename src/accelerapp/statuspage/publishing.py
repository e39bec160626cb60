"""An update of an incident, from what somebody wants to say to what the public sees. Pure.

Composing changes nothing: the same composition is shown as a preview and published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from accelerapp.base.ids import ComponentId, IncidentId, UpdateId, new_id
from accelerapp.statuspage import components, service, texts
from accelerapp.statuspage.model import (
    Board,
    Change,
    Component,
    ComponentState,
    Impact,
    Outage,
    Progress,
    Report,
    Update,
)

MOST_UPDATES = 200
_OF_STATE = {
    ComponentState.DEGRADED: Impact.MINOR,
    ComponentState.PARTIAL_OUTAGE: Impact.MAJOR,
    ComponentState.MAJOR_OUTAGE: Impact.CRITICAL,
}
_IMPACTS = list(Impact)


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to tell the public."""

    message: str
    status: Progress | None = None
    """None: as before; at first: investigating."""
    components: Mapping[str, ComponentState] = field(default_factory=dict)
    """By name or id: how they are from now on."""
    title: str = ""
    """Of the incident on the page; empty: as before, at first a neutral one."""
    impact: Impact | None = None
    """None: as bad as the worst state that a component ever had in it."""


@dataclass(frozen=True)
class Composed:
    """What would be written."""

    report: Report
    update: Update
    components: tuple[Component, ...]
    """Those whose state changes, as they would be."""
    outages: tuple[Outage, ...]
    is_first: bool


def compose(
    board: Board, id: IncidentId, wanted: Wanted, by: str, now: datetime, begun_at: datetime | None = None
) -> Composed:
    """`begun_at`: from when on the outage counts at first, if not from now. Raises InvalidInputError, NotFoundError."""
    known = next((each for each in board.reports if each.id == id), None)
    status = wanted.status or (known.status if known else Progress.INVESTIGATING)
    checked = texts.Checked("The update")
    body = checked.text("message", wanted.message, is_needed=True)
    title = checked.line("title", wanted.title)
    if known and len(known.updates) >= MOST_UPDATES:
        checked.refuse("message", f"is one too many: an incident has at most {MOST_UPDATES} updates.")
    for name, state in wanted.components.items():
        if state is ComponentState.UNDER_MAINTENANCE:
            checked.refuse(f"components.{name}", "under_maintenance is what a maintenance says, not an incident.")
    checked.end()
    states = {service.find(board.components, name).id: state for name, state in wanted.components.items()}
    if status is Progress.RESOLVED:
        states = _restored(board, known, id) | states
    begin = min(now, begun_at) if known is None and begun_at else now
    changes, changed, outages = _apply(board, states, id, now, begin)
    update = Update(UpdateId(new_id("upd")), status, body, now, changes, by[: texts.NAME])
    report = _report(board, known, id, title, update, states, wanted.impact)
    return Composed(report, update, changed, outages, known is None)


def _restored(board: Board, known: Report | None, id: IncidentId) -> dict[ComponentId, ComponentState]:
    """With the end of an incident its components are operational again, but for those that another one has too."""
    others = {one for each in board.reports if each.is_open and each.id != id for one in each.components}
    touched = known.components if known else ()
    return {
        one: ComponentState.OPERATIONAL
        for one in touched
        if one not in others and (found := board.component(one)) and found.state is not ComponentState.OPERATIONAL
    }


def _apply(
    board: Board, states: Mapping[ComponentId, ComponentState], id: IncidentId, now: datetime, begin: datetime
) -> tuple[tuple[Change, ...], tuple[Component, ...], tuple[Outage, ...]]:
    changes, changed, outages = [], [], []
    for one, state in states.items():
        known = next(each for each in board.components if each.id == one)
        after, written = components.set_state(known, state, board.outages, now, id)
        changes.append(Change(one, known.state, state))
        if after != known:
            changed.append(after)
        outages += [_earlier(each, known, begin) for each in written]
    return tuple(changes), tuple(changed), tuple(outages)


def _earlier(each: Outage, known: Component, begin: datetime) -> Outage:
    """What begins with this update began when the harm did, but not before the component's last state."""
    if each.ends_at is not None or known.state is not ComponentState.OPERATIONAL:
        return each
    return replace(each, starts_at=min(each.starts_at, max(begin, known.state_since or known.created_at)))


def _report(
    board: Board,
    known: Report | None,
    id: IncidentId,
    title: str,
    update: Update,
    states: Mapping[ComponentId, ComponentState],
    impact: Impact | None,
) -> Report:
    touched = tuple(dict.fromkeys((*(known.components if known else ()), *states)))
    status, at = Progress(update.status), update.at
    watched = status in (Progress.MONITORING, Progress.RESOLVED)
    return Report(
        id=id,
        title=title or (known.title if known else neutral_title(board, touched)),
        impact=impact or _worse(known.impact if known else Impact.NONE, states.values()),
        status=status,
        created_at=known.created_at if known else at,
        updates=(*(known.updates if known else ()), update),
        components=touched,
        monitoring_at=((known.monitoring_at if known else None) or _if(status is Progress.MONITORING, at))
        if watched
        else None,
        resolved_at=_if(status is Progress.RESOLVED, at),
    )


def _if(is_so: bool, at: datetime) -> datetime | None:
    return at if is_so else None


def _worse(impact: Impact, states: Iterable[ComponentState]) -> Impact:
    found = [impact, *(_OF_STATE.get(each, Impact.NONE) for each in states)]
    return max(found, key=_IMPACTS.index)


def neutral_title(board: Board, touched: Iterable[ComponentId]) -> str:
    """Names what customers know, and nothing else: an incident's own title is for the team."""
    wanted = set(touched)
    names = [each.name for each in service.ordered(board.components) if each.id in wanted]
    if not names:
        return "Service disruption"
    of = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Problem with {of}" if len(of) <= 120 else "Problem with several systems"


# -- words that say how far it is --------------------------------------------------------------------------------------

_SUBJECTS = ("issue", "incident", "problem", "disruption", "outage", "service disruption")


def progress_of(message: str) -> Progress | None:
    """The status that a message says by itself, as `Investigating …` and `Issue resolved` do; None: it does not."""
    words = message.strip().casefold().rstrip(".! ").split()
    if not words:
        return None
    for status in Progress:
        if words[0].rstrip(":,;-") == status:
            return status
    bare = [each for each in words if each not in ("the", "this", "is", "has", "been", "was", "now")]
    is_over = " ".join(bare[:-1]) in _SUBJECTS and bare[-1] in ("resolved", "fixed", "solved")
    return Progress.RESOLVED if len(bare) > 1 and is_over else None
