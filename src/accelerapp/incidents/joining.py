"""Incidents that belong together: related ones, and duplicates that are merged into one. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from accelerapp.base import errors
from accelerapp.incidents import service, timeline
from accelerapp.incidents.model import Entry, EntryKind, Evidence, Incident, Status

Name = TypeVar("Name", bound=str)


def relate(one: Incident, other: Incident, by: str, now: datetime) -> tuple[Incident, Incident, list[Entry]]:
    """Each names the other. Raises WrongUseError for one with itself; a second time changes nothing."""
    if one.id == other.id:
        raise errors.WrongUseError(f"{one.id} cannot be related to itself.", mend="Name two incidents.")
    if other.id in one.related:
        return one, other, []
    entries = [_related(one, other, by, now), _related(other, one, by, now)]
    return (
        service.changed(one, related=(*one.related, other.id)),
        service.changed(other, related=(*other.related, one.id)),
        entries,
    )


def _related(one: Incident, other: Incident, by: str, now: datetime) -> Entry:
    """A private one is named by its id alone."""
    title = "" if other.is_private else f": {other.title}"
    return timeline.entry(one.id, EntryKind.RELATED, f"Related to {other.id}{title}.", by, now, evidence=_shown(other))


def merge(duplicate: Incident, into: Incident, by: str, now: datetime) -> tuple[Incident, Incident, list[Entry]]:
    """The first is a duplicate: it ends, and its people, pages and tasks go over. Its time line stays its own.

    Raises WrongUseError: with itself, in a circle, or into one that is over.
    """
    _check(duplicate, into)
    ended = service.changed(
        replace(duplicate, resolved_at=duplicate.resolved_at or now, resolved_by=duplicate.resolved_by or by),
        status=Status.RESOLVED,
        merged_into=into.id,
        draft="",
        is_taken=True,
    )
    entries = [
        timeline.entry(duplicate.id, EntryKind.MERGED, f"Merged into {into.id}.", by, now, evidence=_shown(into)),
        timeline.entry(into.id, EntryKind.MERGED, _told(duplicate, into), by, now, evidence=_shown(duplicate)),
    ]
    return ended, _grown(into, duplicate), entries


def _check(duplicate: Incident, into: Incident) -> None:
    if duplicate.id == into.id:
        raise errors.WrongUseError(f"{into.id} cannot be merged with itself.", mend="Name two incidents.")
    if into.merged_into == duplicate.id:
        raise errors.WrongUseError(
            f"{into.id} was merged into {duplicate.id} already: the other way round is a circle."
        )
    service.need_unmerged(duplicate)
    service.need_open(into)
    if duplicate.is_private != into.is_private:
        raise errors.WrongUseError(
            "A private incident and an open one cannot be merged: who may see it would change without a word.",
            mend="Make both private, or neither: `accelerapp incident edit ID --private`.",
        )


def _told(duplicate: Incident, into: Incident) -> str:
    """A P1 that comes to a P3 does not make it worse by itself: people decide."""
    worse = " It was worse." if duplicate.severity.is_worse_than(into.severity) else ""
    return f"{duplicate.id} was merged into this one: {duplicate.severity} {duplicate.title}.{worse}"


def _grown(into: Incident, duplicate: Incident) -> Incident:
    links = {each.url: each for each in (*duplicate.links, *into.links)}
    return service.changed(
        into,
        services=_both(into.services, duplicate.services),
        components=_both(into.components, duplicate.components),
        tags=_both(into.tags, duplicate.tags),
        responders=_both(into.responders, duplicate.responders, tuple(duplicate.roles.values())),
        tasks=(*into.tasks, *duplicate.tasks),
        links=tuple(links.values()),
        pages=_both(into.pages, duplicate.pages),
        started_at=min(filter(None, (into.started_at, duplicate.started_at)), default=None),
        detected_at=min(filter(None, (into.detected_at, duplicate.detected_at)), default=None),
        is_taken=True,
    )


def _both(*names: tuple[Name, ...]) -> tuple[Name, ...]:
    return tuple(dict.fromkeys(name for each in names for name in each))


def _shown(other: Incident) -> list[Evidence]:
    return [Evidence(other.id, other.id)]
