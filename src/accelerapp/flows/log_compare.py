"""The comparison: read two stretches of log, make their templates together, and say what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta

from accelerapp.flows import log_review
from accelerapp.flows.log_review import Progress
from accelerapp.logs import comparison, service
from accelerapp.logs.comparison import LogComparison
from accelerapp.logs.model import Unread
from accelerapp.logs.sources.interface import Source

_TICK = timedelta(milliseconds=1)
"""A review has its end within; of two windows in a row, what is on the border belongs to the later one."""


@dataclass(frozen=True)
class Reading:
    """One side, to be read."""

    name: str
    sources: Iterable[Source]
    since: datetime | None
    """None: all that the sources hold."""
    until: datetime
    unread: Sequence[Unread] = ()


def compare(
    before: Reading,
    after: Reading,
    known: Sequence[str] = (),
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> LogComparison:
    """Compare two stretches; `known` are the templates of earlier reviews."""
    summaries = [
        log_review.read(side.sources, side.since, side.until - _TICK, side.unread, progress, executor)
        for side in (before, after)
    ]
    template_of = service.templates_of(summaries, known)
    reviews = [
        service.review(summary, side.since, _end(side, summary), template_of=template_of)
        for side, summary in zip((before, after), summaries, strict=True)
    ]
    return comparison.compare(reviews[0], reviews[1], (before.name, after.name))


def _end(side: Reading, summary: service.Summary) -> datetime:
    return side.until if side.since is not None else log_review.last(summary) or side.until
