"""Rules are evaluated by the engine, and what they say are alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from accelerapp.alerts.store import Filter
from accelerapp.app import App
from accelerapp.base import clock, errors
from accelerapp.base.settings.model import Data, Local, Service, Settings
from accelerapp.engine.jobs.evaluate_rules import EvaluateRules
from accelerapp.engine.runner import Engine
from accelerapp.metrics.model import Element, Matrix, Point, Vector

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
READY = "accelerapp_workload_ready"


@dataclass
class FakeSource:
    """Answers what it was given, by a word of the expression."""

    answers: dict[str, float] = field(default_factory=dict)
    is_down: bool = False
    name: str = "fake"

    def instant(self, expr, at):
        if self.is_down:
            raise errors.CannotTellError("It does not answer.")
        found = [value for word, value in self.answers.items() if word in expr]
        return Vector(tuple(Element({}, Point(at.timestamp(), value)) for value in found))

    def range(self, expr, start, end, step):
        return Matrix()


def product(folder):
    local = Local(releases=folder, release="1.0.0", command=("true",), port=8080)
    moving = clock.MovingClock(START)
    app = App(Settings(data=Data(folder=folder), services={"shop": Service(local=local)}), moving)
    app.__dict__["metrics"] = SimpleNamespace(source=FakeSource({READY: 1.0}))
    return app, moving, Engine(app, [EvaluateRules(app)])


def pass_time(moving, engine, seconds):
    for _ in range(round(seconds / 15)):
        moving.move(timedelta(seconds=15))
        engine.turn()


def open_rules(app):
    with app.alerting.reading() as stores:
        return [(alert.rule, alert.state.value) for alert in stores.alerts.find(Filter(is_open=True))]


def test_a_service_that_is_down_for_a_minute_is_an_alert_and_one_that_is_up_again_is_none(tmp_path):
    app, moving, engine = product(tmp_path)
    pass_time(moving, engine, 30)
    app.metrics.source.answers[READY] = 0.0
    pass_time(moving, engine, 60)
    assert open_rules(app) == []
    pass_time(moving, engine, 15)
    assert open_rules(app) == [("ServiceDown", "firing")]
    app.metrics.source.is_down = True
    pass_time(moving, engine, 30)
    assert open_rules(app) == [("ServiceDown", "unknown")]
    assert engine.status()[0].last_error == "It does not answer."
    app.metrics.source.is_down = False
    app.metrics.source.answers[READY] = 1.0
    pass_time(moving, engine, 15)
    assert open_rules(app) == []


def test_another_process_goes_on_where_the_last_one_ended(tmp_path):
    app, moving, engine = product(tmp_path)
    app.metrics.source.answers[READY] = 0.0
    pass_time(moving, engine, 45)
    again, later, engine = product(tmp_path)
    later.move(moving.now() - START)
    again.metrics.source.answers[READY] = 0.0
    pass_time(later, engine, 15)
    assert open_rules(again) == []
    pass_time(later, engine, 15)
    assert open_rules(again) == [("ServiceDown", "firing")]
