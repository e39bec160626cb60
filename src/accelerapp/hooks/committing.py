"""Deliveries are committed together: whoever waits while one unit of work is written shares the next one.

A delivery is answered when it is committed. What waits is bounded: beyond that a sender is told to come again.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from accelerapp.alerts.model import Decision, Signal
from accelerapp.base import errors
from accelerapp.base.ids import IntegrationId

MOST_WAITING = 100_000
MOST_OF_ONE = 40_000
_MOST_AT_ONCE = 10_000


class TooBusyError(errors.CannotTellError):
    """Too much waits already; trying again in a moment helps."""


class Waiting:
    """A delivery that waits to be committed."""

    def __init__(self, sender: IntegrationId, signals: Sequence[Signal], notes: Sequence[Decision]) -> None:
        self.sender = sender
        self.signals = signals
        self.notes = notes
        self.done: Future[None] = Future()

    @property
    def size(self) -> int:
        """What it counts for: an empty one is work, too."""
        return max(1, len(self.signals) + len(self.notes))


class Committer:
    """`commit(deliveries)` writes all of them in one unit of work, or raises and wrote none."""

    def __init__(self, commit: Callable[[Sequence[Waiting]], None]) -> None:
        self._commit = commit
        self._lock = threading.Lock()
        self._waiting: list[Waiting] = []
        self._sizes: dict[IntegrationId, int] = {}
        self._writes = False
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="alerts")

    async def take(self, sender: IntegrationId, signals: Sequence[Signal], notes: Sequence[Decision] = ()) -> None:
        """Returns when they are committed. Raises TooBusyError, or what the database raises."""
        delivery = Waiting(sender, signals, notes)
        with self._lock:
            self._need_room(delivery)
            self._waiting.append(delivery)
            self._sizes[sender] = self._sizes.get(sender, 0) + delivery.size
            begins, self._writes = not self._writes, True
        if begins:
            self._writer.submit(self._write)
        await asyncio.wrap_future(delivery.done)

    def _need_room(self, delivery: Waiting) -> None:
        own = self._sizes.get(delivery.sender, 0)
        if sum(self._sizes.values()) >= MOST_WAITING or own >= MOST_OF_ONE:
            raise TooBusyError("Too many alerts wait to be written.", mend="Send it again in a moment.")

    def _write(self) -> None:
        """Until nothing waits any more."""
        while batch := self._next():
            self._write_batch(batch)

    def _next(self) -> list[Waiting]:
        with self._lock:
            count, size = 0, 0
            while count < len(self._waiting) and size < _MOST_AT_ONCE:
                size += self._waiting[count].size
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            for each in batch:
                self._sizes[each.sender] -= each.size
                if not self._sizes[each.sender]:
                    del self._sizes[each.sender]
            self._writes = bool(batch)
            return batch

    def _write_batch(self, batch: Sequence[Waiting]) -> None:
        try:
            self._commit(batch)
        except errors.AccelerappError as error:
            for each in batch:
                _fail(each, error)
        except Exception as error:  # one of them may be to blame: the others are not to suffer for it
            if len(batch) == 1:
                _fail(batch[0], error)
            else:
                for each in batch:
                    self._write_batch([each])
        else:
            for each in batch:
                if not each.done.cancelled():
                    each.done.set_result(None)


def _fail(delivery: Waiting, error: Exception) -> None:
    if not delivery.done.cancelled():
        delivery.done.set_exception(error)
