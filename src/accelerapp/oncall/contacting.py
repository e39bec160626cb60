"""How a person is reached: which methods when, quiet hours, and the proof that a method is theirs. Pure."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.oncall import zones
from accelerapp.oncall.model import (
    Code,
    ContactMethod,
    MethodKind,
    NotificationStep,
    Person,
)

CODE_LASTS = timedelta(minutes=15)
CODE_AGAIN = timedelta(minutes=1)
MOST_TRIES = 5
_TEXT_AFTER, _CALL_AFTER = timedelta(minutes=2), timedelta(minutes=5)
_LATER = {MethodKind.SMS: _TEXT_AFTER, MethodKind.VOICE: _CALL_AFTER}
_GENTLE = {Severity.P3: {MethodKind.VOICE}, Severity.P4: {MethodKind.VOICE, MethodKind.SMS}}
_ADDRESSES = {
    MethodKind.EMAIL: (r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,190}", "an address such as ann@example.com"),
    MethodKind.SMS: (r"\+[1-9][0-9]{6,14}", "a number with its country, such as +4915112345678"),
    MethodKind.VOICE: (r"\+[1-9][0-9]{6,14}", "a number with its country, such as +4915112345678"),
    MethodKind.NTFY: (r"[A-Za-z0-9_-]{1,64}|https?://[^\s]{1,400}", "a topic, or its whole URL"),
    MethodKind.PUSHOVER: (r"[A-Za-z0-9]{30}", "a user key of 30 letters and digits"),
    MethodKind.SLACK: (r"[UWCGD@#][^\s]{1,79}", "a member's or a channel's ID, such as U024BE7LH"),
    MethodKind.WEBHOOK: (r"https?://[^\s]{1,1000}", "a URL that begins with https:// or http://"),
    MethodKind.PAGERDUTY: (r"[A-Za-z0-9]{32}", "an integration's key of 32 letters and digits"),
}


class CodeSender(Protocol):
    """Sends a code to a method; a channel does that."""

    def send_code(self, person: Person, method: ContactMethod, code: str) -> None:
        """Send it now. Raises an AccelerappError that says why it cannot."""
        ...


def wrong_address(kind: MethodKind, address: str) -> str:
    """What is wrong with an address of this kind; empty: nothing is."""
    shape, wanted = _ADDRESSES[kind]
    return "" if re.fullmatch(shape, address) else f"'{address[:60]}' is not {wanted}."


def usable(person: Person) -> tuple[ContactMethod, ...]:
    """The methods to use: those that are proven; all of them when none is, since a page must not be lost."""
    return tuple(each for each in person.methods if each.verified_at) or person.methods


def masked(person: Person) -> Person:
    """The person as it may be shown to others: of each address only its ends."""
    methods = tuple(replace(each, address=_ends(each.address)) for each in person.methods)
    return replace(person, methods=methods)


def _ends(address: str) -> str:
    return f"{address[:2]}…{address[-2:]}" if len(address) > 6 else "…"


# -- plans -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """Use this method at this moment."""

    method: ContactMethod
    at: datetime


@dataclass(frozen=True)
class Plan:
    """What a call to a person means. `quiet_until`: nothing before, by their quiet hours; None: they do not hold."""

    calls: tuple[Call, ...]
    quiet_until: datetime | None = None


def plan(person: Person, severity: Severity, at: datetime) -> Plan:
    """When to use which method, for somebody who is called at `at`. No calls: this person cannot be reached at all.

    Quiet hours put everything off until their end, but for P1. A step of a rule whose method is not usable is left out;
    when that leaves nothing, the defaults hold.
    """
    ends = None if severity is Severity.P1 else quiet_until(person, at)
    start = ends or at
    by_name = {method.name: method for method in usable(person)}
    steps = [step for step in _own_steps(person, severity) if step.method in by_name] or default_steps(person, severity)
    calls = (Call(by_name[step.method], start + step.after) for step in steps)
    return Plan(tuple(sorted(calls, key=lambda call: call.at)), ends)


def _own_steps(person: Person, severity: Severity) -> tuple[NotificationStep, ...]:
    return next((rule.steps for rule in person.rules if rule.severity is severity), ())


def default_steps(person: Person, severity: Severity) -> list[NotificationStep]:
    """Push and messages at once, SMS after 2 minutes, a telephone call after 5, by what the person has.

    P3 does not ring, and P4 sends no SMS, unless there is nothing else. The first is always at once.
    """
    methods = usable(person)
    gentle = [each for each in methods if each.kind not in _GENTLE.get(severity, ())] or methods
    delays = [_LATER.get(each.kind, timedelta()) for each in gentle]
    first = min(delays, default=timedelta())
    return [NotificationStep(each.name, delay - first) for each, delay in zip(gentle, delays, strict=True)]


def quiet_until(person: Person, at: datetime) -> datetime | None:
    """When the quiet hours end that hold at this moment; None: none hold."""
    if person.quiet is None:
        return None
    where = zones.zone(person.zone)
    today = zones.day_of(at, where)
    for day in (today - timedelta(days=1), today):
        starts = zones.moment(day, person.quiet.starts, where)
        over = day if person.quiet.ends > person.quiet.starts else day + timedelta(days=1)
        ends = zones.moment(over, person.quiet.ends, where)
        if starts <= at < ends:
            return ends
    return None


# -- proofs ------------------------------------------------------------------------------------------------------------


class Proof(StrEnum):
    """What became of a code that somebody typed."""

    PROVEN = "proven"
    WRONG = "wrong"
    EXPIRED = "expired"
    TOO_MANY = "too many tries"
    NOT_SENT = "not sent"
    """None was sent, or the address is another by now."""


def method_of(person: Person, name: str) -> ContactMethod:
    """Raises NotFoundError."""
    found = next((each for each in person.methods if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in person.methods) or "none"
        raise errors.NotFoundError(f"{person.name} has no method '{name[:60]}'.", mend=f"There are: {names}.")
    return found


def fresh_code(
    person: Person, method: ContactMethod, last: Code | None, said: str, digest: Callable[[str], str], now: datetime
) -> Code:
    """What is kept of a new code. Raises WrongUseError when one was sent just now."""
    if last and now < last.sent_at + CODE_AGAIN:
        raise errors.WrongUseError(
            f"A code was sent to {method.name} of {person.name} less than a minute ago.", mend="Wait for it to come."
        )
    hashed = digest(_secret(person, method, said))
    return Code(person.name, method.name, method.address, hashed, now, now + CODE_LASTS)


def prove(
    person: Person, method: ContactMethod, code: Code | None, said: str, digest: Callable[[str], str], now: datetime
) -> tuple[Proof, Person, Code | None]:
    """Is it the code? The person with the method proven, and the code as it is to be kept: None once it is used up."""
    if code is None or code.address != method.address:
        return Proof.NOT_SENT, person, None
    if now >= code.expires_at:
        return Proof.EXPIRED, person, code
    if code.tries >= MOST_TRIES:
        return Proof.TOO_MANY, person, code
    given = digest(_secret(person, method, "".join(said.split())))
    if not hmac.compare_digest(given, code.hash):
        return Proof.WRONG, person, replace(code, tries=code.tries + 1)
    proven = replace(method, verified_at=now)
    methods = tuple(proven if each.name == method.name else each for each in person.methods)
    return Proof.PROVEN, replace(person, methods=methods), None


def _secret(person: Person, method: ContactMethod, code: str) -> str:
    return f"{person.name}\n{method.name}\n{method.address}\n{code}"


def with_proofs(person: Person, before: Person | None) -> Person:
    """The person, with each method proven that was proven before for the same address."""
    known = {(each.kind, each.address): each.verified_at for each in before.methods} if before else {}
    methods = tuple(replace(each, verified_at=known.get((each.kind, each.address))) for each in person.methods)
    return replace(person, methods=methods)
