"""How a rule stands after each look."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alerts.rules import promtools

from accelerapp.alerts.model import SignalState
from accelerapp.alerts.rules import building, service, signalling, texts
from accelerapp.alerts.rules.kinds import promql
from accelerapp.alerts.rules.model import Observation, Reading, State

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
EVERY = timedelta(seconds=15)
HOT = Reading({"replica": "a"}, 9.0)
COOL = Reading({"replica": "a"}, 1.0)


def rule(**more):
    table = promql.PromQl(**{"name": "Hot", "expr": "heat", "above": 5, "service": "shop", "for": "1m"} | more)
    return building.rule(table, table.service)


class Story:
    """Looks, one after the other; what each sees is given."""

    def __init__(self, one):
        self.rule, self.now, self.status, self.said = one, START, None, []

    def look(self, *readings, after=EVERY):
        if self.status is not None:
            self.now += after
        before = self.status
        seen = service.observation(self.rule, readings)
        self.status = service.follow(self.rule, before, seen, self.now)
        self.said = list(signalling.signals(self.rule, before, self.status, self.now))
        return self.status.state

    def looks(self, count, *readings):
        return [self.look(*readings) for _ in range(count)]

    def silence(self, why):
        before = self.status
        self.now += EVERY
        self.status = service.follow(self.rule, before, Observation(silence=why), self.now)
        self.said = list(signalling.signals(self.rule, before, self.status, self.now))
        return self.status.state

    def told(self):
        return [each.state for each in self.said]


def test_it_fires_at_the_look_at_which_its_time_has_passed_and_not_before():
    story = Story(rule())
    assert story.looks(4, HOT) == [State.PENDING] * 4
    assert story.said == []
    assert story.look(HOT) is State.FIRING
    assert story.told() == [SignalState.FIRING]
    signal = story.said[0]
    assert signal.labels == {"alertname": "Hot", "service": "shop", "severity": "P3", "replica": "a"}
    assert signal.starts_at == START + timedelta(minutes=1)
    assert signal.value == 9.0


def test_a_good_look_in_between_starts_its_time_anew():
    story = Story(rule())
    story.looks(4, HOT)
    assert story.look(COOL) is State.INACTIVE
    assert story.looks(5, HOT) == [State.PENDING] * 4 + [State.FIRING]


def test_without_a_time_it_fires_at_once_and_is_resolved_at_the_first_good_look():
    story = Story(rule(**{"for": "0s"}))
    assert story.look(HOT) is State.FIRING
    assert story.look(COOL) is State.INACTIVE
    assert story.told() == [SignalState.RESOLVED]
    assert story.said[0].ends_at == story.now


def test_it_keeps_firing_as_long_as_it_is_told_to():
    story = Story(rule(**{"for": "0s", "keep_firing_for": "30s"}))
    story.look(HOT)
    assert story.looks(3, COOL) == [State.FIRING, State.FIRING, State.INACTIVE]


def test_no_data_is_neither_fine_nor_bad():
    story = Story(rule())
    assert story.look() is State.UNKNOWN
    assert story.status.reason == "There is no data."
    assert story.look(replace(HOT, value=float("nan"))) is State.UNKNOWN
    assert "NaN" in story.status.reason


def test_what_was_pending_begins_anew_after_no_data():
    story = Story(rule())
    story.looks(4, HOT)
    assert story.look() is State.UNKNOWN
    assert story.looks(5, HOT) == [State.PENDING] * 4 + [State.FIRING]


def test_what_was_firing_is_unknown_without_data_and_fires_on_when_the_data_say_so():
    story = Story(rule())
    story.looks(5, HOT)
    assert story.silence("The source cannot tell.") is State.UNKNOWN
    assert story.told() == [SignalState.UNKNOWN]
    assert story.look(HOT) is State.FIRING
    assert story.told() == [SignalState.FIRING]
    story.look()
    assert story.look(COOL) is State.INACTIVE
    assert story.told() == [SignalState.RESOLVED]


def test_a_replica_that_is_gone_for_good_is_resolved_since_the_others_have_data():
    story = Story(rule())
    other = Reading({"replica": "b"}, 1.0)
    story.looks(5, HOT, other)
    assert story.look(other) is State.INACTIVE
    assert story.told() == [SignalState.RESOLVED]


def test_each_series_has_a_time_of_its_own():
    story = Story(rule())
    story.looks(2, HOT)
    other = Reading({"replica": "b"}, 9.0)
    story.looks(3, HOT, other)
    assert {each.labels["replica"]: each.state for each in story.status.instances} == {
        "a": State.FIRING,
        "b": State.PENDING,
    }


def test_time_in_which_nobody_looked_does_not_count():
    story = Story(rule())
    story.looks(3, HOT)
    assert story.look(HOT, after=timedelta(hours=2)) is State.PENDING
    assert story.look(HOT) is State.FIRING


def test_a_clock_that_was_set_back_makes_nothing_fire_early_and_nothing_wait_for_hours():
    story = Story(rule())
    story.looks(2, HOT)
    assert story.look(HOT, after=-timedelta(hours=3)) is State.PENDING
    assert story.looks(4, HOT)[-1] is State.FIRING


def test_what_fires_is_said_again_each_minute_for_an_alert_that_was_lost():
    story = Story(rule(**{"for": "0s"}))
    story.look(HOT)
    said = [story.look(HOT) and story.told() for _ in range(8)]
    assert sum(len(each) for each in said) == 2


def test_another_rule_under_the_same_name_begins_anew():
    story = Story(rule())
    story.looks(3, HOT)
    story.rule = rule(expr="heat * 2")
    assert story.looks(5, HOT) == [State.PENDING] * 4 + [State.FIRING]


def test_a_change_of_its_severity_ends_the_alert_and_opens_another():
    story = Story(rule())
    story.looks(5, HOT)
    story.rule = rule(severity="P1")
    assert story.look(HOT) is State.FIRING
    assert [(each.state, each.labels["severity"]) for each in story.said] == [
        (SignalState.RESOLVED, "P3"),
        (SignalState.FIRING, "P1"),
    ]


def test_a_rule_that_is_taken_away_resolves_what_it_has_firing():
    story = Story(rule())
    story.looks(5, HOT)
    assert [each.state for each in signalling.endings(story.status, story.now)] == [SignalState.RESOLVED]


def test_a_mistake_that_makes_a_thousand_alerts_makes_none():
    story = Story(rule())
    many = [Reading({"user": str(number)}, 9.0) for number in range(1001)]
    assert story.look(*many) is State.UNKNOWN
    assert "1,001 series" in story.status.reason


# -- against promtool ----------------------------------------------------------------------------------------------------

_STEPS = 24


def _case(chance):
    """Two series: values, `stale` marks, and never a time without any, except at the very start."""
    lines = {}
    for name in ("a", "b"):
        value, line = "stale", []
        for _ in range(_STEPS):
            if chance.random() < 0.35:
                value = chance.choice(["9", "9", "1", "5", "stale"] if name == "a" else ["9", "1"])
            line.append(value)
        lines[name] = line
    if lines["b"][0] == "stale":
        lines["b"] = [value if value != "stale" else "1" for value in lines["b"]]
    return lines


def _ours(one, lines):
    """What fires after each look."""
    story, fired = Story(one), []
    for step in range(_STEPS):
        now = [Reading({"replica": name}, float(line[step])) for name, line in lines.items() if line[step] != "stale"]
        story.look(*now)
        fired.append([each for each in story.status.instances if each.state is State.FIRING])
    return fired


def _promtool_case(one, lines, fired):
    return {
        "interval": "15s",
        "input_series": [
            {"series": f'heat{{replica="{name}"}}', "values": " ".join(line)} for name, line in lines.items()
        ],
        "alert_rule_test": [
            {
                "eval_time": f"{15 * step}s",
                "alertname": "Hot",
                "exp_alerts": [
                    {
                        "exp_labels": {
                            name: value
                            for name, value in building.alert_labels(one, each.labels).items()
                            if name != "alertname"
                        },
                        "exp_annotations": {
                            "summary": texts.filled(one.annotations["summary"], each.labels, each.value)
                        },
                    }
                    for each in now
                ],
            }
            for step, now in enumerate(fired)
        ],
    }


@pytest.mark.parametrize(
    ("wait", "keep"), [("0s", "0s"), ("15s", "0s"), ("1m", "0s"), ("40s", "0s"), ("30s", "45s"), ("0s", "20s")]
)
@pytest.mark.prometheus
@promtools.needs_promtool
def test_every_edge_is_where_promtool_has_it(tmp_path, wait, keep):
    one, chance = rule(**{"for": wait, "keep_firing_for": keep}), random.Random(f"{wait} {keep}")
    cases = [_case(chance) for _ in range(40)]
    rules = {
        "alert": "Hot",
        "expr": one.condition,
        "for": wait,
        "labels": dict(one.labels),
        "annotations": {"summary": one.annotations["summary"]},
    }
    if keep != "0s":
        rules["keep_firing_for"] = keep
    fired = [_ours(one, lines) for lines in cases]
    assert any(any(now) for now in fired)
    code, said = promtools.test_rules(
        tmp_path,
        {"groups": [{"name": "g", "interval": "15s", "rules": [rules]}]},
        {
            "evaluation_interval": "15s",
            "tests": [_promtool_case(one, *each) for each in zip(cases, fired, strict=True)],
        },
    )
    assert code == 0, said[:3000]


_VALUES = [
    0,
    1,
    -1,
    0.05,
    0.0523456,
    12.345,
    59.99,
    61,
    3600,
    90061,
    1234567,
    1e6,
    1e-5,
    0.00012,
    -0.3,
    1024,
    1e12,
    1e9 + 0.5,
]


@pytest.mark.prometheus
@promtools.needs_promtool
def test_texts_are_filled_in_as_prometheus_fills_them(tmp_path):
    annotations = {
        name or "plain": f"{{{{ $value{' | ' + name if name else ''} }}}} of {{{{ $labels.n }}}}"
        for name in texts.FORMATS
    }
    code, said = promtools.test_rules(
        tmp_path,
        {"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "x", "annotations": annotations}]}]},
        {
            "tests": [
                {
                    "input_series": [
                        {"series": f'x{{n="{number}"}}', "values": str(value)} for number, value in enumerate(_VALUES)
                    ],
                    "alert_rule_test": [
                        {
                            "eval_time": "0s",
                            "alertname": "A",
                            "exp_alerts": [
                                {
                                    "exp_labels": {"n": str(number)},
                                    "exp_annotations": {
                                        key: texts.filled(text, {"n": str(number)}, float(value))
                                        for key, text in annotations.items()
                                    },
                                }
                                for number, value in enumerate(_VALUES)
                            ],
                        }
                    ],
                }
            ]
        },
    )
    assert code == 0, said
