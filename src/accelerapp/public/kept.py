"""The files of the status page in this process, renewed when the page changes.

Whoever changes the page here sees it at once; what another process changed is seen within a second. While the database
does not answer the last files are given, and after a minute they say since when that is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accelerapp.base import errors
from accelerapp.base.clock import Clock
from accelerapp.base.ids import IncidentId
from accelerapp.statuspage.model import Report
from accelerapp.statuspage.site import files
from accelerapp.statuspage.site.files import File, Files, Logo
from accelerapp.statuspage.site.scene import Scene

LOOKS_EVERY = timedelta(seconds=1)
LOADS_EVERY = timedelta(minutes=1)
SILENT_FOR = timedelta(minutes=1)
"""So long the database may not answer before the page says so."""
_PATIENCE = 2.0
"""Seconds that somebody waits for a page that has just changed; then the one before is given."""
_NONE = -1
"""A mark that no page has."""


@dataclass(frozen=True)
class Source:
    """Where the page comes from."""

    mark: Callable[[], int]
    load: Callable[[], tuple[int, Scene]]
    report: Callable[[IncidentId], Report | None]
    logo: Callable[[], Logo | None]
    clock: Clock


@dataclass(frozen=True)
class _Held:
    """What is shown, and what it rests on."""

    files: Files
    mark: int
    loaded_at: datetime
    looked_at: datetime


class Kept:
    """Safe to use from several threads. One of them at a time looks at the database; the others do not wait for it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._is_changed = False
        self._next_look = source.clock.now()

    def change(self) -> None:
        """The page was changed in this process: the next who asks sees it."""
        self._is_changed = True

    def at_hand(self, name: str) -> File | None:
        """The file if it can be given without a look at the database and without being made; None: ask `get`."""
        held = self._held
        if held is None or self._is_changed:
            return None
        is_due = self._source.clock.now() >= self._next_look and not self._lock.locked()
        return None if is_due else held.files.known(name)

    def get(self, name: str) -> File | None:
        """The file; None: there is none. May wait for the database. Raises CannotTellError before the first answer."""
        shown = self.files()
        found = shown.get(name)
        if found is None and name.startswith("incidents/"):
            found = self._older(shown, name.removeprefix("incidents/").removesuffix(".html"))
        return found

    def files(self) -> Files:
        """All files as they are now. Raises CannotTellError before the first answer of the database."""
        held = self._held
        waits = held is None or self._is_changed
        if not self._lock.acquire(timeout=_PATIENCE if waits else 0):
            if held is None:
                raise errors.CannotTellError("The status page is being made.", mend="Try again in a few seconds.")
            return held.files
        try:
            return self._renewed().files
        finally:
            self._lock.release()

    def _renewed(self) -> _Held:
        held, now = self._held, self._source.clock.now()
        if held is not None and not self._is_changed and now < self._next_look:
            return held
        was_changed, self._is_changed = self._is_changed, False
        try:
            self._held = self._looked(held, now, is_changed=was_changed)
        except errors.CannotTellError:
            if held is None:
                raise
            self._held = _silent(replace(held, mark=_NONE) if was_changed else held, now)
        finally:
            self._next_look = self._source.clock.now() + LOOKS_EVERY
        return self._held

    def _looked(self, held: _Held | None, now: datetime, *, is_changed: bool) -> _Held:
        if held is not None and not is_changed and now - held.loaded_at < LOADS_EVERY and now < held.files.scene.until:
            is_sure = held.files.scene.stale_since is None
            if is_sure and self._source.mark() == held.mark:
                return replace(held, looked_at=now)
        mark, scene = self._source.load()
        return _Held(Files(scene, self._source.logo()), mark, now, now)

    def _older(self, shown: Files, id: str) -> File | None:
        """An incident of long ago; those that are hidden are none."""
        is_id = id.isascii() and id.replace("_", "").isalnum() and len(id) <= 32
        report = self._source.report(IncidentId(id)) if is_id else None
        return files.single(shown, report) if report else None


def _silent(held: _Held, now: datetime) -> _Held:
    scene = held.files.scene
    if scene.stale_since is not None or now - held.looked_at < SILENT_FOR:
        return held
    said = replace(scene, now=now, stale_since=held.looked_at)
    return replace(held, files=Files(said, held.files.logo))
