"""`/services/{name}/review`: the log of a stretch of time: counts, top errors, anomalies, records per minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from accelerapp.console import plots
from accelerapp.console.desk import Desk
from accelerapp.logs import model as logs
from accelerapp.web import identity as identities

RANGES = ((15, "15 min"), (60, "1 h"), (360, "6 h"), (1440, "24 h"), (10080, "7 d"))
MOST_BARS = 360
TILES = (
    (logs.Level.CRITICAL, "Critical", "critical"),
    (logs.Level.ERROR, "Errors", "critical"),
    (logs.Level.WARNING, "Warnings", "warning"),
)
LONGEST = 60.0
"""Seconds that a reader waits for a review."""
KEEP = 15.0


def document(minutes: Sequence[logs.Minute], since: datetime | None = None) -> dict[str, Any] | None:
    """Bars for the browser from `since` on, several minutes in one when there are many; None without a timed record."""
    if not minutes:
        return None
    first = min([each.at for each in minutes] + ([since] if since else [])).replace(second=0, microsecond=0)
    length = 1 + max(_minute(each.at, first) for each in minutes)
    per_bar = -(-length // MOST_BARS)
    counts = {name: [0] * -(-length // per_bar) for name in ("total", "warnings", "errors")}
    for each in minutes:
        for name, bars in counts.items():
            bars[_minute(each.at, first) // per_bar] += getattr(each, name)
    return {"since": int(first.timestamp()), "step": 60 * per_bar, **counts}


def _minute(at: datetime, first: datetime) -> int:
    return int((at - first).total_seconds() // 60)


def rows(drawn: dict[str, Any]) -> list[plots.Row]:
    """The bars in figures."""
    other = [
        total - warnings - errors
        for total, warnings, errors in zip(drawn["total"], drawn["warnings"], drawn["errors"], strict=True)
    ]
    named = (("errors", drawn["errors"]), ("warnings", drawn["warnings"]), ("other", other))
    return [plots.row(name, values) for name, values in named]


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page."""

    @router.get("/services/{name}/review", response_class=HTMLResponse)
    def review_page(request: Request, name: str, identity: identities.Reader, minutes: int = 60) -> HTMLResponse:
        service, now = desk.service(name), desk.app.clock.now()
        chosen = next((length for length, _ in RANGES if length >= minutes), RANGES[-1][0])
        answer = desk.asker.ask(
            ("service", service.name, f"review {chosen}"),
            lambda: desk.app.review_logs(service.name, timedelta(minutes=chosen), now),
            keep=KEEP,
            timeout=LONGEST,
        )
        drawn = document(answer.value.minutes, answer.value.since) if answer.value else None
        return desk.page(
            request,
            identity,
            "review.html",
            section="review",
            service=service.name,
            answer=answer,
            chosen=chosen,
            ranges=RANGES,
            tiles=TILES,
            errors=sum(each.count for each in answer.value.top_errors) if answer.value else 0,
            document=drawn,
            minute_rows=rows(drawn) if drawn else [],
        )
