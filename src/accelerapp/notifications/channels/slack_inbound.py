"""What comes back from Slack: pressed buttons, by HTTP as a form or by Socket Mode as an envelope. Pure.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from accelerapp.base import errors
from accelerapp.notifications import texts
from accelerapp.notifications.channels import reading
from accelerapp.notifications.channels.slack import ACTS, escaped

_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Press:
    """Somebody pressed `acknowledge` or `resolve` under a message."""

    act: str
    subject: str
    """What the message speaks of, as its sender called it."""
    user_id: str
    user_name: str
    response_url: str
    """Where an answer can be sent, at most five within 30 minutes."""
    message: str
    """`CHANNEL:TS` of the message, as its delivery was called."""


def of_form(body: bytes) -> tuple[Press, ...]:
    """The presses in the form that Slack sends. Raises InvalidInputError; its signature was checked before."""
    if len(body) > _LARGEST:
        raise _wrong("is too large.")
    try:
        (payload,) = parse_qs(body.decode(), strict_parsing=True, max_num_fields=20)["payload"]
    except (ValueError, KeyError) as error:
        raise _wrong("is missing.") from error
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise _wrong("is no JSON.") from error
    return of_payload(found)


def of_payload(payload: Any) -> tuple[Press, ...]:
    """The presses in a payload; none in one of another type, or of links. Raises InvalidInputError."""
    if not isinstance(payload, Mapping):
        raise _wrong("is no object.")
    if payload.get("type") != "block_actions":
        return ()
    actions = payload.get("actions")
    if not isinstance(actions, list):
        raise _wrong("has no actions.")
    return tuple(
        _press(payload, action)
        for action in actions[:20]
        if isinstance(action, Mapping) and action.get("action_id") in ACTS
    )


def _press(payload: Mapping[str, Any], action: Mapping[str, Any]) -> Press:
    subject, user = reading.text(action, "value"), reading.table(payload, "user")
    if not subject or not reading.text(user, "id"):
        raise _wrong("has an action without value or user.")
    container = reading.table(payload, "container")
    place = (reading.text(container, "channel_id"), reading.text(container, "message_ts"))
    return Press(
        act=reading.text(action, "action_id"),
        subject=subject,
        user_id=reading.text(user, "id"),
        user_name=texts.line(reading.text(user, "username") or reading.text(user, "name"), 100),
        response_url=reading.text(payload, "response_url"),
        message=":".join(part for part in place if part),
    )


def _wrong(reason: str) -> errors.InvalidInputError:
    return errors.InvalidInputError("The interaction", [errors.FieldProblem("payload", reason)])


def answer(text: str, *, replaces: bool = False) -> bytes:
    """The body for `response_url`: a line under the message, or in its place, for everybody in the channel."""
    whole = {"response_type": "in_channel", "replace_original": replaces, "text": escaped(texts.body_of(text, 2000))}
    return json.dumps(whole).encode()
