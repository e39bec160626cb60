"""Every hook: where each kind of sender sends to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from accelerapp.alerts.intake import family, pagerduty
from accelerapp.alerts.model import Kind
from accelerapp.app import App
from accelerapp.hooks import pagerduty as pagerduty_hooks
from accelerapp.hooks import silences, slack, twilio
from accelerapp.hooks.committing import Committer, Waiting
from accelerapp.hooks.receiving import Receiver
from accelerapp.hooks.senders import Senders

_JSON: dict[str, Any] = {"application/json": {"schema": {}}}
_TEXT: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}
_REFUSALS: dict[int, str] = {
    400: "It cannot be understood: sending it again does not help.",
    401: "The key or the signature is missing or wrong.",
    403: "The key is of another kind of sender.",
    413: "It is too large.",
    429: "Too much waits already: send it again.",
    503: "It was not committed: send it again.",
}


def answers(good: int, content: dict[str, Any] | None = None) -> dict[int | str, dict[str, Any]]:
    """What a hook may answer, for the description of the API."""
    told: dict[int | str, dict[str, Any]] = {
        status: {"description": why, "content": _JSON} for status, why in _REFUSALS.items()
    }
    told[good] = {"description": "Committed.", **({"content": content} if content else {})}
    return told


def body(schema: dict[str, Any], *forms: str) -> dict[str, Any]:
    """What a hook takes, for the description of the API."""
    kinds = ("application/json", *forms)
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}}


_ANY: dict[str, Any] = {"type": "object"}
_LIST: dict[str, Any] = {"type": "array", "items": {"type": "object"}}
_ALERTS: dict[str, Any] = {"type": "object", "required": ["alerts"], "properties": {"alerts": _LIST}}


def receiver(app: App) -> Receiver:
    """Wired to the product."""

    def commit(batch: Sequence[Waiting]) -> None:
        signals = [signal for each in batch for signal in each.signals]
        app.alerting.take(signals, {each.sender for each in batch}, [note for each in batch for note in each.notes])

    return Receiver(Senders(app.alerting.sender), Committer(commit), app.secret, app.clock)


def router(app: App) -> APIRouter:
    """All hooks. The key may be the last part of the path; then nothing else needs to be set at the sender's side."""
    made = APIRouter(prefix="/hooks", default_response_class=Response)
    shared = receiver(app)
    _add_alertmanager(made, shared)
    _add_plain(made, shared)
    _add_pagerduty(made, shared)
    _add_heartbeat(made, shared)
    silences.add(made, app, shared)
    slack.add(made, app)
    twilio.add(made, app)
    pagerduty_hooks.add(made, app)
    return made


def _add_alertmanager(router: APIRouter, shared: Receiver) -> None:
    webhook, api = family.READERS[Kind.ALERTMANAGER], family.API
    described = {"responses": answers(200, _JSON), "openapi_extra": body(_ALERTS)}
    listed = {"responses": answers(200), "openapi_extra": body(_LIST)}

    @router.post("/alertmanager/api/v2/alerts", operation_id="hook_alertmanager_api", **listed)  # type: ignore[arg-type]
    async def api_alerts(request: Request) -> Response:
        """What Prometheus sends to an Alertmanager."""
        return await shared.receive(request, Kind.ALERTMANAGER, api)

    @router.post("/alertmanager/{key}/api/v2/alerts", operation_id="hook_alertmanager_api_by_path", **listed)  # type: ignore[arg-type]
    async def api_alerts_by_path(request: Request, key: str) -> Response:
        """The same, with the key in the path: `path_prefix` of Prometheus."""
        return await shared.receive(request, Kind.ALERTMANAGER, api, key=key)

    @router.post("/alertmanager", operation_id="hook_alertmanager", **described)  # type: ignore[arg-type]
    async def alertmanager(request: Request) -> Response:
        """Alertmanager's webhook."""
        return await shared.receive(request, Kind.ALERTMANAGER, webhook)

    @router.post("/alertmanager/{key}", operation_id="hook_alertmanager_by_path", **described)  # type: ignore[arg-type]
    async def alertmanager_by_path(request: Request, key: str) -> Response:
        """The same, with the key in the path."""
        return await shared.receive(request, Kind.ALERTMANAGER, webhook, key=key)


_PLAIN: dict[Kind, tuple[dict[int | str, dict[str, Any]], dict[str, Any]]] = {
    Kind.GRAFANA: (answers(200, _JSON), body(_ALERTS)),
    Kind.GOALERT: (answers(204), body(_ANY, "application/x-www-form-urlencoded")),
    Kind.ONCALL: (answers(200, _TEXT), body(_ANY)),
    Kind.GENERIC: (answers(202, _JSON), body({"anyOf": [_ANY, _LIST]})),
}


def _add_plain(router: APIRouter, shared: Receiver) -> None:
    """Kinds with one address: with the key in a header or the query, or in the path."""
    for kind, (responses, extra) in _PLAIN.items():
        _add_one(router, shared, kind, responses, extra)


def _add_one(
    router: APIRouter,
    shared: Receiver,
    kind: Kind,
    responses: dict[int | str, dict[str, Any]],
    extra: dict[str, Any],
) -> None:
    reader, options = family.READERS[kind], {"responses": responses, "openapi_extra": extra}

    async def plain(request: Request) -> Response:
        return await shared.receive(request, kind, reader)

    async def by_path(request: Request, key: str) -> Response:
        return await shared.receive(request, kind, reader, key=key)

    router.add_api_route(f"/{kind}", plain, methods=["POST"], operation_id=f"hook_{kind}", **options)  # type: ignore[arg-type]
    path, name = f"/{kind}/{{key}}", f"hook_{kind}_by_path"
    router.add_api_route(path, by_path, methods=["POST"], operation_id=name, **options)  # type: ignore[arg-type]


def _add_pagerduty(router: APIRouter, shared: Receiver) -> None:
    options = {"responses": answers(202, _JSON), "openapi_extra": body(_ANY)}

    @router.post("/pagerduty/v2/enqueue", operation_id="hook_pagerduty", **options)  # type: ignore[arg-type]
    async def enqueue(request: Request) -> Response:
        """PagerDuty's Events API v2."""
        reader = family.READERS[Kind.PAGERDUTY]
        return await shared.receive(
            request, Kind.PAGERDUTY, reader, key_in_body=pagerduty.routing_key, limit=pagerduty.BODY_LIMIT
        )

    @router.post("/pagerduty/v2/change/enqueue", operation_id="hook_pagerduty_change", **options)  # type: ignore[arg-type]
    async def change(request: Request) -> Response:
        """Its change events."""
        return await shared.receive(
            request, Kind.PAGERDUTY, family.CHANGES, key_in_body=pagerduty.routing_key, limit=pagerduty.BODY_LIMIT
        )


def _add_heartbeat(router: APIRouter, shared: Receiver) -> None:
    reader = family.READERS[Kind.HEARTBEAT]

    async def beat(request: Request, key: str) -> Response:
        return await shared.receive(request, Kind.HEARTBEAT, reader, key=key)

    for method in ("GET", "POST"):  # whatever the sender has at hand
        name = f"hook_heartbeat_{method.lower()}"
        made = answers(200, _TEXT)
        router.add_api_route("/heartbeat/{key}", beat, methods=[method], operation_id=name, responses=made)
    router.add_api_route("/heartbeat/{key}", beat, methods=["HEAD", "PUT"], include_in_schema=False)
