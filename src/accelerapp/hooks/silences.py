"""`/api/v2/silences` of Alertmanager, for amtool and for Grafana: silences in its shape, kept as ours."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from accelerapp.alerts import silencing
from accelerapp.alerts.intake import bodies, family
from accelerapp.alerts.intake.interface import RefusedError
from accelerapp.alerts.model import Integration, Kind, Matcher, Operator, Silence, SilenceKind
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.hooks import senders
from accelerapp.hooks.receiving import Receiver
from accelerapp.web import problems

_OPERATORS = {
    (True, False): Operator.EQUAL,
    (False, False): Operator.NOT_EQUAL,
    (True, True): Operator.LIKE,
    (False, True): Operator.UNLIKE,
}


def wanted(body: bytes, sender: Integration) -> tuple[str, silencing.Wanted]:
    """The id of the silence to be replaced, or none, and the silence. Raises RefusedError."""
    given = bodies.as_object(bodies.parse(body), "body")
    found = bodies.as_list(given.get("matchers"), "matchers")
    matchers = [_matcher(bodies.as_object(each, f"matchers.{n}"), n) for n, each in enumerate(found)]
    ends_at = bodies.as_time(given.get("endsAt"), "endsAt")
    if ends_at is None:
        raise bodies.problem("endsAt", "must be given.")
    author = bodies.as_text(given.get("createdBy"), 200) or sender.name
    reason, starts_at = bodies.as_text(given.get("comment"), 1000), bodies.as_time(given.get("startsAt"), "startsAt")
    return bodies.as_text(given.get("id"), 32), silencing.Wanted(matchers, author, reason, ends_at, starts_at)


def _matcher(item: dict[str, Any], number: int) -> Matcher:
    name, value = item.get("name"), item.get("value")
    if not isinstance(name, str) or not isinstance(value, str):
        raise bodies.problem(f"matchers.{number}", "needs a name and a value.")
    key = (item.get("isEqual", True) is not False, item.get("isRegex", False) is True)
    return Matcher(bodies.as_text(name), _OPERATORS[key], bodies.as_text(value))


def shown(silence: Silence, now: datetime) -> dict[str, Any]:
    """A silence in Alertmanager's shape."""
    state = "active" if silence.is_active(now) else "pending" if silence.starts_at > now else "expired"
    keys = {operator: key for key, operator in _OPERATORS.items()}
    return {
        "id": silence.id,
        "status": {"state": state},
        "matchers": [
            {"name": m.name, "value": m.value, "isEqual": keys[m.operator][0], "isRegex": keys[m.operator][1]}
            for m in silence.matchers
        ],
        "startsAt": silence.starts_at.isoformat(),
        "endsAt": silence.ends_at.isoformat(),
        "updatedAt": silence.created_at.isoformat(),
        "createdBy": silence.author,
        "comment": silence.reason,
    }


class Silences:
    """The verbs, each for the sender whose key it is."""

    def __init__(self, app: App, shared: Receiver) -> None:
        self._app = app
        self._shared = shared

    def sender(self, request: Request) -> Integration | None:
        """Whose key came with the request, if it is an Alertmanager's."""
        key = senders.key_of(request.headers, request.query_params, request.path_params.get("key", ""))
        found = self._shared.known.find(key)
        return found if found is not None and found.kind is Kind.ALERTMANAGER else None

    def put(self, sender: Integration, body: bytes) -> dict[str, str]:
        """Make it, and end the one that it replaces: an update, as Alertmanager does it."""
        before, new = wanted(body, sender)
        made = self._app.alerting.silence(new)
        if before:
            with suppress(errors.WrongUseError):  # it was over: the new one holds
                self._app.alerting.end_silence(before, new.author)
        return {"silenceID": made.id}

    def end(self, id: str, sender: Integration) -> None:
        """End it. Raises NotFoundError, WrongUseError."""
        self._app.alerting.end_silence(id, sender.name)

    def one(self, id: str) -> dict[str, Any]:
        """One of them, over or not. Raises NotFoundError."""
        return shown(self._app.alerting.silence_detail(id).silence, self._app.clock.now())

    def all(self) -> list[dict[str, Any]]:
        """Those that are not over; a maintenance is not one of them."""
        found = self._app.alerting.silences()
        now = self._app.clock.now()
        return [shown(each.silence, now) for each in found if each.silence.kind is SilenceKind.SILENCE]


def add(router: APIRouter, app: App, shared: Receiver) -> None:
    """Add the routes, under the two addresses of an Alertmanager."""
    verbs = Silences(app, shared)

    async def answer(request: Request) -> Response:
        try:
            return await _answer(verbs, request)
        except RefusedError as error:
            return _refused(400, error.message)
        except errors.AccelerappError as error:
            status = problems.status_of(error)
            return _refused(400 if status == 422 else status, error.message)

    for base in ("/alertmanager/api/v2", "/alertmanager/{key}/api/v2"):
        router.add_api_route(f"{base}/silences", answer, methods=["GET", "POST"], include_in_schema=False)
        router.add_api_route(f"{base}/silence/{{id}}", answer, methods=["GET", "DELETE"], include_in_schema=False)


async def _answer(verbs: Silences, request: Request) -> Response:
    sender = await run_in_threadpool(verbs.sender, request)
    if sender is None:
        return _refused(401, "The key is missing, not known, or of another kind of sender.")
    id = request.path_params.get("id", "")
    if request.method == "POST":
        body = await request.body()
        return _json(await run_in_threadpool(verbs.put, sender, body))
    if request.method == "DELETE":
        await run_in_threadpool(verbs.end, id, sender)
        return Response(status_code=200)
    if id:
        return _json(await run_in_threadpool(verbs.one, id))
    return _json(await run_in_threadpool(verbs.all))


def _json(value: object) -> Response:
    return Response(bodies.as_json(value), 200, media_type="application/json")


def _refused(status: int, message: str) -> Response:
    answer = family.API.refusal(status, message)
    return Response(answer.body, status, media_type=answer.media_type)
