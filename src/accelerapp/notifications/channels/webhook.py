"""JSON to any address, signed: `X-Accelerapp-Signature: v1=HEX,v1=HEX`, one for each secret.

What is signed is `TIMESTAMP.BODY` with the time of `X-Accelerapp-Timestamp`, by HMAC-SHA256. `X-Accelerapp-Id` and the
event's `id` stay the same when it is sent again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import signatures, texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivery, Message


@dataclass(frozen=True)
class WebhookChannel:
    """Posts to `url`, or to the address if that is one of http or https."""

    name: str
    door: Outgoing
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One request."""
        url = address.to or self.url
        id = webhook_id(message)
        body = posting.encoded({"event": event(message, id, now)})
        stamp = str(int(now.timestamp()))
        headers = {
            **posting.JSON,
            "Idempotency-Key": id,
            "X-Accelerapp-Id": id,
            "X-Accelerapp-Timestamp": stamp,
        }
        if self.secrets:
            headers["X-Accelerapp-Signature"] = signatures.of_webhook(self.secrets, stamp, body)
        return posting.attempt(lambda: self._posted(url, headers, body, now))

    def _posted(self, url: str, headers: dict[str, str], body: bytes, now: datetime) -> Delivery:
        """What answers at an address that somebody else named is not told on: it may be a service of this network."""
        answer = self.door.request("POST", url, headers, body)
        return posting.judged("The webhook", answer, now, headers["X-Accelerapp-Id"], hides=url != self.url)

    def check(self) -> str:
        """Who listens there is not known: it is connected to."""
        self.door.reach(self.url)
        return "The webhook's server can be reached."


def webhook_id(message: Message) -> str:
    """32 hexadecimal digits, always the same for the same message."""
    return hashlib.sha256(message.idempotency_key.encode("utf-8", "replace")).hexdigest()[:32]


def event(message: Message, id: str, now: datetime) -> dict[str, Any]:
    """What happened, in the shape of PagerDuty's webhooks V3."""
    return {
        "id": id,
        "event_type": f"{message.kind}.{message.event}",
        "resource_type": str(message.kind),
        "occurred_at": now.isoformat(),
        "agent": None,
        "client": {"name": "Accelerapp"},
        "data": {
            "subject": message.about,
            "title": texts.line(message.title, 500),
            "body": texts.body(message, 20_000),
            "severity": str(message.severity),
            "service": texts.line(message.service, 100),
            "links": [{"title": each.title, "url": each.url} for each in texts.links(message)],
            "key": message.idempotency_key,
        },
    }
