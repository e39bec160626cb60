"""Who sends: the key that came with a request, and the integration that it belongs to."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping

from accelerapp.alerts.model import Integration

_KEPT_SECONDS = 5.0
_MOST_KEPT = 1000


def key_of(headers: Mapping[str, str], query: Mapping[str, str], path: str = "") -> str:
    """The key in the path, in `Authorization` (Bearer, Token, or the password of Basic), or in `?key=` or `?token=`."""
    if path:
        return path
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "token"):
        return value.strip()
    if scheme.lower() == "basic":
        return _password(value)
    return query.get("key", "") or query.get("token", "")


def _password(value: str) -> str:
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


class Senders:
    """Looks senders up by their key, and remembers those that it found for a few seconds."""

    def __init__(self, find: Callable[[str], Integration | None]) -> None:
        self._find = find
        self._kept: dict[str, tuple[float, Integration]] = {}

    def remembered(self, key: str) -> Integration | None:
        """One that was found a moment ago: the database is not asked."""
        at, found = self._kept.get(key, (0.0, None))
        return found if time.monotonic() - at < _KEPT_SECONDS else None

    def find(self, key: str) -> Integration | None:
        """The sender with this key. A key that was removed is worth nothing after a few seconds at the latest."""
        if not key or len(key) > 200 or not key.isascii():
            return None
        known = self.remembered(key)
        if known is not None:
            return known
        found = self._find(key)
        if found is not None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = (time.monotonic(), found)
        return found
