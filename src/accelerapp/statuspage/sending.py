"""A letter to a subscriber: as an e-mail, or as JSON to an address. Whatever the other side does is an outcome.

Mail addresses are those of strangers. Addresses of the web are named by operators alone: a stranger could name one of
this network.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from accelerapp.base import errors, markdown
from accelerapp.base.ids import SubscriberId
from accelerapp.clients import mail, outgoing
from accelerapp.statuspage.subscribers import Letter, Links, Outcome, Subscriber

_DELIVERED = Outcome()


@dataclass(frozen=True)
class Mailer:
    """E-mail by a server of the settings."""

    server: mail.Server
    sender: str

    def send(self, letter: Letter, subscriber: Subscriber, links: Links, now: datetime) -> Outcome:
        """One mail."""
        try:
            mail.send(
                self.server, compose(letter, subscriber, links, self.sender, now), self.sender, [subscriber.address]
            )
        except mail.BadLoginError as error:
            return Outcome(error.message)  # ours to mend: the address is not to blame
        except mail.RefusedError as error:
            return Outcome(error.message, is_gone=error.is_gone)
        except errors.AccelerappError as error:
            return Outcome(error.message)
        return _DELIVERED


def compose(letter: Letter, subscriber: Subscriber, links: Links, sender: str, now: datetime) -> EmailMessage:
    """The mail, with a link and a button of the mail program to unsubscribe (RFC 8058)."""
    made = EmailMessage(policy=mail.POLICY)
    domain = sender.rpartition("@")[2]
    made["From"], made["To"] = sender, subscriber.address
    made["Subject"] = " ".join(letter.title.split())
    made["Date"] = now
    made["Message-ID"] = f"<{_hash(letter.id)}@{domain}>"
    if letter.about:
        made["References"] = f"<{_hash(f'{letter.about}{subscriber.id}')}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    if links.unsubscribe:
        made["List-Unsubscribe"] = f"<{links.unsubscribe}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(_text(letter, links), cte="quoted-printable")
    return made


def _text(letter: Letter, links: Links) -> str:
    told = [letter.text]
    if links.confirm:
        told.append(f"If it was you, confirm it here within two days:\n{links.confirm}")
        told.append("If it was not, do nothing: you will not hear from us again.")
    if links.event:
        told.append(links.event)
    if links.unsubscribe:
        told.append(f"-- \nTo hear no more: {links.unsubscribe}")
    return "\n\n".join(told)


def _hash(said: str) -> str:
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:40]


@dataclass(frozen=True)
class Poster:
    """JSON by POST; `X-Accelerapp-Signature: v1=HEX` is HMAC-SHA256 of `TIMESTAMP.BODY` with its secret."""

    door: outgoing.Outgoing
    secret: Callable[[SubscriberId], str]

    def send(self, letter: Letter, subscriber: Subscriber, links: Links, now: datetime) -> Outcome:
        """One request."""
        body = json.dumps(event(letter, links), ensure_ascii=False).encode()
        stamp = str(int(now.timestamp()))
        signature = hmac.new(
            self.secret(subscriber.id).encode(), f"{stamp}.".encode() + body, hashlib.sha256
        ).hexdigest()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": _hash(letter.id),
            "X-Accelerapp-Timestamp": stamp,
            "X-Accelerapp-Signature": f"v1={signature}",
        }
        try:
            answer = self.door.request("POST", subscriber.address, headers, body)
        except errors.WrongUseError as error:  # an address that is refused, or a certificate that is not trusted
            return Outcome(error.message)
        except errors.CannotTellError:
            return Outcome("The address does not answer.")
        if answer.status == 410:
            return Outcome("The address answers that it is gone.", is_gone=True)
        return _DELIVERED if 200 <= answer.status < 300 else Outcome(f"The address answers {answer.status}.")


def event(letter: Letter, links: Links) -> dict[str, object]:
    """What a webhook gets."""
    return {
        "id": _hash(letter.id),
        "kind": "update" if letter.about else "confirmation",
        "about": letter.about or None,
        "title": letter.title,
        "text": letter.text,
        "html": markdown.html(letter.text),
        "page": links.page,
        "url": links.event or None,
        "confirm_url": links.confirm or None,
        "unsubscribe_url": links.unsubscribe or None,
    }
