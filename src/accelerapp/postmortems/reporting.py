"""The report: the facts of an incident, with what people wrote over them. What is not known stays empty. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from accelerapp.postmortems import service
from accelerapp.postmortems.model import Action, Due, Facts, Part, PostMortem, Report, Revenue, Written


@dataclass(frozen=True)
class House:
    """How this installation reports: its time zone, and what a minute of each service is worth."""

    zone: str
    where: tzinfo
    rates: Mapping[str, float]
    currency: str = "$"


def make(
    facts: Facts,
    known: PostMortem,
    actions: Sequence[Action],
    tasks_left: int,
    house: House,
    now: datetime,
) -> Report:
    """The manual's template, filled."""
    due = due_of(facts, house.where)
    return Report(
        incident=facts.incident,
        title=facts.title,
        severity=facts.severity,
        is_private=facts.is_private,
        state=known.state,
        owner=known.owner or facts.writer,
        authors=known.authors,
        due_at=due,
        is_overdue=due is not None and not known.is_published and due < now,
        zone=house.zone,
        timeline=facts.timeline,
        duration_seconds=(facts.harm[1] - facts.harm[0]).total_seconds() if facts.harm else None,
        users=facts.users,
        services=facts.services,
        revenue=revenue(facts, house),
        sections={part: _written(facts, known, part) for part in Part},
        actions=tuple(actions),
        tasks_left=tasks_left,
        merged_into=facts.merged_into,
        duplicates=facts.duplicates,
        made_at=now,
    )


def due_of(facts: Facts, where: tzinfo) -> datetime | None:
    """When it should be published; None: none is asked for. That of a duplicate is written at the other one."""
    if facts.merged_into is not None:
        return None
    return service.due_at(facts.severity, facts.resolved_at, where)


def due(facts: Facts, known: PostMortem, where: tzinfo, now: datetime) -> Due | None:
    """As a list shows it; None: none is asked for, or it is published."""
    at = due_of(facts, where)
    if at is None or known.is_published:
        return None
    owner = known.owner or facts.writer
    return Due(facts.incident, facts.title, facts.severity, known.state, owner, at, at < now)


def revenue(facts: Facts, house: House) -> Revenue | None:
    """Minutes of harm by the rates of the services; None: the minutes are not known, or no rate is set."""
    priced = [each for each in facts.services if each in house.rates]
    if facts.harm is None or not priced:
        return None
    minutes = (facts.harm[1] - facts.harm[0]).total_seconds() / 60
    amount = round(minutes * sum(house.rates[each] for each in priced), 2)
    return Revenue(amount, house.currency, tuple(each for each in facts.services if each not in house.rates))


def _written(facts: Facts, known: PostMortem, part: Part) -> Written:
    """An emptied section shows the facts, and keeps its version for whoever writes it next."""
    section = known.sections.get(part)
    if section is None:
        return Written(facts.texts.get(part, ""))
    return Written(section.text or facts.texts.get(part, ""), section.version, section.by, section.at)
