"""`/hooks/twilio`: answers to text messages, and keys pressed in calls, acknowledge and resolve pages.

Twilio signs what it sends with the account's token, over the public address that it sends to (`server.url`). The
answer is TwiML: it is written back to the telephone, or said before the call ends, whatever came of it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.settings import channels as settings
from accelerapp.notifications import signatures
from accelerapp.notifications.channels import twilio
from accelerapp.paging import replies
from accelerapp.paging.model import Verb

_LOG = logging.getLogger("accelerapp.hooks")
_LARGEST = 64 * 1024
_UNSIGNED = "It is not signed with the auth_token of a Twilio channel, for the address that server.url names."
_ACKNOWLEDGE = "1"


def add(router: APIRouter, app: App) -> None:
    """Add the addresses; the first is what Twilio is told to ask when a message comes in, calls name the second."""

    @router.post("/twilio/sms", include_in_schema=False)
    async def text_message(request: Request) -> Response:
        form = _form(await request.body())
        if not _is_genuine(app, request, form):
            return PlainTextResponse(_UNSIGNED, 401)
        return _twiml(twilio.written(await run_in_threadpool(_answered, app, form)))

    @router.post("/twilio/voice/{token}", include_in_schema=False)
    async def pressed(request: Request, token: str) -> Response:
        form = _form(await request.body())
        if not _is_genuine(app, request, form):
            return PlainTextResponse(_UNSIGNED, 401)
        return _twiml(await run_in_threadpool(_heard, app, token, form, _address(app, request)))


def _form(body: bytes) -> dict[str, str]:
    """Empty when it is none: then its signature does not hold."""
    if len(body) > _LARGEST:
        return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError:
        return {}


def _address(app: App, request: Request) -> str:
    """As Twilio called it: a proxy in front of us may have changed all but the path."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    return f"{app.address}{request.url.path}" + (f"?{query}" if query else "")


def _is_genuine(app: App, request: Request, form: Mapping[str, str]) -> bool:
    known = [each for each in app.settings.channels.values() if isinstance(each, settings.Twilio)]
    tokens = {each.auth_token.get_secret_value() for each in known}
    address, signature = _address(app, request), request.headers.get("x-twilio-signature", "")
    return any(
        signatures.twilio(token, address, form, signature) is signatures.Genuine.YES for token in tokens if token
    )


def _answered(app: App, form: Mapping[str, str]) -> str:
    """What is written back; nothing for the carrier's own words, which the carrier answers."""
    body = form.get("Body", "")
    if body.strip().upper() in replies.CARRIERS_OWN or form.get("OptOutType"):
        return ""
    try:
        found = app.replying.text(form.get("From", ""), body, form.get("MessageSid", ""))
    except errors.WrongUseError as error:  # somebody was quicker, a stranger, another code: told, nothing changed
        return error.told
    except errors.CannotTellError as error:
        _LOG.warning("an answer by SMS was not taken: %s", error.message)
        return "Your answer was not taken: the database does not answer. Send it again."
    return f"{found.title}: {found.state}."


def _heard(app: App, token: str, form: Mapping[str, str], address: str) -> str:
    """1 acknowledges, by the one-time link of the call; whoever presses something else is asked again."""
    if form.get("Digits") != _ACKNOWLEDGE:
        return twilio.asked("Press 1 to acknowledge.", address, _language(app))
    try:
        found = app.pager.follow(token, Verb.ACKNOWLEDGE)
    except errors.WrongUseError as error:
        return twilio.spoken(error.told, _language(app))
    except errors.CannotTellError as error:
        _LOG.warning("a pressed key was not taken: %s", error.message)
        return twilio.asked("That was not taken. Press 1 again.", address, _language(app))
    return twilio.spoken(f"{found.title}: {found.state}.", _language(app))


def _language(app: App) -> str:
    spoken = [each for each in app.settings.channels.values() if isinstance(each, settings.Twilio)]
    return next((each.language for each in spoken if each.kind == "twilio_voice"), "en-US")


def _twiml(text: str) -> Response:
    return Response(text, media_type="text/xml")
