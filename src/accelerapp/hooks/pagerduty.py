"""`/hooks/pagerduty/webhooks`: what people acknowledge and resolve in PagerDuty is acknowledged and resolved here.

Signed with the secret of the webhook subscription. What is signed is answered 202 whatever it says, but for a database
that is away (503, sent again): PagerDuty ends a subscription whose webhooks are refused.
"""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.settings import channels as settings
from accelerapp.notifications import signatures
from accelerapp.notifications.channels import pagerduty_inbound
from accelerapp.notifications.channels.pagerduty_inbound import Change
from accelerapp.paging.model import Verb

_LOG = logging.getLogger("accelerapp.hooks")
_UNSIGNED = "It is not signed with the webhook_secret of a PagerDuty channel in the settings."


def add(router: APIRouter, app: App) -> None:
    """Add the address; in PagerDuty it is the URL of a generic webhook (V3)."""

    @router.post("/pagerduty/webhooks", include_in_schema=False)
    async def changed(request: Request) -> Response:
        body = await request.body()
        if not _is_genuine(app, body, request.headers.get("x-pagerduty-signature", "")):
            return PlainTextResponse(_UNSIGNED, 401)
        change = pagerduty_inbound.of_body(body)
        if change is None:
            return PlainTextResponse("Nothing to do.", 202)
        return await run_in_threadpool(_take, app, change)


def _is_genuine(app: App, body: bytes, signature: str) -> bool:
    known = [each for each in app.settings.channels.values() if isinstance(each, settings.PagerDuty)]
    secrets = [each.webhook_secret.get_secret_value() for each in known]
    return any(signatures.pagerduty(secret, body, signature) is signatures.Genuine.YES for secret in secrets if secret)


def _take(app: App, change: Change) -> Response:
    try:
        found = app.replying.tool(change.key, Verb(change.act), f"{change.by} (PagerDuty)")
    except errors.WrongUseError as error:  # somebody was quicker
        return PlainTextResponse(error.message, 202)
    except errors.CannotTellError as error:
        _LOG.warning("what PagerDuty says was not taken: %s", error.message)
        return PlainTextResponse(error.message, 503)
    return PlainTextResponse(f"{found.title}: {found.state}." if found else "No open page has this key.", 202)
