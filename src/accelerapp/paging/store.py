"""Where escalations and their calls are kept: the interfaces, and a memory for tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from accelerapp.base.ids import OutgoingId, PageId, PagingId
from accelerapp.paging.model import ASKING, WAITING, Outgoing, OutgoingState, Paging, PagingKind, Purpose


class PagingStore(Protocol):
    """One unit of work."""

    def get(self, id: PagingId, *, lock: bool = False) -> Paging | None:
        """One; with `lock` nobody else changes it until this unit of work ends."""
        ...

    def of_page(self, page: PageId, *, lock: bool = False) -> Paging | None:
        """The one of a page."""
        ...

    def put(self, paging: Paging) -> None:
        """Insert or replace."""
        ...

    def due(self, now: datetime, limit: int) -> list[Paging]:
        """Those that time does something to, longest due first; locked, without those that somebody else holds."""
        ...

    def find(self, *, is_open: bool | None = None, limit: int = 200, kind: PagingKind | None = None) -> list[Paging]:
        """Newest first; of one kind, or all."""
        ...

    def since(self, at: datetime) -> list[Paging]:
        """Triggered from then on, newest first."""
        ...

    def late(self, before: datetime) -> list[Paging]:
        """Due since before that."""
        ...

    def unpaged(self, since: datetime, before: datetime) -> list[PageId]:
        """Pages of alerts, made between these moments and not closed, that nobody was called for."""
        ...

    def closed(self, limit: int) -> list[Paging]:
        """Open ones whose page is closed; locked, without those that somebody else holds."""
        ...

    def prune(self, before: datetime) -> int:
        """Forget those that were resolved before that, with their calls; how many."""
        ...


class Outbox(Protocol):
    """One unit of work."""

    def add(self, outgoing: Iterable[Outgoing]) -> None:
        """Keep them; one whose key is there already changes nothing."""
        ...

    def get(self, id: OutgoingId) -> Outgoing | None:
        """One."""
        ...

    def of_paging(self, id: PagingId) -> list[Outgoing]:
        """All calls of an escalation, oldest first."""
        ...

    def of_pagings(self, ids: Collection[PagingId]) -> Mapping[PagingId, list[Outgoing]]:
        """The same of many; one without calls is left out."""
        ...

    def sent_to(self, kind: str, address: str, limit: int) -> list[Outgoing]:
        """What was tried to send to an address by methods of a kind, newest first."""
        ...

    def latest(self, subjects: Collection[str]) -> Mapping[tuple[str, str], datetime]:
        """For each person and subject, when the first method of the last call was or will be due."""
        ...

    def cancel(self, paging: PagingId, now: datetime) -> int:
        """What was not sent will not be; how many. What is being sent at this moment is not sent a second time."""
        ...

    def put_due(self, outgoing: Outgoing) -> None:
        """It is due at its `due_at`, if it still waits."""
        ...

    def claim(
        self, holder: str, now: datetime, lease: timedelta, limit: int, without: Collection[str] = ()
    ) -> list[Outgoing]:
        """Take what is due, worst first, for `lease`; what others took and did not end in time too.

        `without`: kinds of methods that are not wanted now.
        """
        ...

    def end(self, outgoing: Outgoing) -> bool:
        """Write what became of a claimed one. False: it is another's by now, or was cancelled and not delivered."""
        ...

    def use_link(self, outgoing: Outgoing) -> bool:
        """Its link is used up. False: it was before."""
        ...

    def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """How many have not gone out, and since when the longest due of them is."""
        ...

    def failed_since(self, at: datetime) -> list[Outgoing]:
        """What failed from then on, newest first, unless a later message came to the same address by the same kind."""
        ...

    def late(self, now: datetime, patience: timedelta) -> list[Outgoing]:
        """Due for longer than `patience`, or held for that long by a process whose lease is over."""
        ...

    def prune_notices(self, before: datetime) -> int:
        """Forget notices that ended before that; how many. Other calls go with their escalation."""
        ...


class MemoryPagings:
    """Escalations of this process, for tests. `pages` are the pages of alerts: when each was made, and closed."""

    def __init__(self, pages: dict[PageId, tuple[datetime, datetime | None]] | None = None) -> None:
        self._all: dict[PagingId, Paging] = {}
        self.pages = {} if pages is None else pages

    def get(self, id: PagingId, *, lock: bool = False) -> Paging | None:
        """One."""
        return self._all.get(id)

    def of_page(self, page: PageId, *, lock: bool = False) -> Paging | None:
        """The one of a page."""
        return next((each for each in self._all.values() if each.page == page), None)

    def put(self, paging: Paging) -> None:
        """Insert or replace."""
        self._all[paging.id] = paging

    def due(self, now: datetime, limit: int) -> list[Paging]:
        """Longest due first."""
        found = [(each.next_at, each.id, each) for each in self._all.values() if each.next_at and each.next_at <= now]
        return [each for _, _, each in sorted(found)[:limit]]

    def find(self, *, is_open: bool | None = None, limit: int = 200, kind: PagingKind | None = None) -> list[Paging]:
        """Newest first."""
        of_kind = [each for each in self._all.values() if kind in (None, each.kind)]
        found = [each for each in of_kind if is_open in (None, each.is_open)]
        return sorted(found, key=lambda each: (each.triggered_at, each.id), reverse=True)[:limit]

    def since(self, at: datetime) -> list[Paging]:
        """Newest first."""
        return [each for each in self.find(limit=len(self._all)) if each.triggered_at >= at]

    def late(self, before: datetime) -> list[Paging]:
        """Due since before that."""
        return self.due(before, len(self._all))

    def unpaged(self, since: datetime, before: datetime) -> list[PageId]:
        """Open pages without an escalation."""
        known = {each.page for each in self._all.values()}
        return [
            id
            for id, (made, closed) in self.pages.items()
            if id not in known and closed is None and since <= made < before
        ]

    def closed(self, limit: int) -> list[Paging]:
        """Open ones whose page is closed."""
        over = {id for id, (_, closed) in self.pages.items() if closed is not None}
        return [each for each in self._all.values() if each.is_open and each.page in over][:limit]

    def prune(self, before: datetime) -> int:
        """Forget."""
        old = [each.id for each in self._all.values() if each.resolved_at and each.resolved_at < before]
        for id in old:
            del self._all[id]
        return len(old)


