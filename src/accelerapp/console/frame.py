"""The frame of every page: the template environment, what all pages show, and addresses of static files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2

from accelerapp.alerts.rules import views
from accelerapp.base import text
from accelerapp.console import figures, incident_looks, looks, plots, rule_plots

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
THEMES = ("auto", "light", "dark")
_LONGEST = 20_000
_UNITS = (("s", 1, 90), ("min", 60, 5400), ("h", 3600, 172_800))


@lru_cache(maxsize=64)
def static_url(name: str) -> str:
    """`/static/console.css?v=3f9a…`: the hash of the content lets browsers keep the file for a year."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def iso(at: datetime) -> str:
    """For the `datetime` attribute: `2026-03-02T12:00:00+00:00`."""
    return at.isoformat(timespec="seconds")


def utc(at: datetime) -> str:
    """For people, exact: `2026-03-02 12:00:00 UTC`."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def age(at: datetime, now: datetime) -> str:
    """How long ago, in one unit: `32 s ago`, `38 min ago`, `5 h ago`, `3 d ago`; the script counts on likewise."""
    seconds = (now - at).total_seconds()
    length = int(abs(seconds))
    unit, size = next(((unit, size) for unit, size, most in _UNITS if length < most), ("d", 86400))
    return f"{length // size} {unit} ago" if seconds >= 0 else f"in {length // size} {unit}"


def address(path: str, **query: object) -> str:
    """A path with the parts of the query that are set."""
    given = {key: str(value) for key, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given)}" if given else path


def _finalize(value: Any) -> Any:
    """Whatever comes from outside loses control and direction characters; escaping follows."""
    return text.printable(value, _LONGEST) if isinstance(value, str) and not hasattr(value, "__html__") else value


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """The templates: everything is escaped, and a name that does not exist is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(static=static_url, address=address, looks=looks, plots=plots, figures=figures)
    made.globals.update(rule_plots=rule_plots, rule_views=views, incidents=incident_looks)
    made.filters.update(iso=iso, utc=utc, age=age, duration=text.duration, size=text.size, counted=text.count)
    made.filters.update(is_web=looks.is_web, coded=looks.coded, pattern=looks.pattern, fixed=looks.fixed)
    return made


def render(template: str, values: Mapping[str, Any]) -> str:
    """A whole page."""
    return environment().get_template(template).render(values)


def part(template: str, macro: str, *values: Any) -> str:
    """One macro of a template: what a live page replaces is made by the same lines as the page itself."""
    return str(getattr(environment().get_template(template).module, macro)(*values))
