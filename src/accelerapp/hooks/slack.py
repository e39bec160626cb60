"""`/hooks/slack`: buttons under messages in Slack acknowledge and resolve pages; `/incident` works on incidents;
reactions put messages on their time line.

Slack signs what it sends with the app's signing secret; what is not signed, or stale, is refused and changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from accelerapp.app import App
from accelerapp.base import errors, text
from accelerapp.base.settings import channels as settings
from accelerapp.hooks import slack_incidents
from accelerapp.notifications import rooms, signatures
from accelerapp.notifications.channels import slack_commands, slack_events, slack_inbound
from accelerapp.notifications.channels.slack_commands import Command
from accelerapp.notifications.channels.slack_events import Reaction
from accelerapp.notifications.channels.slack_inbound import Press
from accelerapp.paging.model import Verb

_UNSIGNED = "It is not signed by a Slack app that the settings know (signing_secret)."


def add(router: APIRouter, app: App) -> None:
    """Add the address; in the app's settings it is the request URL of Interactivity."""
    listener = Listener(app)

    @router.post("/slack", include_in_schema=False)
    async def pressed(request: Request) -> Response:
        body = await request.body()
        if refused := _refused(app, request, body):
            return refused
        told = [await run_in_threadpool(listener.press, each) for each in slack_inbound.of_form(body)]
        return PlainTextResponse(" ".join(told))

    @router.post("/slack/commands", include_in_schema=False)
    async def typed(request: Request) -> Response:
        """`/incident`; in the app's settings this is the request URL of the command."""
        body = await request.body()
        if refused := _refused(app, request, body):
            return refused
        return JSONResponse(await run_in_threadpool(listener.command, slack_commands.of_form(body)))

    @router.post("/slack/events", include_in_schema=False)
    async def happened(request: Request) -> Response:
        """In the app's settings this is the request URL of Event Subscriptions. What fails Slack sends again."""
        body = await request.body()
        if refused := _refused(app, request, body):
            return refused
        found = slack_events.of_body(body)
        if isinstance(found, slack_events.Challenge):
            return PlainTextResponse(found.words)
        if found is not None:
            await run_in_threadpool(listener.react, found)
        return PlainTextResponse("")


def _refused(app: App, request: Request, body: bytes) -> Response | None:
    """The answer to what is not believed, with the reason; None: Slack has signed it."""
    stamp, now = request.headers.get("x-slack-request-timestamp", ""), app.clock.now()
    found = _judged(app, stamp, body, request.headers.get("x-slack-signature", ""), now)
    if signatures.Genuine.YES in found:
        return None
    skew = signatures.skew(stamp, now) if signatures.Genuine.STALE in found else None
    if skew is None:
        return PlainTextResponse(_UNSIGNED, 401)
    differ = f"The clocks differ by {text.duration(skew.total_seconds())}"
    return PlainTextResponse(f"{differ}: set the clock of this server, if it was not an old request sent again.", 401)


def _judged(app: App, stamp: str, body: bytes, signature: str, now: datetime) -> set[signatures.Genuine]:
    """By the secret of each Slack channel."""
    known = [each for each in app.settings.channels.values() if isinstance(each, settings.Slack)]
    secrets = [each.signing_secret.get_secret_value() for each in known]
    return {signatures.slack(secret, stamp, body, signature, now) for secret in secrets if secret}


class Listener:
    """Does what is pressed, typed and marked in Slack, whichever way it came."""

    def __init__(self, app: App) -> None:
        self._app = app

    def press(self, pressed: Press) -> str:
        """Acknowledge or resolve; a sentence on what came of it."""
        by = rooms.written_by(pressed.user_name or pressed.user_id)
        try:
            found = self._app.pager.act(pressed.subject, Verb(pressed.act), by)
        except errors.WrongUseError as error:  # somebody was quicker, or it is not kept any more
            return error.message
        return f"{found.title}: {found.state}."

    def command(self, given: Command) -> dict[str, str]:
        """Do what was typed; the answer that Slack shows."""
        said = slack_incidents.run(self._app, given)
        return slack_commands.answer(said.text, is_for_all=said.is_for_all)

    def react(self, found: Reaction) -> None:
        """Take down that a message was marked, if it is one of an incident's channel."""
        if self._app.chatting is not None:
            self._app.chatting.mark(found.name, found.channel, found.ts, found.user)
