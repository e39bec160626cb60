"""Refuses what a process writes under a lease that another one has taken meanwhile.

Whatever is written within `under(lease)` first locks the lease's row and compares the fencing number. Nobody can take
the lease while that transaction lasts; whoever comes later sees what it wrote, and whoever was late wrote nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from accelerapp.base import errors
from accelerapp.storage import tables


class LeaseLostError(errors.CannotTellError):
    """Another process does this work now; what was about to be written was not."""


@dataclass(frozen=True)
class Lease:
    """The right to do a piece of work for a while."""

    name: str
    """Of the work: `check_health shop`."""
    holder: str
    """Empty: it was given back, or never taken."""
    fence: int
    """Grows with every taking."""
    taken_at: datetime
    expires_at: datetime
    """Both on the database's clock."""
    note: str
    """What the last holder who gave it back left for the next."""


_HELD: ContextVar[Lease | None] = ContextVar("lease", default=None)


@contextmanager
def under(lease: Lease) -> Iterator[None]:
    """What this thread writes within the block is written only while the lease is not another's."""
    before = _HELD.set(lease)
    try:
        yield
    finally:
        _HELD.reset(before)


def check(work: Connection) -> None:
    """At the start of a unit of work that writes. Raises LeaseLostError."""
    held = _HELD.get()
    if held is None:
        return
    table = tables.leases
    asked = select(table.c.fence, table.c.holder).where(table.c.name == held.name).with_for_update(read=True)
    found = work.execute(asked).first()
    if found is None or found.fence != held.fence:
        by = f" by {found.holder}" if found and found.holder else ""
        raise LeaseLostError(f"The work '{held.name}' took too long and was taken over{by}.")
