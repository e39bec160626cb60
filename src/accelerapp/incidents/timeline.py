"""Entries of the time line: made, noted late, corrected.

Nothing is rewritten: a correction is a further version. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.base import errors
from accelerapp.base.ids import EntryId, IncidentId, new_id
from accelerapp.incidents import texts
from accelerapp.incidents.model import Entry, EntryKind, Evidence

_AHEAD = timedelta(minutes=5)
"""Clocks differ by that much."""


def entry(
    incident: IncidentId,
    kind: EntryKind,
    text: str,
    by: str,
    now: datetime,
    *,
    at: datetime | None = None,
    evidence: Iterable[Evidence] = (),
) -> Entry:
    """A new one; `at` is when it happened, if not now."""
    return Entry(
        incident=incident,
        at=at or now,
        kind=kind,
        text=text,
        by=by[: texts.NAME],
        id=EntryId(new_id("ent")),
        evidence=tuple(evidence),
        noted_at=now if at is not None and at != now else None,
    )


def note(
    incident: IncidentId,
    text: str,
    by: str,
    now: datetime,
    *,
    at: datetime | None = None,
    kind: EntryKind = EntryKind.NOTE,
    evidence: Iterable[Evidence] = (),
) -> Entry:
    """What a person wrote, at any time, after the end too. Raises InvalidInputError."""
    checked = texts.Checked("The note")
    clean, shown = checked.text("text", text, is_needed=True), _evidence(checked, evidence)
    _check_time(checked, at, now)
    checked.end()
    return entry(incident, kind, clean, by, now, at=at, evidence=shown)


def correct(
    known: Entry, seen: int, by: str, now: datetime, *, text: str | None = None, at: datetime | None = None, why: str
) -> Entry:
    """The next version of an entry, by somebody who saw the version `seen`. Raises InvalidInputError, WrongUseError."""
    if known.version != seen:
        raise errors.WrongUseError(
            f"{known.corrected_by or known.by} has corrected this entry meanwhile: {known.text[:200]}",
            mend=f"Read it again: its version is {known.version}.",
        )
    checked = texts.Checked("The correction")
    clean = checked.text("text", known.text if text is None else text, is_needed=True)
    reason = checked.line("why", why, is_needed=True)
    _check_time(checked, at, now)
    if clean == known.text and at in (None, known.at):
        checked.refuse("text", "says the same as before.")
    checked.end()
    return replace(
        known,
        at=at or known.at,
        text=clean,
        version=known.version + 1,
        corrected_at=now,
        corrected_by=by[: texts.NAME],
        why=reason,
    )


def _check_time(checked: texts.Checked, at: datetime | None, now: datetime) -> None:
    if at is not None and at > now + _AHEAD:
        checked.refuse("at", "has not come yet.")


def _evidence(checked: texts.Checked, evidence: Iterable[Evidence]) -> list[Evidence]:
    found = [
        Evidence(
            checked.line("evidence.label", each.label, is_needed=True),
            checked.line("evidence.target", each.target, 2000, is_needed=True),
        )
        for each in evidence
    ]
    if len(found) > texts.MOST:
        checked.refuse("evidence", f"takes at most {texts.MOST}.")
    return found
