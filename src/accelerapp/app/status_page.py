"""The status page, wired."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelerapp.app.health import Health
from accelerapp.app.incidents import Incidents
from accelerapp.app.watching import Watching
from accelerapp.base import errors, ids
from accelerapp.base.ids import IncidentId, SubscriberId

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from accelerapp.flows.status_board import Stores
    from accelerapp.flows.status_editing import StatusEditing
    from accelerapp.flows.status_export import Place, StatusExport
    from accelerapp.flows.status_latency import StatusLatency
    from accelerapp.flows.status_page import Standing
    from accelerapp.flows.status_page import StatusPage as StatusVerbs
    from accelerapp.flows.status_subscribers import Send, StatusSubscribers
    from accelerapp.flows.status_updates import StatusUpdates
    from accelerapp.health.model import HealthState
    from accelerapp.statuspage.model import Board, Page, Report
    from accelerapp.statuspage.site.files import Logo
    from accelerapp.statuspage.site.scene import Scene
    from accelerapp.statuspage.subscribers import Way

_LOGOS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_LARGEST_LOGO = 200 * 1024


class StatusPage(Incidents, Health, Watching):
    """What the public sees."""

    @cached_property
    def status_page(self) -> StatusVerbs:
        """The page as those see it who run it."""
        from accelerapp.flows.status_page import StatusPage as StatusVerbs

        return StatusVerbs(**self._status_wiring, healths=self._healths)

    @cached_property
    def status_editing(self) -> StatusEditing:
        """Components, outages and maintenances."""
        from accelerapp.flows.status_editing import StatusEditing

        return StatusEditing(**self._status_wiring, page_name=self.status_settings.name)

    @cached_property
    def status_updates(self) -> StatusUpdates:
        """What is told of incidents."""
        from accelerapp.flows.status_updates import StatusUpdates

        return StatusUpdates(**self._status_wiring, scene=self.status_scene, wake=self._wake)

    def status_standing(self) -> Standing:
        """How the page stands."""
        return self.status_page.standing(self.status_scene)

    def load_status(self) -> tuple[int, Scene]:
        """The mark of the page, and the page that belongs to it."""
        mark, board = self.status_page.load()
        return mark, self.status_scene(board, self.clock.now())

    def published(self, id: IncidentId) -> Report | None:
        """What was told of an incident, unless it is private by now."""
        with self._status_stores(self.database.read()) as stores:
            report, incident = stores.status.report(id), stores.others.incidents.get(id)
        return None if incident is not None and incident.is_private else report

    def status_scene(self, board: Board, now: datetime) -> Scene:
        """The page of a board."""
        from accelerapp.statuspage.site.scene import Scene

        page, shown = self.status_settings, self.status_latency.latest
        return Scene(page, board, now, takes_subscribers=self.takes_subscribers, latency=shown)

    @cached_property
    def status_latency(self) -> StatusLatency:
        """How quickly the services of `status_page.latency` answered."""
        from accelerapp.flows.status_latency import StatusLatency

        return StatusLatency(lambda: self.metric_source, self.settings, self.clock, self._tell_status_changed)

    @cached_property
    def status_settings(self) -> Page:
        """What the page is called and how it looks."""
        from accelerapp.statuspage.model import Page

        given = self.settings.status_page
        name = given.name or self.settings.default_service or next(iter(self.settings.services), "") or "Our services"
        url = (given.url or f"{self.address}/status").rstrip("/")
        return Page(
            id=hashlib.sha256(url.encode()).hexdigest()[:12],
            name=name,
            url=url,
            time_zone=given.time_zone,
            description=given.description,
            support_url=given.support_url,
            accent=given.accent,
            logo=f"logo{self._logo_path.suffix.lower()}" if self._logo_path else "",
        )

    def status_logo(self) -> Logo | None:
        """The picture. Raises WrongUseError."""
        from accelerapp.statuspage.site.files import Logo

        path = self._logo_path
        if path is None:
            return None
        kind = _LOGOS.get(path.suffix.lower())
        try:
            body = path.read_bytes() if kind else b""
        except OSError as error:
            raise errors.WrongUseError(f"status_page.logo: {path} cannot be read.", mend="Set another file.") from error
        if kind is None or len(body) > _LARGEST_LOGO:
            raise errors.WrongUseError(
                f"status_page.logo: {path} is no picture of at most 200 KiB.",
                mend="Take a PNG, JPEG, WebP or SVG file.",
            )
        return Logo(self.status_settings.logo, body, kind)

    @property
    def _logo_path(self) -> Path | None:
        given, source = self.settings.status_page.logo, self.settings.source
        return (source.parent if source else Path.cwd()) / given if given else None

    # -- subscribers -----------------------------------------------------------------------------------------------

    @property
    def takes_subscribers(self) -> bool:
        """Can anybody subscribe on the page?"""
        return bool(self.settings.status_page.mail_by)

    @cached_property
    def status_subscribers(self) -> StatusSubscribers:
        """Who is told of what is published."""
        from accelerapp.flows.status_subscribers import StatusSubscribers

        return StatusSubscribers(
            **self._status_wiring,
            page=self.status_settings,
            ways=self._ways(),
            key=lambda: self._subscriber_key,
            asker=self._asker,
        )

    def _ways(self) -> dict[Way, Send]:
        from accelerapp.clients.outgoing import Outgoing
        from accelerapp.notifications.channels.email import EmailChannel
        from accelerapp.statuspage.sending import Mailer, Poster
        from accelerapp.statuspage.subscribers import Way

        given = self.settings.status_page
        found: dict[Way, Send] = {}
        if given.mail_by:
            channel = self.channel(given.mail_by)
            if not isinstance(channel, EmailChannel):
                raise errors.WrongUseError(
                    f"status_page.mail_by names '{given.mail_by}', which sends no e-mail.",
                    mend='Name a channel of the kind "email".',
                )
            found[Way.EMAIL] = Mailer(channel.server, channel.sender).send
        secret: Callable[[SubscriberId], str] = lambda id: self.status_subscribers.secret(id)  # noqa: E731  # made later
        return {**found, Way.WEBHOOK: Poster(Outgoing(), secret).send}

    @cached_property
    def _subscriber_key(self) -> str:
        from accelerapp.paging.store_sql import SqlKeys

        with self.database.write() as work:
            return SqlKeys(work).get("status", ids.new_secret())

    # -- files that stand without us -------------------------------------------------------------------------------

    def export_status(self, place: str) -> int:
        """Write the page to a folder or `s3://BUCKET/PREFIX`; how many files. Raises WrongUseError, CannotTellError."""
        from accelerapp.flows import status_export

        self.status_latency.renew()
        _, scene = self.load_status()
        return status_export.write(replace(scene, written_at=scene.now), self.status_logo(), self._place(place))

    @cached_property
    def status_export(self) -> StatusExport:
        """Keeps the files at `status_page.export_to` up to date."""
        from accelerapp.flows.status_export import StatusExport

        place = self._place(self.settings.status_page.export_to)
        return StatusExport(self.status_page.mark, self.load_status, self.status_logo, place, self.clock)

    def _place(self, given: str) -> Place:
        from accelerapp.clients import folders, object_store

        if not given.startswith("s3://"):
            source = self.settings.source
            return folders.Folder((source.parent if source else Path.cwd()) / given)
        bucket, _, prefix = given.removeprefix("s3://").partition("/")
        return object_store.Shelf(object_store.Bucket(bucket), prefix)

    # -- wiring ----------------------------------------------------------------------------------------------------

    @cached_property
    def _status_changes(self) -> list[Callable[[], None]]:
        return []

    def when_status_changes(self, told: Callable[[], None]) -> None:
        """`told` is called whenever this process has changed the page."""
        self._status_changes.append(told)

    def _tell_status_changed(self) -> None:
        for told in self._status_changes:
            told()

    @property
    def _status_wiring(self) -> dict[str, Any]:
        return {
            "reading": lambda: self._status_stores(self.database.read()),
            "writing": lambda: self._status_stores(self.database.write()),
            "clock": self.clock,
            "changed": self._tell_status_changed,
        }

    def _healths(self) -> dict[str, HealthState]:
        found = {each.name: self.latest_health(each.name) for each in self.services}
        return {name: state for name, state in found.items() if state is not None}

    @contextmanager
    def _status_stores(self, opened: AbstractContextManager[Connection]) -> Iterator[Stores]:
        from accelerapp.flows.status_board import Stores
        from accelerapp.statuspage.store_sql import SqlStatus
        from accelerapp.statuspage.subscriber_store_sql import SqlSubscribers

        with opened as work, self._alert_stores(nullcontext(work)) as others:
            yield Stores(SqlStatus(work), others, SqlSubscribers(work))
