"""Slash commands of Slack: what somebody typed after `/incident`, and the answer that Slack shows.

Over HTTP it comes as a form, by Socket Mode as an object with the same fields. Pure.

https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from accelerapp.base import errors
from accelerapp.notifications import texts
from accelerapp.notifications.channels import reading
from accelerapp.notifications.channels.slack import escaped

_LARGEST = 64 * 1024
_MENTION = re.compile(r"<@[A-Z0-9]{1,30}\|([^>|]{1,100})>")
_LINK = re.compile(r"<(https?://[^>|]{1,2000})(?:\|[^>]*)?>")
_MOST = 3000
"""Characters of an answer."""


@dataclass(frozen=True)
class Command:
    """What somebody typed."""

    name: str
    """With its slash: `/incident`."""
    words: str
    user_id: str
    user_name: str
    trigger: str
    """Of its own for each time that a command is typed."""
    channel: str = ""


def of_form(body: bytes) -> Command:
    """The command in the form that Slack sends. Raises InvalidInputError; its signature was checked before."""
    if len(body) > _LARGEST:
        raise _wrong("command", "is too large.")
    try:
        fields = {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=40).items()}
    except ValueError as error:
        raise _wrong("command", "is no form.") from error
    return of_payload(fields)


def of_payload(payload: Any) -> Command:
    """The command in these fields. Raises InvalidInputError."""
    fields = payload if isinstance(payload, Mapping) else {}
    name, user = reading.text(fields, "command", 100), reading.text(fields, "user_id", 100)
    if not name or not user:
        raise _wrong("command", "is missing, or who typed it.")
    return Command(
        name=name,
        words=plain(reading.text(fields, "text", _LARGEST)),
        user_id=user,
        user_name=texts.line(reading.text(fields, "user_name"), 100),
        trigger=reading.text(fields, "trigger_id", 200),
        channel=reading.text(fields, "channel_id", 100),
    )


def plain(words: str) -> str:
    """As it was typed: people and links by what they are called, and three characters that Slack writes otherwise."""
    named = _LINK.sub(r"\1", _MENTION.sub(r"\1", words))
    return named.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def answer(text: str, *, is_for_all: bool) -> dict[str, str]:
    """What Slack shows in the channel: to everybody, or to whoever typed it."""
    kind = "in_channel" if is_for_all else "ephemeral"
    return {"response_type": kind, "text": escaped(texts.body_of(text, _MOST))}


def _wrong(field: str, reason: str) -> errors.InvalidInputError:
    return errors.InvalidInputError("The command", [errors.FieldProblem(field, reason)])
