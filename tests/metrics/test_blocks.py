"""Blocks of samples: what goes in comes out, thinned ones keep what an increase needs."""

from __future__ import annotations

import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerapp.metrics import blocks, model
from accelerapp.metrics.promql import evaluator
from accelerapp.metrics.promql.reading import MemoryReader, Stored


def bits(values: array[float]) -> bytes:
    return values.tobytes()


@given(st.lists(st.lists(st.floats(), max_size=5), min_size=1, max_size=20))
def test_a_block_gives_back_every_bit(rows: list[list[float]]) -> None:
    block = blocks.of_rows([(at * 15_000, array("d", values)) for at, values in enumerate(rows)])
    times, columns = blocks.unpack(blocks.pack(block), range(10))
    assert times == block.times
    assert [bits(columns[number]) for number in sorted(columns)] == [bits(column) for column in block.columns]


def test_a_measured_nan_and_the_end_of_a_series_stay_two_things() -> None:
    block = blocks.of_rows([(0, array("d", [float("nan"), model.STALE]))])
    _, columns = blocks.unpack(blocks.pack(block), [0, 1])
    assert not model.is_stale(columns[0][0])
    assert model.is_stale(columns[1][0])


def test_damaged_bytes_are_an_error() -> None:
    data = blocks.pack(blocks.of_rows([(0, array("d", [1.0]))]))
    for damaged in (b"", data[:10], data[:-3], b"x" * len(data), data[:4] + struct.pack("<II", 9, 9) + data[12:]):
        with pytest.raises(Exception):  # noqa: B017  # of the library or ours: the reader wraps them all
            blocks.unpack(damaged, [0])


def test_thinned_counters_have_the_same_increase_over_resets() -> None:
    counted = [0.0]
    for at in range(1, 240):
        counted.append(0.0 if at % 77 == 0 else counted[-1] + at % 7)
    block = blocks.Block(array("q", [at * 15_000 for at in range(240)]), [array("d", counted)])
    thinned = blocks.thin(block, 120_000, {0})
    assert len(thinned.times) < 50
    whole, thin = (
        evaluator.instant(
            MemoryReader([Stored({"__name__": "n"}, each.times, each.columns[0])]), "increase(n[1h])", 240 * 15_000
        )
        for each in (block, thinned)
    )
    assert thin.elements[0].point.value == pytest.approx(whole.elements[0].point.value, rel=0.02)
    resets = [
        evaluator.instant(
            MemoryReader([Stored({"__name__": "n"}, each.times, each.columns[0])]), "resets(n[1h])", 239 * 15_000
        )
        for each in (block, thinned)
    ]
    assert resets[0] == resets[1]


def test_a_thinned_gauge_that_swings_keeps_no_more_than_one_sample_a_step() -> None:
    block = blocks.Block(array("q", [at * 15_000 for at in range(240)]), [array("d", [1.0, 100.0] * 120)])
    assert len(blocks.thin(block, 120_000, ()).times) == 30
