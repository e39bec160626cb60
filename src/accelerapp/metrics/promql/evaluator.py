"""What an expression is at one time or at each step of a stretch. Pure, but for reading series.

Enters: an expression, a SeriesReader, times in milliseconds. Leaves: `model.Vector` or `model.Matrix`. Each selector's
series are read once for the whole stretch. What is not supported raises WrongUseError that names it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accelerapp.base import errors
from accelerapp.metrics import model
from accelerapp.metrics.promql import aggregations, binary, functions, nodes, parsing, ranges, vectors
from accelerapp.metrics.promql.reading import SeriesReader, Stored
from accelerapp.metrics.promql.vectors import Samples

LOOKBACK = 300_000
"""How old (ms) the last sample of a series may be for a selector without a range."""
SUBQUERY_STEP = 60_000
MOST_STEPS = 11_000
MOST_SAMPLES = 20_000_000
"""Samples that one question may go through."""


def instant(reader: SeriesReader, text: str, at: int) -> model.Vector:
    """The expression at a time (ms). Raises WrongUseError."""
    expr = parsing.parse(text)
    value = _Evaluation(reader, expr, at, at).value(expr, at)
    if isinstance(value, list):
        elements = [model.Element(labels, model.Point(at / 1000, each)) for labels, each in vectors.unique(value)]
        return model.Vector(tuple(elements))
    return model.Vector((model.Element({}, model.Point(at / 1000, value)),), is_scalar=True)


def over(reader: SeriesReader, text: str, start: int, end: int, step: int) -> model.Matrix:
    """The expression at start, start + step, … up to end (ms). Raises WrongUseError."""
    if step <= 0 or end < start:
        raise errors.WrongUseError("The step must be longer than zero and the end not before the start.")
    if (end - start) // step >= MOST_STEPS:
        raise errors.WrongUseError(f"More than {MOST_STEPS:,} steps.", mend="Choose a longer step or a shorter range.")
    expr = parsing.parse(text)
    evaluation = _Evaluation(reader, expr, start, end)
    lines: dict[object, tuple[model.Labels, list[model.Point]]] = {}
    for at in range(start, end + 1, step):
        value = evaluation.value(expr, at)
        samples = value if isinstance(value, list) else [({}, value)]
        for labels, each in vectors.unique(samples):
            line = lines.setdefault(vectors.identity(labels), (labels, []))
            line[1].append(model.Point(at / 1000, each))
    return model.Matrix(tuple(model.Line(labels, tuple(points)) for labels, points in lines.values()))


@dataclass(frozen=True)
class _Row:
    """One series of a selector with its samples in a window."""

    labels: model.Labels
    bare: model.Labels
    window: ranges.Window


class _Evaluation:
    """One expression over one stretch, with the series it needs."""

    def __init__(self, reader: SeriesReader, expr: nodes.Node, start: int, end: int) -> None:
        self._reader = reader
        self._start, self._end = start, end
        self._gone_through = 0
        self._series: dict[int, Sequence[Stored]] = {}
        for selector, first, last in _windows(expr, start, end, (start, end)):
            self._series[id(selector)] = reader.select(selector.matchers, first, last)

    def value(self, node: nodes.Node, at: int) -> float | Samples:
        """The expression at a time within the stretch."""
        match node:
            case nodes.Number():
                return node.value
            case nodes.Selector() if node.range is None:
                return [(series.labels, value) for series, _, value in self._latest(node, at)]
            case nodes.Negative():
                value = self.value(node.expr, at)
                return vectors.mapped(lambda each: -each, value) if isinstance(value, list) else -value
            case nodes.Binary():
                return binary.combine(node, self.value(node.left, at), self.value(node.right, at))
            case nodes.Aggregate():
                samples = self.value(node.expr, at)
                assert isinstance(samples, list)  # the parser has checked all types
                return aggregations.aggregate(node.op, samples, self._param(node, at), node.labels, node.without)
            case nodes.Call():
                return self._call(node, at)
        raise errors.WrongUseError("The expression is a range of samples, not a number or a vector.")

    def _param(self, node: nodes.Aggregate, at: int) -> float | str | None:
        if node.param is None:
            return None
        if isinstance(node.param, nodes.Text):
            return node.param.value
        value = self.value(node.param, at)
        assert isinstance(value, float)
        return value

    # -- functions -------------------------------------------------------------------------------------------------

    def _call(self, node: nodes.Call, at: int) -> float | Samples:
        function = ranges.FUNCTIONS.get(node.name)
        if function is not None:
            rows = [(row, function(row.window)) for row in self._rows(node.args[0], at)]
            keeps = node.name == "last_over_time"
            return _named([(row, value) for row, value in rows if value is not None], keeps)
        if node.name in ("quantile_over_time", "predict_linear"):
            return self._with_number(node, at)
        if node.name in ("absent", "absent_over_time"):
            return self._absent(node, at)
        if node.name == "timestamp" and isinstance(node.args[0], nodes.Selector):
            return vectors.unique([(series.bare, time / 1000) for series, time, _ in self._latest(node.args[0], at)])
        if node.name == "timestamp":
            samples = self.value(node.args[0], at)
            return vectors.mapped(lambda _: at / 1000, samples) if isinstance(samples, list) else []
        if not functions.is_known(node.name):
            raise errors.WrongUseError(f"The function '{node.name}' is not supported by the embedded evaluator.")
        args = [each.value if isinstance(each, nodes.Text) else self.value(each, at) for each in node.args]
        return functions.call(node.name, args, at)

    def _with_number(self, node: nodes.Call, at: int) -> Samples:
        """The two functions of a window and a number."""
        is_quantile = node.name == "quantile_over_time"
        number = self.value(node.args[0 if is_quantile else 1], at)
        assert isinstance(number, float)
        found: list[tuple[_Row, float]] = []
        for row in self._rows(node.args[1 if is_quantile else 0], at):
            window = row.window
            value = ranges.quantile(number, window.values) if is_quantile else ranges.predict(window, at, number)
            if value is not None:
                found.append((row, value))
        return _named(found, keeps=False)

    def _absent(self, node: nodes.Call, at: int) -> Samples:
        """1 when there is nothing, with the labels that the selector asks to be equal to something."""
        expr = node.args[0]
        is_there = any(self._rows(expr, at)) if node.name == "absent_over_time" else self.value(expr, at)
        return [] if is_there else [(_asked(expr), 1.0)]

    # -- samples ---------------------------------------------------------------------------------------------------

    def _latest(self, node: nodes.Selector, at: int) -> Iterator[tuple[Stored, int, float]]:
        """The last sample of each series, with its time (ms), unless it is too old or the series has ended."""
        moment = self._moment(node, at)
        for series in self._series[id(node)]:
            index = bisect_right(series.times, moment) - 1
            if index >= 0 and series.times[index] >= moment - LOOKBACK:
                value = series.values[index]
                if value == value or not model.is_stale(value):
                    yield series, series.times[index], value

    def _rows(self, node: nodes.Node, at: int) -> Iterator[_Row]:
        """The series of a selector with a range or of a subquery, those without a sample left out."""
        if isinstance(node, nodes.Subquery):
            yield from self._subquery_rows(node, at)
            return
        assert isinstance(node, nodes.Selector)
        end = self._moment(node, at)
        start = end - (node.range or 0)
        for series in self._series[id(node)]:
            first, last = bisect_left(series.times, start), bisect_right(series.times, end)
            if first >= last:
                continue
            times, values = list(series.times[first:last]), list(series.values[first:last])
            self._count(last - first)
            if math.isnan(sum(values)):  # quick, and never wrong about there being none
                kept = [index for index, value in enumerate(values) if value == value or not model.is_stale(value)]
                times, values = [times[index] for index in kept], [values[index] for index in kept]
            if times:
                yield _Row(series.labels, series.bare, ranges.Window(times, values, start, end))

    def _subquery_rows(self, node: nodes.Subquery, at: int) -> Iterator[_Row]:
        """The inner expression at every multiple of the step in the window."""
        end = self._moment(node, at)
        start, step = end - node.range, node.step or SUBQUERY_STEP
        lines: dict[object, tuple[model.Labels, list[int], list[float]]] = {}
        self._count(node.range // step)
        for moment in range(-(-start // step) * step, end + 1, step):
            value = self.value(node.expr, moment)
            samples = value if isinstance(value, list) else [({}, value)]
            self._count(len(samples))
            for labels, each in samples:
                line = lines.setdefault(vectors.identity(labels), (labels, [], []))
                line[1].append(moment)
                line[2].append(each)
        for labels, times, values in lines.values():
            yield _Row(labels, vectors.bare(labels), ranges.Window(times, values, start, end))

    def _moment(self, node: nodes.Selector | nodes.Subquery, at: int) -> int:
        return _anchored(node.at, at, self._start, self._end) - node.offset

    def _count(self, samples: int) -> None:
        self._gone_through += samples
        if self._gone_through > MOST_SAMPLES:
            raise errors.WrongUseError(
                f"The expression goes through more than {MOST_SAMPLES:,} samples.",
                mend="Select fewer series, a shorter range or a longer step.",
            )


def _named(found: list[tuple[_Row, float]], keeps: bool) -> Samples:
    """The values with the labels of their rows. Only rows of several metrics can become the same by losing the name."""
    if keeps:
        return [(row.labels, value) for row, value in found]
    samples = [(row.bare, value) for row, value in found]
    several = len({row.labels.get(model.NAME) for row, _ in found}) > 1
    return vectors.unique(samples) if several else samples


def _anchored(at: int | nodes.Anchor | None, moment: int, start: int, end: int) -> int:
    if at is None:
        return moment
    if isinstance(at, int):
        return at
    return start if at is nodes.Anchor.START else end


def _windows(
    node: nodes.Node, first: int, last: int, whole: tuple[int, int]
) -> Iterator[tuple[nodes.Selector, int, int]]:
    """Every selector under a node that is evaluated from first to last, with the stretch that it needs (ms)."""
    match node:
        case nodes.Selector() | nodes.Subquery():
            start = _anchored(node.at, first, *whole) - node.offset
            end = _anchored(node.at, last, *whole) - node.offset
            if isinstance(node, nodes.Selector):
                yield node, start - (LOOKBACK if node.range is None else node.range), end
            else:
                yield from _windows(node.expr, start - node.range, end, whole)
        case nodes.Call():
            for each in node.args:
                yield from _windows(each, first, last, whole)
        case nodes.Binary():
            yield from _windows(node.left, first, last, whole)
            yield from _windows(node.right, first, last, whole)
        case nodes.Aggregate():
            yield from _windows(node.expr, first, last, whole)
            if node.param is not None:
                yield from _windows(node.param, first, last, whole)
        case nodes.Negative():
            yield from _windows(node.expr, first, last, whole)


def _asked(node: nodes.Node) -> model.Labels:
    """The labels of which a selector says what they are, each once."""
    if not isinstance(node, nodes.Selector):
        return {}
    asked: dict[str, str] = {}
    named: set[str] = set()
    for matcher in node.matchers:
        if matcher.name == model.NAME:
            continue
        if matcher.op == "=" and matcher.name not in named:
            asked[matcher.name] = matcher.value
        else:
            asked.pop(matcher.name, None)
        named.add(matcher.name)
    return {name: value for name, value in asked.items() if value}
