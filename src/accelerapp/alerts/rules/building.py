"""From a table of a kind, and a service, to a rule. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import texts
from accelerapp.alerts.rules.kinds import interface
from accelerapp.base import jsons
from accelerapp.base.ids import ServiceName

_COMMON = {"kind", "name", "service", "enabled", "labels", "annotations", "steps", "runbook", "severity", "every"}


def rule_id(service: str, name: str) -> rules.RuleId:
    """`shop/HighErrorRate`."""
    return rules.RuleId(f"{service}/{name}")


def rule(table: interface.RuleTable, service: str, *, is_built_in: bool = False) -> rules.Rule:
    """The rule of a table about one service, or about none."""
    question = table.question(service)
    words = {"service": service, "name": table.name, "wait": interface.length(table.wait), **table.words()}
    story = table.story(service)
    condition = question.condition or (question.measure.condition if question.measure else "")
    return rules.Rule(
        id=rule_id(service, table.name),
        name=table.name,
        kind=table.kind,
        service=ServiceName(service),
        condition=condition,
        measure=question.measure,
        wait=table.wait,
        keep_firing_for=table.keep_firing_for,
        severity=table.severity,
        labels={**({"service": service} if service else {}), "severity": table.severity.value, **table.labels},
        annotations=_annotations(table, words),
        steps=tuple(named(step, words) for step in table.steps or table.STEPS),
        runbook=table.runbook,
        every=table.every,
        parameters=_parameters(table),
        needs_own_series=table.OWN_SERIES and "accelerapp_" in condition,
        is_built_in=is_built_in,
        stories=(story,) if story else (),
    )


def _annotations(table: interface.RuleTable, words: Mapping[str, str]) -> dict[str, str]:
    """Summary and description of the kind, the settings' texts over them, and the runbook's address."""
    texts = {"summary": named(table.SUMMARY, words), "description": named(table.DESCRIPTION, words)}
    if table.runbook:
        texts["runbook_url"] = table.runbook
    return {name: text for name, text in {**texts, **table.annotations}.items() if text}


def named(text: str, words: Mapping[str, str]) -> str:
    """`{service}` and the like filled in; what is not among the words stays."""
    return re.sub(r"(?<!\{)\{([a-z]+)\}(?!\})", lambda match: words.get(match[1], match[0]), text)


def _parameters(table: interface.RuleTable) -> dict[str, str]:
    written: Mapping[str, Any] = {
        name: interface.length(value) if hasattr(value, "total_seconds") else value
        for name, value in ((name, getattr(table, name)) for name in type(table).model_fields)
        if name not in _COMMON and value is not None and value != ""
    }
    return {"for" if name == "wait" else name: str(value) for name, value in written.items()}


def digest(one: rules.Rule) -> str:
    """Changes when what the rule asks does: its condition, its labels, its times."""
    whole = (one.condition, sorted(one.labels.items()), one.wait.total_seconds(), one.keep_firing_for.total_seconds())
    return hashlib.blake2b(jsons.to_json(list(map(str, whole)), list[str]), digest_size=8).hexdigest()


def alert_labels(one: rules.Rule, series: Mapping[str, str]) -> dict[str, str]:
    """The labels of an alert: those of the series, the rule's over them, and its name."""
    ours = {name: texts.filled(text, series, None) for name, text in one.labels.items()}
    return {**{name: value for name, value in series.items() if value}, **ours, "alertname": one.name}
