"""The HTML of the page. Everything is escaped; there is no script and no style in it, so that a strict policy holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from accelerapp.base import markdown
from accelerapp.statuspage import maintenances, service
from accelerapp.statuspage.latency import Latency
from accelerapp.statuspage.model import Group, Impact, Maintenance, Report, Stage
from accelerapp.statuspage.service import Shown
from accelerapp.statuspage.site import bars, curves, words
from accelerapp.statuspage.site.scene import Links, Scene

_FOLDER = Path(__file__).parent
_COLOURS = {"none": "#2c7a4b", "minor": "#855d00", "major": "#b04500", "critical": "#b3202c"}
_SIGNS = {"none": "M8 17l5 5 11-12", "critical": "M10 10l12 12M22 10L10 22"}
_RECENT = timedelta(days=14)
_LOOKS = {Impact.NONE: "none", Impact.MINOR: "degraded", Impact.MAJOR: "partial", Impact.CRITICAL: "major"}


@dataclass(frozen=True)
class Section:
    """Components under one head; without a group under none."""

    group: Group | None
    members: tuple[Shown, ...]


@dataclass(frozen=True)
class Month:
    """What happened in one month, newest first."""

    name: str
    events: tuple[Report | Maintenance, ...]


def index(scene: Scene, links: Links) -> bytes:
    """How all is now, and what happened lately."""
    board, now = scene.board, scene.now
    return _render(
        "index.html",
        scene,
        links,
        sections=tuple(_sections(scene)),
        open=[each for each in board.reports if each.is_open],
        working=service.planned(board, now, Stage.IN_PROGRESS, Stage.VERIFYING),
        coming=service.planned(board, now, Stage.SCHEDULED),
        recent=[each for each in board.reports if not each.is_open and now - each.updated_at < _RECENT],
        recent_days=_RECENT.days,
    )


def history(scene: Scene, links: Links) -> bytes:
    """All incidents and maintenances that are over or last, month by month."""
    return _render("history.html", scene, links, months=_months(scene))


def event(scene: Scene, links: Links, found: Report | Maintenance) -> bytes:
    """One incident or maintenance with all that was told of it."""
    return _render("event.html", scene, links, event=found)


def subscribing(scene: Scene, links: Links, error: str, email: str, chosen: Sequence[str]) -> bytes:
    """The form to subscribe, filled in; `chosen` are ids of components."""
    return _render("subscribe.html", scene, links, error=error, email=email, chosen=chosen)


def said(scene: Scene, links: Links, title: str, text: str, button: str = "") -> bytes:
    """A word; with a button that does what the address of the page says."""
    return _render("said.html", scene, links, heading=title, text=text, button=button)


def stylesheet(accent: str) -> bytes:
    """`status.css`, with the colour of the settings."""
    own = f":root{{--accent:{accent}}}\n" if accent else ""
    return (_FOLDER / "status.css").read_bytes() + own.encode()


def icon(scene: Scene) -> bytes:
    """The little picture in the tab: its colour and its shape say how all is."""
    colour = _COLOURS[scene.overall.indicator]
    inner = _SIGNS.get(scene.overall.indicator, "M16 8v10M16 22v3")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{colour}"/>'
        f'<path d="{inner}" fill="none" stroke="#fff" stroke-width="4"/></svg>'
    ).encode()


def _sections(scene: Scene) -> Iterator[Section]:
    loose = tuple(each for each in scene.shown if each.component.group is None)
    if loose:
        yield Section(None, loose)
    for group in service.ordered(scene.board.groups):
        members = tuple(each for each in scene.shown if each.component.group == group.id)
        if members:
            yield Section(group, members)


def _months(scene: Scene) -> list[Month]:
    works = [each for each in scene.board.maintenances if maintenances.stage(each, scene.now) is not Stage.SCHEDULED]
    begun: list[tuple[Any, Report | Maintenance]] = [(each.created_at, each) for each in scene.board.reports]
    begun += [(maintenances.begins_at(each), each) for each in works]
    found: dict[str, list[Report | Maintenance]] = {}
    for at, each in sorted(begun, key=lambda pair: (pair[0], pair[1].id), reverse=True):
        found.setdefault(f"{at.astimezone(scene.zone):%B %Y}", []).append(each)
    return [Month(name, tuple(events)) for name, events in found.items()]


def _render(template: str, scene: Scene, links: Links, **given: Any) -> bytes:
    def mark(state: str) -> Markup:
        return Markup(f'<svg class="mark {state}" aria-hidden="true"><use href="#{state}"/></svg>')  # noqa: S704  # ours

    values = {
        "scene": scene,
        "links": links,
        "page": scene.page,
        "words": words,
        "mark": mark,
        "look": lambda impact: _LOOKS[impact],
        "stage": lambda each: maintenances.stage(each, scene.now),
        "updates": lambda each: _updates(scene, each),
        "is_report": lambda each: isinstance(each, Report),
        "moment": lambda at: words.moment(at, scene.zone),
        "period": lambda begin, end: words.period(begin, end, scene.zone),
        "names": lambda ids: ", ".join(scene.name(id) for id in ids),
        "bars": lambda each: _bars(scene, each),
        "curve": _curve,
        **given,
    }
    return _environment().get_template(template).render(values).encode("utf-8", "replace")


def _updates(scene: Scene, each: Report | Maintenance) -> list[Any]:
    """Newest first."""
    told = each.updates if isinstance(each, Report) else maintenances.updates(each, scene.now)
    return list(reversed(told))


def _bars(scene: Scene, each: Shown) -> tuple[Markup, str]:
    found = scene.uptime(each.component)
    return Markup(bars.svg(found)), words.share(found)  # noqa: S704  # its parts are escaped


def _curve(found: Latency) -> tuple[Markup, str]:
    """The drawing, and what its upper edge stands for."""
    return Markup(curves.svg(found)), words.duration(curves.top(found))  # noqa: S704  # its parts are escaped


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["markdown"] = lambda told: Markup(markdown.html(told))  # noqa: S704  # no HTML of its own is let through
    return made
