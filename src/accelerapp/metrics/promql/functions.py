"""Functions of numbers and instant vectors."""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from accelerapp.base import errors
from accelerapp.metrics.model import Labels
from accelerapp.metrics.promql import histograms, vectors
from accelerapp.metrics.promql.matchers import compiled
from accelerapp.metrics.promql.vectors import Samples

Value = float | str | Samples
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_GROUP = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)


def call(name: str, args: list[Value], now: int) -> float | Samples:
    """The function at `now` (ms). Raises WrongUseError that names a function which is not supported."""
    if name in _OF_VALUE and len(args) == 1:
        return vectors.mapped(_OF_VALUE[name], _vector(args[0]))
    if name in _OF_TIME:
        samples = _vector(args[0]) if args else [({}, now / 1000)]
        return vectors.mapped(lambda seconds: _of_time(name, seconds), samples)
    function = _OTHERS.get(name)
    if function is None:
        raise errors.WrongUseError(f"The function '{name}' is not supported by the embedded evaluator.")
    return function(args, now)


def is_known(name: str) -> bool:
    """Does `call` know it?"""
    return name in _OF_VALUE or name in _OF_TIME or name in _OTHERS


def _vector(value: Value) -> Samples:
    assert isinstance(value, list)  # the parser has checked all types
    return value


def _number(value: Value) -> float:
    assert isinstance(value, float)
    return value


def _text(value: Value) -> str:
    assert isinstance(value, str)
    return value


def _guarded(function: Callable[[float], float]) -> Callable[[float], float]:
    """Outside its domain a function is not a number, and what is too large is infinite."""

    def guarded(value: float) -> float:
        try:
            return function(value)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return guarded


def _whole(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: float(function(value)) if math.isfinite(value) else value


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    return _guarded(lambda value: -math.inf if value == 0 else function(value))


_OF_VALUE: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": _whole(math.ceil),
    "floor": _whole(math.floor),
    "exp": _guarded(math.exp),
    "sqrt": _guarded(math.sqrt),
    "ln": _logarithm(math.log),
    "log2": _logarithm(math.log2),
    "log10": _logarithm(math.log10),
    "sgn": lambda value: math.copysign(1.0, value) if value < 0 or value > 0 else value,
    "sin": _guarded(math.sin),
    "cos": _guarded(math.cos),
    "tan": _guarded(math.tan),
    "deg": math.degrees,
    "rad": math.radians,
}
_OF_TIME: dict[str, Callable[[datetime], float]] = {
    "minute": lambda at: at.minute,
    "hour": lambda at: at.hour,
    "day_of_week": lambda at: at.isoweekday() % 7,
    "day_of_month": lambda at: at.day,
    "day_of_year": lambda at: at.timetuple().tm_yday,
    "days_in_month": lambda at: calendar.monthrange(at.year, at.month)[1],
    "month": lambda at: at.month,
    "year": lambda at: at.year,
}


def _of_time(name: str, seconds: float) -> float:
    try:
        return float(_OF_TIME[name](_EPOCH + timedelta(seconds=math.trunc(seconds))))
    except (ValueError, OverflowError):  # not a number, or further away than a calendar reaches
        return math.nan


def _clamp(args: list[Value], _now: int) -> Samples:
    low, high = _number(args[1]), _number(args[2])
    if high < low:
        return []
    return vectors.mapped(lambda value: _larger(low, _smaller(high, value)), _vector(args[0]))


def _larger(left: float, right: float) -> float:
    return math.nan if left != left or right != right else max(left, right)


def _smaller(left: float, right: float) -> float:
    return math.nan if left != left or right != right else min(left, right)


def _clamp_min(args: list[Value], _now: int) -> Samples:
    bound = _number(args[1])
    return vectors.mapped(lambda value: _larger(bound, value), _vector(args[0]))


def _clamp_max(args: list[Value], _now: int) -> Samples:
    bound = _number(args[1])
    return vectors.mapped(lambda value: _smaller(bound, value), _vector(args[0]))


def _round(args: list[Value], _now: int) -> Samples:
    # By the inverse, as in Prometheus: it keeps digits that a division would lose.
    step = _number(args[1]) if len(args) > 1 else 1.0
    inverse = 1.0 / step if step else math.inf
    floor = _OF_VALUE["floor"]
    return vectors.mapped(lambda value: floor(value * inverse + 0.5) / inverse, _vector(args[0]))


def _scalar(args: list[Value], _now: int) -> float:
    samples = _vector(args[0])
    return samples[0][1] if len(samples) == 1 else math.nan


def _sorted(sign: float) -> Callable[[list[Value], int], Samples]:
    return lambda args, _now: sorted(_vector(args[0]), key=lambda each: (each[1] != each[1], sign * each[1]))


def _histogram_quantile(args: list[Value], _now: int) -> Samples:
    return histograms.quantile(_number(args[0]), _vector(args[1]))


def _label_replace(args: list[Value], _now: int) -> Samples:
    target, template, source, pattern = (_text(each) for each in args[1:5])
    if not _LABEL.fullmatch(target):
        raise errors.WrongUseError(f"label_replace cannot write a label '{target}'.")
    expression, results = compiled(pattern), []
    for labels, value in _vector(args[0]):
        match = expression.fullmatch(labels.get(source, ""))
        results.append((labels if match is None else _with(labels, target, _expanded(template, match)), value))
    return vectors.unique(results)


def _expanded(template: str, match: re.Match[str]) -> str:
    """`$1`, `$name` and `${name}` by what the groups hold; a group that is not there is empty; `$$` is a dollar."""

    def group(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except IndexError:
            return ""

    return _GROUP.sub(group, template)


def _with(labels: Labels, name: str, value: str) -> Labels:
    changed = vectors.without(labels, (name,))
    return {**changed, name: value} if value else changed


def _label_join(args: list[Value], _now: int) -> Samples:
    target, separator, *sources = (_text(each) for each in args[1:])
    if not _LABEL.fullmatch(target):
        raise errors.WrongUseError(f"label_join cannot write a label '{target}'.")
    return vectors.unique(
        [
            (_with(labels, target, separator.join(labels.get(source, "") for source in sources)), value)
            for labels, value in _vector(args[0])
        ]
    )


_OTHERS: dict[str, Callable[[list[Value], int], float | Samples]] = {
    "time": lambda _args, now: now / 1000,
    "pi": lambda _args, _now: math.pi,
    "vector": lambda args, _now: [({}, _number(args[0]))],
    "scalar": _scalar,
    "clamp": _clamp,
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
    "round": _round,
    "sort": _sorted(1.0),
    "sort_desc": _sorted(-1.0),
    "histogram_quantile": _histogram_quantile,
    "label_replace": _label_replace,
    "label_join": _label_join,
}
