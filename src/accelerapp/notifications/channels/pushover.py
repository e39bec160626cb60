"""Push by Pushover. https://pushover.net/api

Pushover has no idempotency key: a message that may have arrived is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from accelerapp.clients.http import Answer
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivery, Event, Failed, Kind, Message

_PRIORITY = {"P1": "1", "P2": "1", "P3": "0", "P4": "-1"}
"""1 sounds in Pushover's own quiet hours; who is to be left alone is decided before, by our rules."""


@dataclass(frozen=True)
class PushoverChannel:
    """Sends to a user's or a group's key."""

    name: str
    door: Outgoing
    url: str
    token: str = field(repr=False)
    team: str = ""

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One notification."""
        to = address.to or self.team
        if not to:
            return posting.unaddressed(self.name, "user key")
        fields = {"token": self.token, "user": to, **payload(message)}
        return posting.attempt(lambda: judge(self._post("messages", fields), now))

    def _post(self, path: str, fields: dict[str, str]) -> Answer:
        return self.door.request("POST", f"{self.url.rstrip('/')}/1/{path}.json", posting.FORM, posting.form(fields))

    def check(self) -> str:
        """Pushover validates token and key; without a key of the team it can only be connected to."""
        if not self.team:
            self.door.reach(self.url)
            return "Pushover can be reached."
        answer = self._post("users/validate", {"token": self.token, "user": self.team})
        posting.accepted(judge(answer, None))
        return "Pushover accepts the token and the key."


def _told(answer: Answer) -> str:
    return "; ".join(str(each) for each in posting.fields_of(answer).get("errors") or [])


def judge(answer: Answer, now: datetime | None) -> Delivery:
    """400 names the field that is wrong: `token`, `user` or another."""
    found = posting.fields_of(answer)
    for wrong, mend in (("token", "Set the application's token anew."), ("user", "Correct the user or group key.")):
        if answer.status == 400 and found.get(wrong) == "invalid":
            return Failed(f"Pushover answers: {texts.line(_told(answer), 200)}", mend, is_permanent=True)
    return posting.judged("Pushover", answer, now, str(found.get("request", "")), _told(answer))


def payload(message: Message) -> dict[str, str]:
    """At most 250 characters of title, 1,024 of text and 512 of address."""
    link = next((each for each in texts.links(message) if len(each.url) <= 512), None)
    urgent = message.kind is Kind.PAGE and message.event is Event.TRIGGER
    return {
        "title": texts.headline(message, 250),
        "message": texts.body(message, 1024) or texts.line(message.title, 1024) or "-",
        "priority": _PRIORITY[message.severity] if urgent else "0",
        "url": link.url if link else "",
        "url_title": texts.clip(link.title, 100) if link else "",
    }
