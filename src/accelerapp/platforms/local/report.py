"""Writes what is and what happened. A full disk stops neither the work nor the reporting: it is tried again."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable

from accelerapp.base import clock as clocks
from accelerapp.platforms.local import files, model

_STATUS_EVERY = 2.0
_RETRY = 1.0
_COMPLAIN_EVERY = 60.0


class Complaints:
    """What the supervisor says on its own log: each sentence once a minute at most, so that the log stays small."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def say(self, sentence: str) -> None:
        """Say it, unless it was said a short while ago."""
        now = time.monotonic()
        self._said = {text: at for text, at in self._said.items() if now - at < _COMPLAIN_EVERY}
        if sentence not in self._said:
            self._said[sentence] = now
            with contextlib.suppress(OSError, ValueError):  # on a full disk it is lost: that must not stop the work
                print(sentence, file=sys.stderr, flush=True)


class Report:
    """The status and the events of one service."""

    def __init__(self, folder: files.ServiceFolder, clock: clocks.Clock, complaints: Complaints) -> None:
        self._folder = folder
        self._clock = clock
        self._complaints = complaints
        self._written: model.Status | None = None
        self._written_at = 0.0
        self._retry_at = 0.0

    def event(self, kind: str, reason: str, message: str, replica: str = "") -> None:
        """Write that something happened now."""
        try:
            self._folder.append_event(model.EventRecord(self.wall(), kind, reason, message, replica))
        except OSError as error:
            self._complaints.say(f"{self._folder.name}: an event could not be written ({error}): {reason}: {message}")

    def warn(self, reason: str, message: str, replica: str = "") -> None:
        """Write that something went wrong."""
        self.event("Warning", reason, message, replica)

    def wall(self) -> float:
        """The time for people, in seconds since 1970."""
        return self._clock.now().timestamp()

    def status(self, now: float, status: Callable[[], model.Status]) -> None:
        """Write what is, when it has changed, and every two seconds so that readers see that we live."""
        whole = status()
        changed = self._written is None or _content(whole) != _content(self._written)
        if now < self._retry_at or (not changed and now - self._written_at < _STATUS_EVERY):
            return
        try:
            files.write_json(self._folder.status, whole, durable=changed)
        except OSError as error:
            self._complaints.say(f"{self._folder.name}: what is could not be written: {error}")
            self._retry_at = now + _RETRY
            return
        self._written, self._written_at = whole, now


def _content(status: model.Status) -> tuple[object, ...]:
    """What must reach the disk when it changes; figures and the time of writing may wait."""
    return (status.replicas, status.done, status.judged, status.phase, status.message, status.proxy_problem)
