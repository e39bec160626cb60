"""Logs, wired: review, comparison, what is usual, the last lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, cached_property
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
        usual, trouble = self.baseline(found.name)
        return _noted(self._review_logs(found, now - last, now, usual, progress, executor), trouble)

    def log_windows(self, service: str | None, now: datetime) -> Callable[[timedelta], LogReview]:
        """Reviews of windows that all end now: what their replicas logged is asked for once, the widest first."""
        found = self.service(service)
        replicas = _Replicas(self.platform(found), found.name, keeps=True)
        baseline = cache(lambda: self.baseline(found.name))

        def review(last: timedelta) -> LogReview:
            usual, trouble = baseline()
            return _noted(self._review_logs(found, now - last, now, usual, replicas=replicas), trouble)

        return review

    def _review_logs(
        self,
        service: services_model.Service,
        since: datetime,
        until: datetime,
        baseline: Baseline | None,
        progress: Progress | None = None,
        executor: str | Executor | None = None,
        replicas: _Replicas | None = None,
    ) -> LogReview:
        from accelerapp.clients import executors
        from accelerapp.flows import log_review

        replicas = replicas or _Replicas(self.platform(service), service.name)
        named, sources, unread = _log_sources(replicas, service, since, until)
        running = replicas.running
        known = {source.name for source in sources} | (baseline.replicas if baseline else set())
        with executors.opened(executor) as workers:
            return log_review.review(
                chain(named, sources),
                since,
                until,
                unread,
                progress,
                ended=known - running if running is not None else (),
                executor=workers,
                baseline=baseline,
                is_idle=not running and not service.logs,
            )

    def baseline(self, service: str | None) -> tuple[Baseline | None, str]:
        """What is usual in the service's log; None and a sentence when that cannot be read. Makes no database."""
        from accelerapp.logs.baseline import Baseline

        name = self.service(service).name
        if not self.settings.data.has_database:
            return Baseline(), ""
        from accelerapp.logs.store_sql import SqlBaselines  # takes longer than all the rest of a health check's start

        try:
            with self.database.read() as work:
                return SqlBaselines(work).get(name), ""
        except errors.AccelerappError as error:
            return None, f"The baseline cannot be read: {error.message}"

    def usual(self, service: str) -> Baseline:
        """What is usual in the service's log. Raises NotFoundError, CannotTellError when it cannot be read."""
        baseline, trouble = self.baseline(service)
        if baseline is None:
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
        usual, _ = self.baseline(service)
        known = usual.templates if usual else ()
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
        replicas = _Replicas(platform, found.name)
        named, sources, unread = _log_sources(replicas, found, stretch.since, stretch.until)
        kept = [source for source in sources if source.name not in others]
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


def _noted(review: LogReview, trouble: str) -> LogReview:
    return replace(review, notes=(*review.notes, trouble)) if trouble else review


class _Replicas:
    """The replicas of a service and their logs, asked for once; `keeps` the bytes for several windows."""

    def __init__(self, platform: Platform, service: ServiceName, keeps: bool = False) -> None:
        self._platform = platform
        self._service = service
        self._keeps = keeps

    @cached_property
    def sources(self) -> list[Source]:
        """A source per replica, ended ones included. Raises CannotTellError."""
        from accelerapp.logs.sources import kept, streams

        found = streams.of_platform(self._platform, self._service)
        return [kept.KeptSource(source) for source in found] if self._keeps else list(found)

    @cached_property
    def running(self) -> set[str] | None:
        """The replicas that there are now; None when the platform cannot tell."""
        try:
            return {replica.name for replica in self._platform.workload(self._service).replicas}
        except errors.CannotTellError:
            return None


def _log_sources(
    replicas: _Replicas, service: services_model.Service, since: datetime, until: datetime
) -> tuple[list[Source], list[Source], list[Unread]]:
    """The logs that the settings name, those of the replicas, and what cannot be read.

    Raises CannotTellError when the platform cannot tell and is the only one to ask.
    """
    from accelerapp.logs.model import Unread
    from accelerapp.logs.sources import family, interface

    named, unread = family.find_all(service.logs, since, until)
    try:
        return named, replicas.sources, unread
    except errors.CannotTellError as error:
        if not named:
            raise
        return named, [], [*unread, Unread(f"the replicas of {service.name}", interface.told(error))]
