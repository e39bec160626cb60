"""The status page as files that stand without us: in a folder or a bucket, written again whenever the page changes.

Each file is replaced whole, the first page last: whoever looks in between sees the page of before. What is not on the
page any more is removed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from accelerapp.base.clock import Clock
from accelerapp.statuspage.site import files
from accelerapp.statuspage.site.files import Logo
from accelerapp.statuspage.site.scene import Scene

FIRST = "index.html"
RENEWED_EVERY = timedelta(minutes=5)
"""The first page says when it was written: who reads it sees whether we still look."""
_EVENTS = "incidents"
_OURS = re.compile(r"incidents/(inc|mnt)_[a-z0-9]+\.html")


class Place(Protocol):
    """Where the files go."""

    def put(self, path: str, body: bytes, kind: str) -> None:
        """Write one, whole or not at all."""
        ...

    def names(self, folder: str) -> list[str]:
        """The paths of the files in a folder."""
        ...

    def remove(self, path: str) -> None:
        """It need not be there."""
        ...


def write(scene: Scene, logo: Logo | None, place: Place, known: dict[str, str] | None = None) -> int:
    """Write what differs from `known` (entity tags by path, which is brought up to date); how many files there are."""
    known = {} if known is None else known
    made = dict(files.exported(replace(scene, written_at=None), logo))
    if scene.written_at:
        made[FIRST] = files.first(scene, logo)
    for path, each in sorted(made.items(), key=lambda pair: pair[0] == FIRST):
        if known.get(path) != each.etag:
            place.put(path, each.body, each.kind)
            known[path] = each.etag
    for path in place.names(_EVENTS):
        if path not in made and _OURS.fullmatch(path):
            place.remove(path)
            known.pop(path, None)
    return len(made)


@dataclass
class StatusExport:
    """Keeps the files up to date; one process does. What it has written it knows until it ends."""

    mark: Callable[[], int]
    load: Callable[[], tuple[int, Scene]]
    logo: Callable[[], Logo | None]
    place: Place
    clock: Clock
    _known: dict[str, str] = field(default_factory=dict)
    _mark: int = -1
    _due_at: datetime | None = None

    def renew(self) -> bool:
        """Write the files if they are to be written. Raises what the place raises; then it is tried again."""
        now = self.clock.now()
        if self._due_at is not None and now < self._due_at and self.mark() == self._mark:
            return False
        mark, scene = self.load()
        write(replace(scene, written_at=now), self.logo(), self.place, self._known)
        self._mark, self._due_at = mark, min(scene.until, now + RENEWED_EVERY)
        return True
