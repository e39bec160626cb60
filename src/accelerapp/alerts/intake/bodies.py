"""From bytes to labels and times, whatever was sent. Pure.

What is wrong with a body is refused with the field's name. What is merely too long is cut, and says so: half of an
alert at three in the night is better than none.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from accelerapp.alerts import model
from accelerapp.alerts.intake.interface import RefusedError
from accelerapp.base import errors

MOST_LABELS = 64
LONGEST_NAME = 128
LONGEST_LABEL = 1000
LONGEST_TEXT = 4000
MOST_ALERTS = 20_000
SKEW = timedelta(minutes=5)
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")  # what PostgreSQL or UTF-8 cannot hold
_CUT = " … (cut)"


def problem(where: str, reason: str) -> RefusedError:
    """One thing is wrong."""
    return RefusedError(errors.FieldProblem(where, reason))


def parse(body: bytes) -> Any:
    """JSON of any kind. Raises RefusedError."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise problem("body", f"is not JSON: {str(error)[:200]}.") from error


def as_object(value: Any, where: str) -> dict[str, Any]:
    """Raises RefusedError for anything but an object."""
    if not isinstance(value, dict):
        raise problem(where, "must be an object.")
    return value


def as_list(value: Any, where: str) -> list[Any]:
    """Raises RefusedError for anything but a list, and for one that is too long."""
    if not isinstance(value, list):
        raise problem(where, "must be a list.")
    if len(value) > MOST_ALERTS:
        raise problem(where, f"has {len(value):,} items; at most {MOST_ALERTS:,} are taken at once.")
    return value


def as_text(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Any plain value as text without what no database holds; nothing is an empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        found = value if value.isascii() and "\0" not in value else _NOT_TEXT.sub("\ufffd", value)
    else:
        found = _NOT_TEXT.sub("\ufffd", as_json(value))
    return found if len(found) <= longest else found[: longest - len(_CUT)] + _CUT


def as_json(value: Any) -> str:
    """What is no text, written as JSON."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "(nested too deep to be shown)"


def texts(value: Any, where: str, longest: int) -> dict[str, str]:
    """Labels or annotations; empty values are left out, as Prometheus does. Raises RefusedError."""
    if value is None:
        return {}
    found = as_object(value, where)
    if len(found) > MOST_LABELS:
        raise problem(where, f"has {len(found)} entries; at most {MOST_LABELS} are taken.")
    return {as_text(name, LONGEST_NAME): text for name, given in found.items() if (text := as_text(given, longest))}


def identity(labels: Any) -> str:
    """The key of labels that were cut: two that differ only after the cut are two things. Else empty."""
    if isinstance(labels, Mapping) and any(len(v) > LONGEST_LABEL for v in labels.values() if isinstance(v, str)):
        whole = json.dumps(labels, sort_keys=True).encode()
        return f"cut {hashlib.blake2b(whole, digest_size=16).hexdigest()}"
    return ""


def as_time(value: Any, where: str) -> datetime | None:
    """A time in RFC 3339 or seconds since 1970; none for nothing and for the year 1. Raises RefusedError."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value, UTC)
        else:
            found = datetime.fromisoformat(value)
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError) as error:
        if isinstance(value, str) and value.startswith("0001-01-01"):
            return None
        raise problem(where, "is not a time such as 2026-03-02T12:00:00Z.") from error
    return found if 1970 <= found.year <= 9000 else None


def as_number(value: Any) -> float | None:
    """A finite number, or none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def with_service(labels: dict[str, str], sender: model.Integration) -> dict[str, str]:
    """The sender's own service where the labels name none."""
    if sender.service and model.SERVICE not in labels:
        return {**labels, model.SERVICE: sender.service}
    return labels


def source_of(sender: model.Integration) -> str:
    """Who it is, for people."""
    return f"{sender.kind} {sender.name}" if sender.name != sender.kind else str(sender.kind)


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Is `signature` the hexadecimal HMAC-SHA256 of the body?"""
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made.encode(), signature.strip().lower().encode("utf-8", "replace"))


def needs_name(labels: Mapping[str, str], where: str) -> None:
    """Raises RefusedError for labels that say nothing."""
    if not labels:
        raise problem(where, "needs at least one label.")
