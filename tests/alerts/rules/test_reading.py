"""Rules as the settings write them, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accelerapp.alerts.rules import defaults, reading
from accelerapp.base import errors
from accelerapp.base.settings import model as settings
from accelerapp.base.severity import Severity

SHOP = settings.Service(
    url="https://shop.example.com/health",
    local=settings.Local(releases=".", release="1", command=("x",), port=8080, memory_limit=1024),
)
QUIET = settings.Service(local=settings.Local(releases=".", release="1", command=("x",)))


def read(*tables, built_in=(), services=("shop", "bakery"), check=lambda expr: ""):
    placed = [reading.Table(f"rules.{number}", table) for number, table in enumerate(tables)]
    return {rule.id: rule for rule in reading.read(placed, built_in, services, check)}


def refused(*tables, **more):
    with pytest.raises(errors.InvalidInputError) as raised:
        read(*tables, **more)
    return [str(problem) for problem in raised.value.problems]


def test_a_service_has_the_three_alerts_of_the_manual_without_any_settings():
    found = {rule.name: rule for rule in defaults.of_service("shop", SHOP)}
    errors_, slow, memory = found["HighErrorRate"], found["HighLatency"], found["HighMemoryUsage"]
    assert (errors_.measure.threshold, errors_.wait) == (0.05, timedelta(minutes=5))
    assert (slow.measure.threshold, slow.wait) == (0.5, timedelta(minutes=5))
    assert "histogram_quantile(0.95," in slow.condition
    assert (memory.measure.threshold, memory.wait) == (0.9, timedelta(minutes=10))
    assert [rule.severity for rule in (errors_, slow, memory)] == [Severity.P2, Severity.P3, Severity.P3]
    assert all(len(rule.steps) == 5 and "shop" in " ".join(rule.steps) for rule in (errors_, slow, memory))
    assert {"ServiceDown", "RestartLoop", "AddressDown", "CertificateExpiry"} < set(found)
    assert found["ServiceDown"].severity is Severity.P1


def test_a_service_that_serves_nothing_has_no_rule_that_could_never_have_data():
    assert {rule.name for rule in defaults.of_service("quiet", QUIET)} == {"ServiceDown", "RestartLoop"}


def test_a_table_without_a_service_is_a_rule_for_each_service():
    found = read({"kind": "error_rate", "above_percent": 1})
    assert set(found) == {"shop/HighErrorRate", "bakery/HighErrorRate"}
    assert found["bakery/HighErrorRate"].labels == {"service": "bakery", "severity": "P2"}


def test_a_table_replaces_the_built_in_rule_of_its_name_or_takes_it_away():
    built_in = list(defaults.of_service("shop", SHOP))
    found = read(
        {"kind": "latency", "service": "shop", "above": "2s", "for": "1m"},
        {"kind": "memory", "service": "shop", "enabled": False},
        built_in=built_in,
    )
    assert found["shop/HighLatency"].measure.threshold == 2
    assert "shop/HighMemoryUsage" not in found
    assert found["shop/HighErrorRate"].is_built_in
    assert not found["shop/HighLatency"].is_built_in


def test_promql_is_taken_as_it_is_or_as_a_figure_with_a_threshold():
    found = read(
        {"kind": "promql", "name": "Queue", "expr": "queue_length > 5"},
        {
            "kind": "promql",
            "name": "Stock",
            "service": "shop",
            "expr": 'stock{s="{service}"}',
            "below": 3,
            "labels": {"team": 7},
        },
    )
    assert found["/Queue"].measure is None
    assert found["shop/Stock"].condition == '(stock{s="shop"}) < 3'
    assert found["shop/Stock"].labels["team"] == "7"


def test_a_selector_stands_in_place_of_the_label_service():
    rule = read({"kind": "memory", "service": "shop", "selector": 'job="shop"', "by": "pod"})["shop/HighMemoryUsage"]
    assert 'accelerapp_replica_memory_bytes{job="shop"}' in rule.condition
    assert 'service="shop"' not in rule.condition


def test_every_mistake_is_told_with_its_field_its_reason_and_its_mend():
    told = refused(
        {"kind": "error_rates"},
        {},
        {"kind": "error_rate", "above_percent": 150},
        {"kind": "latency", "abov": "1s", "quantile": 95},
        {"kind": "memory", "service": "shpo"},
        {"kind": "disk_filling", "window": "1m", "within": "2d"},
        {"kind": "promql", "name": "a b", "expr": "up", "above": 1, "below": 2},
        {"kind": "promql", "name": "Text", "expr": "up", "annotations": {"summary": "{{ query `up` }}"}},
        {"kind": "error_rate", "name": "E", "for": "-5m", "labels": {"severity": "P1"}},
    )
    text = "\n".join(told)
    for expected in (
        "rules.0.kind: 'error_rates' is not a kind of rule. Do you mean error_rate?",
        "rules.1.kind: is missing. There are: error_rate,",
        "rules.2.above_percent: Input should be less than 100.",
        "rules.3.abov: a rule of kind latency has none. Do you mean above?",
        "rules.3.quantile: Input should be less than 1.",
        "rules.4.service: there is no service 'shpo'. Do you mean shop?",
        "rules.5: within: a forecast reaches at most 24 times",
        "rules.6.name:",
        "rules.7.annotations.summary: {{ query `up` }} is more than can be filled in",
        "rules.8.labels: severity is set by the rule itself.",
        "rules.8.for: '-5m' is not a duration.",
    ):
        assert expected in text


def test_an_expression_that_is_not_promql_is_refused_with_what_its_reader_says():
    told = refused({"kind": "promql", "name": "Bad", "expr": "up >"}, check=lambda expr: "unexpected end of input")
    assert told == ["rules.0.expr: up > is not PromQL: unexpected end of input. Mend the expression."]
    told = refused({"kind": "error_rate", "service": "shop", "selector": "a=b"}, check=lambda expr: "unexpected b")
    assert told[0].startswith("rules.0.selector: (sum(rate(")


def test_two_rules_of_one_name_about_one_service_are_refused():
    told = refused({"kind": "error_rate"}, {"kind": "error_rate", "service": "shop"})
    assert told == ["rules.1.name: rules.0 is a rule HighErrorRate about shop already. Give one of them another name."]
