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
        self._known: dict[tuple[type[Any], str], tuple[float, list[Any]]] = {}

    def objects(self, kind: type[R], namespace: str) -> list[R]:
        """All of a kind in a namespace. Raises CannotTellError and ForbiddenError."""
        key = (kind, namespace)
        with self._lock:
            turn = self._locks.setdefault(key, threading.Lock())
        with turn:
            begun = self._monotonic()
            at, known = self._known.get(key, (float("-inf"), []))
            if begun - at > MOMENT:
                known = self._cluster.list(kind, namespace)
                self._known[key] = (begun, known)
            return cast("list[R]", known)

    def forget(self) -> None:
        """Something was changed by us: list again."""
        self._known.clear()
