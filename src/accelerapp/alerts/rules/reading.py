"""From the tables of the settings to rules: every mistake at once, with its field, its reason and its mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from accelerapp.alerts.rules import building, texts
from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules.kinds import family, interface
from accelerapp.base import errors
from accelerapp.base.settings import load


@dataclass(frozen=True)
class Table:
    """One table of the settings or of a rules file, and where it stands: `rules.0`, `more.toml: rules.3`."""

    place: str
    content: Mapping[str, Any]


def read(
    tables: Sequence[Table],
    built_in: Iterable[rules.Rule],
    services: Sequence[str],
    check: interface.Check,
    more: Iterable[rules.Rule] = (),
) -> tuple[rules.Rule, ...]:
    """All rules: the built-in ones, `more` (of SLOs), and those of the tables, which replace one of the same id.

    `check` says what is wrong with an expression. Raises InvalidInputError.
    """
    problems: list[errors.FieldProblem] = []
    by_id: dict[rules.RuleId, rules.Rule] = {rule.id: rule for rule in (*built_in, *more)}
    places: dict[rules.RuleId, str] = {}
    for table in tables:
        for rule, enabled in _of_table(table, services, problems):
            if rule.id in places and places[rule.id] != table.place:
                problems.append(_twice(table, rule, places[rule.id]))
            places[rule.id] = table.place
            by_id[rule.id] = rule
            if not enabled:
                del by_id[rule.id]
    for rule in by_id.values():
        problems += _expressions(rule, places.get(rule.id, f"the rule {rule.id}"), check)
    if problems:
        raise errors.InvalidInputError("The rules", list(dict.fromkeys(problems)))
    return tuple(by_id.values())


def _of_table(
    table: Table, services: Sequence[str], problems: list[errors.FieldProblem]
) -> list[tuple[rules.Rule, bool]]:
    """The rules of one table, one for each service that it is about, and whether they are wanted."""
    kind = _kind(table, problems)
    if kind is None:
        return []
    try:
        read_table = kind.model_validate(dict(table.content))
    except ValidationError as error:
        problems += [_with_mend(problem, kind) for problem in load.mistakes(error, table.place)]
        return []
    named = [read_table.service] if read_table.service else list(services) if kind.OF_SERVICES else [""]
    problems += _mistakes(table, read_table, services)
    return [(building.rule(read_table, service), read_table.enabled) for service in named]


def _kind(table: Table, problems: list[errors.FieldProblem]) -> type[interface.RuleTable] | None:
    word = table.content.get("kind")
    if isinstance(word, str) and word in family.KINDS:
        return family.KINDS[word]
    there_are = ", ".join(family.KINDS)
    reason = "is missing." if word is None else f"'{word}' is not a kind of rule."
    problems.append(errors.FieldProblem(f"{table.place}.kind", reason, _near(str(word), family.KINDS, there_are)))
    return None


def _near(word: str, known: Iterable[str], there_are: str) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"Do you mean {near[0]}?" if near else f"There are: {there_are}."


def _with_mend(problem: errors.FieldProblem, kind: type[interface.RuleTable]) -> errors.FieldProblem:
    if problem.reason != "there is no such setting.":
        return problem
    fields = [field.alias or name for name, field in kind.model_fields.items()]
    mend = _near(problem.field.rpartition(".")[2], fields, ", ".join(fields))
    return errors.FieldProblem(problem.field, f"a rule of kind {kind.model_fields['kind'].default} has none.", mend)


def _mistakes(table: Table, read_table: interface.RuleTable, services: Sequence[str]) -> Iterable[errors.FieldProblem]:
    """What the fields are only wrong together, or with the rest of the settings."""
    if read_table.service and read_table.service not in services:
        reason = f"there is no service '{read_table.service}'."
        yield errors.FieldProblem(
            f"{table.place}.service", reason, _near(read_table.service, services, ", ".join(services))
        )
    if read_table.keep_firing_for and read_table.keep_firing_for < read_table.every:
        reason = "is shorter than the time between two evaluations, so it does nothing."
        yield errors.FieldProblem(f"{table.place}.keep_firing_for", reason, "Write a longer one, or leave it out.")
    for name, text in read_table.annotations.items():
        if wrong := texts.wrong_template(text):
            yield errors.FieldProblem(f"{table.place}.annotations.{name}", wrong)


def _twice(table: Table, rule: rules.Rule, first: str) -> errors.FieldProblem:
    about = f" about {rule.service}" if rule.service else ""
    return errors.FieldProblem(
        f"{table.place}.name", f"{first} is a rule {rule.name}{about} already.", "Give one of them another name."
    )


def _expressions(rule: rules.Rule, place: str, check: interface.Check) -> Iterable[errors.FieldProblem]:
    """A rule's PromQL, read by whoever evaluates it."""
    if wrong := check(rule.condition):
        field = "expr" if rule.kind == "promql" else "selector"
        yield errors.FieldProblem(
            f"{place}.{field}", f"{rule.condition} is not PromQL: {wrong.rstrip('.')}.", "Mend the expression."
        )
