"""The log review: read every source of the window, count, group, and say what stands out.

Large logs are cut into parts, which an executor may read side by side; the parts are the same without one, and so is
the result. A part whose worker dies is read again here. What cannot be read is named, never left out silently.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import datetime
from itertools import chain

from accelerapp.logs import service, window
from accelerapp.logs.baseline import Baseline
from accelerapp.logs.kernel import binding
from accelerapp.logs.model import LogReview, Unread
from accelerapp.logs.sources import parts
from accelerapp.logs.sources.interface import Source, SourceError

Progress = Callable[[str, int], None]
"""Told now and then: the source that is read, and how many bytes were read of it."""


def review(
    sources: Iterable[Source],
    since: datetime | None,
    until: datetime,
    unread: Iterable[Unread] = (),
    progress: Progress | None = None,
    ended: Collection[str] = (),
    known: Sequence[str] = (),
    executor: Executor | None = None,
    baseline: Baseline | None = None,
    is_idle: bool = False,
) -> LogReview:
    """Review all sources.

    `ended` are sources that need not log any more, `known` the templates of earlier reviews. With the service's
    `baseline` the window is compared with the hours before it, unless `is_idle`: nothing runs that could log. `until`
    is also the time by which time stamps without a year or a day are understood. With an `executor` (threads,
    processes, Dask) parts are read side by side; the sources must be such that it can carry them.
    """
    summary = read(sources, since, until, unread, progress, executor)
    end = until if since is not None else last(summary) or until
    return service.review(summary, since, end, ended, known, baseline, is_idle)


def review_files(
    sources: Iterable[Source],
    since: datetime | None,
    until: datetime,
    unread: Iterable[Unread] = (),
    progress: Progress | None = None,
    executor: Executor | None = None,
    baseline: Baseline | None = None,
) -> LogReview:
    """Review logs that belong to no service; `baseline` is of the service whose log they are compared with."""
    found = review(sources, since, until, unread, progress, executor=executor, baseline=baseline)
    return found if baseline else replace(found, notes=(*found.notes, window.NO_BASELINE))


def read(
    sources: Iterable[Source],
    since: datetime | None,
    until: datetime,
    unread: Iterable[Unread] = (),
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> service.Summary:
    """The summary of all sources; the arguments are those of a review."""
    summary = service.Summary(unread=list(unread))
    pieces = list(chain.from_iterable(parts.of(source, since) for source in sources))
    for found in _summaries(pieces, since, until, progress, executor):
        summary.merge(found)
    return summary


def _summaries(
    pieces: Sequence[Source],
    since: datetime | None,
    until: datetime,
    progress: Progress | None,
    executor: Executor | None,
) -> Iterator[service.Summary]:
    """The summary of each piece, in order."""
    if executor is None or len(pieces) < 2:
        yield from (summarise(piece, since, until, progress) for piece in pieces)
        return
    futures = [executor.submit(summarise, piece, since, until) for piece in pieces]
    for piece, future in zip(pieces, futures, strict=True):
        yield _result(future) or summarise(piece, since, until)
        if progress is not None:
            progress(piece.name, 0)


def _result(future: Future[service.Summary]) -> service.Summary | None:
    """What a worker found; None when it died on the way: that costs a retry, not the result."""
    try:
        return future.result()
    except Exception:  # each kind of executor has errors of its own for a worker that is gone
        return None


def summarise(
    source: Source, since: datetime | None, until: datetime, progress: Progress | None = None
) -> service.Summary:
    """Read one source into a summary. What was read before it broke off counts."""
    summary = service.Summary()
    reference = service.milliseconds(until)
    scanner = binding.Scanner(reference, *(() if since is None else (service.milliseconds(since), reference)))
    read = 0
    try:
        for chunk in source.chunks(since):
            scanner.feed(chunk)
            read += len(chunk)
            if progress is not None:
                progress(source.name, read)
    except SourceError as error:
        summary.unread.append(Unread(source.name, error.message, read))
    scanner.finish()
    if reason := service.no_text(scanner.totals()):
        summary.unread.append(Unread(source.name, reason, read))
    summary.add(source.name, scanner)
    return summary


def last(summary: service.Summary) -> datetime | None:
    """The last time that a summary holds."""
    return max((service.time(span[1]) for span in summary.spans.values()), default=None)
