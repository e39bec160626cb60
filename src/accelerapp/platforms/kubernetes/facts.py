"""What a cluster holds, asked when it is needed: whole namespaces, kind by kind, a page at a time.

What was listed a moment ago is used again, so that questions that come together cost one call; see `MOMENT`. `live`
gives the same from a watch.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from lightkube.core.resource import Resource

from accelerapp.clients.kubernetes import cluster as clusters

R = TypeVar("R", bound=Resource)
MOMENT = 1.0
"""Seconds for which a list is used again."""


class Facts(Protocol):
    """Gives the objects of a namespace."""

    def objects(self, kind: type[R], namespace: str) -> list[R]:
        """All of a kind in a namespace (`EVERYWHERE` for all). Raises CannotTellError and ForbiddenError."""
        ...

    def forget(self) -> None:
        """Something was changed by us: what was read before is old."""
        ...


class Listed:
    """Lists when it is asked; who asks for the same at the same time waits for the one list."""

    def __init__(self, cluster: clusters.Cluster, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._cluster = cluster
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._locks: dict[tuple[type[Any], str], threading.Lock] = {}
        self._known: dict[tuple[type[Any], str], list[Any]] = {}
        self._begun: dict[str, float] = {}

    def objects(self, kind: type[R], namespace: str) -> list[R]:
        """All of a kind in a namespace. Raises CannotTellError and ForbiddenError."""
        key = (kind, namespace)
        with self._lock:
            turn = self._locks.setdefault(key, threading.Lock())
        with turn:
            known = self._of_this_moment(key)
            if known is None:
                known = self._cluster.list(kind, namespace)
                with self._lock:
                    self._known[key] = known
            return cast("list[R]", known)

    def _of_this_moment(self, key: tuple[type[Any], str]) -> list[Any] | None:
        """What was listed already. A moment ends for all kinds of a namespace at once, so that they fit together."""
        with self._lock:
            now = self._monotonic()
            if now - self._begun.get(key[1], float("-inf")) > MOMENT:
                self._begun[key[1]] = now
                self._known = {known: found for known, found in self._known.items() if known[1] != key[1]}
            return self._known.get(key)

    def forget(self) -> None:
        """Something was changed by us: list again."""
        with self._lock:
            self._known.clear()
            self._begun.clear()
