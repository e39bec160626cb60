"""Where alerts, their decisions and their pages are kept: the interface, and a memory for tests."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from accelerapp.alerts.model import Alert, Decision, Page
from accelerapp.base.ids import AlertId, PageId


@dataclass(frozen=True)
class Filter:
    """Which alerts to list; what is empty filters nothing."""

    is_open: bool | None = None
    service: str = ""
    group: str = ""
    limit: int = 1000


class AlertStore(Protocol):
    """One unit of work."""

    def lock(self) -> None:
        """Whoever else takes this lock waits until this unit of work ends: look, decide and write as one."""
        ...

    def latest(self, fingerprints: Collection[str], since: datetime) -> dict[str, Alert]:
        """Of each fingerprint the open alert, else the one resolved last, if that was after `since`."""
        ...

    def open_count(self) -> int:
        """How many are open."""
        ...

    def put(self, alerts: Iterable[Alert], new: Collection[AlertId] = ()) -> None:
        """Keep them as they are; `new` are those that are not there yet."""
        ...

    def put_decided(self, alerts: Iterable[Alert]) -> None:
        """Keep what was decided about their pages; whatever else changed of them is not written."""
        ...

    def get(self, id: AlertId) -> Alert | None:
        """One alert."""
        ...

    def find(self, wanted: Filter) -> list[Alert]:
        """Newest first."""
        ...

    def due(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts whether to page for which is to be decided, longest due first."""
        ...

    def lapsed(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts that nobody spoke of for too long."""
        ...

    def escalating(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts that are to open an incident."""
        ...

    def open_of_rules(self, rules: Collection[str]) -> list[Alert]:
        """Open alerts of these rules."""
        ...

    def held_by(self, holders: Collection[str]) -> list[Alert]:
        """Open alerts that these silences hold back."""
        ...

    def look_at_held(self, now: datetime, holder: str = "") -> int:
        """Decide anew about those that this silence holds back; without one, about all that no page speaks of."""
        ...

    def of_page(self, page: PageId, limit: int = 1000) -> list[Alert]:
        """The alerts of a page, open ones first, then the newest."""
        ...

    def add_decisions(self, decisions: Iterable[Decision]) -> None:
        """Keep them in this order."""
        ...

    def decisions(self, subject: str, limit: int = 1000) -> list[Decision]:
        """The history of an alert or a silence: the last lines, oldest first."""
        ...

    def page(self, id: PageId) -> Page | None:
        """One page."""
        ...

    def put_pages(self, pages: Iterable[Page]) -> None:
        """Insert or replace."""
        ...

    def pages_of_groups(self, groups: Collection[str]) -> dict[str, Page]:
        """Of each group the newest page that has open alerts of that group."""
        ...

    def pages_since(self, since: datetime) -> int:
        """How many pages there were from then on."""
        ...

    def storm_since(self, since: datetime) -> Page | None:
        """The page of a storm that alerts came to from then on, and that is not closed."""
        ...

    def settled_pages(self) -> list[Page]:
        """Pages that are not closed, all of whose alerts are resolved."""
        ...

    def prune(self, before: datetime) -> int:
        """Forget what was over before that; how many alerts that were."""
        ...


class MemoryAlerts:
    """Alerts of this process, for tests."""

    def __init__(self) -> None:
        self._alerts: dict[AlertId, Alert] = {}
        self._decisions: list[Decision] = []
        self._pages: dict[PageId, Page] = {}

    def lock(self) -> None:
        """There is nobody else."""

    def latest(self, fingerprints: Collection[str], since: datetime) -> dict[str, Alert]:
        """The open one, else the last."""
        found: dict[str, Alert] = {}
        for each in sorted(self._alerts.values(), key=lambda each: (each.is_open, each.resolved_at or each.opened_at)):
            if each.fingerprint in fingerprints and (each.resolved_at is None or each.resolved_at > since):
                found[each.fingerprint] = each
        return found

    def open_count(self) -> int:
        """How many are open."""
        return len(self._open())

    def _open(self) -> list[Alert]:
        return [each for each in self._alerts.values() if each.is_open]

    def put(self, alerts: Iterable[Alert], new: Collection[AlertId] = ()) -> None:
        """Insert or replace."""
        for each in alerts:
            if each.is_open and any(o.fingerprint == each.fingerprint and o.id != each.id for o in self._open()):
                raise AssertionError(f"two open alerts of {each.fingerprint}")
            self._alerts[each.id] = each

    def put_decided(self, alerts: Iterable[Alert]) -> None:
        """Those fields alone."""
        for each in alerts:
            self._alerts[each.id] = replace(
                self._alerts[each.id],
                verdict=each.verdict,
                why=each.why,
                held_by=each.held_by,
                page=each.page,
                look_at=each.look_at,
                escalates_at=each.escalates_at,
            )

    def get(self, id: AlertId) -> Alert | None:
        """One alert."""
        return self._alerts.get(id)

    def find(self, wanted: Filter) -> list[Alert]:
        """Newest first."""
        found = [
            each
            for each in self._alerts.values()
            if wanted.is_open in (None, each.is_open)
            and wanted.service in ("", each.service)
            and wanted.group in ("", each.group)
        ]
        return sorted(found, key=lambda each: (each.opened_at, each.id), reverse=True)[: wanted.limit]

    def due(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts to decide about."""
        return self._until("look_at", now)[:limit]

    def lapsed(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts that nobody spoke of."""
        return self._until("lapses_at", now)[:limit]

    def escalating(self, now: datetime, limit: int) -> list[Alert]:
        """Open alerts that are to open an incident."""
        return self._until("escalates_at", now)[:limit]

    def _until(self, field: str, now: datetime) -> list[Alert]:
        found = [(at, each.id, each) for each in self._open() if (at := getattr(each, field)) is not None and at <= now]
        return [each for _, _, each in sorted(found, key=lambda item: item[:2])]

    def open_of_rules(self, rules: Collection[str]) -> list[Alert]:
        """Open alerts of these rules."""
        return [each for each in self._open() if each.rule in rules]

    def held_by(self, holders: Collection[str]) -> list[Alert]:
        """Open alerts that these hold back."""
        return [each for each in self._open() if each.held_by and each.held_by in holders]

    def look_at_held(self, now: datetime, holder: str = "") -> int:
        """Decide anew."""
        found = [each for each in self._open() if each.look_at is not None and holder in ("", each.held_by)]
        for each in found:
            self._alerts[each.id] = replace(each, look_at=now)
        return len(found)

    def of_page(self, page: PageId, limit: int = 1000) -> list[Alert]:
        """The alerts of a page."""
        found = [each for each in self._alerts.values() if each.page == page]
        newest = sorted(found, key=lambda each: (each.opened_at, each.id), reverse=True)
        return sorted(newest, key=lambda each: not each.is_open)[:limit]

    def add_decisions(self, decisions: Iterable[Decision]) -> None:
        """Keep them."""
        self._decisions.extend(decisions)

    def decisions(self, subject: str, limit: int = 1000) -> list[Decision]:
        """The history."""
        return [each for each in self._decisions if each.subject == subject][-limit:]

    def page(self, id: PageId) -> Page | None:
        """One page."""
        return self._pages.get(id)

    def put_pages(self, pages: Iterable[Page]) -> None:
        """Insert or replace."""
        self._pages.update({each.id: each for each in pages})

    def pages_of_groups(self, groups: Collection[str]) -> dict[str, Page]:
        """The page of each group that has open alerts of it."""
        found: dict[str, Page] = {}
        for each in self._open():
            if each.group in groups and each.page is not None:
                page = self._pages[each.page]
                if each.group not in found or found[each.group].at < page.at:
                    found[each.group] = page
        return found

    def pages_since(self, since: datetime) -> int:
        """How many."""
        return sum(each.at >= since for each in self._pages.values())

    def storm_since(self, since: datetime) -> Page | None:
        """The page of a storm."""
        storms = [
            each for each in self._pages.values() if each.is_storm and not each.closed_at and each.last_at >= since
        ]
        return max(storms, key=lambda each: each.at, default=None)

    def settled_pages(self) -> list[Page]:
        """Pages without open alerts."""
        busy = {each.page for each in self._open()}
        return [each for each in self._pages.values() if each.closed_at is None and each.id not in busy]

    def prune(self, before: datetime) -> int:
        """Forget what was over."""
        old = {each.id for each in self._alerts.values() if each.resolved_at and each.resolved_at < before}
        self._alerts = {id: each for id, each in self._alerts.items() if id not in old}
        self._decisions = [each for each in self._decisions if each.subject not in old]
        self._pages = {id: each for id, each in self._pages.items() if not each.closed_at or each.closed_at >= before}
        return len(old)
