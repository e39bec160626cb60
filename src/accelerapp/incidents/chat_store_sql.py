"""The channels of incidents in the database. Each row has the whole noun as JSON, and what is asked for in columns."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base import jsons
from accelerapp.base.ids import IncidentId
from accelerapp.incidents.chats import Chat
from accelerapp.storage import tables

_T = tables.incident_chats


class SqlChats:
    """See `chat_store.ChatStore`."""

    def __init__(self, work: Connection) -> None:
        self._work = work

    def get(self, id: IncidentId, *, lock: bool = False) -> Chat | None:
        """Of an incident."""
        query = select(_T.c.whole).where(_T.c.incident == id)
        found = self._work.scalar(query.with_for_update() if lock else query)
        return jsons.from_json(Chat, found) if found else None

    def of_channel(self, channel: str) -> Chat | None:
        """By the channel."""
        found = self._work.scalar(select(_T.c.whole).where(_T.c.channel == channel))
        return jsons.from_json(Chat, found) if found else None

    def put(self, chat: Chat) -> None:
        """Insert or replace."""
        values = {
            "incident": chat.incident,
            "channel": chat.channel or None,
            "is_over": chat.is_over,
            "whole": jsons.to_json(chat).decode(),
        }
        dialect = postgresql if self._work.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(_T).values(**values)
        self._work.execute(statement.on_conflict_do_update(index_elements=["incident"], set_=values))

    def open(self, limit: int = 200) -> list[Chat]:
        """Not over."""
        query = select(_T.c.whole).where(_T.c.is_over.is_(False)).order_by(_T.c.incident).limit(limit)
        return [jsons.from_json(Chat, each) for each in self._work.scalars(query)]
