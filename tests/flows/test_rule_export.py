"""Rules for Prometheus: promtool takes them, and has the same to say about our own series."""

from __future__ import annotations

import json

import pytest
from alerts.rules import promtools

from accelerapp.alerts.rules import defaults, reading, slo, yaml
from accelerapp.alerts.rules.kinds import family
from accelerapp.base import errors
from accelerapp.base.settings import model as settings
from accelerapp.flows import rule_export
from accelerapp.metrics.promql import parsing

LOCAL = settings.Local(releases=".", release="1", command=("x",), port=8080, memory_limit=1024)
SERVICES = {
    "shop": settings.Service(
        url="https://shop.example.com/health",
        local=LOCAL,
        slo=(
            settings.Slo(kind="availability", objective_percent=99.9, runbook="https://runbooks.example.com/slo"),
            settings.Slo(kind="latency", objective_percent=95, within="1s"),
            settings.Slo(name="selected", kind="availability", objective_percent=80, selector='job="x"'),
        ),
    ),
    "bakery": settings.Service(local=LOCAL),
}
TABLES = [
    {"kind": "disk_filling"},
    {"kind": "log_anomaly"},
    {"kind": "heartbeat_missed", "heartbeat": "nightly", "within": "10m"},
    {
        "kind": "error_rate",
        "name": "ManyErrors",
        "above_percent": 50,
        "for": "90s",
        "keep_firing_for": "4m",
        "service": "shop",
    },
    {"kind": "latency", "name": "VerySlow", "above": "2s", "window": "10m", "for": "0s", "service": "shop"},
    {"kind": "error_rate", "name": "Elsewhere", "service": "shop", "selector": 'job="shop"'},
    {
        "kind": "promql",
        "name": "Queue",
        "expr": "queue_length > 5",
        "annotations": {"summary": 'so "long"\n\u2028\x07 ünd: {{ $value }}'},
    },
]


def all_rules():
    def check(expr):
        try:
            parsing.parse(expr)
        except errors.WrongUseError as error:
            return error.message
        return ""

    built_in = [rule for name, service in SERVICES.items() for rule in defaults.of_service(name, service)]
    burns = [rule for each in slo.objectives(SERVICES) for rule in slo.burn_rules(each)]
    tables = [reading.Table(f"rules.{number}", table) for number, table in enumerate(TABLES)]
    return reading.read(tables, built_in, list(SERVICES), check, burns)


@pytest.fixture
def exported(tmp_path):
    made = rule_export.export(all_rules(), slo.objectives(SERVICES))
    (tmp_path / rule_export.RULES_FILE).write_text(made.rules)
    (tmp_path / rule_export.TESTS_FILE).write_text(made.tests)
    return made


def test_every_kind_is_among_them():
    assert {rule.kind for rule in all_rules()} == {*family.KINDS, "slo_burn"}


@pytest.mark.prometheus
@promtools.needs_promtool
def test_promtool_takes_the_rules(exported, tmp_path):
    code, said = promtools.run("check", "rules", "--lint-fatal", tmp_path / rule_export.RULES_FILE)
    assert code == 0, said
    assert f"{len(all_rules()) + 3 * 7} rules found" in said


@pytest.mark.prometheus
@promtools.needs_promtool
def test_the_unit_tests_pass_in_promtool(exported, tmp_path):
    code, said = promtools.run("test", "rules", tmp_path / rule_export.TESTS_FILE)
    assert code == 0, said[:4000]


def test_every_story_makes_its_rule_fire_and_those_that_end_end(exported):
    from accelerapp.alerts.rules import exporting

    for rule in all_rules():
        for story in rule.stories:
            firing = [bool(each) for each in exporting.told(rule, story, rule_export.ask)]
            if story.name in ("too few requests to count", "burning, but for too short a time to tell"):
                assert not any(firing), rule.id
            else:
                assert any(firing), (rule.id, story)
                assert firing[-1] is (rule.kind == "slo_burn"), rule.id


def test_it_says_which_rules_rest_on_our_own_series_and_which_are_not_tried(exported):
    assert {"shop/HighMemoryUsage", "bakery/ServiceDown", "/HeartbeatMissed"} <= set(exported.own_series)
    assert "shop/HighErrorRate" not in exported.own_series
    assert {"/Queue", "shop/Elsewhere", "shop/SloBurn-selected-1d"} <= set(exported.untried)


def test_nothing_that_cannot_burn_is_a_rule():
    assert not any(
        "SloBurn-selected-1h" in rule.id for rule in all_rules()
    )  # 14.4 times 20 % is more than all requests


def test_texts_come_through_yaml_as_they_are():
    import yaml as reader

    document = {
        "a": [
            "no",
            "5m",
            "x: y",
            "# not a comment",
            "1. one\n2. two",
            "  two\n\n",
            "a\u2028b\x85\x07\ufeff 🙂",
            "",
            None,
            1.5,
            [],
            {"k": {}},
        ]
    }
    assert reader.safe_load(yaml.dump(document)) == document
    assert json.loads(json.dumps(document)) == document
