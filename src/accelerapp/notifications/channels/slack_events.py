"""Events of Slack: somebody put a reaction under a message. Over HTTP and by Socket Mode they are the same. Pure.

https://docs.slack.dev/apis/events-api, https://docs.slack.dev/reference/events/reaction_added
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accelerapp.base import errors
from accelerapp.notifications.channels import reading

_LARGEST = 1024 * 1024
_TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")
_ID = re.compile(r"[A-Z0-9]{2,40}")


@dataclass(frozen=True)
class Reaction:
    """Somebody put a reaction under a message."""

    name: str
    """Without colons: `pushpin`."""
    channel: str
    ts: str
    """Of the message."""
    user: str


@dataclass(frozen=True)
class Challenge:
    """Slack asks whether this address is ours: it wants this answered."""

    words: str


def of_body(body: bytes) -> Reaction | Challenge | None:
    """None: something else happened. Raises InvalidInputError; its signature was checked before."""
    if len(body) > _LARGEST:
        raise _wrong("is too large.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _wrong("is no JSON.") from error
    if not isinstance(found, Mapping):
        raise _wrong("is no object.")
    if found.get("type") == "url_verification":
        return Challenge(str(found.get("challenge", ""))[:1000])
    return of_payload(found)


def of_payload(payload: Any) -> Reaction | None:
    """What is not a reaction under a message, as it should be, is nothing."""
    event = reading.table(payload, "event")
    item = reading.table(event, "item")
    if event.get("type") != "reaction_added" or item.get("type") != "message":
        return None
    name, channel, ts, user = event.get("reaction"), item.get("channel"), item.get("ts"), event.get("user")
    if not isinstance(name, str) or not _is(_ID, channel) or not _is(_TS, ts) or not _is(_ID, user):
        return None
    return Reaction(name.partition("::")[0][:100], str(channel), str(ts), str(user))


def _is(shape: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and shape.fullmatch(value) is not None


def _wrong(reason: str) -> errors.InvalidInputError:
    return errors.InvalidInputError("The event", [errors.FieldProblem("body", reason)])
