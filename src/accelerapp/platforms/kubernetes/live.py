"""What a cluster holds, kept up to date by watches: for a server that is asked again and again.

One thread and one connection per kind; a namespace or, from `WIDE_FROM` namespaces on, the whole cluster. A watch that
ends or breaks goes on from the version that it saw last; when the server's history does not reach back so far it lists
again. So it misses nothing. What nobody has confirmed for a while (`Patience`) is not told as if it were so: then
`objects` raises CannotTellError.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from lightkube.core.resource import Resource

from accelerapp.base import errors, text
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.kubernetes import facts

R = TypeVar("R", bound=Resource)
WIDE_FROM = 3
_FIRST = 15.0
_PAUSES = (0.1, 0.3, 1.0, 2.0)
_AFTER_ACT = 2.0


@dataclass(frozen=True)
class Patience:
    """How long facts count that nobody confirms, in seconds."""

    broken: float = 5.0
    """While a watch is broken."""
    silent: float = 15.0
    """While the API server says nothing at all, to anybody here."""
    pulse: float = 4.0
    """How often it is asked whether it lives."""


PATIENCE = Patience()


class Watch(Generic[R]):
    """Keeps all objects of a kind in a namespace, in a thread of its own."""

    def __init__(
        self,
        cluster: clusters.Cluster,
        kind: type[R],
        namespace: str,
        monotonic: Callable[[], float],
        patience: Patience,
    ) -> None:
        self._cluster = cluster
        self._patience = patience
        self._kind = kind
        self._namespace = namespace
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], R] = {}
        self._version = ""
        self._error: errors.AccelerappError | None = None
        self._broken_since: float | None = None
        self._failures = 0
        """In a row."""
        self._settled = threading.Event()
        self._stopping = threading.Event()
        self.heard_at = monotonic()
        self._thread = threading.Thread(target=self._run, name=f"watch {kind.__name__}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; the thread notices with the next line or the end of its watch."""
        self._stopping.set()

    @property
    def is_alive(self) -> bool:
        """Does it still watch? A thread that died of a mistake is replaced."""
        return self._thread.is_alive()

    def objects(self) -> list[R]:
        """What there is. Raises CannotTellError when that is not known, or not known any more."""
        if not self._settled.wait(_FIRST):
            raise errors.CannotTellError(f"The list of {self._name} is still under way.", mend="Ask again.")
        with self._lock:
            since, error = self._broken_since, self._error
            if error is None or (
                self._version and since is not None and self._monotonic() - since <= self._patience.broken
            ):
                return list(self._known.values())
        if not self._version or isinstance(error, errors.WrongUseError):
            raise error
        age = text.duration(self._monotonic() - (since or 0.0))
        raise errors.CannotTellError(
            f"{self._name} have not been known for {age}: {error.message}", mend=error.mend
        ) from error

    @property
    def _name(self) -> str:
        where = "" if self._namespace == clusters.EVERYWHERE else f" of {self._namespace}"
        return f"{self._kind.__name__}s{where}"

    # -- its thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self._version:
                    self._list()
                self._follow()
            except clusters.ExpiredError:
                self._version = ""
                self._stopping.wait(_PAUSES[0])
            except errors.AccelerappError as error:
                self._break(error)
                self._stopping.wait(_PAUSES[min(self._failures, len(_PAUSES) - 1)])
                self._failures += 1

    def _list(self) -> None:
        listing = self._cluster.listing(self._kind, self._namespace)
        with self._lock:
            self._known = {_key(one): _lean(one) for one in listing.items}
            self._version = listing.version
        self._mend()

    def _follow(self) -> None:
        for change in self._cluster.watch(self._kind, self._namespace, self._version, on_open=self._mend):
            with self._lock:
                self._take(change)
            self.heard_at = self._monotonic()
            if self._stopping.is_set():
                return

    def _take(self, change: clusters.Change[R]) -> None:
        metadata = cast(Any, change.object).metadata
        self._version = metadata.resourceVersion or self._version
        if change.kind == "DELETED":
            self._known.pop(_key(change.object), None)
        elif change.kind in ("ADDED", "MODIFIED"):
            self._known[_key(change.object)] = _lean(change.object)

    def _mend(self) -> None:
        with self._lock:
            self._error = self._broken_since = None
            self._failures = 0
        self.heard_at = self._monotonic()
        self._settled.set()

    def _break(self, error: errors.AccelerappError) -> None:
        with self._lock:
            self._error = error
            if self._broken_since is None:
                self._broken_since = self._monotonic()
        self._settled.set()


