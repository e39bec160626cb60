"""Text messages and calls by Twilio, and what answers to them. https://www.twilio.com/docs/messaging/api/message-resource

Twilio has no idempotency key: a message that may have arrived is sent again with the same text.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from urllib.parse import urlencode

from accelerapp.base import errors
from accelerapp.clients.http import Answer
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications import signatures, texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivery, Failed, Message

REPLIES = "/hooks/twilio/sms"
"""The end of the address to which answers by SMS have to be passed on."""
_NUMBER = frozenset({21211, 21214, 21217, 21401, 21610, 21612, 21614, 13223, 13224, 13226})
"""Codes that say: this number takes nothing (not valid, unsubscribed, no mobile phone, not reachable)."""
_SENDER = frozenset({21212, 21603, 21606, 21659, 21660, 21210, 13227, 21216, 21408, 21215})
"""Codes that say: the sender may not do this (not owned, no right for the country)."""


@dataclass(frozen=True)
class TwilioChannel:
    """Writes or calls from `sender`."""

    name: str
    door: Outgoing
    url: str
    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    calls: bool = False
    language: str = "en-US"
    team: str = ""
    replies: bool = False
    """Answers are to come back to us."""
    public: str = ""
    """Our own address, that Twilio reaches, without a slash at its end."""

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One text message, or one call."""
        to = address.to or self.team
        if not to:
            return posting.unaddressed(self.name, "phone number")
        kind = "MessagingServiceSid" if self.sender.startswith("MG") else "From"
        fields = {"To": to, kind: self.sender}
        fields |= {"Twiml": twiml(message, self.language)} if self.calls else {"Body": texts.sms(message)}
        return posting.attempt(lambda: judge(self._post(posting.form(fields)), now))

    def _post(self, body: bytes) -> Answer:
        path = "Calls.json" if self.calls else "Messages.json"
        return self.door.request("POST", f"{self._account}/{path}", posting.FORM | self._login, body)

    @property
    def _account(self) -> str:
        return f"{self.url.rstrip('/')}/2010-04-01/Accounts/{self.account_sid}"

    @property
    def _login(self) -> dict[str, str]:
        pair = f"{self.account_sid}:{self.auth_token}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}

    def check(self) -> str:
        """Twilio shows the account."""
        answer = self.door.request("GET", f"{self._account}.json", self._login)
        found = posting.fields_of(answer)
        posting.accepted(judge(answer, None))
        told = f"Twilio accepts the token; the account is {texts.line(str(found.get('status', 'there')), 50)}."
        return f"{told} {self._passed_on()}" if self.replies and not self.calls else told

    def _passed_on(self) -> str:
        """Where Twilio passes text messages on to that come in for the sender's number.

        It has to be our very address: Twilio signs what it sends over the address that it was given.
        """
        wanted = f"{self.public}{REPLIES}"
        if self.sender.startswith("MG"):
            return f"Look in the messaging service whether answers are passed on to {wanted}."
        query = urlencode({"PhoneNumber": self.sender})
        answer = self.door.request("GET", f"{self._account}/IncomingPhoneNumbers.json?{query}", self._login)
        posting.accepted(judge(answer, None))
        numbers = posting.fields_of(answer).get("incoming_phone_numbers")
        number = numbers[0] if isinstance(numbers, list) and numbers and isinstance(numbers[0], dict) else {}
        url = texts.line(str(number.get("sms_url") or ""), 300)
        if url not in signatures.spellings(wanted) or number.get("sms_method", "POST") != "POST":
            mend = f"Set the number's webhook for incoming messages to {wanted} (POST), or replies = false."
            if url.endswith(REPLIES) and url not in signatures.spellings(wanted):
                mend = f"{mend} Or is server.url wrong? Twilio signs what it sends for the address that it calls."
            raise errors.WrongUseError(f"Twilio passes answers by SMS on to {url or 'nobody'}.", mend=mend)
        return f"Answers by SMS are passed on to {url}."


def judge(answer: Answer, now: datetime | None) -> Delivery:
    """Twilio's errors have numbers of their own."""
    found = posting.fields_of(answer)
    told = f"{found.get('code', '')} {texts.line(str(found.get('message', '')), 200)}".strip()
    if answer.status == 400 and found.get("code") in _NUMBER:
        return Failed(f"Twilio cannot reach the number: {told}", "Correct the phone number.", is_permanent=True)
    if answer.status == 400 and found.get("code") in _SENDER:
        return Failed(f"Twilio does not let this sender do it: {told}", "Set sender to a number of the account.", True)
    return posting.judged("Twilio", answer, now, str(found.get("sid", "")), told)


def twiml(message: Message, language: str) -> str:
    """What the call says, twice; with `voice_link` a pressed 1 acknowledges. At most 4,000 characters."""
    script = escape(texts.voice(message))
    say = f'<Say language="{escape(language)}">{script}</Say>'
    if not texts.is_web(message.voice_link):
        return f'<?xml version="1.0" encoding="UTF-8"?><Response>{say}<Pause length="1"/>{say}</Response>'
    press = f'<Say language="{escape(language)}">Press 1 to acknowledge.</Say>'
    gather = _gather(f"{say}{press}", message.voice_link)
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{gather}{gather}</Response>'


def _gather(inner: str, link: str) -> str:
    return f'<Gather numDigits="1" timeout="8" method="POST" action="{escape(link)}">{inner}</Gather>'


def asked(text: str, link: str, language: str = "en-US") -> str:
    """The answer to a key that means nothing: what is asked again, once."""
    say = f'<Say language="{escape(language)}">{escape(texts.line(text, 400))}</Say>'
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{_gather(say, link)}</Response>'


def spoken(text: str, language: str = "en-US") -> str:
    """The answer to a pressed key: what is said before the call ends."""
    said = escape(texts.clip(texts.line(text, 400), 400))
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Say language="{escape(language)}">{said}</Say></Response>'


def written(text: str) -> str:
    """The answer to a text message: what is written back; empty text writes nothing."""
    message = f"<Message>{escape(texts.line(text, texts.SMS_LENGTH))}</Message>" if text else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
