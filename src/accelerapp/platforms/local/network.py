"""A thread of its own for what waits for the network: the proxies, and the questions whether replicas are ready.

The supervisor's other thread writes files and waits for disks. A disk that hangs must not hold up a request, nor make
a replica look dead because its answer was not read in time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
_CALL_TIME = 10.0


class Network:
    """An event loop in a thread; its methods are called from other threads."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start work that goes on until it ends or its future is cancelled."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do short work and wait for it."""
        return self.begin(work).result(_CALL_TIME)

    def stop(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CALL_TIME)
