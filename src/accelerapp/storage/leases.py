"""Takes, renews and gives back leases, on the database's clock: of several processes one does a piece of work.

A lease that is not given back expires, so that any process takes over what a dead one held; `fencing` refuses the one
that was only slow. On SQLite, which one machine uses, the database's clock is the machine's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Row, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from accelerapp.base.clock import Clock
from accelerapp.storage import tables
from accelerapp.storage.fencing import Lease
from accelerapp.storage.unit_of_work import Database

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_TABLE = tables.leases


@dataclass(frozen=True)
class Standing:
    """How a lease stands after somebody asked for it."""

    lease: Lease
    is_mine: bool
    age: timedelta | None
    """How long ago it was last taken; None: never."""
    wait: timedelta
    """When it is worth while to ask again."""


class Leases:
    """The leases of one database as one holder sees them. Safe to use from several threads."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self.holder = holder
        self._database = database
        self._clock = clock

    def take(self, wanted: Mapping[str, timedelta], length: timedelta) -> dict[str, Standing]:
        """Take what is free of `wanted`, for `length`; each name with how long to wait after its last taking.

        Work that was begun and not given back did not come to its end: that one is free as soon as it expires.
        """
        if not wanted:
            return {}
        with self._database.write() as work:
            now = self._now(work)
            known = _known(work, wanted)
            free = [lease for name, lease in known.items() if _wait(lease, wanted[name], now) <= timedelta(0)]
            mine = self._take(work, free, now, length) if free else {}
        return {name: _standing(mine.get(name), lease, wanted[name], now) for name, lease in known.items()}

    def _take(self, work: Connection, free: Iterable[Lease], now: datetime, length: timedelta) -> dict[str, Lease]:
        """Those of `free` that nobody else was quicker at; one that is locked just now is being taken or written."""
        seen = [(lease.name, lease.fence) for lease in free]
        names = (
            select(_TABLE.c.name)
            .where(tuple_(_TABLE.c.name, _TABLE.c.fence).in_(seen), _TABLE.c.expires_at <= now)
            .with_for_update(skip_locked=True)
        )
        taken = (
            update(_TABLE)
            .where(_TABLE.c.name.in_(names))
            .values(holder=self.holder, fence=_TABLE.c.fence + 1, taken_at=now, expires_at=now + length)
            .returning(*_TABLE.c)
        )
        return {row.name: _lease(row) for row in work.execute(taken)}

    def renew(self, leases: Iterable[Lease], length: timedelta) -> set[str]:
        """Hold on to leases for another `length`; the names of those that are still ours."""
        held = [(lease.name, lease.fence) for lease in leases]
        if not held:
            return set()
        # a row that is locked is one that we are writing under: nobody takes it, and the next round renews it
        names = (
            select(_TABLE.c.name)
            .where(tuple_(_TABLE.c.name, _TABLE.c.fence).in_(held), _TABLE.c.holder == self.holder)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as work:
            until = self._now(work) + length
            renewed = update(_TABLE).where(_TABLE.c.name.in_(names)).values(expires_at=until).returning(_TABLE.c.name)
            return set(work.scalars(renewed))

    def give_back(self, lease: Lease, note: str) -> bool:
        """The work is done, with a note for whoever does it next. False: it was taken over meanwhile."""
        ours = (_TABLE.c.name == lease.name, _TABLE.c.fence == lease.fence, _TABLE.c.holder == self.holder)
        with self._database.write() as work:
            given = update(_TABLE).where(*ours).values(holder="", expires_at=self._now(work), note=note)
            return work.execute(given).rowcount == 1

    def _now(self, work: Connection) -> datetime:
        if work.dialect.name != "postgresql":
            return self._clock.now()
        now: datetime = work.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)


def _known(work: Connection, names: Iterable[str]) -> dict[str, Lease]:
    """The rows of these names, made where there are none yet."""
    wanted = sorted(names)
    asked = select(_TABLE).where(_TABLE.c.name.in_(wanted))
    known = {row.name: _lease(row) for row in work.execute(asked)}
    missing = [name for name in wanted if name not in known]
    if missing:
        fresh = {"holder": "", "fence": 0, "taken_at": _NEVER, "expires_at": _NEVER, "note": ""}
        dialect = postgresql if work.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(_TABLE).on_conflict_do_nothing(index_elements=["name"])
        work.execute(insert, [{"name": name, **fresh} for name in missing])
        known = {row.name: _lease(row) for row in work.execute(asked)}
    return known


def _wait(lease: Lease, every: timedelta, now: datetime) -> timedelta:
    """How long until somebody may take it; zero or less: now."""
    if lease.holder:
        return lease.expires_at - now
    return lease.taken_at + every - now


def _standing(mine: Lease | None, seen: Lease, every: timedelta, now: datetime) -> Standing:
    lease = mine or seen
    age = None if lease.taken_at == _NEVER else max(timedelta(0), now - lease.taken_at)
    return Standing(lease, mine is not None, age, timedelta(0) if mine else _wait(seen, every, now))


def _lease(row: Row[tuple[object, ...]]) -> Lease:
    return Lease(row.name, row.holder, row.fence, row.taken_at, row.expires_at, row.note)
