"""What the channels over HTTP have in common: a request becomes a delivery, whatever happens to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from accelerapp.base import errors
from accelerapp.clients import outgoing
from accelerapp.clients.http import Answer
from accelerapp.notifications import service
from accelerapp.notifications.model import Delivered, Delivery, Failed, Retry

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def attempt(act: Callable[[], Delivery]) -> Delivery:
    """What `act` makes of the answer; when there is none, what that means."""
    try:
        return act()
    except outgoing.UnsureError as error:
        return Retry(_told(error), error.mend, may_have_arrived=True)
    except errors.CannotTellError as error:
        return Retry(_told(error), error.mend)
    except errors.AccelerappError as error:  # a refused address, a certificate that is not trusted
        return Failed(error.message, error.mend, is_permanent=True)


def _told(error: errors.AccelerappError) -> str:
    cause = next(errors.causes(error), "")
    return f"{error.message} ({cause})" if cause.partition(": ")[2] else error.message


def encoded(value: object) -> bytes:
    """JSON."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def form(fields: Mapping[str, str]) -> bytes:
    """A form, without its empty fields."""
    return urlencode({name: value for name, value in fields.items() if value}, errors="replace").encode()


def fields_of(answer: Answer) -> dict[str, Any]:
    """The object in the answer's JSON; empty when it holds none."""
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def judged(
    name: str, answer: Answer, now: datetime | None, id: str = "", told: str = "", hides: bool = False
) -> Delivery:
    """By its status alone; `told` are the other side's words if they stand elsewhere than in the whole body.

    `now` is for the dates of Retry-After; None: nobody waits for it. With `hides` nothing of the body is told.
    """
    if 200 <= answer.status < 300:
        return Delivered(id)
    words = told or answer.body[:300].decode("utf-8", "replace")
    words = (
        "" if hides or "<html" in words.lower() else words
    )  # the page of a proxy says nothing that the status does not
    return service.of_status(name, answer.status, words, asked_wait(answer, now))


def asked_wait(answer: Answer, now: datetime | None) -> timedelta | None:
    """The wait that the other side asks for."""
    return service.retry_after(answer.headers.get("retry-after", ""), now) if now else None


def accepted(delivery: Delivery) -> None:
    """Raises WrongUseError or CannotTellError unless a question of `check` was answered well."""
    if isinstance(delivery, Failed):
        raise errors.WrongUseError(delivery.reason, mend=delivery.mend)
    if isinstance(delivery, Retry):
        raise errors.CannotTellError(delivery.reason)


def unaddressed(name: str, what: str) -> Failed:
    """There is nobody to send it to."""
    return Failed(f"{name} was given no {what}.", f'Set to = "…" in its settings, or name a {what}.', True)
