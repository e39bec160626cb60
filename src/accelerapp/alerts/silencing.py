"""Silences and maintenances: made, about to end, over. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from accelerapp.alerts import matching, model
from accelerapp.alerts.model import Alert, Decision, DecisionKind, Matcher, Operator, Silence, SilenceKind
from accelerapp.alerts.paging import clock
from accelerapp.base import errors, text
from accelerapp.base.ids import SilenceId, new_id

_LONGEST = timedelta(days=365)
_TEXT = 1000


@dataclass(frozen=True)
class Wanted:
    """A silence that somebody asks for. `starts_at` None: now. A maintenance names a service, or none for all."""

    matchers: Sequence[Matcher]
    author: str
    reason: str
    ends_at: datetime
    starts_at: datetime | None = None
    kind: SilenceKind = SilenceKind.SILENCE
    service: str = ""


@dataclass
class Passed:
    """What time did to silences: those that changed, and lines of their history."""

    silences: list[Silence] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def maintenance(service: str) -> tuple[Matcher, ...]:
    """The matchers of a maintenance of a service, or of everything."""
    return (Matcher(model.SERVICE, Operator.EQUAL, service),) if service else ()


def make(wanted: Wanted, now: datetime) -> Silence:
    """The silence. Raises InvalidInputError with everything that is wrong, WrongUseError for its matchers."""
    starts_at = wanted.starts_at or now
    problems = []
    if not 0 < len(wanted.author.strip()) <= 200:
        problems.append(errors.FieldProblem("author", "takes 1 to 200 characters."))
    if not 0 < len(wanted.reason.strip()) <= _TEXT:
        problems.append(errors.FieldProblem("reason", f"takes 1 to {_TEXT} characters: say why."))
    if wanted.ends_at <= max(starts_at, now):
        problems.append(errors.FieldProblem("ends_at", "must be after the start, and not be past."))
    elif wanted.ends_at - starts_at > _LONGEST or starts_at - now > _LONGEST:
        problems.append(errors.FieldProblem("ends_at", "is more than a year away: a silence ends."))
    if problems:
        raise errors.InvalidInputError(f"The {wanted.kind}", problems)
    if wanted.kind is SilenceKind.SILENCE:
        matching.check_silencing(wanted.matchers)
    return Silence(
        id=SilenceId(new_id("sil")),
        matchers=tuple(wanted.matchers),
        author=wanted.author.strip(),
        reason=wanted.reason.strip(),
        starts_at=starts_at,
        ends_at=wanted.ends_at,
        created_at=now,
        kind=wanted.kind,
        service=wanted.service,
    )


def made(silence: Silence, now: datetime) -> Decision:
    """The first line of its history."""
    begins = "" if silence.starts_at <= now else f" from {clock(silence.starts_at, now)}"
    over = matching.written(silence.matchers) or "everything"
    said = f"{silence.author} put it over {over}{begins} until {clock(silence.ends_at, now)}: {silence.reason}"
    return Decision(DecisionKind.SILENCED, said, now, silence.id)


def end(silence: Silence, by: str, now: datetime) -> tuple[Silence, Decision]:
    """Ended by somebody before its time. Raises WrongUseError when it is over."""
    if silence.is_closed or silence.ends_at <= now:
        raise errors.WrongUseError(f"The {silence.kind} {silence.id} is over already.")
    after = replace(silence, ends_at=now, starts_at=min(silence.starts_at, now), is_closed=True)
    return after, Decision(DecisionKind.ENDED, f"{by} ended it.", now, silence.id)


def passed(silences: Iterable[Silence], held: Iterable[Alert], notice: timedelta, now: datetime) -> Passed:
    """What is to be said of silences that are not closed: which end soon, and which are over.

    `held` are the open alerts that a silence holds back. A silence that is shorter than twice the notice is only said
    to have ended: whoever made it still knows.
    """
    found, held = Passed(), list(held)
    for silence in silences:
        mine = [alert for alert in held if alert.held_by == silence.id]
        if silence.ends_at <= now:
            found.silences.append(replace(silence, is_closed=True))
            found.decisions.append(Decision(DecisionKind.ENDED, _ended(mine), now, silence.id))
        elif silence.noticed_at is None and _ends_soon(silence, notice, now):
            found.silences.append(replace(silence, noticed_at=now))
            found.decisions.append(Decision(DecisionKind.NOTICE, _soon(silence, mine, now), now, silence.id))
    return found


def _ends_soon(silence: Silence, notice: timedelta, now: datetime) -> bool:
    is_long = silence.ends_at - silence.starts_at >= 2 * notice
    return is_long and silence.is_active(now) and silence.ends_at - now <= notice


def _soon(silence: Silence, held: Sequence[Alert], now: datetime) -> str:
    left = text.duration((silence.ends_at - now).total_seconds())
    return f"It ends in {left}, at {clock(silence.ends_at, now)}. {_would_page(held)}"


def _ended(held: Sequence[Alert]) -> str:
    return f"Its time is over. {_would_page(held)}"


def _would_page(held: Sequence[Alert]) -> str:
    if not held:
        return "It holds nothing back."
    names = sorted({alert.rule or alert.title for alert in held})
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{text.count(len(held), 'alert')} may page then: {', '.join(names[:3])}{more}."