class MemoryOutbox:
    """Calls of this process, for tests."""

    def __init__(self) -> None:
        self._all: dict[OutgoingId, Outgoing] = {}

    def add(self, outgoing: Iterable[Outgoing]) -> None:
        """Keep them."""
        known = {each.key for each in self._all.values()}
        self._all.update({each.id: each for each in outgoing if each.key not in known})

    def get(self, id: OutgoingId) -> Outgoing | None:
        """One."""
        return self._all.get(id)

    def of_paging(self, id: PagingId) -> list[Outgoing]:
        """Oldest first."""
        found = [each for each in self._all.values() if each.paging == id]
        return sorted(found, key=lambda each: (each.call, each.person, each.rank))

    def of_pagings(self, ids: Collection[PagingId]) -> Mapping[PagingId, list[Outgoing]]:
        """Of many."""
        return {id: found for id in ids if (found := self.of_paging(id))}

    def sent_to(self, kind: str, address: str, limit: int) -> list[Outgoing]:
        """Newest first."""
        found = [each for each in self._all.values() if (each.kind, each.address) == (kind, address) and each.attempts]
        return sorted(found, key=lambda each: (each.created_at, each.id), reverse=True)[:limit]

    def latest(self, subjects: Collection[str]) -> Mapping[tuple[str, str], datetime]:
        """When each was last called first."""
        found: dict[tuple[str, str], datetime] = {}
        for each in self._all.values():
            is_first = each.rank == 0 and each.purpose in ASKING and each.state is not OutgoingState.CANCELLED
            if each.subject in subjects and is_first:
                key = (each.person, each.subject)
                found[key] = max(each.due_at, found.get(key, each.due_at))
        return found

    def cancel(self, paging: PagingId, now: datetime) -> int:
        """What waits is over."""
        waiting = [each for each in self.of_paging(paging) if each.state in WAITING]
        for each in waiting:
            self._all[each.id] = replace(each, state=OutgoingState.CANCELLED, ended_at=now)
        return len(waiting)

    def put_due(self, outgoing: Outgoing) -> None:
        """Another moment."""
        known = self._all[outgoing.id]
        if known.state is OutgoingState.QUEUED:
            self._all[known.id] = replace(known, due_at=outgoing.due_at)

    def claim(
        self, holder: str, now: datetime, lease: timedelta, limit: int, without: Collection[str] = ()
    ) -> list[Outgoing]:
        """Take what is due."""
        due = [each for each in self._all.values() if _is_free(each, now) and each.kind not in without]
        taken = [
            replace(
                each,
                state=OutgoingState.SENDING,
                fence=each.fence + 1,
                attempts=each.attempts + 1,
                claimed_by=holder,
                claimed_until=now + lease,
            )
            for each in sorted(due, key=lambda each: (each.severity, each.due_at))[:limit]
        ]
        self._all.update({each.id: each for each in taken})
        return taken

    def end(self, outgoing: Outgoing) -> bool:
        """What became of it."""
        known = self._all.get(outgoing.id)
        if known is None or known.fence != outgoing.fence:
            return False
        if known.state is not OutgoingState.SENDING and outgoing.state is not OutgoingState.DELIVERED:
            return False
        self._all[known.id] = outgoing
        return True

    def use_link(self, outgoing: Outgoing) -> bool:
        """Once."""
        known = self._all[outgoing.id]
        if known.link_used_at is not None:
            return False
        used = replace(known, link_used_at=outgoing.link_used_at, link_used_for=outgoing.link_used_for)
        self._all[known.id] = used
        return True

    def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """How many, and since when."""
        waiting = [each for each in self._all.values() if each.state in WAITING]
        return len(waiting), min((each.due_at for each in waiting if each.due_at <= now), default=None)

    def failed_since(self, at: datetime) -> list[Outgoing]:
        """What failed and did not work since."""
        ended = sorted((each for each in self._all.values() if each.ended_at), key=lambda each: each.ended_at or at)
        worked = {(e.kind, e.address): e.ended_at for e in ended if e.state is OutgoingState.DELIVERED}
        failed = [each for each in ended if each.state is OutgoingState.FAILED and (each.ended_at or at) >= at]
        return [each for each in failed if (worked.get((each.kind, each.address)) or at) <= (each.ended_at or at)][::-1]

    def late(self, now: datetime, patience: timedelta) -> list[Outgoing]:
        """Those that wait for too long."""
        return [each for each in self._all.values() if _is_free(each, now - patience)]

    def prune_notices(self, before: datetime) -> int:
        """Forget."""
        notices = [each for each in self._all.values() if each.purpose is Purpose.NOTICE]
        old = [each.id for each in notices if each.ended_at and each.ended_at < before]
        for id in old:
            del self._all[id]
        return len(old)


def _is_free(each: Outgoing, now: datetime) -> bool:
    if each.state is OutgoingState.QUEUED:
        return each.due_at <= now
    return each.state is OutgoingState.SENDING and each.claimed_until is not None and each.claimed_until <= now
