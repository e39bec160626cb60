"""The rules, evaluated again and again."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from accelerapp.alerts.model import SignalState
from accelerapp.alerts.rules import building, meta
from accelerapp.alerts.rules.kinds import promql
from accelerapp.alerts.rules.model import State
from accelerapp.alerts.rules.store import MemoryRuleStates
from accelerapp.base import errors
from accelerapp.flows import rule_evaluation
from accelerapp.metrics.model import Element, Point, Vector

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
EVERY = timedelta(seconds=15)


def rule(name="Hot", **more):
    table = promql.PromQl(**{"name": name, "expr": "heat", "above": 5, "service": "shop"} | more)
    return building.rule(table, "shop")


class Day:
    """Evaluations, one after the other; `heat` is what the metrics answer, an error when it is one."""

    def __init__(self, *rules):
        self.rules, self.now, self.states = list(rules), START, MemoryRuleStates()
        self.heat, self.asked, self.taken = {"a": 1.0}, 0, []

    def ask(self, expr, at):
        self.asked += 1
        if isinstance(self.heat, Exception):
            raise self.heat
        point = {replica: Point(at.timestamp(), value) for replica, value in self.heat.items()}
        return Vector(tuple(Element({"__name__": "heat", "replica": name}, each) for name, each in point.items()))

    @contextmanager
    def reading(self):
        yield self.states

    @contextmanager
    def writing(self):
        yield self.states, self.taken.extend

    def evaluate(self, after=EVERY):
        self.now += after
        doors = rule_evaluation.Doors(self.ask, self.reading, self.writing, lambda one: f"/rules#{one.id}")
        return rule_evaluation.evaluate(self.rules, doors, "prometheus", self.now)

    def state(self, id="shop/Hot"):
        return self.states.all()[id].state

    def said(self):
        said, self.taken = [(each.labels["alertname"], each.state) for each in self.taken], []
        return said


def test_a_rule_that_is_bad_becomes_a_signal_and_one_that_is_good_again_ends_it():
    day = Day(rule())
    day.evaluate()
    assert (day.state(), day.said()) == (State.INACTIVE, [])
    day.heat = {"a": 9.0, "b": 1.0}
    day.evaluate()
    assert day.taken[0].labels == {"alertname": "Hot", "service": "shop", "severity": "P3", "replica": "a"}
    assert day.taken[0].annotations["summary"] == "Hot: 9"
    assert day.taken[0].generator_url == "/rules#shop/Hot"
    day.heat = {"a": 1.0, "b": 1.0}
    day.evaluate()
    assert [each.state for each in day.taken] == [SignalState.FIRING, SignalState.RESOLVED]


def test_the_figure_that_is_shown_follows_while_nothing_is_bad():
    day = Day(rule())
    day.evaluate()
    day.heat = {"a": 4.2}
    day.evaluate()
    assert (day.state(), day.states.all()["shop/Hot"].value) == (State.INACTIVE, 4.2)


def test_what_was_pending_waits_on_in_another_process():
    day = Day(rule(**{"for": "1m"}))
    day.heat = {"a": 9.0}
    for _ in range(3):
        day.evaluate()
    again = Day(rule(**{"for": "1m"}))
    again.states, again.now, again.heat = day.states, day.now, day.heat
    again.evaluate()
    assert again.state() is State.PENDING
    again.evaluate()
    assert again.state() is State.FIRING


def test_a_source_that_is_down_makes_rules_unknown_and_one_alert_of_a_hundred_rules():
    day = Day(*(rule(f"Hot{number}") for number in range(100)))
    day.evaluate()
    day.heat = errors.CannotTellError("http://prometheus:9090 does not answer.")
    day.asked = 0
    done = day.evaluate()
    assert (done.unknown, done.silence) == (100, "http://prometheus:9090 does not answer.")
    assert day.asked == 2  # it is not waited for a hundred times
    assert day.said() == []
    for _ in range(4):
        day.evaluate()
    assert day.said() == [("RulesCannotBeEvaluated", SignalState.FIRING)]
    day.heat = {"a": 1.0}
    day.evaluate()
    assert day.said() == [("RulesCannotBeEvaluated", SignalState.RESOLVED)]
    assert day.state("shop/Hot7") is State.INACTIVE


def test_no_data_for_any_rule_is_an_alert_too():
    day = Day(rule())
    day.heat = {}
    for _ in range(5):
        day.evaluate()
    assert day.state() is State.UNKNOWN
    assert day.said() == [("RulesCannotBeEvaluated", SignalState.FIRING)]


def test_an_alert_that_is_open_is_unknown_while_the_source_is_down_and_not_resolved():
    day = Day(rule())
    day.heat = {"a": 9.0}
    day.evaluate()
    day.said()
    day.heat = errors.CannotTellError("down")
    day.evaluate()
    assert day.said() == [("Hot", SignalState.UNKNOWN)]


def test_an_expression_that_cannot_be_evaluated_is_unknown_with_the_reason_and_the_others_go_on():
    day = Day(rule(), rule("Other"))
    usual = day.ask

    def ask(expr, at):
        if day.asked == 0:
            day.asked += 1
            raise errors.WrongUseError("many-to-many matching")
        return usual(expr, at)

    day.ask = ask
    day.evaluate()
    assert day.states.all()["shop/Hot"].reason == "many-to-many matching"
    assert day.state("shop/Other") is State.INACTIVE


def test_a_rule_is_evaluated_as_often_as_it_says():
    day = Day(rule(), rule("Slow", every="1m"))
    counts = [day.evaluate().rules for _ in range(8)]
    assert counts == [2, 1, 1, 1, 2, 1, 1, 1]


def test_a_rule_that_is_taken_away_resolves_its_alert_and_is_forgotten():
    day = Day(rule(), rule("Other"))
    day.heat = {"a": 9.0}
    day.evaluate()
    day.said()
    day.rules = day.rules[1:]
    day.evaluate()
    assert ("Hot", SignalState.RESOLVED) in day.said()
    assert "shop/Hot" not in day.states.all()


def test_what_was_not_written_is_said_again_by_the_next_evaluation():
    day = Day(rule())
    day.heat = {"a": 9.0}

    class DiedError(Exception):
        pass

    def dies(signals):
        raise DiedError

    usual, day.taken = day.taken, type("Gone", (), {"extend": staticmethod(dies)})()
    states = day.states
    day.states = type("Untouched", (MemoryRuleStates,), {"put": lambda *_: None, "looked": lambda *_: None})()
    with pytest.raises(DiedError):
        day.evaluate()
    day.states, day.taken = states, usual
    day.evaluate()
    assert day.said() == [("Hot", SignalState.FIRING)]


def test_with_nothing_changed_nothing_is_written():
    day = Day(rule())
    day.evaluate()
    written = []
    day.states.put = lambda statuses: written.extend(statuses)
    day.heat = {"a": 1.001}
    day.evaluate()
    assert written == []


def test_the_rule_about_the_rules_is_not_forgotten_as_one_that_was_taken_away():
    day = Day(rule())
    day.evaluate()
    day.evaluate()
    assert meta.RULE.id in day.states.all()
