"""What Linux says of the processes: one cheap pass over `/proc` for all replicas, and who listens where.

psutil reads the same figures at eight times the price; the supervisor looks every two seconds, for ever.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ZOMBIE = b"Z"


@dataclass(frozen=True)
class Row:
    """One process; see proc(5), `/proc/pid/stat`."""

    pid: int
    state: bytes
    parent: int
    session: int
    cpu_seconds: float
    """Of itself and of the children that it has waited for."""
    started: int
    """Clock ticks from the start of the machine: no change of the date moves it."""
    memory_bytes: int


@dataclass(frozen=True)
class Measured:
    """CPU seconds used so far and resident bytes of a replica's processes."""

    cpu_seconds: float
    memory_bytes: int


def row(pid: int) -> Row | None:
    """One process; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - a Path for each would cost as much as the read
            data = file.read()
    except OSError:
        return None
    fields = data[data.rindex(b")") + 2 :].split()
    return Row(
        pid=pid,
        state=fields[0],
        parent=int(fields[1]),
        session=int(fields[3]),
        cpu_seconds=sum(map(int, fields[11:15])) / _TICKS,
        started=int(fields[19]),
        memory_bytes=int(fields[21]) * _PAGE,
    )


@lru_cache
def boot() -> str:
    """An id of this start of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def identity(pid: int) -> str:
    """What tells this process from any other that ever had or gets its pid; empty when it is gone or a zombie."""
    found = row(pid)
    return f"{boot()}/{found.started}" if found is not None and found.state != _ZOMBIE else ""


def table() -> dict[int, Row]:
    """All processes."""
    rows = (row(int(name)) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 - called for ever
    return {found.pid: found for found in rows if found is not None}


def members(leaders: Iterable[int], rows: dict[int, Row]) -> dict[int, list[Row]]:
    """By leader: the processes of its session, and those below them that went into sessions of their own."""
    owner = {leader: leader for leader in leaders}
    found: dict[int, list[Row]] = {leader: [] for leader in owner}
    for one in rows.values():
        leader = _leader(one, rows, owner)
        if leader is not None:
            found[leader].append(one)
    return found


def _leader(one: Row, rows: dict[int, Row], owner: dict[int, int]) -> int | None:
    """Up the parents to a leader or a member of a leader's session."""
    for _ in range(64):
        if one.pid in owner or one.session in owner:
            return one.pid if one.pid in owner else one.session
        above = rows.get(one.parent)
        if above is None:
            return None
        one = above
    return None


def measure(leaders: Iterable[int]) -> dict[int, Measured]:
    """The use of each leader's processes; those that are gone are left out."""
    found = members(leaders, table())
    return {
        leader: Measured(sum(one.cpu_seconds for one in group), sum(one.memory_bytes for one in group))
        for leader, group in found.items()
        if group
    }


def listeners(port: int, pids: Iterable[int] | None = None) -> Iterator[int]:
    """The pids that listen on a TCP port, among all processes or these, as far as they may be seen."""
    with contextlib.suppress(psutil.Error):
        if pids is None:
            yield from (one.pid for one in psutil.net_connections("tcp") if _is_listener(one, port) and one.pid)
            return
    for pid in pids or ():
        with contextlib.suppress(psutil.NoSuchProcess):
            if any(_is_listener(one, port) for one in psutil.Process(pid).net_connections("tcp")):
                yield pid


def _is_listener(connection: Any, port: int) -> bool:
    return bool(connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port)


def listens(leader: int, port: int) -> bool:
    """Does the leader's group listen on the port? True when nothing can be found out."""
    group = [one.pid for one in members([leader], table())[leader]]
    try:
        return any(True for _ in listeners(port, group))
    except psutil.AccessDenied:
        return True
