"""Texts of alerts for people, filled in as Prometheus fills them: labels and the value, in its formats. Pure.

What Prometheus' templates can do beyond that is refused when the rules are read: both ways must say the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

_HOLE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LABEL = re.compile(r"\s*\$labels\.([a-zA-Z_][a-zA-Z0-9_]*)\s*")
_VALUE = re.compile(r"\s*\$value(?:\s*\|\s*([a-zA-Z0-9]+))?\s*")


def filled(text: str, labels: Mapping[str, str], value: float | None) -> str:
    """A text for people as Prometheus fills it in: `{{ $labels.replica }}`, `{{ $value | humanizePercentage }}`."""

    def hole(match: re.Match[str]) -> str:
        if label := _LABEL.fullmatch(match[1]):
            return labels.get(label[1], "")
        found = _VALUE.fullmatch(match[1])
        if not found or value is None:
            return match[0]
        return FORMATS[found[1] or ""](value)

    return _HOLE.sub(hole, text)


def wrong_template(text: str) -> str:
    """What is wrong with a text for people; empty: nothing. We fill in labels and the value, no more."""
    for hole in _HOLE.findall(text):
        found = _VALUE.fullmatch(hole)
        if not _LABEL.fullmatch(hole) and not (found and (found[1] or "") in FORMATS):
            formats = ", ".join(name for name in FORMATS if name)
            return f"{{{{{hole}}}}} is more than can be filled in: $labels.NAME, $value, or $value | one of {formats}."
    return ""


def _plain(value: float) -> str:
    """As Go prints a number by itself: the fewest digits that tell it; from 1e6 on and below 1e-4 with an exponent."""
    if not math.isfinite(value):
        return _short(value)
    if value and not 1e-4 <= abs(value) < 1e6:
        return next(text for precision in range(17) if float(text := f"{value:.{precision}e}") == value)
    return f"{value:.0f}" if value == int(value) else repr(value)


def _short(value: float) -> str:
    """Four digits."""
    return f"{value:+.4g}".replace("inf", "Inf") if math.isinf(value) else f"{value:.4g}".replace("nan", "NaN")


def _scaled(value: float, base: float, larger: Sequence[str], smaller: Sequence[str] = ()) -> str:
    """Four digits and a prefix."""
    prefix = ""
    for larger_one in larger:
        if abs(value) < base:
            break
        prefix, value = larger_one, value / base
    for smaller_one in smaller:
        if abs(value) >= 1:
            break
        prefix, value = smaller_one, value * base
    return f"{value:.4g}{prefix}"


def _humanize(value: float) -> str:
    return _scaled(value, 1000, "kMGTPEZY", "munpfazy") if value and math.isfinite(value) else _short(value)


def _humanize1024(value: float) -> str:
    return _scaled(value, 1024, [f"{letter}i" for letter in "kMGTPEZY"]) if math.isfinite(value) else _short(value)


def _duration(value: float) -> str:
    """Seconds: `1d 2h 3m 4s`, `12.5s`, `350ms`."""
    if not math.isfinite(value):
        return _short(value)
    if abs(value) < 1:
        return _scaled(value, 1000, "", "munpfazy" if value else "") + "s"
    seconds = int(abs(value))
    if seconds < 60:
        return f"{value:.4g}s"
    parts = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    first = next(index for index, (count, _) in enumerate(parts) if count)
    return ("-" if value < 0 else "") + " ".join(f"{count}{unit}" for count, unit in parts[first:])


FORMATS: Mapping[str, Callable[[float], str]] = {
    "": _plain,
    "humanize": _humanize,
    "humanize1024": _humanize1024,
    "humanizeDuration": _duration,
    "humanizePercentage": lambda value: f"{value * 100:.4g}%",
}
