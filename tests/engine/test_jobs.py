"""The jobs on a whole product: a real database in a folder, a platform in memory, a clock that the story moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import fakes
import pytest
from story import StoryApp, settings_of

from accelerapp.base import clock as clocks
from accelerapp.engine.runner import Engine
from accelerapp.health.model import Verdict
from accelerapp.metrics.model import Metric
from accelerapp.platforms.interface import ReplicaUsage


@pytest.fixture
def clock():
    return clocks.MovingClock(fakes.NOON)


@pytest.fixture
def platform():
    return fakes.FakePlatform()


@pytest.fixture
def app(tmp_path, clock, platform):
    made = StoryApp(settings_of(tmp_path), platform, clock)
    yield made
    made.database.engine.dispose()


def usage(clock, number: int = 1) -> ReplicaUsage:
    return ReplicaUsage(fakes.replica(number).name, 0.5, 1024, None, clock.now())


def run(engine: Engine, clock: clocks.MovingClock, seconds: int, every: int = 5) -> None:
    for _ in range(seconds // every):
        engine.turn()
        clock.sleep(every)


def test_usage_is_sampled_and_a_silent_platform_leaves_a_gap(app, clock, platform):
    engine = Engine(app)
    platform.usages[fakes.SHOP] = [usage(clock)]
    engine.turn()
    for minute in range(1, 4):
        clock.sleep(60)
        platform.unreachable = minute == 2
        platform.usages[fakes.SHOP] = [usage(clock)]
        engine.turn()
    cpu, memory = app.usage_history("shop", 60)
    assert (cpu.metric, memory.metric) == (Metric.CPU, Metric.MEMORY)
    assert cpu.values == (0.5, None, 0.5, None, 0.5)
    (sampling,) = [each for each in engine.status() if each.name == "sample_usage"]
    assert sampling.last_error == "shop: The supervisor does not run."


def test_the_same_measurement_is_kept_once_however_often_it_is_read(app, clock, platform):
    platform.usages[fakes.SHOP] = [usage(clock)]
    run(Engine(app), clock, 60)
    assert app.usage_history("shop")[0].values == (0.5,)


def test_old_samples_are_forgotten(app, clock, platform):
    platform.usages[fakes.SHOP] = [usage(clock)]
    engine = Engine(app)
    engine.turn()
    platform.usages.clear()
    clock.move(timedelta(days=7, hours=1, minutes=1))
    assert app.usage_history("shop", 60 * 24 * 10) != []
    engine.turn()
    assert app.usage_history("shop", 60 * 24 * 10) == []


def test_the_health_is_kept_with_the_time_since_when_it_holds(app, clock, platform):
    disks = platform.machines = [replace(platform.machines[0], disks=(fakes.platforms.Disk("/", 100, 10),))]
    platform.usages[fakes.SHOP] = [usage(clock, 1), usage(clock, 2)]
    engine = Engine(app)
    assert app.latest_health("shop") is None
    run(engine, clock, 60)
    state = app.latest_health("shop")
    assert (state.verdict, state.since) == (Verdict.HEALTHY, fakes.NOON)
    platform.machines = [replace(disks[0], disks=(fakes.platforms.Disk("/", 100, 99),))]
    run(engine, clock, 60)
    degraded = app.latest_health("shop")
    assert (degraded.verdict, degraded.since) == (Verdict.DEGRADED, fakes.NOON + timedelta(seconds=60))
    assert degraded.at > degraded.since
    assert degraded.report.reasons[0].startswith("The disk / of host is 99 % full")


def test_a_health_that_nobody_renews_becomes_unknown(app, clock):
    app.keep_health("shop")
    clock.move(timedelta(minutes=10))
    state = app.latest_health("shop")
    assert state.verdict is Verdict.UNKNOWN
    assert state.report.reasons[0].startswith("The last check was 10 min ago")


def test_a_supervisor_that_died_is_started_again(app, clock, platform):
    engine = Engine(app)
    run(engine, clock, 20)
    assert platform.starts == 0
    platform.running = False
    run(engine, clock, 10)
    assert (platform.starts, platform.running) == (1, True)


def test_without_services_there_is_nothing_to_supervise(tmp_path, clock, platform):
    platform.running = False
    run(Engine(StoryApp(settings_of(tmp_path, ""), platform, clock)), clock, 20)
    assert platform.starts == 0
