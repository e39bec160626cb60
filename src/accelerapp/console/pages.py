"""The console's door: all its pages as one router, and its static files."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from accelerapp.app import App
from accelerapp.console import (
    account,
    alerts,
    book,
    compare,
    desk,
    exercises,
    frame,
    health,
    incident_entry,
    incident_report,
    incident_statistics,
    incident_update,
    incidents,
    logs,
    oncall,
    operate,
    overview,
    paging,
    people,
    person,
    policies,
    review,
    rules,
    service,
    war_room,
)

GROUPS = (
    overview,
    incidents,
    incident_report,
    incident_statistics,
    incident_entry,
    incident_update,
    war_room,
    alerts,
    oncall,
    paging,
    people,
    person,
    policies,
    book,
    exercises,
    service,
    operate,
    logs,
    review,
    compare,
    health,
    rules,
    account,
)


def router(app: App) -> APIRouter:
    """Every page of the console and its live streams; whoever serves them ends the streams when it stops."""
    made = APIRouter(route_class=desk.PageRoute, include_in_schema=False, default_response_class=Response)
    shared = desk.Desk(app)
    for group in GROUPS:
        group.add(made, shared)
    return made


class _Hashed(StaticFiles):
    """Static files: with the content's hash in the address they are kept for a year, without it never unasked."""

    def file_response(
        self, full_path: Any, stat_result: Any, scope: MutableMapping[str, Any], status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        is_named = b"v=" in scope.get("query_string", b"")
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_named else "no-cache"
        return answer


def static() -> StaticFiles:
    """The console's static files, to be mounted at /static."""
    return _Hashed(directory=frame.STATIC)
