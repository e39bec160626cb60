"""Operators between numbers and vectors, and how the elements of two vectors find one another."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from accelerapp.base import errors
from accelerapp.metrics.model import NAME, Labels
from accelerapp.metrics.promql import nodes, ranges, vectors
from accelerapp.metrics.promql.vectors import Samples

_Key = tuple[str, ...] | frozenset[tuple[str, str]]


def _remainder(left: float, right: float) -> float:
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and math.fmod(right, 2) else math.inf
    except ValueError:  # a root of a negative number, or zero to a negative power
        if left != 0:
            return math.nan
        return math.copysign(math.inf, left) if math.fmod(right, 2) else math.inf


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": ranges.divide,
    "%": _remainder,
    "^": _power,
    "atan2": math.atan2,
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_Applied = Callable[[float, float], tuple[float, bool]]


def _applied(node: nodes.Binary) -> _Applied:
    """From two values to the result, and whether it is kept: a comparison without `bool` filters."""
    if node.op in _ARITHMETIC:
        arithmetic = _ARITHMETIC[node.op]
        return lambda left, right: (arithmetic(left, right), True)
    if node.op not in _COMPARISONS:
        raise errors.WrongUseError(f"The operator '{node.op}' is not supported by the embedded evaluator.")
    holds = _COMPARISONS[node.op]
    if node.returns_bool:
        return lambda left, right: (float(holds(left, right)), True)
    return lambda left, right: (left, holds(left, right))


def _drops_name(node: nodes.Binary) -> bool:
    return node.op in _ARITHMETIC or node.returns_bool


def combine(node: nodes.Binary, left: float | Samples, right: float | Samples) -> float | Samples:
    """The operator of the node between two numbers, a number and a vector, or two vectors. Raises WrongUseError."""
    apply = _SETS.get(node.op)
    if apply is not None and isinstance(left, list) and isinstance(right, list):
        return apply(left, right, _keyed_by(node))
    if isinstance(left, list):
        return _vectors(node, left, right) if isinstance(right, list) else _with_number(node, left, right, False)
    return _with_number(node, right, left, True) if isinstance(right, list) else _applied(node)(left, right)[0]


def _with_number(node: nodes.Binary, samples: Samples, number: float, is_left: bool) -> Samples:
    """A vector and a number. A comparison keeps the vector's value, wherever the number stands."""
    function, drops = _applied(node), _drops_name(node)
    results: Samples = []
    for labels, value in samples:
        result, keeps = function(number, value) if is_left else function(value, number)
        if keeps:
            kept = value if is_left and not drops else result
            results.append((vectors.bare(labels) if drops else labels, kept))
    return vectors.unique(results) if drops else results


def _keyed_by(node: nodes.Binary) -> Callable[[Labels], _Key]:
    """What must be equal in two elements that belong together."""
    if node.on:
        return lambda labels: tuple([labels.get(name, "") for name in node.labels])
    gone = (*node.labels, NAME)
    return lambda labels: vectors.identity(vectors.without(labels, gone))


def _vectors(node: nodes.Binary, left: Samples, right: Samples) -> Samples:
    """Two vectors: of the side that may have one element per key a table is made, the other is gone through."""
    if not left or not right:
        return []
    is_swapped = node.cardinality is nodes.Cardinality.ONE_TO_MANY
    many, ones = (right, left) if is_swapped else (left, right)
    key_of, function = _keyed_by(node), _applied(node)
    table: dict[_Key, tuple[Labels, float]] = {}
    for one in ones:
        if table.setdefault(key_of(one[0]), one) is not one:
            raise _ambiguous(node, "several elements of the side that may have one match", one[0])
    results: Samples = []
    seen: set[object] = set()
    for labels, value in many:
        key = key_of(labels)
        found = table.get(key)
        if found is None:
            continue
        result, keeps = function(found[1], value) if is_swapped else function(value, found[1])
        if not keeps:
            continue
        kept = _result_labels(node, labels, found[0])
        mark = key if node.cardinality is nodes.Cardinality.ONE_TO_ONE else vectors.identity(kept)
        if mark in seen:
            raise _ambiguous(node, "several elements match one; group_left or group_right may allow it", labels)
        seen.add(mark)
        results.append((kept, result))
    return results


def _ambiguous(node: nodes.Binary, what: str, labels: Labels) -> errors.WrongUseError:
    return errors.WrongUseError(
        f"Between the two sides of '{node.op}' {what}: {dict(labels)}.", mend="Say with on(…) or ignoring(…) what fits."
    )


def _result_labels(node: nodes.Binary, many: Labels, one: Labels) -> Labels:
    kept = dict(vectors.bare(many) if _drops_name(node) else many)
    if node.cardinality is nodes.Cardinality.ONE_TO_ONE:
        return vectors.only(kept, node.labels) if node.on else vectors.without(kept, node.labels)
    for name in node.include:
        if one.get(name):
            kept[name] = one[name]
        else:
            kept.pop(name, None)
    return kept


def _and(left: Samples, right: Samples, key_of: Callable[[Labels], _Key]) -> Samples:
    keys = {key_of(labels) for labels, _ in right}
    return [each for each in left if key_of(each[0]) in keys]


def _or(left: Samples, right: Samples, key_of: Callable[[Labels], _Key]) -> Samples:
    keys = {key_of(labels) for labels, _ in left}
    return left + [each for each in right if key_of(each[0]) not in keys]


def _unless(left: Samples, right: Samples, key_of: Callable[[Labels], _Key]) -> Samples:
    keys = {key_of(labels) for labels, _ in right}
    return [each for each in left if key_of(each[0]) not in keys]


_SETS = {"and": _and, "or": _or, "unless": _unless}
