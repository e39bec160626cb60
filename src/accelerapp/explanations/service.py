"""From causes to an explanation: alike ones become one, roots come before symptoms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from accelerapp.explanations.model import Explanation, Outcome
from accelerapp.platforms.causes import Cause, Depth, Findings

_ORDER = tuple(Depth)


def explain(found: Findings, at: datetime) -> Explanation:
    """The explanation that the findings amount to."""
    ranked = rank(merge(found.causes))
    causes = tuple(each for each in ranked if each.depth is not Depth.RISK)
    outcome = _outcome(found, causes)
    return Explanation(
        subject=found.subject,
        at=at,
        outcome=outcome,
        summary=_summary(found, causes, outcome),
        causes=causes,
        risks=tuple(each for each in ranked if each.depth is Depth.RISK),
        looked_at=found.looked_at,
        unread=found.unread,
    )


def merge(causes: Iterable[Cause]) -> list[Cause]:
    """One cause for all subjects that suffer from the same; the evidence is the first one's."""
    alike: dict[tuple[str, str], list[Cause]] = {}
    for each in causes:
        alike.setdefault((each.kind, each.sentence), []).append(each)
    return [_merged(same) for same in alike.values()]


def _merged(same: Sequence[Cause]) -> Cause:
    subjects = dict.fromkeys(subject for each in same for subject in (each.subject, *each.also))
    return replace(same[0], also=tuple(name for name in subjects if name != same[0].subject))


def rank(causes: Iterable[Cause]) -> list[Cause]:
    """Roots first; among equals whatever more suffer from; then in the order found."""
    return sorted(causes, key=lambda each: (_ORDER.index(each.depth), -len(each.also)))


def _outcome(found: Findings, causes: Sequence[Cause]) -> Outcome:
    if causes:
        return Outcome.EXPLAINED
    return Outcome.CANNOT_TELL if found.unread else Outcome.NOTHING_WRONG


def _summary(found: Findings, causes: Sequence[Cause], outcome: Outcome) -> str:
    if outcome is Outcome.EXPLAINED:
        return causes[0].sentence
    if outcome is Outcome.CANNOT_TELL:
        return f"No cause was found, but not everything could be looked at. {found.state}".rstrip()
    return f"Nothing is wrong. {found.state}".rstrip()
