"""Microsoft Teams by the webhook of a workflow, which posts an adaptive card of at most 28 KB.

https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using. There is no
idempotency key. The workflow runs after its answer: 202 says that it was taken, not that it was shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivery, Kind, Message


@dataclass(frozen=True)
class TeamsChannel:
    """Posts where the workflow posts: an address changes nothing."""

    name: str
    door: Outgoing
    webhook: str = field(repr=False)

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One card."""
        return posting.attempt(lambda: self._posted(posting.encoded(card(message)), now))

    def _posted(self, body: bytes, now: datetime) -> Delivery:
        answer = self.door.request("POST", self.webhook, posting.JSON, body)
        error = posting.fields_of(answer).get("error")
        told = str(error.get("message", "")) if isinstance(error, dict) else ""
        return posting.judged("Teams", answer, now, answer.headers.get("x-ms-workflow-run-id", ""), told)

    def check(self) -> str:
        """A workflow runs with every request: it is connected to."""
        self.door.reach(self.webhook)
        return "Teams can be reached; only a message tells whether the workflow works."


def card(message: Message) -> dict[str, Any]:
    """The card. Text runs know no Markdown, so that nothing from outside makes a link or a heading."""
    colour = "Attention" if message.kind is Kind.PAGE and message.severity in ("P1", "P2") else "Default"
    head = {"type": "TextRun", "text": texts.headline(message, 250), "weight": "Bolder", "color": colour}
    rows: list[dict[str, Any]] = [{"type": "RichTextBlock", "inlines": [head]}]
    if body := texts.clip_bytes(texts.body(message, 8000), 16_000):
        rows.append({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": body}]})
    acts = [{"type": "Action.OpenUrl", "title": each.title, "url": each.url} for each in texts.links(message)[:4]]
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": rows,
        "actions": acts,
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    return {"type": "message", "attachments": [attachment]}
