"""A Slack with channels, members and messages, after its documentation: what it refuses, and what it limits.

https://docs.slack.dev/reference/methods: conversations.create, .invite, .setTopic, .history, .replies, chat.postMessage
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from notifications import protocols
from notifications.servers import Got, Local, Reply, said

BOT = "UBOT00001"
SCOPES = frozenset({"channels:manage", "chat:write", "channels:history", "reactions:read"})
_NEEDS = {
    "conversations.create": "channels:manage",
    "conversations.invite": "channels:manage",
    "conversations.setTopic": "channels:manage",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "chat.postMessage": "chat:write",
}


@dataclass
class Room:
    """A channel."""

    id: str
    name: str
    members: list[str] = field(default_factory=lambda: [BOT])
    topic: str = ""
    topics: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    is_archived: bool = False

    def texts(self) -> list[str]:
        return [each["text"] for each in self.messages]


class Workspace:
    """Slack's side. `limited`: so many requests are refused as too many before the next is answered."""

    def __init__(self) -> None:
        self.rooms: list[Room] = []
        self.members = {"UANN", "UBEN"}
        self.scopes = set(SCOPES)
        self.limited = 0
        self.asked: list[str] = []
        self.is_revoked = False
        self.is_down = False

    def named(self, name: str) -> Room:
        return next(each for each in self.rooms if each.name == name)

    def say(self, room: Room, text: str, user: str = "UANN", thread: str = "") -> str:
        ts = f"{1_795_000_000 + len(room.messages)}.000100"
        room.messages.append({"type": "message", "user": user, "text": text, "ts": ts, "thread_ts": thread})
        return ts

    def answer(self, got: Got, local: Local) -> Reply:
        method = got.path.removeprefix("/api/")
        self.asked.append(method)
        if self.is_down:
            return Reply(503, "<html>down</html>")
        if self.limited:
            self.limited -= 1
            return Reply(429, json.dumps({"ok": False, "error": "ratelimited"}), {"Retry-After": "30"})
        if got.headers.get("authorization") != f"Bearer {protocols.SLACK_TOKEN}" or self.is_revoked:
            return said(200, ok=False, error="token_revoked" if self.is_revoked else "invalid_auth")
        if method == "auth.test":
            scopes = {"x-oauth-scopes": ",".join(sorted(self.scopes)), "Content-Type": "application/json"}
            return Reply(200, json.dumps({"ok": True, "user": "accelerapp", "team": "Books"}), scopes)
        needed = _NEEDS.get(method)
        if needed is None:
            return said(200, ok=False, error="unknown_method")
        if needed not in self.scopes:
            return said(200, ok=False, error="missing_scope", needed=needed, provided=",".join(sorted(self.scopes)))
        asked: dict[str, Any] = got.json if method == "chat.postMessage" else got.form
        if method == "conversations.create":
            return self._create(asked)
        room = next((each for each in self.rooms if each.id == asked.get("channel")), None)
        if room is None:
            return said(200, ok=False, error="channel_not_found")
        if room.is_archived:
            return said(200, ok=False, error="is_archived")
        acts = {"invite": self._invite, "setTopic": self._topic, "history": self._history, "replies": self._replies}
        return acts.get(method.partition(".")[2], self._post)(room, asked)

    def _create(self, asked: dict[str, Any]) -> Reply:
        name = asked.get("name", "")
        if not re.fullmatch(r"[a-z0-9_-]{1,80}", name):
            return said(200, ok=False, error="invalid_name_specials" if len(name) <= 80 else "invalid_name_maxlength")
        if name in [each.name for each in self.rooms]:
            return said(200, ok=False, error="name_taken")
        self.rooms.append(Room(f"C{len(self.rooms) + 1:04}", name))
        return said(200, ok=True, channel={"id": self.rooms[-1].id, "name": name, "is_channel": True})

    def _invite(self, room: Room, asked: dict[str, Any]) -> Reply:
        user = asked.get("users", "")
        if user not in self.members:
            return said(200, ok=False, error="user_not_found")
        if user in room.members:
            return said(200, ok=False, error="already_in_channel")
        room.members.append(user)
        return said(200, ok=True, channel={"id": room.id})

    def _topic(self, room: Room, asked: dict[str, Any]) -> Reply:
        if len(asked.get("topic", "")) > 250:
            return said(200, ok=False, error="too_long")
        room.topic = asked["topic"]
        room.topics.append(room.topic)
        return said(200, ok=True, channel={"id": room.id})

    def _post(self, room: Room, asked: dict[str, Any]) -> Reply:
        if not asked.get("text") or not protocols.slack_blocks_are_fine(asked.get("blocks", [])):
            return said(200, ok=False, error="invalid_blocks")
        ts = self.say(room, asked["text"], BOT)
        room.messages[-1] |= {"blocks": asked.get("blocks"), "metadata": asked.get("metadata")}
        return said(200, ok=True, channel=room.id, ts=ts)

    def _history(self, room: Room, asked: dict[str, Any]) -> Reply:
        """Of threads only the message that began them."""
        heads = [each for each in room.messages if each.get("thread_ts") in ("", None, each["ts"])]
        return said(200, ok=True, messages=_between(heads, asked), has_more=False)

    def _replies(self, room: Room, asked: dict[str, Any]) -> Reply:
        """`ts` may be of any message of the thread; the one that began it comes along always."""
        meant = next((each for each in room.messages if each["ts"] == asked.get("ts")), None)
        if meant is None:
            return said(200, ok=False, error="thread_not_found")
        head = meant.get("thread_ts") or meant["ts"]
        thread = [each for each in room.messages if each.get("thread_ts") == head]
        first = [each for each in room.messages if each["ts"] == head]
        return said(200, ok=True, messages=[*first, *_between(thread, asked)])


def _between(messages: list[dict[str, Any]], asked: dict[str, Any]) -> list[dict[str, Any]]:
    oldest, latest = float(asked.get("oldest", "0")), float(asked.get("latest", "9e12"))
    return [each for each in messages if oldest <= float(each["ts"]) <= latest][: int(asked.get("limit", "100"))]
