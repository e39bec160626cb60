"""Calls people as time makes it due, finds timers that did not fire, and tells an outside watcher that we are alive."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from accelerapp.base import errors, text

if TYPE_CHECKING:
    from accelerapp.app import App

_LOG = logging.getLogger("accelerapp.paging")
_MOST_TURNS = 20
_FULL = 500


@dataclass(frozen=True)
class CallPeople:
    """All escalations at once. A look that finds nothing due writes nothing."""

    app: App
    name: ClassVar[str] = "call_people"
    period: ClassVar[timedelta] = timedelta(seconds=1)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """As many turns as it takes, within reason."""
        for _ in range(_MOST_TURNS):
            if self.app.pager.turn() < _FULL:
                return


@dataclass(frozen=True)
class AuditPaging:
    """Looks whether everything that was due happened. Fails, and so shows in the health, when something did not."""

    app: App
    name: ClassVar[str] = "audit_paging"
    period: ClassVar[timedelta] = timedelta(minutes=1)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """Raises CannotTellError that names the oldest."""
        found = self.app.pager.audit()
        if not found:
            return
        oldest = min(found, key=lambda each: each.since)
        late = text.duration((now - oldest.since).total_seconds())
        raise errors.CannotTellError(
            f"{text.count(len(found), 'timer')} of paging did not fire; the oldest, {oldest.duty} {oldest.id}, "
            f"is late by {late}.",
            mend="Look at /health: the database, the channels and the jobs.",
        )


@dataclass(frozen=True)
class ProveReach:
    """Test pages, once a week for each person; and who did not answer is told."""

    app: App
    name: ClassVar[str] = "prove_reach"
    period: ClassVar[timedelta] = timedelta(minutes=1)
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """What is due of it."""
        self.app.proving.weekly()


@dataclass(frozen=True)
class SendHeartbeat:
    """Calls `paging.heartbeat_url`: when that stays away, somebody outside notices that nobody here can page."""

    app: App
    period: timedelta
    name: ClassVar[str] = "send_heartbeat"
    in_each_process: ClassVar[bool] = False

    def run(self, now: datetime) -> None:
        """Nothing is sent while due work lies about. Raises CannotTellError."""
        self.app.send_heartbeat()
