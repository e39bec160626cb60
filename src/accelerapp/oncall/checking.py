"""What may be meant and should be known of the whole book: gaps, overlaps, people who cannot be called. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from accelerapp.base import errors, text
from accelerapp.base.severity import Severity
from accelerapp.oncall import policies, rotation, service, zones
from accelerapp.oncall.model import (
    Book,
    Gap,
    Layer,
    OnHolidays,
    Override,
    Person,
    Policy,
    Rank,
    Remark,
    Schedule,
    Shift,
)

LOOK = timedelta(days=90)


def remarks(book: Book, overrides: Sequence[Override], now: datetime, look: timedelta = LOOK) -> list[Remark]:
    """All of it, for so long ahead: of schedules, people, then policies."""
    found: list[Remark] = []
    for schedule in book.schedules.values():
        found += [*_of_members(schedule, book), *_of_schedule(schedule, overrides, now, look)]
    found += [remark for person in book.people.values() for remark in _of_person(person, book)]
    found += [remark for policy in book.policies.values() for remark in _of_policy(policy, book)]
    return [*found, *_of_policies(book)]


# -- schedules ---------------------------------------------------------------------------------------------------------


def _of_members(schedule: Schedule, book: Book) -> Iterator[Remark]:
    subject = f"schedule {schedule.name}"
    if not schedule.layers:
        yield Remark(subject, "It has no layer: nobody is ever on call.")
    for layer in schedule.layers:
        rotation_of = f"The rotation of the layer {layer.name}"
        if not layer.members:
            yield Remark(subject, f"{rotation_of} is empty.", "Name its members.")
        elif not any(book.people[name].methods for name in layer.members if name in book.people):
            told = f"{rotation_of} names nobody who has a contact method."
            yield Remark(subject, told, "`accelerapp oncall person method` adds one.")


def _of_schedule(schedule: Schedule, overrides: Sequence[Override], now: datetime, look: timedelta) -> Iterator[Remark]:
    subject = f"schedule {schedule.name}"
    if wrong := list(_of_zone(subject, schedule.zone)):
        yield from wrong
        return
    yield from _overlaps(schedule, now, look)
    shifts = {rank: service.shifts(schedule, overrides, rank, now, now + look) for rank in service.ranks(schedule)}
    for rank, found in shifts.items():
        yield from _gaps(schedule, rank, service.gaps(found, schedule, rank, now, now + look), look)
    yield from _both(subject, shifts, look)


def _overlaps(schedule: Schedule, now: datetime, look: timedelta) -> Iterator[Remark]:
    where, holidays = zones.zone(schedule.zone), {each.day for each in schedule.holidays}

    def pieces(layer: Layer) -> list[rotation.Piece]:
        """Only what lies within the span: turns reach over its edges."""
        whole = rotation.pieces(layer, holidays, where, now, now + look)
        cut = (
            replace(each, starts_at=max(each.starts_at, now), ends_at=min(each.ends_at, now + look)) for each in whole
        )
        return [each for each in cut if each.starts_at < each.ends_at]

    for index, upper in enumerate(schedule.layers):
        for lower in schedule.layers[:index]:
            shared = _shared(pieces(lower), pieces(upper)) if lower.rank is upper.rank else timedelta()
            if shared:
                how_long = text.duration(shared.total_seconds())
                told = f"The layer {upper.name} lies over {lower.name} for {how_long} of {look.days} days"
                yield Remark(f"schedule {schedule.name}", f"{told}; it counts there.", is_wrong=False)


def _shared(one: Sequence[rotation.Piece | Shift], other: Sequence[rotation.Piece | Shift]) -> timedelta:
    """How long both have somebody; each is in order and without overlap."""
    total, index = timedelta(), 0
    for piece in one:
        while index < len(other) and other[index].ends_at <= piece.starts_at:
            index += 1
        for each in other[index:]:
            if each.starts_at >= piece.ends_at:
                break
            total += min(piece.ends_at, each.ends_at) - max(piece.starts_at, each.starts_at)
    return total


def _gaps(schedule: Schedule, rank: Rank, gaps: Sequence[Gap], look: timedelta) -> Iterator[Remark]:
    """Gaps of a rank whose layers all keep to hours or holidays are as they were described."""
    if gaps:
        missing = sum(((gap.ends_at - gap.starts_at).total_seconds() for gap in gaps), 0.0)
        first = gaps[0].starts_at.astimezone(zones.zone(schedule.zone))
        span = f"In the next {look.days} days nobody is {rank}"
        told = f"{span} for {text.duration(missing)}, first from {first:%a %Y-%m-%d %H:%M}."
        mend = f"`accelerapp oncall gaps {schedule.name}` lists the gaps."
        at_all_hours = [each for each in schedule.layers if each.rank is rank and not _is_partial(each)]
        yield Remark(f"schedule {schedule.name}", told, mend, is_wrong=bool(at_all_hours))


def _is_partial(layer: Layer) -> bool:
    return bool(layer.hours) or layer.on_holidays is not OnHolidays.COUNTS


def _both(subject: str, shifts: dict[Rank, list[Shift]], look: timedelta) -> Iterator[Remark]:
    one, other = (shifts.get(rank, []) for rank in Rank)
    for person in sorted({each.person for each in one} & {each.person for each in other}):
        mine = [[each for each in side if each.person == person] for side in (one, other)]
        if shared := _shared(*mine):
            how_long = text.duration(shared.total_seconds())
            told = f"{person} is primary and secondary at once for {how_long} of the next {look.days} days."
            yield Remark(subject, told)


# -- people and policies -----------------------------------------------------------------------------------------------


def _of_person(person: Person, book: Book) -> Iterator[Remark]:
    is_needed = any(person.name in service.members(each) for each in book.schedules.values()) or any(
        person.name in policies.ever_called(target, book)
        for policy in book.policies.values()
        for step in policy.steps
        for target in step.targets
    )
    subject = f"person {person.name}"
    if not person.methods and is_needed:
        yield Remark(
            subject, "No contact method: calls cannot reach them.", "`accelerapp oncall person method` adds one."
        )
    unproven = [each.name for each in person.methods if not each.verified_at]
    if unproven and len(unproven) == len(person.methods):
        told = "No contact method is verified; calls go to what there is."
        yield Remark(subject, told, f"`accelerapp oncall person verify {person.name} {unproven[0]}` sends a code.")
    elif unproven:
        mend = f"`accelerapp oncall person verify {person.name} {unproven[0]}` sends a code."
        yield Remark(subject, f"Not verified, and so not used: {', '.join(unproven)}.", mend)
    yield from _of_zone(subject, person.zone)


def _of_zone(subject: str, name: str) -> Iterator[Remark]:
    try:
        zones.zone(name)
    except errors.WrongUseError as error:
        yield Remark(subject, error.message, error.mend)


def _of_policy(policy: Policy, book: Book) -> Iterator[Remark]:
    subject = f"policy {policy.name}"
    yield from _of_zone(subject, policy.working_hours.zone)
    for problem in policies.check(policy, book):
        yield Remark(subject, f"{problem.field}: {problem.reason}", problem.mend)
    silent = [index for index, step in enumerate(policy.steps, 1) if not policies.reachable(step, book)]
    if silent and len(silent) < len(policy.steps):
        yield Remark(subject, f"Step {', '.join(map(str, silent))} can reach nobody; the others can.")


def _of_policies(book: Book) -> Iterator[Remark]:
    if not book.policies:
        if book.people:
            yield Remark(
                "policies", "There is none: every page calls everyone.", "`accelerapp oncall policy add` makes one."
            )
        return
    for level in Severity:
        if policies.choose(book.policies.values(), "", level) is None:
            told = f"A {level} of a service that no policy names calls everyone."
            yield Remark("policies", told, "Make a policy for all services.")
    claims = Counter((service, severity) for each in book.policies.values() for service, severity in _claims(each))
    for (of_service, severity), count in claims.items():
        if count > 1:
            what = f"{severity or 'all severities'} of {of_service or 'all services'}"
            told = f"{count} policies are for {what}; the first by name counts."
            yield Remark("policies", told, is_wrong=False)


def _claims(policy: Policy) -> Iterator[tuple[str, str]]:
    for of_service in policy.services or ("",):
        for severity in policy.severities or ("",):
            yield of_service, severity
