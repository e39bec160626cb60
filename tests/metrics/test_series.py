"""From samples to lines: gaps stay gaps, and there are never too many points."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import NOON, SHOP
from hypothesis import given
from hypothesis import strategies as st

from accelerapp.base.ids import ReplicaName
from accelerapp.metrics import service
from accelerapp.metrics.model import Metric, Sample
from accelerapp.platforms.interface import ReplicaUsage

ONE = ReplicaName("shop-1")


def sample(seconds: float, value: float, *, replica: str = ONE, metric: Metric = Metric.CPU) -> Sample:
    return Sample(SHOP, ReplicaName(replica), metric, NOON + timedelta(seconds=seconds), value)


def draw(samples: list[Sample], seconds: float = 3600, limit: int = 1000):
    return service.series(samples, NOON, NOON + timedelta(seconds=seconds), limit)


def test_few_samples_are_drawn_as_they_are():
    (line,) = draw([sample(0, 1.0), sample(10, 2.0), sample(20, 3.0)])
    start = NOON.timestamp()
    assert line.times == (start, start + 10, start + 20)
    assert line.values == (1.0, 2.0, 3.0)
    assert (line.service, line.replica, line.metric, line.unit) == (SHOP, ONE, Metric.CPU, "cores")


@pytest.mark.parametrize(
    ("seconds", "values"),
    [
        ([0, 30], (1.0, 1.0)),  # three periods are late, not missing
        ([0, 31], (1.0, None, 1.0)),
        ([0, 10, 300, 310, 900], (1.0, 1.0, None, 1.0, 1.0, None, 1.0)),
    ],
)
def test_a_gap_longer_than_three_periods_is_a_missing_value(seconds, values):
    (line,) = draw([sample(each, 1.0) for each in seconds])
    assert line.values == values


def test_each_replica_has_its_own_line_by_name_whatever_the_order_of_samples():
    lines = draw([sample(10, 3.0), sample(0, 1.0, replica="shop-2"), sample(0, 2.0)])
    assert [(line.replica, line.values) for line in lines] == [("shop-1", (2.0, 3.0)), ("shop-2", (1.0,))]


def test_too_many_samples_are_thinned_cpu_by_the_mean_and_memory_by_the_peak():
    many = [(n * 10, float(n % 10)) for n in range(1000)]
    (cpu,) = draw([sample(at, value) for at, value in many], 10_000, limit=202)
    (memory,) = draw([sample(at, value, metric=Metric.MEMORY) for at, value in many], 10_000, limit=202)
    assert cpu.values == (4.5,) * 100
    assert memory.values == (9.0,) * 100


def test_nothing_measured_is_no_line():
    assert draw([]) == []


@given(
    st.lists(st.integers(0, 100_000), min_size=1, max_size=400, unique=True),
    st.integers(4, 60),
)
def test_a_line_is_never_longer_than_wanted_rises_in_time_and_invents_no_value(seconds, limit):
    (line,) = draw([sample(each, 1.0) for each in seconds], 100_000, limit)
    assert len(line.times) == len(line.values) <= limit
    assert list(line.times) == sorted(set(line.times))
    assert set(line.values) <= {1.0, None}
    assert line.values[0] == line.values[-1] == 1.0


def test_a_usage_becomes_a_sample_of_cpu_and_one_of_memory_at_its_own_time():
    usage = ReplicaUsage(ONE, 0.25, 1000, None, NOON)
    assert service.samples_of(SHOP, [usage]) == [sample(0, 0.25), sample(0, 1000.0, metric=Metric.MEMORY)]
