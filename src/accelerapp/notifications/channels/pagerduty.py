"""PagerDuty by Events API v2: trigger, acknowledge and resolve share the subject as `dedup_key`.

What nobody has to act on (updates, handoffs, tests) is a change event: PagerDuty shows those and pages nobody.

https://developer.pagerduty.com/docs/send-alert-event. A repeated event with the same key makes no second incident.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accelerapp.clients.http import Answer
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivery, Event, Failed, Kind, Message

_SEVERITY = {"P1": "critical", "P2": "error", "P3": "warning", "P4": "info"}


@dataclass(frozen=True)
class PagerDutyChannel:
    """Sends events to the service whose integration key this is, or to that of the address."""

    name: str
    door: Outgoing
    url: str
    routing_key: str = field(repr=False)

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One event."""
        pages = message.kind is Kind.PAGE
        make, path = (event, "/v2/enqueue") if pages else (change, "/v2/change/enqueue")
        body, url = posting.encoded(make(message, address.to or self.routing_key)), self.url.rstrip("/") + path
        return posting.attempt(lambda: self._judged(self.door.request("POST", url, posting.JSON, body), now))

    def _judged(self, answer: Answer, now: datetime) -> Delivery:
        found = posting.fields_of(answer)
        told = "; ".join(str(each) for each in found.get("errors") or [found.get("message", "")])
        if answer.status == 400:
            return _refused(told)
        return posting.judged("PagerDuty", answer, now, str(found.get("dedup_key", "")), told)

    def check(self) -> str:
        """The API has no question that triggers nothing: it is connected to."""
        self.door.reach(self.url)
        return "PagerDuty can be reached; only an event tells whether the routing key works."


def _refused(told: str) -> Failed:
    """400: the event, or its routing key, is wrong."""
    is_key = "routing_key" in told or "routing key" in told.lower()
    mend = "Set the integration key of a service's Events API v2 integration." if is_key else ""
    return Failed(f"PagerDuty answers 400: {texts.line(told, 300)}", mend, is_permanent=is_key)


def event(message: Message, routing_key: str) -> dict[str, Any]:
    """The event. `summary` is at most 1,024 characters long, `dedup_key` 255."""
    whole: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": str(message.event),
        "dedup_key": dedup_key(message.about),
        "client": "Accelerapp",
    }
    if message.event is not Event.TRIGGER:
        return whole
    payload = {**_payload(message), "severity": _SEVERITY[message.severity]}
    if message.service:
        payload["component"] = texts.line(message.service, 255)
    return {**whole, "links": _links(message), "payload": payload}


def change(message: Message, routing_key: str) -> dict[str, Any]:
    """The change event."""
    return {"routing_key": routing_key, "payload": _payload(message), "links": _links(message)}


def _payload(message: Message) -> dict[str, Any]:
    return {
        "summary": texts.headline(message, 1024),
        "source": texts.line(message.service, 255) or "accelerapp",
        "custom_details": {"body": texts.body(message, 20_000), "key": message.idempotency_key},
    }


def _links(message: Message) -> list[dict[str, str]]:
    return [{"href": each.url, "text": each.title} for each in texts.links(message)]


def dedup_key(about: str) -> str:
    """The subject itself, or a hash of one that is longer than 255 characters."""
    return about if len(about) <= 255 else hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()
