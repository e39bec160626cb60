"""All rules of a product: the built-in ones, those of the objectives, those of the settings and of rules files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from accelerapp.alerts.rules import defaults, meta, reading, slo
from accelerapp.alerts.rules.model import Rule, RuleId
from accelerapp.base import errors
from accelerapp.base.settings import model as settings
from accelerapp.metrics.promql import parsing


def book(known: settings.Settings, read_file: Callable[[str], Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Every rule. Raises InvalidInputError with every mistake, WrongUseError for a file that cannot be read."""
    tables = [reading.Table(f"rules.{number}", table) for number, table in enumerate(known.rules)]
    for file in known.evaluation.rules_files:
        tables += _of_file(file, read_file(file))
    built_in = [
        rule
        for name, service in known.services.items()
        if known.evaluation.built_in_rules
        for rule in defaults.of_service(name, service)
    ]
    burns = [rule for one in slo.objectives(known.services) for rule in slo.burn_rules(one)]
    return reading.read(tables, built_in, list(known.services), wrong_promql, burns)


def _of_file(file: str, content: Mapping[str, Any]) -> list[reading.Table]:
    rules = content.get("rules", [])
    other = sorted(set(content) - {"rules"})
    if other or not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        reason = f"has '{other[0]}'" if other else "has no tables [[rules]]"
        raise errors.WrongUseError(f"{file} {reason}.", mend="A rules file has tables [[rules]] and nothing else.")
    return [reading.Table(f"{file}: rules.{number}", table) for number, table in enumerate(rules)]


def wrong_promql(expr: str) -> str:
    """What is wrong with an expression, as a sentence; empty: nothing."""
    try:
        parsing.parse(expr)
    except errors.WrongUseError as error:
        return error.message
    return ""


def find(rules: tuple[Rule, ...], word: str) -> Rule:
    """The rule of an id, or of a name that only one has. Raises NotFoundError, or WrongUseError for several."""
    known = {rule.id: rule for rule in (*rules, meta.RULE)}
    if rule := known.get(RuleId(word)):
        return rule
    named = [rule for rule in known.values() if rule.name == word]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(rule.id for rule in named)
        raise errors.WrongUseError(f"Several rules are called {word}.", mend=f"Name one of {ids}.")
    raise errors.NotFoundError(f"There is no rule '{word}'.", mend="`accelerapp alert rules list` shows all.")
