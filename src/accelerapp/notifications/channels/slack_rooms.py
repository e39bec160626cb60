"""Channels in Slack, made by the bot: conversations.create, .invite, .setTopic; and one message read from them.

https://docs.slack.dev/reference/methods: conversations.create, conversations.invite, conversations.setTopic,
conversations.history, conversations.replies. Slack answers 200 with `ok: false` and an error's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accelerapp.base import errors, text
from accelerapp.clients.outgoing import Outgoing
from accelerapp.notifications.channels import posting, reading, slack, slack_commands
from accelerapp.notifications.model import Delivered, Delivery, Failed, Retry
from accelerapp.notifications.rooms import Answered, Done, Refused, Said, Why

_WHY = {
    "name_taken": Why.TAKEN,
    **dict.fromkeys(("already_in_channel", "cant_invite_self"), Why.THERE),
    **dict.fromkeys(
        ("user_not_found", "cant_invite", "user_is_restricted", "ura_max_channels", "user_team_not_in_channel"),
        Why.NOT_IN,
    ),
}
_GONE = ("thread_not_found", "message_not_found")
SCOPES = ("channels:manage", "chat:write", "channels:history", "reactions:read")
_MENDS = {
    "missing_scope": f"Give the bot the scopes {', '.join(SCOPES)} and install it again.",
    "restricted_action": "The workspace forbids the bot to make channels: allow it, or set incidents.slack empty.",
    "is_archived": "Somebody has archived the channel: take it out of the archive in Slack.",
    "channel_not_found": "Somebody has deleted the channel, or made it private.",
    "not_in_channel": "Invite the bot to the channel: /invite @NAME.",
}


@dataclass(frozen=True)
class SlackRooms:
    """Speaks with the bot's token."""

    door: Outgoing
    url: str
    token: str = field(repr=False)

    def create(self, name: str, now: datetime) -> Answered:
        """`fields` has the channel's `id` and `name`."""
        found = self._call("conversations.create", {"name": name, "is_private": "false"}, now)
        if isinstance(found, Refused):
            return found
        channel = reading.table(found.fields, "channel")
        if not reading.text(channel, "id"):
            return Refused(Why.OTHER, Retry("What answers is not Slack's API.", "Check url."))
        return Done(channel)

    def invite(self, channel: str, user: str, now: datetime) -> Answered:
        """Ask one person in."""
        return self._call("conversations.invite", {"channel": channel, "users": user}, now)

    def set_topic(self, channel: str, topic: str, now: datetime) -> Answered:
        """At most 250 characters; Slack takes no formatting in it."""
        return self._call("conversations.setTopic", {"channel": channel, "topic": topic}, now)

    def message(self, channel: str, ts: str, now: datetime) -> Said | Refused | None:
        """The message of that time, in the channel or in a thread of it; None: it is gone."""
        for method in ("conversations.history", "conversations.replies"):
            asked = {"channel": channel, "oldest": ts, "latest": ts, "inclusive": "true", "limit": "15"}
            found = self._call(method, {**asked, "ts": ts, "include_all_metadata": "true"}, now)
            if isinstance(found, Refused):
                return found
            messages = found.fields.get("messages")
            for each in messages if isinstance(messages, list) else ():
                if isinstance(each, Mapping) and each.get("ts") == ts:
                    return _said(each)
        return None

    def check(self) -> str:
        """Has the bot all that it needs? Slack tells the scopes of a token with every answer. Raises WrongUseError."""
        headers = {"Authorization": f"Bearer {self.token}", **posting.FORM}
        answer = self.door.request("POST", f"{self.url.rstrip('/')}/auth.test", headers)
        posting.accepted(slack.judge(answer, None))
        had = {each.strip() for each in answer.headers.get("x-oauth-scopes", "").split(",")} - {""}
        missing = [each for each in SCOPES if each not in had]
        if had and missing:
            raise errors.WrongUseError(
                f"The bot makes no channels of incidents: it lacks {', '.join(missing)}.",
                mend=_MENDS["missing_scope"],
            )
        return "The bot may make channels of incidents." if had else "Slack does not tell what the bot may do."

    def _call(self, method: str, fields: Mapping[str, str], now: datetime) -> Answered:
        """Reading methods take forms alone, the others too."""
        headers = {"Authorization": f"Bearer {self.token}", **posting.FORM}
        seen: list[Mapping[str, Any]] = []

        def ask() -> Delivery:
            body = posting.form(fields)
            answer = self.door.request("POST", f"{self.url.rstrip('/')}/{method}", headers, body)
            seen.append(posting.fields_of(answer))
            return slack.judge(answer, now)

        delivery = posting.attempt(ask)
        found = seen[-1] if seen else {}
        code = reading.text(found, "error")
        if isinstance(delivery, Delivered) or code in _GONE:
            return Done(found)
        return Refused(_WHY.get(code, Why.OTHER), _mended(delivery, method, found))


def _mended(delivery: Retry | Failed, method: str, found: Mapping[str, Any]) -> Retry | Failed:
    """With what to do about it, in terms of what was asked."""
    if isinstance(delivery, Retry):
        return delivery
    code, needed = reading.text(found, "error"), text.printable(reading.text(found, "needed"), 100)
    mend = _MENDS.get(code, delivery.mend if delivery.is_permanent else f"See what Slack says about it: {method}.")
    reason = f"{delivery.reason} It needs {needed}." if needed else delivery.reason
    return Failed(reason, mend, is_permanent=True)


def _said(message: Mapping[str, Any]) -> Said:
    metadata = reading.table(message, "metadata")
    return Said(
        text=slack_commands.plain(reading.text(message, "text", 100_000)),
        user=reading.text(message, "user") or reading.text(message, "username") or "a bot",
        is_ours=metadata.get("event_type") == slack.METADATA,
    )
