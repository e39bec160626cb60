"""The API under /api/v1: the domains' nouns as JSON, one file per domain."""

from __future__ import annotations

from fastapi import APIRouter

from accelerapp.api import (
    accounts,
    alerts,
    changes,
    exercises,
    incidents,
    informing,
    logs,
    metrics,
    notifications,
    oncall,
    operate,
    paging,
    postmortems,
    prometheus,
    rules,
    services,
    status,
)
from accelerapp.app import App
from accelerapp.web import problems

_STATUSES = (400, 401, 403, 404, 413, 422, 500, 503)


def router(app: App) -> APIRouter:
    """Every route of the API."""
    made = APIRouter(prefix="/api/v1", responses={status: problems.described() for status in _STATUSES})
    for group in (
        services,
        operate,
        logs,
        metrics,
        alerts,
        incidents,
        postmortems,
        changes,
        informing,
        paging,
        exercises,
        oncall,
        rules,
        notifications,
        prometheus,
        status,
        accounts,
    ):
        group.add(made, app)
    return made
