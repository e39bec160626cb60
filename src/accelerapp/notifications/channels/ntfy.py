"""Push by ntfy, as JSON. https://docs.ntfy.sh/publish/#publish-as-json

Servers from 2.16 on replace a message that comes again with the same `sequence_id`; older ones ignore it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivery, Event, Kind, Message

_PRIORITY = {"P1": 5, "P2": 4, "P3": 3, "P4": 2}
_LARGEST = 4096
"""Bytes of a message; a longer one becomes an attachment."""


@dataclass(frozen=True)
class NtfyChannel:
    """Publishes to a topic."""

    name: str
    door: Outgoing
    url: str
    token: str = field(default="", repr=False)
    team: str = ""

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One notification."""
        topic = address.to or self.team
        if not topic:
            return posting.unaddressed(self.name, "topic")
        return posting.attempt(lambda: self._published(posting.encoded(payload(message, topic)), now))

    def _published(self, body: bytes, now: datetime) -> Delivery:
        answer = self.door.request("POST", f"{self.url.rstrip('/')}/", posting.JSON | self._login, body)
        found = posting.fields_of(answer)
        return posting.judged("ntfy", answer, now, str(found.get("id", "")), str(found.get("error", "")))

    @property
    def _login(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def check(self) -> str:
        """The server tells of its health, and with a token whose it is."""
        path = "account" if self.token else "health"
        answer = self.door.request("GET", f"{self.url.rstrip('/')}/v1/{path}", self._login)
        told = str(posting.fields_of(answer).get("error", ""))
        posting.accepted(posting.judged("ntfy", answer, None, told=told))
        return f"{self.url} answers{' and accepts the token' if self.token else ''}."


def payload(message: Message, topic: str) -> dict[str, Any]:
    """The JSON. The first link opens with a tap, others are buttons, at most three."""
    links = texts.links(message)
    urgent = message.kind is Kind.PAGE and message.event is Event.TRIGGER
    whole: dict[str, Any] = {
        "topic": topic,
        "title": texts.headline(message, 200),
        "message": texts.clip_bytes(texts.body(message, _LARGEST), 3500) or texts.line(message.title, 200) or "-",
        "priority": _PRIORITY[message.severity] if urgent else 3,
        "sequence_id": hashlib.sha256(message.idempotency_key.encode("utf-8", "replace")).hexdigest()[:32],
    }
    if links:
        whole["click"] = links[0].url
        whole["actions"] = [{"action": "view", "label": each.title, "url": each.url} for each in links[:3]]
    return whole
