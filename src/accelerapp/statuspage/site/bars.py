"""The bars of the last 90 days as a small drawing: a day each, from the left; the worse a day, the higher its mark.

Days on which all was well are one path: a page of twenty components stays small.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from accelerapp.statuspage.model import ComponentState
from accelerapp.statuspage.site import words
from accelerapp.statuspage.uptime import Day, Uptime

_STEP, _WIDTH, _HEIGHT = 4, 3, 30
_MARKS = {
    ComponentState.UNDER_MAINTENANCE: ("w", 8),
    ComponentState.DEGRADED: ("d", 12),
    ComponentState.PARTIAL_OUTAGE: ("p", 20),
    ComponentState.MAJOR_OUTAGE: ("m", 30),
}


def svg(found: Uptime) -> str:
    """Safe markup: what it says stands in its label, and day by day in titles."""
    width = len(found.days) * _STEP - 1
    drawn = "".join(_notable(each, number * _STEP) for number, each in enumerate(found.days))
    fine = _columns(number for number, each in enumerate(found.days) if _is_backed(each))
    none = _columns(number for number, each in enumerate(found.days) if each.counted <= 0)
    return (
        f'<svg class="bars" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(words.bars(found))}">'
        f'<path class="n" d="{none}"/><path class="o" d="{fine}"/>{drawn}</svg>'
    )


def _is_backed(each: Day) -> bool:
    """Does the colour of a good day stand behind whatever else is drawn?"""
    return each.counted > 0 and each.state is not None


def _columns(numbers: Iterable[int]) -> str:
    return "".join(f"M{number * _STEP} 0h{_WIDTH}v{_HEIGHT}h-{_WIDTH}z" for number in numbers)


def _notable(each: Day, x: int) -> str:
    if each.counted <= 0 or each.state is ComponentState.OPERATIONAL:
        return ""
    title = f"<title>{escape(words.day(each))}</title>"
    if each.state is None:
        return f'<rect class="u" x="{x}" width="{_WIDTH}" height="{_HEIGHT}" fill="url(#hatch)">{title}</rect>'
    name, height = _MARKS[each.state]
    return f'<rect class="{name}" x="{x}" y="{_HEIGHT - height}" width="{_WIDTH}" height="{height}">{title}</rect>'
