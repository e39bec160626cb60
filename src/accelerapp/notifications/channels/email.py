"""Mail: plain text and HTML, with a Message-ID made from the idempotency key, so that a mail server shows it once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from html import escape

from accelerapp.base import errors
from accelerapp.clients import mail
from accelerapp.notifications import texts
from accelerapp.notifications.channels import posting
from accelerapp.notifications.model import Address, Delivered, Delivery, Event, Failed, Kind, Message, Retry

_BODY = 20_000


@dataclass(frozen=True)
class EmailChannel:
    """Mails from `sender`, by default to `team`: addresses separated by commas."""

    name: str
    server: mail.Server
    sender: str
    team: str = ""

    def send(self, message: Message, address: Address, now: datetime) -> Delivery:
        """One mail to the address, or one to all of the team."""
        receivers = [each.strip() for each in (address.to or self.team).split(",") if each.strip()]
        if not receivers:
            return posting.unaddressed(self.name, "mail address")
        if wrong := next((each for each in receivers if not is_address(each)), ""):
            return Failed(f"'{texts.line(wrong, 100)}' is no mail address.", "Correct it.", True)
        return posting.attempt(lambda: self._handed_over(message, receivers, now))

    def _handed_over(self, message: Message, receivers: list[str], now: datetime) -> Delivery:
        made = compose(message, self.sender, receivers, now)
        try:
            refused = mail.send(self.server, made, self.sender, receivers)
        except mail.BadLoginError as error:
            return Failed(error.message, error.mend, is_permanent=True)
        except mail.RefusedError as error:
            if error.is_passing:
                return Retry(error.message, error.mend)
            return Failed(error.message, "Check the address and what the server says.", is_permanent=error.is_gone)
        if refused:
            told = "; ".join(f"{each}: {words}" for each, words in refused.items())
            return Failed(f"The mail server takes it for the others, not for {told}", "Correct these addresses.")
        return Delivered(str(made["Message-ID"]))

    def check(self) -> str:
        """Connects and logs in."""
        try:
            mail.check(self.server)
        except mail.RefusedError as error:
            raise errors.WrongUseError(error.message, mend=error.mend) from error.__cause__
        login = f" and accepts {self.server.user}" if self.server.user else ""
        return f"{self.server.host}:{self.server.port} answers{login}."


def is_address(raw: str) -> bool:
    """Is it one plain mail address, with nothing in it that a header or an SMTP command could trip over?"""
    local, at, domain = raw.rpartition("@")
    return bool(at and local and domain) and raw.isascii() and raw.isprintable() and not set(raw) & set(' <>,;:"()[]\\')


def compose(message: Message, sender: str, receivers: list[str], now: datetime) -> EmailMessage:
    """The mail. Nothing of the message can make a header or a tag of its own."""
    made = EmailMessage(policy=mail.POLICY)
    domain = sender.rpartition("@")[2]
    made["From"] = MailAddress("Accelerapp", addr_spec=sender)
    made["To"] = [MailAddress(addr_spec=each) for each in receivers]
    made["Subject"] = texts.headline(message)
    made["Date"] = now
    made["Message-ID"] = f"<{_hash(message.idempotency_key)}@{domain}>"
    if message.subject:
        made["References"] = f"<{_hash(message.subject)}@{domain}>"  # mail programs show one thread per subject
    made["Auto-Submitted"] = "auto-generated"
    if message.kind is Kind.PAGE and message.event is Event.TRIGGER and message.severity in ("P1", "P2"):
        made["Importance"] = "high"
    made.set_content(texts.plain(message, _BODY), cte="quoted-printable")
    made.add_alternative(html(message), subtype="html", cte="quoted-printable")
    return made


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:40]


def html(message: Message) -> str:
    """The same as HTML, without anything that is loaded from elsewhere."""
    links = "".join(f'<p><a href="{escape(each.url)}">{escape(each.title)}</a></p>' for each in texts.links(message))
    text = f'<pre style="white-space:pre-wrap">{escape(texts.body(message, _BODY))}</pre>' if message.body else ""
    return f"<html><body><h2>{escape(texts.headline(message))}</h2>{text}{links}</body></html>"
