"""What all files of the page are made from, and how they lead to one another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Protocol
from zoneinfo import ZoneInfo

from accelerapp.base.ids import ComponentId, OutageId, ServiceName
from accelerapp.statuspage import maintenances, service, uptime
from accelerapp.statuspage.latency import FRESH, Latency
from accelerapp.statuspage.model import Board, Component, ComponentState, Outage, Page
from accelerapp.statuspage.service import Overall, Shown
from accelerapp.statuspage.uptime import Uptime


class Links(Protocol):
    """Where the pages are, as seen from the page that is being made."""

    def index(self) -> str:
        """The first page."""
        ...

    def history(self) -> str:
        """All incidents and maintenances."""
        ...

    def incident(self, id: str) -> str:
        """One incident or maintenance."""
        ...

    def file(self, name: str) -> str:
        """A file such as `status.css`."""
        ...


@dataclass(frozen=True)
class Served:
    """Links of a server: absolute paths."""

    root: str = "/status"

    def index(self) -> str:
        """The first page."""
        return self.root

    def history(self) -> str:
        """All that was."""
        return f"{self.root}/history"

    def incident(self, id: str) -> str:
        """One of them."""
        return f"{self.root}/incidents/{id}"

    def file(self, name: str) -> str:
        """A file."""
        return f"{self.root}/{name}"


@dataclass(frozen=True)
class Exported:
    """Links between files in a folder, wherever it is put, from a page that lies `depth` folders deep."""

    depth: int = 0

    def index(self) -> str:
        """The first page."""
        return f"{self._up}index.html"

    def history(self) -> str:
        """All that was."""
        return f"{self._up}history.html"

    def incident(self, id: str) -> str:
        """One of them."""
        return f"{self._up}incidents/{id}.html"

    def file(self, name: str) -> str:
        """A file."""
        return f"{self._up}{name}"

    @property
    def _up(self) -> str:
        return "../" * self.depth


@dataclass(frozen=True)
class Scene:
    """The page at one moment. Two scenes that differ in `now` alone look alike until `until`."""

    page: Page
    board: Board
    now: datetime
    stale_since: datetime | None = None
    """The database has not answered since then: what is shown may be out of date."""
    written_at: datetime | None = None
    """Of files that are put somewhere: when they were written."""
    takes_subscribers: bool = False
    latency: tuple[Latency, ...] = ()
    """Of the services of which it is shown."""

    @cached_property
    def zone(self) -> tzinfo:
        """In which days begin, and times are shown."""
        return ZoneInfo(self.page.time_zone)

    @cached_property
    def shown(self) -> list[Shown]:
        """Each component that is on the page, in its order."""
        return [each for each in service.shown(self.board, self.now) if each.is_shown]

    @cached_property
    def overall(self) -> Overall:
        """All together. Without an answer of the database nothing is operational."""
        found = service.overall(self.board, self.now)
        unsure = self.stale_since is not None and found in (Overall.OPERATIONAL, Overall.MAINTENANCE)
        return Overall.UNKNOWN if unsure else found

    @cached_property
    def updated_at(self) -> datetime:
        """When anything changed last."""
        return service.updated_at(self.board, self.now) or self.now

    def uptime(self, component: Component) -> Uptime:
        """Its last 90 days, planned work among them."""
        mine = [each for each in self.board.outages if each.component == component.id]
        mine += [
            Outage(OutageId(each.id), component.id, ComponentState.UNDER_MAINTENANCE, maintenances.begins_at(each), end)
            for each in self.board.maintenances
            if component.id in each.components and maintenances.begins_at(each) < self.now
            for end in [maintenances.ends_at(each)]
        ]
        if (since := service.unknown_since(component, self.now)) is not None:
            mine.append(Outage(OutageId(""), component.id, None, since))
        return uptime.compute(mine, component.counts_from, self.now, self.zone)

    def name(self, id: ComponentId) -> str:
        """What a component is called; one that was removed has no name."""
        found = self.board.component(id)
        return found.name if found else "A former component"

    def system(self, service: ServiceName) -> str:
        """What customers know a service as: the component that rests on it, or its own name."""
        return next((each.name for each in self.board.components if each.service == service), service)

    def address(self, id: str) -> str:
        """The whole address of an incident or maintenance; it holds where the page is files in a bucket, too."""
        return f"{self.page.url}/incidents/{id}.html"

    @cached_property
    def until(self) -> datetime:
        """When it looks different without anybody doing anything: at midnight at the latest."""
        today = self.now.astimezone(self.zone).date()
        midnight = uptime.midnight(today + timedelta(days=1), self.zone)
        stale = [each.until + FRESH for each in self.latency if each.is_fresh(self.now)]
        return min(midnight, service.changes_at(self.board, self.now) or midnight, *stale)
