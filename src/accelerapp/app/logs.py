"""Logs, wired: review, comparison, what is usual, the last lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from accelerapp.app.core import Core
from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.services import model as services_model

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sqlalchemy import Connection

    from accelerapp.flows.log_compare import Reading
    from accelerapp.flows.log_review import Progress
    from accelerapp.logs.baseline import Baseline
    from accelerapp.logs.comparison import LogComparison
    from accelerapp.logs.model import Level, LogReview, Unread
    from accelerapp.logs.sources.interface import Source
    from accelerapp.logs.sources.streams import ReplicaSource
    from accelerapp.logs.store import Baselines
    from accelerapp.logs.stretches import Wanted
    from accelerapp.platforms.interface import Platform


class Logs(Core):
    """Logs of services and of files."""

    # -- logs ------------------------------------------------------------------------------------------------------

    def review_logs(
        self,
        service: str | None,
        last: timedelta,
        now: datetime,
        progress: Progress | None = None,
        executor: str | Executor | None = None,
    ) -> LogReview:
        """Review the service's logs of the last `last`: what its platform keeps, and the files of the settings.

        They are compared with the service's baseline. `executor` reads large logs in parts: one that there is, or
        the address of a Dask scheduler; None takes threads of this process.
        """
        found = self.service(service)
        baseline, trouble = self.baseline(found.name)
        review = self._review_logs(found, now - last, now, None if trouble else baseline, progress, executor)
        return replace(review, notes=(*review.notes, trouble)) if trouble else review

    def _review_logs(
        self,
        service: services_model.Service,
        since: datetime,
        until: datetime,
        baseline: Baseline | None,
        progress: Progress | None = None,
        executor: str | Executor | None = None,
    ) -> LogReview:
        from accelerapp.clients import executors
        from accelerapp.flows import log_review

        platform = self.platform(service)
        named, replicas, unread = _log_sources(platform, service, since, until)
        running = _running(platform, service.name)
        known = {source.name for source in replicas} | (baseline.replicas if baseline else set())
        with executors.opened(executor) as workers:
            return log_review.review(
                chain(named, replicas),
                since,
                until,
                unread,
                progress,
                ended=known - running if running is not None else (),
                executor=workers,
                baseline=baseline,
                is_idle=not running and not service.logs,
            )

    def baseline(self, service: str | None) -> tuple[Baseline, str]:
        """What is usual in the service's log, and a sentence when that cannot be read. Makes no database."""
        from accelerapp.logs.baseline import Baseline

        name = self.service(service).name
        if not self.settings.data.has_database:
            return Baseline(), ""
        from accelerapp.logs.store_sql import SqlBaselines  # takes longer than all the rest of a health check's start

        try:
            with self.database.read() as work:
                return SqlBaselines(work).get(name), ""
        except errors.AccelerappError as error:
            return Baseline(), f"The baseline cannot be read: {error.message}"

    def usual(self, service: str) -> Baseline:
        """What is usual in the service's log. Raises NotFoundError, CannotTellError when it cannot be read."""
        baseline, trouble = self.baseline(service)
        if trouble:
            raise errors.CannotTellError(trouble)
        return baseline

    @contextmanager
    def _baselines(self, opened: AbstractContextManager[Connection]) -> Iterator[Baselines]:
        from accelerapp.logs.store_sql import SqlBaselines

        with opened as work:
            yield SqlBaselines(work)

    def learn_logs(self, service: str | None = None) -> bool:
        """Learn what is usual from the hour that is over, if there is one: was there? Raises CannotTellError."""
        from accelerapp.flows import log_baseline

        found = self.service(service)
        return log_baseline.learn(
            found.name,
            lambda: self._baselines(self.database.read()),
            lambda: self._baselines(self.database.write()),
            lambda since, until, known: self._review_logs(found, since, until, known),
            self.clock.now(),
        )

    def compare_logs(
        self,
        service: str | None,
        before: Wanted,
        after: Wanted,
        progress: Progress | None = None,
        executor: str | Executor | None = None,
    ) -> LogComparison:
        """Compare two stretches of the service's logs: windows of time, or releases. Raises WrongUseError."""
        from accelerapp.clients import executors
        from accelerapp.flows import log_compare

        sides = [self.log_stretch(service, wanted) for wanted in (before, after)]
        known = self.baseline(service)[0].templates
        with executors.opened(executor) as workers:
            return log_compare.compare(sides[0], sides[1], known, progress, workers)

    def log_stretch(self, service: str | None, wanted: Wanted) -> Reading:
        """A stretch of the service's logs, to be read. Of a release: without the replicas that now run another."""
        from accelerapp.flows.log_compare import Reading
        from accelerapp.logs import stretches

        found, now = self.service(service), self.clock.now()
        platform = self.platform(found)
        others = set()
        if wanted.release:
            stretch = stretches.of_release(wanted.release, platform.revisions(found.name), now)
            running = platform.workload(found.name).replicas
            others = {replica.name for replica in running if replica.version != wanted.release}
        else:
            stretch = stretches.parse(wanted.window, now)
        named, replicas, unread = _log_sources(platform, found, stretch.since, stretch.until)
        kept = [source for source in replicas if source.name not in others]
        return Reading(stretch.name, chain(named, kept), stretch.since, stretch.until, unread)

    def tail_logs(
        self,
        service: str | None,
        *,
        lines: int = 100,
        follow: bool = False,
        level: Level | None = None,
        match: str | None = None,
        replicas: Sequence[ReplicaName] = (),
        previous: bool = False,
        last: timedelta | None = None,
    ) -> Iterator[bytes]:
        """`REPLICA LINE` of the last lines of all replicas, or of `replicas`; with `follow` also of those that come.

        `previous`: of the run before the present one; `last`: nothing that is much older.
        """
        from accelerapp.flows import log_tail
        from accelerapp.platforms.interface import LogRequest

        found, pattern = self.service(service), log_tail.compile_match(match)
        searched = log_tail.SEARCHED if level or pattern else lines
        since = self.clock.now() - last if last else None
        request = LogRequest(found.name, since, searched, follow, replicas, previous)
        chunks = self.platform(found).logs(request)
        return log_tail.tail(chunks, lines, level, pattern, self.clock.now())


def _log_sources(
    platform: Platform, service: services_model.Service, since: datetime, until: datetime
) -> tuple[list[Source], list[ReplicaSource], list[Unread]]:
    """The logs that the settings name, those of the replicas, and what cannot be read.

    Raises CannotTellError when the platform cannot tell and is the only one to ask.
    """
    from accelerapp.logs.model import Unread
    from accelerapp.logs.sources import family, interface, streams

    named, unread = family.find_all(service.logs, since, until)
    try:
        return named, streams.of_platform(platform, service.name), unread
    except errors.CannotTellError as error:
        if not named:
            raise
        return named, [], [*unread, Unread(f"the replicas of {service.name}", interface.told(error))]


def _running(platform: Platform, service: ServiceName) -> set[str] | None:
    """The replicas that there are now; None when the platform cannot tell."""
    try:
        return {replica.name for replica in platform.workload(service).replicas}
    except errors.CannotTellError:
        return None
