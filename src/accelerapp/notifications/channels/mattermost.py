"""Mattermost by an incoming webhook. https://developers.mattermost.com/integrate/webhooks/incoming/

There is no idempotency key: a message that may have arrived is sent again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivery, Failed, Message

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$=])")


@dataclass(frozen=True)
class MattermostChannel:
    """Posts to the webhook's channel, or to another one or `@user` that it may write to."""

    name: str
    door: Outgoing
    webhook: str = field(repr=False)
    team: str = ""

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One post."""
        return posting.attempt(lambda: self._posted(posting.encoded(payload(message, address.to or self.team)), now))

    def _posted(self, body: bytes, now: datetime) -> Delivery:
        answer = self.door.request("POST", self.webhook, posting.JSON, body)
        found = posting.fields_of(answer)
        told = texts.line(str(found.get("message", "")), 300)
        if "incoming_webhook" in str(found.get("id", "")) and answer.status < 500:
            return Failed(f"Mattermost answers: {told}", "Make a new incoming webhook, or correct its channel.", True)
        return posting.judged("Mattermost", answer, now, told=told)

    def check(self) -> str:
        """A webhook posts whatever it is sent: it is connected to."""
        self.door.reach(self.webhook)
        return "Mattermost can be reached; only a message tells whether the webhook works."


def payload(message: Message, to: str) -> dict[str, Any]:
    """At most 16,383 characters of text."""
    body = escaped(texts.body(message, 6000))
    links = " · ".join(f"[{escaped(each.title)}](<{each.url}>)" for each in texts.links(message))
    text = "\n\n".join(part for part in (f"**{escaped(texts.headline(message))}**", body, links) if part)
    whole = {"text": text, "username": "Accelerapp", "props": {"key": message.idempotency_key}}
    return {**whole, "channel": to} if to else whole


def escaped(raw: str) -> str:
    """Text in which Markdown sees no marks and nobody is mentioned: after each `@` stands an invisible blank."""
    return _MARKS.sub(r"\\\1", raw).replace("@", "@\u200b")
