"""The rules as files for Prometheus and promtool; what the unit tests expect is what the embedded evaluator says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from accelerapp.alerts.rules import exporting, slo, stories, yaml
from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules.model import RuleId
from accelerapp.flows import rule_evaluation
from accelerapp.metrics.model import NAME
from accelerapp.metrics.promql import evaluator, reading

RULES_FILE = "accelerapp.rules.yml"
TESTS_FILE = "accelerapp.rules.test.yml"
_HEAD = "# Written by `accelerapp alert rules export`: change the settings, not this file.\n"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Export:
    """Both files, and what a Prometheus needs besides."""

    rules: str
    tests: str
    own_series: tuple[RuleId, ...] = ()
    """Rules over series that Prometheus gets by scraping this product's /metrics."""
    untried: tuple[RuleId, ...] = ()
    """Rules that the unit tests leave out, since nothing is known of their series."""


def export(all_rules: Sequence[rules.Rule], objectives: Iterable[slo.Objective] = ()) -> Export:
    """The rules file and its unit tests."""
    tests = exporting.unit_tests(all_rules, RULES_FILE, ask)
    return Export(
        rules=_HEAD + yaml.dump(exporting.document(all_rules, objectives)),
        tests=_HEAD + yaml.dump(tests),
        own_series=tuple(rule.id for rule in all_rules if rule.needs_own_series),
        untried=tuple(exporting.untried(all_rules)),
    )


def ask(series: Sequence[stories.TestSeries], expr: str, at: datetime) -> list[rules.Reading]:
    """An expression over made-up series, by the embedded evaluator."""
    reader = reading.MemoryReader(_stored(each) for each in series)
    return rule_evaluation.readings(evaluator.instant(reader, expr, (at - _EPOCH) // timedelta(milliseconds=1)))


def _stored(series: stories.TestSeries) -> reading.Stored:
    values = series.values()
    step = stories.STEP // timedelta(milliseconds=1)
    return reading.Stored({NAME: series.name, **series.labels}, range(0, step * len(values), step), values)
