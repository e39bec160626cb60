"""Latency as a small drawing: from zero up, the time from the left. What is not known is hatched."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from html import escape

from accelerapp.statuspage.latency import Latency
from accelerapp.statuspage.site import words

_HEIGHT = 60
_NICE = (1, 2, 5, 10)
_LEAST = 0.001


def top(found: Latency) -> float:
    """What the upper edge stands for, in seconds: 1, 2 or 5 and zeros, and nothing lies above it."""
    most = max(found.figures.maximum if found.figures else 0.0, _LEAST)
    unit = 10.0 ** math.floor(math.log10(most))
    return next((unit * each for each in _NICE if unit * each >= most), unit * _NICE[-1])


def svg(found: Latency) -> str:
    """Safe markup: what it says stands in its label."""
    height, width = top(found), len(found.values)
    lines, gaps = [], []
    for is_known, place, values in _runs(found.values):
        if is_known:
            lines.append(_line(place, [_HEIGHT * (1 - (each or 0.0) / height) for each in values]))
        else:
            gaps.append(
                f'<rect class="u" x="{place}" width="{len(values)}" height="{_HEIGHT}" fill="url(#hatch)"/>',
            )
    return (
        f'<svg class="curve" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(words.latency_label(found))}">{"".join(gaps)}'
        f'<path class="edge" d="M0 0h{width}M0 {_HEIGHT}h{width}"/><path d="{"".join(lines)}"/></svg>'
    )


def _runs(values: tuple[float | None, ...]) -> Iterator[tuple[bool, int, list[float | None]]]:
    """Stretches that are known or not, each with where it begins."""
    place = 0
    for is_known, some in itertools.groupby(values, key=lambda each: each is not None):
        run = list(some)
        yield is_known, place, run
        place += len(run)


def _line(place: int, heights: list[float]) -> str:
    """Through the middle of each step; one alone is a dash as wide as its step."""
    if len(heights) == 1:
        return f"M{place} {heights[0]:.1f}h1"
    return "M" + "L".join(f"{place + number}.5 {each:.1f}" for number, each in enumerate(heights))
