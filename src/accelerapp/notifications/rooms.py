"""Channels that a bot makes in a chat: what is asked of it, and what it answers.

Whatever the chat does is an answer, never an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from accelerapp.notifications.model import Failed, Retry

_BY_SLACK = " (Slack)"


def written_by(name: str) -> str:
    """How somebody is called who works from Slack: `ann (Slack)`."""
    return f"{name}{_BY_SLACK}"


def without_chat(name: str) -> str:
    """`ann` for `ann (Slack)` and for `ann`."""
    return name.removesuffix(_BY_SLACK)


class Why(StrEnum):
    """Why the chat refused, as far as it matters to whoever asked."""

    TAKEN = "a channel of this name exists"
    THERE = "this person is in the channel already"
    NOT_IN = "this person cannot be let in, whoever asks"
    OTHER = "another reason"


@dataclass(frozen=True)
class Done:
    """The chat did it, and said so much about it."""

    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Refused:
    """It did not."""

    why: Why
    delivery: Retry | Failed


Answered: TypeAlias = Done | Refused


@dataclass(frozen=True)
class Said:
    """A message as plain text; people are mentioned as `<@ID>`. `is_ours`: we posted it ourselves."""

    text: str
    user: str
    is_ours: bool = False


class Rooms(Protocol):
    """A bot in a chat; safe to use from several threads."""

    def create(self, name: str, now: datetime) -> Answered:
        """`fields` has the channel's `id` and `name`."""
        ...

    def invite(self, channel: str, user: str, now: datetime) -> Answered:
        """Ask one person in."""
        ...

    def set_topic(self, channel: str, topic: str, now: datetime) -> Answered:
        """At most 250 characters, without formatting."""
        ...

    def message(self, channel: str, ts: str, now: datetime) -> Said | Refused | None:
        """The message of that time, in the channel or in a thread of it; None: it is gone."""
        ...
