"""One-time links in messages: `ID.EXPIRY.SIGNATURE`, signed by HMAC-SHA256 with a key of this installation. Pure.

The same message always carries the same link, however often it is sent. That it is used once is for the outbox to know.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from accelerapp.base import errors
from accelerapp.base.ids import OutgoingId

_PREFIX = "out_"
_SIGNATURE = 16
_LONGEST = 100


class WrongLinkError(errors.NotFoundError):
    """The link was not made here, or was cut short on its way."""


class ExpiredLinkError(errors.WrongUseError):
    """The link has had its time."""


def make(key: str, id: OutgoingId, expires_at: datetime) -> str:
    """The token for the link of a message; safe in a URL, about 50 characters."""
    said = f"{id.removeprefix(_PREFIX)}.{int(expires_at.timestamp()):x}"
    return f"{said}.{_signature(key, said)}"


def read(key: str, token: str, now: datetime) -> OutgoingId:
    """Whose link it is. Raises WrongLinkError or ExpiredLinkError."""
    said, _, signature = token.rpartition(".")
    id, _, expires = said.partition(".")
    if len(token) > _LONGEST or not token.isascii() or not hmac.compare_digest(signature, _signature(key, said)):
        raise WrongLinkError(
            "This link is not known here.",
            mend="Open it as it stands in the message, or sign in and acknowledge there.",
        )
    until = datetime.fromtimestamp(int(expires, 16), UTC)
    if now >= until:
        raise ExpiredLinkError(
            f"This link ended on {until:%Y-%m-%d at %H:%M} UTC.", mend="Sign in and acknowledge the page there."
        )
    return OutgoingId(_PREFIX + id)


def _signature(key: str, said: str) -> str:
    digest = hmac.new(key.encode(), said.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_SIGNATURE]).decode().rstrip("=")
