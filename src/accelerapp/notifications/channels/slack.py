"""Slack, by chat.postMessage or an incoming webhook. https://docs.slack.dev/reference/methods/chat.postMessage

Slack has no idempotency key: the key goes along as metadata, and a message that may have arrived is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accelerapp.base import text
from accelerapp.clients.http import Answer
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivered, Delivery, Failed, Message, Retry

_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
METADATA = "accelerapp_message"
"""Goes along with each message of ours, and says so."""
ACTS = ("acknowledge", "resolve")
"""`action_id` of the buttons whose presses come back."""
_TOKEN = "Install the app to the workspace again and set its new token."  # noqa: S105
_MENDS = {
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "token_revoked": _TOKEN,
    "token_expired": _TOKEN,
    "account_inactive": _TOKEN,
    "missing_scope": "Give the bot the scope chat:write and install it again.",
    "not_in_channel": "Invite the bot to the channel: /invite @NAME.",
    "channel_not_found": "Name a channel that exists and that the bot is in, or its id.",
    "is_archived": "The channel is archived: name another.",
    "no_service": "The webhook was removed: make a new one.",
    "no_team": "The webhook was removed: make a new one.",
    "user_not_found": "Name a user's id, such as U012AB3CD.",
    "restricted_action": "The workspace's rules forbid the bot to write there.",
}


@dataclass(frozen=True)
class SlackChannel:
    """Posts with `token` to a channel or user, or to whatever `webhook` writes to."""

    name: str
    door: Outgoing
    url: str
    token: str = field(default="", repr=False)
    webhook: str = field(default="", repr=False)
    team: str = ""
    has_buttons: bool = False
    """Do presses of buttons come back to us?"""

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One message; a webhook takes no address."""
        to = address.to or self.team
        if self.webhook:
            return posting.attempt(lambda: self._by_webhook(message, now))
        if not to:
            return posting.unaddressed(self.name, "channel")
        return posting.attempt(lambda: self._by_token(message, to, now))

    def _by_token(self, message: Message, to: str, now: datetime) -> Delivery:
        whole = {"channel": to, **payload(message, self.has_buttons)}
        answer = self._call("chat.postMessage", posting.encoded(whole))
        return judge(answer, now)

    def _by_webhook(self, message: Message, now: datetime) -> Delivery:
        whole = {
            name: value for name, value in payload(message, self.has_buttons).items() if name in ("text", "blocks")
        }
        answer = self.door.request("POST", self.webhook, posting.JSON, posting.encoded(whole))
        words = answer.body[:300].decode("utf-8", "replace").strip()
        if answer.status >= 400 and words in _MENDS:
            return Failed(f"Slack answers {words}.", _MENDS[words], is_permanent=True)
        return posting.judged("Slack", answer, now)

    def _call(self, method: str, body: bytes) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json; charset=utf-8"}
        return self.door.request("POST", f"{self.url.rstrip('/')}/{method}", headers, body)

    def check(self) -> str:
        """With a token Slack says whose it is; a webhook can only be connected to."""
        if self.webhook:
            self.door.reach(self.webhook)
            return "Slack can be reached; only a message tells whether the webhook works."
        answer = self._call("auth.test", b"{}")
        posting.accepted(judge(answer, None))
        found = posting.fields_of(answer)
        return text.printable(f"Slack accepts the token of {found.get('user')} in {found.get('team')}.", 200)


def judge(answer: Answer, now: datetime | None) -> Delivery:
    """Slack answers 200 with `ok: false` where others answer 4xx."""
    found = posting.fields_of(answer)
    error = str(found.get("error", ""))[:100]
    if not 200 <= answer.status < 300 or "ok" not in found:
        return _without_words(answer, now)
    if found["ok"] is True:
        return Delivered(":".join(str(found[key]) for key in ("channel", "ts") if key in found))
    if error in _PASSING:
        return Retry(f"Slack answers {error}.", after=posting.asked_wait(answer, now))
    mend = _MENDS.get(error, "See what Slack says about this error of chat.postMessage.")
    return Failed(f"Slack answers {text.printable(error, 100)}.", mend, is_permanent=error in _MENDS)


def _without_words(answer: Answer, now: datetime | None) -> Delivery:
    if 200 <= answer.status < 300:
        return Retry("What answers is not Slack's API.", "Check url.", may_have_arrived=True)
    return posting.judged("Slack", answer, now)


def payload(message: Message, has_buttons: bool) -> dict[str, Any]:
    """Text for notifications, blocks for the message. Plain text blocks: nothing from outside can format or mention."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": texts.headline(message, 150), "emoji": False}}
    ]
    if body := texts.body(message, 2900):
        blocks.append({"type": "section", "text": {"type": "plain_text", "text": body, "emoji": False}})
    if buttons := _buttons(message, has_buttons):
        blocks.append({"type": "actions", "elements": buttons})
    return {
        "text": escaped(texts.headline(message, 1000)),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {
            "event_type": METADATA,
            "event_payload": {"key": message.idempotency_key, "subject": message.about},
        },
    }


def _buttons(message: Message, has_buttons: bool) -> list[dict[str, Any]]:
    """`acknowledge` and `resolve` come back as interactions with the subject; links open."""
    acts: list[dict[str, Any]] = []
    if has_buttons and message.ack_link and message.subject:
        for act, style in zip(ACTS, ("primary", "danger"), strict=True):
            title = {"type": "plain_text", "text": act.capitalize()}
            acts.append(
                {"type": "button", "action_id": act, "style": style, "value": message.subject[:2000], "text": title}
            )
    links = [each for each in texts.links(message) if not acts or each.url != message.ack_link]
    for number, each in enumerate(links[:5]):
        title = {"type": "plain_text", "text": each.title}
        acts.append({"type": "button", "action_id": f"link-{number}", "url": each.url, "text": title})
    return acts


def escaped(raw: str) -> str:
    """Text in which Slack sees no mention, link or channel."""
    return raw.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
