"""Rules as a Prometheus rules file, and as a file of unit tests for promtool. Pure; the documents are plain data.

The conditions go out as they are evaluated here. Rules of one service and period are one group; the objectives also
give recording rules, for dashboards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules import service, signalling, slo, stories, texts
from accelerapp.alerts.rules.kinds import interface

Ask = Callable[[Sequence[stories.TestSeries], str, datetime], Sequence[rules.Reading]]
"""What an expression is over made-up series (a value a minute from 1970-01-01 on) at a time."""
_START = datetime(1970, 1, 1, tzinfo=UTC)
_WINDOWS = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=3), slo.WINDOW)


def document(all_rules: Iterable[rules.Rule], objectives: Iterable[slo.Objective] = ()) -> dict[str, Any]:
    """The rules file."""
    ordered = sorted(all_rules, key=lambda each: (each.service, each.every, each.name))
    groups = [
        {"name": group_name(*key), "interval": interface.length(key[1]), "rules": [alert(each) for each in group]}
        for key, group in groupby(ordered, lambda each: (each.service, each.every))
    ]
    return {"groups": groups + [_recordings(each) for each in objectives]}


def group_name(about: str, every: timedelta) -> str:
    """`accelerapp shop 15s`."""
    return " ".join(part for part in ("accelerapp", about, interface.length(every)) if part)


def alert(rule: rules.Rule) -> dict[str, Any]:
    """One alerting rule."""
    written: dict[str, Any] = {"alert": rule.name, "expr": rule.condition}
    if rule.wait:
        written["for"] = interface.length(rule.wait)
    if rule.keep_firing_for:
        written["keep_firing_for"] = interface.length(rule.keep_firing_for)
    return {**written, "labels": dict(rule.labels), "annotations": _annotations(rule)}


def _annotations(rule: rules.Rule) -> dict[str, str]:
    """With the steps among them."""
    return {**rule.annotations, **({"steps": signalling.numbered(rule.steps)} if rule.steps else {})}


def _recordings(one: slo.Objective) -> dict[str, Any]:
    labels = {"service": one.service, "slo": one.name}
    shares = [
        {"record": f"accelerapp:slo_bad:ratio_rate{interface.length(window)}", "expr": one.bad_share(window)}
        for window in _WINDOWS
    ]
    rest = [
        {"record": "accelerapp:slo_objective:ratio", "expr": f"vector({rules.number(one.objective)})"},
        {"record": "accelerapp:slo_budget_remaining:ratio", "expr": one.remaining()},
    ]
    recorded = [{**each, "labels": labels} for each in (*shares, *rest)]
    return {"name": f"accelerapp {one.service} slo {one.name}", "interval": "5m", "rules": recorded}


# -- unit tests --------------------------------------------------------------------------------------------------------


def unit_tests(all_rules: Iterable[rules.Rule], rules_file: str, ask: Ask) -> dict[str, Any]:
    """Tests for promtool: for each rule with a story, at each minute at which something changes, what fires."""
    tests = [_test(rule, story, ask) for rule in all_rules for story in rule.stories]
    return {"rule_files": [rules_file], "evaluation_interval": interface.length(stories.STEP), "tests": tests}


def untried(all_rules: Iterable[rules.Rule]) -> list[rules.RuleId]:
    """Rules without a story: their expression or their series are the settings' own."""
    return [rule.id for rule in all_rules if not rule.stories]


def _test(rule: rules.Rule, story: stories.Story, ask: Ask) -> dict[str, Any]:
    return {
        "name": f"{rule.id}: {story.name}",
        "interval": interface.length(stories.STEP),
        "input_series": [
            {"series": _selector(each), "values": " ".join(map(str, each.stretches))} for each in story.series
        ],
        "alert_rule_test": [
            {
                "eval_time": f"{minute}m",
                "alertname": rule.name,
                "exp_alerts": [_expected(rule, each) for each in firing],
            }
            for minute, firing in _edges(told(rule, story, ask))
        ],
    }


def told(rule: rules.Rule, story: stories.Story, ask: Ask) -> list[list[rules.Instance]]:
    """What fires at each minute, as the embedded evaluation has it."""
    status, found = None, []
    rule = replace(rule, every=stories.STEP)
    for minute in range(story.minutes):
        now = _START + minute * stories.STEP
        measured = ask(story.series, rule.measure.expr if rule.measure else rule.condition, now)
        condition = ask(story.series, rule.condition, now) if rule.measure and rule.is_compound else None
        status = service.follow(rule, status, service.observation(rule, measured, condition), now)
        found.append([each for each in status.instances if each.state is rules.State.FIRING])
    return found


def _edges(found: Sequence[list[rules.Instance]]) -> list[tuple[int, list[rules.Instance]]]:
    """The first minute, each minute at which another set of series fires and the one before, and the last."""
    keys = [[service.key(each.labels) for each in firing] for firing in found]
    changes = [minute for minute in range(1, len(keys)) if keys[minute] != keys[minute - 1]]
    shown = {0, len(found) - 1, *changes, *(minute - 1 for minute in changes)}
    return [(minute, found[minute]) for minute in sorted(shown)]


def _expected(rule: rules.Rule, instance: rules.Instance) -> dict[str, Any]:
    labels = {name: text for name, text in instance.alert.items() if name != "alertname"}
    filled = {name: texts.filled(text, instance.labels, instance.value) for name, text in _annotations(rule).items()}
    return {"exp_labels": labels, "exp_annotations": filled}


def _selector(series: stories.TestSeries) -> str:
    pairs: Mapping[str, str] = series.labels
    return series.name + "{" + ",".join(f"{name}={interface.quoted(text)}" for name, text in pairs.items()) + "}"
