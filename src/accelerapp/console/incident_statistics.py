"""`/incidents/statistics`: how many incidents a week, how quickly answered and ended, what came again; as plots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from accelerapp.base.severity import Severity
from accelerapp.console import incident_looks, plots
from accelerapp.console.desk import Desk
from accelerapp.postmortems.statistics import Statistics, Week
from accelerapp.web import identity as identities

CHOICES = (30, 90, 180, 365)
_KEEP = 5.0
_HOUR = 3600.0
Drawn = tuple[str, list[float | None]]
"""A line: its name, and a value a week."""


def lines(found: Statistics) -> dict[str, list[Drawn]]:
    """The lines of each plot, a value a week; None where there was nothing to measure."""
    weeks = found.weeks
    counts: list[Drawn] = [(each.value, [float(week.counts[each]) for week in weeks]) for each in Severity]
    answers = [None if week.mtta_seconds is None else week.mtta_seconds / _HOUR for week in weeks]
    ends = [None if week.mttr_seconds is None else week.mttr_seconds / _HOUR for week in weeks]
    return {"frequency": counts, "times": [("MTTA", answers), ("MTTR", ends)]}


def rows(drawn: Sequence[Drawn]) -> list[plots.Row]:
    """The same in figures."""
    return [plots.row(name, values) for name, values in drawn]


def document(found: Statistics) -> dict[str, Any]:
    """What the browser draws: times as whole seconds from `since`, in incidents a week and in hours."""
    since = round(_begin(found.weeks[0]).timestamp()) if found.weeks else round(found.since.timestamp())
    units = {"frequency": "incidents", "times": "h"}
    return {
        "since": since,
        "span": max(1, round(found.until.timestamp()) - since),
        "marks": [],
        "plots": [
            {
                "id": id,
                "unit": units[id],
                "limit": None,
                "lines": [_line(name, found.weeks, values, since) for name, values in drawn],
            }
            for id, drawn in lines(found).items()
        ],
    }


def _line(name: str, weeks: Sequence[Week], values: Sequence[float | None], since: int) -> dict[str, Any]:
    return {
        "name": name,
        "t": [round(_begin(each).timestamp()) - since for each in weeks],
        "v": [None if each is None else float(f"{each:.4g}") for each in values],
    }


def _begin(week: Week) -> datetime:
    return datetime.combine(week.begins_on, time(), UTC)


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page. It stands before `/incidents/{id}`, which takes any word."""

    @router.get("/incidents/statistics", response_class=HTMLResponse)
    def page(
        request: Request, identity: identities.Reader, days: Annotated[int, Query(ge=1, le=3660)] = 90
    ) -> HTMLResponse:
        viewer = incident_looks.viewer(identity)
        key = ("incident statistics", viewer.name, str(viewer.is_administrator), str(days))
        found = desk.asker.ask(key, partial(desk.app.incident_statistics.of_days, days, viewer), keep=_KEEP)
        values: dict[str, Any] = {"found": found, "days": days, "choices": CHOICES}
        if found.known and found.value is not None:
            values |= {"document": document(found.value), "lines": lines(found.value), "rows": rows}
        return desk.page(request, identity, "incident_statistics.html", section="incidents", **values)
