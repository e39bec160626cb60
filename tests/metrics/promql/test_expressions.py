"""What the evaluator says where promtool is not asked: refusals, bounds, ranges of times."""

from __future__ import annotations

import math

import pytest

from accelerapp.base import errors
from accelerapp.metrics import model
from accelerapp.metrics.promql import evaluator
from accelerapp.metrics.promql.reading import MemoryReader, Stored

MINUTE = 60_000
HITS = Stored(
    {"__name__": "hits_total", "job": "shop"}, [at * MINUTE for at in range(11)], [60.0 * at for at in range(11)]
)


def value(text: str, *series: Stored, at: int = 10 * MINUTE) -> float:
    [element] = evaluator.instant(MemoryReader(series or (HITS,)), text, at).elements
    return element.point.value


def test_a_number_is_a_scalar_and_a_series_is_not() -> None:
    assert evaluator.instant(MemoryReader([HITS]), "1 + 1", 0).is_scalar
    assert not evaluator.instant(MemoryReader([HITS]), "hits_total", 0).is_scalar


def test_increase_over_a_reset_adds_what_came_after_it() -> None:
    reset = Stored({"__name__": "n"}, [0, MINUTE, 2 * MINUTE, 3 * MINUTE], [5, 100, 15, 100])
    assert value("increase(n[3m])", reset, at=3 * MINUTE) == 195


def test_zero_by_zero_is_not_a_number_and_so_no_alert() -> None:
    assert math.isnan(value("hits_total * 0 / 0"))
    assert evaluator.instant(MemoryReader([HITS]), "hits_total * 0 / 0 > 0.05", MINUTE).elements == ()


def test_an_ended_series_is_gone_at_once_and_a_silent_one_after_five_minutes() -> None:
    ended = Stored({"__name__": "n"}, [0, MINUTE], [1.0, model.STALE])
    assert evaluator.instant(MemoryReader([ended]), "n", MINUTE).elements == ()
    assert value("hits_total", at=15 * MINUTE) == 600
    assert evaluator.instant(MemoryReader([HITS]), "hits_total", 15 * MINUTE + 1).elements == ()


def test_over_a_stretch_each_step_is_what_the_moment_is() -> None:
    reader = MemoryReader([HITS])
    [line] = evaluator.over(reader, "rate(hits_total[2m]) * 60", 0, 10 * MINUTE, MINUTE).lines
    moments = [evaluator.instant(reader, "rate(hits_total[2m]) * 60", at * MINUTE).elements for at in range(11)]
    assert [point.value for point in line.points] == [each[0].point.value for each in moments if each]
    assert [point.at_seconds for point in line.points] == [60.0 * at for at in range(1, 11)]


def test_what_is_not_supported_is_named() -> None:
    for text, name in (
        ("holt_winters(hits_total[5m], 0.5, 0.5)", "holt_winters"),
        ("histogram_count(hits_total)", "histogram_count"),
        ("limitk(1, hits_total)", "limitk"),
    ):
        with pytest.raises(errors.WrongUseError, match=name):
            evaluator.instant(MemoryReader([HITS]), text, 0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "sum(", "hits_total{", "rate(hits_total)", "hits_total[5m]", '"text"', "{}", 'n{a=~"("}', "1 == 1"),
        *("(" * 9999, "(" * 1000 + "1" + ")" * 1000, "-" * 4000 + "n", "n" + "+n" * 500, 'n{a="' + "x" * 10**6 + '"}'),
        *("nothing(1)", "hits_total and 1", "sum by (", "\x00", "n @ -", "hits_total offset"),
    ],
)
def test_a_text_that_is_no_expression_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(errors.WrongUseError) as caught:
        evaluator.instant(MemoryReader([HITS]), text, 0)
    assert caught.value.message.endswith((".", ".)"))


def test_two_elements_with_the_same_labels_are_an_error_not_a_guess() -> None:
    other = Stored({"__name__": "misses_total", "job": "shop"}, [0], [1.0])
    for text in (
        'abs({job="shop"})',
        '{job="shop"} + on() {job="shop"}',
        'label_replace({job="shop"}, "__name__", "n", "", "")',
    ):
        with pytest.raises(errors.WrongUseError):
            evaluator.instant(MemoryReader([HITS, other]), text, 0)


def test_questions_that_are_too_large_are_refused() -> None:
    reader = MemoryReader([HITS])
    with pytest.raises(errors.WrongUseError, match="steps"):
        evaluator.over(reader, "hits_total", 0, 10**9, 1000)
    with pytest.raises(errors.WrongUseError, match="step"):
        evaluator.over(reader, "hits_total", 0, 1000, 0)
    with pytest.raises(errors.WrongUseError, match="samples"):
        evaluator.instant(reader, "count_over_time(vector(1)[365d:1ms])", 0)


def test_the_result_of_atan2_has_no_name() -> None:
    [element] = evaluator.instant(MemoryReader([HITS]), "hits_total atan2 1", MINUTE).elements
    assert dict(element.labels) == {"job": "shop"}
    assert element.point.value == math.atan2(60, 1)


def test_label_values_are_any_text() -> None:
    odd = Stored({"__name__": "n", "path": 'a"b\\c\n<script>é'}, [0], [1.0])
    assert value('n{path="a\\"b\\\\c\\n<script>é"}', odd, at=0) == 1
    assert value('sum by (path) (n{path=~"(?s)a.*"})', odd, at=0) == 1
