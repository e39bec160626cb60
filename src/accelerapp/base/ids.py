"""Names and ids. Each is a type of its own, so that one cannot stand where another is meant."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import NewType

ServiceName = NewType("ServiceName", str)
ReplicaName = NewType("ReplicaName", str)
AccountName = NewType("AccountName", str)
SessionId = NewType("SessionId", str)
TokenId = NewType("TokenId", str)
AlertId = NewType("AlertId", str)
PageId = NewType("PageId", str)
SilenceId = NewType("SilenceId", str)
IntegrationId = NewType("IntegrationId", str)
IncidentId = NewType("IncidentId", str)
EntryId = NewType("EntryId", str)
TaskId = NewType("TaskId", str)
ActionId = NewType("ActionId", str)
PersonName = NewType("PersonName", str)
TeamName = NewType("TeamName", str)
ScheduleName = NewType("ScheduleName", str)
PolicyName = NewType("PolicyName", str)
OverrideId = NewType("OverrideId", str)
SwapId = NewType("SwapId", str)
FeedId = NewType("FeedId", str)
PagingId = NewType("PagingId", str)
OutgoingId = NewType("OutgoingId", str)
ComponentId = NewType("ComponentId", str)
MaintenanceId = NewType("MaintenanceId", str)
OutageId = NewType("OutageId", str)
SubscriberId = NewType("SubscriberId", str)
UpdateId = NewType("UpdateId", str)

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that is misread aloud; in the order of their bytes
_EPOCH = 1_700_000_000


def new_id(prefix: str, length: int = 12) -> str:
    """A short random id such as `tok_7f3kq9a2mzx4`: 12 characters carry 58 bits. One question to the system for all."""
    return f"{prefix}_{_chance(length)}"


def _chance(length: int) -> str:
    return "".join([_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(length)])


def new_dated_id(prefix: str, at: datetime) -> str:
    """A short random id that sorts by its second: what is made together lies together in a database's index.

    Six characters of time and ten of chance, 49 bits a second.
    """
    left, digits = max(0, int(at.timestamp()) - _EPOCH), []
    for _ in range(6):
        left, digit = divmod(left, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return f"{prefix}_{''.join(reversed(digits))}{_chance(10)}"


def new_secret() -> str:
    """An unguessable text for links and tokens: 256 bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def new_key() -> str:
    """A key of 32 hexadecimal digits, as long as PagerDuty's agents expect theirs: 128 bits."""
    return secrets.token_hex(16)


def new_code(digits: int = 6) -> str:
    """A number to type, such as `048213`."""
    return "".join(secrets.choice("0123456789") for _ in range(digits))
