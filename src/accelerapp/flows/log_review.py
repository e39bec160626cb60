"""The log review: read every source of the window, count, group, and say what stands out.

What cannot be read is named in the review and never silently left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from accelerapp.logs import service
from accelerapp.logs.kernel import binding
from accelerapp.logs.model import LogReview, Unread
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
) -> LogReview:
    """Review all sources; `ended` are those that need not log any more.

    `until` is also the time by which time stamps without a year or a day are understood.
    """
    summary = service.Summary(unread=list(unread))
    for source in sources:
        _read(source, since, until, summary, progress)
    return service.review(summary, since, until if since is not None else _last(summary) or until, ended)


def _read(
    source: Source,
    since: datetime | None,
    until: datetime,
    summary: service.Summary,
    progress: Progress | None,
) -> None:
    reference = service.milliseconds(until)
    scanner = binding.Scanner(reference, *(() if since is None else (service.milliseconds(since), reference)))
    read = 0
    try:
        for chunk in source.chunks(since):
            scanner.feed(chunk)
            read += len(chunk)
            if progress is not None:
                progress(source.name, read)
    except SourceError as error:  # what was read before still counts
        summary.unread.append(Unread(source.name, error.message, read))
    scanner.finish()
    summary.add(source.name, scanner)


def _last(summary: service.Summary) -> datetime | None:
    return max((service.time(span[1]) for span in summary.spans.values()), default=None)