def _key(one: Resource) -> tuple[str, str]:
    metadata = cast(Any, one).metadata
    return metadata.namespace or "", metadata.name or ""


def _lean(one: R) -> R:
    """Without who set which field: half of an object, and nobody here reads it."""
    cast(Any, one).metadata.managedFields = None
    return one


class Live:
    """Gives the objects of namespaces from watches, which begin when a kind is first asked for."""

    def __init__(
        self,
        cluster: clusters.Cluster,
        is_wide: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        patience: Patience = PATIENCE,
    ) -> None:
        self._cluster = cluster
        self._patience = patience
        self._is_wide = is_wide
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._watches: dict[tuple[type[Any], str], Watch[Any]] = {}
        self._refused: set[tuple[type[Any], str]] = set()
        self._listed = facts.Listed(cluster, monotonic)
        self._list_until = float("-inf")
        self._stopping = threading.Event()
        self._answered_at = monotonic()
        self._pulse = threading.Thread(target=self._feel_pulse, name="cluster pulse", daemon=True)
        self._pulse.start()

    def objects(self, kind: type[R], namespace: str) -> list[R]:
        """All of a kind in a namespace. Raises CannotTellError when that is not known any more, ForbiddenError."""
        if self._monotonic() < self._list_until:
            return self._listed.objects(kind, namespace)
        watch = self._watch(kind, namespace)
        if watch is None:
            return self._listed.objects(kind, namespace)
        self._insist_on_life(watch)
        try:
            found = watch[0].objects()
        except errors.WrongUseError:  # no right to watch, or none to see the whole cluster; listing may be allowed
            self._refuse((kind, watch[1]))
            return self.objects(kind, namespace)
        return found if watch[1] == namespace else [one for one in found if _key(one)[0] == namespace]

    def _watch(self, kind: type[R], namespace: str) -> tuple[Watch[R], str] | None:
        """The watch that has the namespace, and what it watches; None when none is allowed."""
        wanted = [clusters.EVERYWHERE, namespace] if self._is_wide else [namespace]
        with self._lock:
            for where in wanted:
                if (kind, where) in self._refused:
                    continue
                known = self._watches.get((kind, where))
                if known is None or not known.is_alive:
                    known = self._watches[kind, where] = self._begin(kind, where)
                return known, where
        return None

    def _begin(self, kind: type[R], where: str) -> Watch[R]:
        return Watch(self._cluster, kind, where, self._monotonic, self._patience)

    def _refuse(self, key: tuple[type[Any], str]) -> None:
        with self._lock:
            self._refused.add(key)
            stopped = self._watches.pop(key, None)
        if stopped:
            stopped.stop()

    def _insist_on_life(self, watch: tuple[Watch[Any], str]) -> None:
        """A server that hangs breaks no connection: it must have said something of late, to anybody here."""
        silent = self._monotonic() - max(self._answered_at, watch[0].heard_at)
        if silent > self._patience.silent:
            raise errors.CannotTellError(
                f"The cluster of context '{self._cluster.context}' has said nothing for {text.duration(silent)}.",
                mend=f"Check {self._cluster.server}.",
            )

    def _feel_pulse(self) -> None:
        while not self._stopping.wait(self._patience.pulse):
            try:
                self._cluster.raw_json("/version", timeout=self._patience.pulse)
            except errors.CannotTellError:
                continue
            except errors.AccelerappError:  # it refuses, so it lives
                pass
            self._answered_at = self._monotonic()

    def forget(self) -> None:
        """Something was changed by us: list for a moment, for a watch may be a little behind."""
        self._listed.forget()
        self._list_until = self._monotonic() + _AFTER_ACT

    def stop(self) -> None:
        """End all watches."""
        self._stopping.set()
        with self._lock:
            for watch in self._watches.values():
                watch.stop()
