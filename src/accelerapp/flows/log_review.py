"""The log review: read every source of the window, count, group, and say what stands out.

What cannot be read is named in the review and never silently left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime

from accelerapp.base import text
from accelerapp.logs import records, service
from accelerapp.logs.model import Level, LogReview, Unread
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
    summary, oddities = service.Summary(unread=list(unread)), records.Oddities()
    window_end = until if since is not None else None
    for source in sources:
        _read(source, since, until, window_end, summary, oddities, progress)
    summary.notes += _notes(summary, oddities)
    return service.review(summary, since, until if since is not None else _last(summary) or until, ended)


def _read(
    source: Source,
    since: datetime | None,
    until: datetime,
    window_end: datetime | None,
    summary: service.Summary,
    oddities: records.Oddities,
    progress: Progress | None,
) -> None:
    read = 0

    def counted() -> Iterator[bytes]:
        nonlocal read
        try:
            for chunk in source.chunks(since):
                read += len(chunk)
                if progress is not None:
                    progress(source.name, read)
                yield chunk
        except SourceError as error:  # ends the source here, so that what was read before still counts
            summary.unread.append(Unread(source.name, error.message, read))

    service.summarise(records.read(source.name, counted(), until, oddities), since, window_end, summary)


def _last(summary: service.Summary) -> datetime | None:
    return max((span[1] for span in summary.last_of_source.values()), default=None)


def _notes(summary: service.Summary, oddities: records.Oddities) -> list[str]:
    """What a reader must know to trust the figures."""
    notes = []
    if not summary.records and not summary.unread:
        notes.append("There are no records in this window.")
    if oddities.cut_lines:
        notes.append(f"{text.count(oddities.cut_lines, 'line')} longer than 1 MiB: only the beginning was read.")
    if oddities.undecodable_lines:
        notes.append(f"{text.count(oddities.undecodable_lines, 'line')} not in UTF-8: odd characters were replaced.")
    if oddities.zoneless_records:
        notes.append("Time stamps without a zone were read as UTC.")
    if summary.untimed:
        notes.append(f"{text.count(summary.untimed, 'record')} without any time: counted, whatever the window.")
    if (Level.NONE, service.OTHER) in summary.groups or any(key[1] == service.OTHER for key in summary.groups):
        notes.append(f"More than {service.PATTERNS_AT_MOST:,} patterns: the rest is counted as {service.OTHER}.")
    return notes
