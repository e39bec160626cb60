"""A post-mortem is written, reviewed, published; when it is due. Pure.

Each section has its own version: two people who write different sections lose nothing, and of two who write the same
one the second is told whose text stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.postmortems import texts
from accelerapp.postmortems.model import Part, PostMortem, Section, State

NEEDED = frozenset({Severity.P1, Severity.P2})
"""Of these one is asked for."""
WORKING_DAYS = 2
"""The manual: 24-48 hours."""
_SATURDAY = 5
_NEXT: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.IN_REVIEW}),
    State.IN_REVIEW: frozenset({State.DRAFT, State.PUBLISHED}),
    State.PUBLISHED: frozenset({State.DRAFT}),
}
_MENDS = {
    State.DRAFT: "`accelerapp incident postmortem review {id}` comes next.",
    State.IN_REVIEW: "`accelerapp incident postmortem publish {id}` or `… draft {id}` comes next.",
    State.PUBLISHED: "`accelerapp incident postmortem draft {id}` takes it back to write on.",
}


class OvertakenError(errors.WrongUseError):
    """Somebody has written the same section meanwhile; `section` is what stands there now."""

    def __init__(self, part: Part, section: Section) -> None:
        self.part, self.section = part, section
        super().__init__(
            f"{section.by} has written the section {part.value} at {section.at:%H:%M} UTC, meanwhile: "
            f"{section.text[:500]}",
            mend=f"Your text was not written. Put both together and write it as of version {section.version}.",
        )


def write(known: PostMortem, part: Part, text: str, seen: int, by: str, now: datetime) -> PostMortem:
    """Write a section, as somebody who saw its version `seen`; an empty text gives the facts back.

    Raises OvertakenError, InvalidInputError; WrongUseError once it is published.
    """
    if known.is_published:
        raise errors.WrongUseError(
            f"The post-mortem of {known.incident} is published.", mend=_MENDS[State.PUBLISHED].format(id=known.incident)
        )
    clean = texts.clean(part.value, text)
    last = known.sections.get(part)
    if last is not None and last.text == clean:
        return known
    version = last.version if last else 0
    if last is not None and version != seen:
        raise OvertakenError(part, last)
    name = by[: texts.NAME]
    section = Section(clean, version + 1, name, now)
    authors = known.authors if name in known.authors else (*known.authors, name)
    return replace(known, sections={**known.sections, part: section}, authors=authors)


def move(known: PostMortem, state: State, by: str, now: datetime) -> PostMortem:
    """Draft, in review, published; and back. Raises WrongUseError."""
    if state is known.state:
        raise errors.WrongUseError(f"The post-mortem of {known.incident} is {said(state)} already.")
    if state not in _NEXT[known.state]:
        raise errors.WrongUseError(
            f"The post-mortem of {known.incident} is {said(known.state)}: it cannot become {said(state)} at once.",
            mend=_MENDS[known.state].format(id=known.incident),
        )
    return replace(known, state=state, state_at=now, state_by=by[: texts.NAME])


def give(known: PostMortem, owner: str) -> PostMortem:
    """Somebody else sees to it from now on. Raises InvalidInputError."""
    return replace(known, owner=texts.line("owner", owner, texts.NAME, is_needed=True))


def said(state: State) -> str:
    """`in review`."""
    return state.value.replace("_", " ")


def due_at(severity: Severity, resolved_at: datetime | None, where: tzinfo) -> datetime | None:
    """Two working days (Monday to Friday, there) after the end of a P1 or P2, at the same time of day; else None."""
    if severity not in NEEDED or resolved_at is None:
        return None
    return add_working_days(resolved_at, WORKING_DAYS, where)


def add_working_days(start: datetime, days: int, where: tzinfo) -> datetime:
    """So many working days later by the calendar there, when the clock on the wall shows the same. In UTC."""
    at = start.astimezone(where)
    while days:
        at += timedelta(days=1)
        days -= at.weekday() < _SATURDAY
    return at.astimezone(UTC)
