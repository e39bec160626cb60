"""What was seen of a namespace at one moment: everything that the search for causes looks at. Pure data.

Objects are lightkube's models. A kind that could not be read is not in `objects` and named in `unread`: `all` then
gives nothing and `knows` says False, so that whoever concludes from absence asks `knows` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar, cast

from lightkube.core.resource import Resource
from lightkube.resources.core_v1 import Event, Pod

from accelerapp.platforms.causes import Unread

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True)
class LogOf:
    """Names a container's log; `previous` is that of the container before the last restart."""

    pod: str
    container: str
    previous: bool = False


@dataclass(frozen=True)
class Reached:
    """What came of reaching a database from inside a container."""

    variable: str
    """`DATABASE_URL`."""
    address: str
    """`db:5432`; never with user or password."""
    problem: str
    """Empty when it was reached; else what the system said: `Connection refused`."""


@dataclass(frozen=True)
class Snapshot:
    """A namespace with what belongs to it in the cluster."""

    namespace: str
    at: datetime
    objects: Mapping[type[Any], tuple[Any, ...]]
    """Per kind; cluster-wide kinds (nodes, storage classes, webhooks) whole, others of this namespace."""
    neighbours: tuple[Pod, ...] | None = None
    """Pods of all namespaces that take room on nodes; None when not read: free room is then unknown."""
    logs: Mapping[LogOf, tuple[str, ...]] = field(default_factory=dict)
    """The last lines of the containers that are not well."""
    databases: Mapping[str, Reached] = field(default_factory=dict)
    """Per pod that runs without being ready."""
    services_elsewhere: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    """(namespace, name) of Services that webhooks name: does it exist?"""
    unread: tuple[Unread, ...] = ()

    def knows(self, kind: type[Resource]) -> bool:
        """Could objects of this kind be read?"""
        return kind in self.objects

    def all(self, kind: type[R]) -> tuple[R, ...]:
        """All objects of a kind; nothing when it could not be read."""
        return cast("tuple[R, ...]", self.objects.get(kind, ()))

    def get(self, kind: type[R], name: str) -> R | None:
        """The object of that name, if it was seen."""
        return cast("R | None", self._by_name.get((kind, name)))

    @cached_property
    def _by_name(self) -> dict[tuple[type[Any], str], Any]:
        return {(kind, each.metadata.name): each for kind, found in self.objects.items() for each in found}

    @cached_property
    def _by_subject(self) -> dict[tuple[str, str], list[Event]]:
        found: dict[tuple[str, str], list[Event]] = {}
        for each in self.all(Event):
            found.setdefault((each.involvedObject.kind or "", each.involvedObject.name or ""), []).append(each)
        return found

    def events(self, kind: str, name: str) -> list[Event]:
        """The events about an object, as listed."""
        return self._by_subject.get((kind, name), [])

    def lacks(self, kind: type[Resource], name: str) -> bool:
        """Is it certain that there is no such object?"""
        return self.knows(kind) and self.get(kind, name) is None
