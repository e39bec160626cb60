"""From scans to a review. Pure.

A summary holds the counts of a stretch of log, by skeleton: records of one level whose messages differ only in words
that bear a digit. Summaries merge; templates are made once, of the merged one. Memory is bounded by the kernel's
tables: of each source at most 20,000 skeletons are told apart, what is beyond is counted together, and all counts stay
exact.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from accelerapp.base import text
from accelerapp.logs import anomalies, templates
from accelerapp.logs import window as windows
from accelerapp.logs.baseline import Baseline
from accelerapp.logs.kernel import binding
from accelerapp.logs.model import OTHER, Level, LogReview, Minute, Pattern, Unread

ERRORS = (Level.ERROR, Level.CRITICAL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Skeleton:
    """Records of one level and skeleton. `first` and `last` in milliseconds since 1970, None without a time."""

    count: int
    message: str
    trace: str
    first: int | None
    last: int | None
    sources: Counter[str]


@dataclass
class Summary:
    """The counts of a stretch of log."""

    records: int = 0
    levels: Counter[Level] = field(default_factory=Counter)
    skeletons: dict[tuple[Level, int], Skeleton] = field(default_factory=dict)
    minutes: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Minute since 1970: records, errors, warnings."""
    sources: Counter[str] = field(default_factory=Counter)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    """First and last time of each source, in milliseconds."""
    untimed: int = 0
    zoneless: int = 0
    cut_lines: int = 0
    undecodable_lines: int = 0
    nul_bytes: int = 0
    unread: list[Unread] = field(default_factory=list)

    def add(self, source: str, scanner: binding.Scanner) -> None:
        """Count a finished scan of one source."""
        found = scanner.totals()
        self.records += found.records
        self.levels.update(found.levels)
        self.untimed += found.untimed
        self.zoneless += found.zoneless
        self.cut_lines += found.cut_lines
        self.undecodable_lines += found.undecodable_lines
        self.nul_bytes += found.nul_bytes
        if found.records:
            self.sources[source] += found.records
        if found.first != binding.NEVER:
            self._add_span(source, found.first, found.last)
        for entry in scanner.entries():
            self._add_skeleton((entry.level, entry.hash), _skeleton(source, entry))
        for minute, *counts in scanner.minutes():
            self._add_minute(minute, (counts[0], counts[1], counts[2]))

    def merge(self, other: Summary) -> None:
        """Count another summary too; of what both have, the example of this one stays."""
        self.records += other.records
        self.levels.update(other.levels)
        self.sources.update(other.sources)
        self.untimed += other.untimed
        self.zoneless += other.zoneless
        self.cut_lines += other.cut_lines
        self.undecodable_lines += other.undecodable_lines
        self.nul_bytes += other.nul_bytes
        self.unread += other.unread
        for source, span in other.spans.items():
            self._add_span(source, *span)
        for key, skeleton in other.skeletons.items():
            mine = skeleton if key in self.skeletons else replace(skeleton, sources=Counter(skeleton.sources))
            self._add_skeleton(key, mine)
        for minute, counts in other.minutes.items():
            self._add_minute(minute, counts)

    def _add_span(self, source: str, first: int, last: int) -> None:
        before = self.spans.get(source, (first, last))
        self.spans[source] = (min(first, before[0]), max(last, before[1]))

    def _add_skeleton(self, key: tuple[Level, int], added: Skeleton) -> None:
        known = self.skeletons.setdefault(key, added)
        if known is added:
            return
        known.count += added.count
        known.sources.update(added.sources)
        known.first = _edge(min, known.first, added.first)
        known.last = _edge(max, known.last, added.last)

    def _add_minute(self, minute: int, counts: tuple[int, int, int]) -> None:
        before = self.minutes.get(minute, (0, 0, 0))
        self.minutes[minute] = (before[0] + counts[0], before[1] + counts[1], before[2] + counts[2])


def no_text(found: binding.Totals) -> str:
    """Why what was scanned is no log, though it has bytes; empty when it is one."""
    if found.nul_bytes and found.nul_bytes + found.lines >= found.bytes:
        return f"it holds nothing but NUL bytes, {found.nul_bytes:,} of them"
    if found.lines and found.undecodable_lines == found.lines and not found.marked:
        if found.lines == 1:
            return "its only line is not in UTF-8 and bears neither a time nor a level: is it a log?"
        return f"none of its {found.lines:,} lines is in UTF-8, and none bears a time or a level: is it a log?"
    return ""


def _skeleton(source: str, entry: binding.Entry) -> Skeleton:
    return Skeleton(
        count=entry.count,
        message=_text(entry.message, entry.escaped),
        trace=entry.trace.decode("utf-8", "replace"),
        first=None if entry.first == binding.NEVER else entry.first,
        last=None if entry.last == binding.NEVER else entry.last,
        sources=Counter({source: entry.count}),
    )


def _text(message: bytes, escaped: bool) -> str:
    found = message.decode("utf-8", "replace")
    if escaped:
        try:
            return str(json.loads(f'"{found}"', strict=False))
        except ValueError:  # cut in the middle of an escape
            return found
    return found


def _edge(choose: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    return choose(one, other) if one is not None and other is not None else one if other is None else other


@dataclass
class _Group:
    """Skeletons of one template."""

    example: str
    count: int = 0
    first: int | None = None
    last: int | None = None
    sources: Counter[str] = field(default_factory=Counter)


def review(
    summary: Summary,
    since: datetime | None,
    until: datetime | None,
    ended: Collection[str] = (),
    known: Sequence[str] = (),
    baseline: Baseline | None = None,
    is_idle: bool = False,
    template_of: Mapping[str, str] | None = None,
) -> LogReview:
    """The review of a summary.

    `ended`: sources that need not log any more; `known`: templates of earlier reviews; `baseline`: of the service, None
    for logs that have none; `is_idle`: nothing runs that could log; `template_of`: the template of each message, where
    they are made already (`templates_of`).
    """
    known = known or (baseline.templates if baseline is not None else ())
    template_of = templates_of((summary,), known) if template_of is None else template_of
    patterns = sorted(_patterns(summary, template_of), key=lambda pattern: (-pattern.count, pattern.message))
    top_errors = tuple(pattern for pattern in patterns if pattern.level in ERRORS)
    minutes = tuple(Minute(time(minute * 60_000), *counts) for minute, counts in sorted(summary.minutes.items()))
    spans = {source: (time(first), time(last)) for source, (first, last) in summary.spans.items()}
    found = LogReview(
        since=since,
        until=until,
        record_count=summary.records,
        counts={level: summary.levels[level] for level in Level},
        patterns=tuple(patterns),
        top_errors=top_errors,
        anomalies=(),
        unread=tuple(summary.unread),
        minutes=minutes,
        sources=dict(summary.sources),
        untimed_count=summary.untimed,
        notes=tuple(_notes(summary)),
    )
    return replace(
        found,
        anomalies=anomalies.find(found, spans, ended, baseline, is_idle),
        notes=(*found.notes, *windows.notes(found, baseline)),
    )


def templates_of(summaries: Iterable[Summary], known: Sequence[str] = ()) -> Mapping[str, str]:
    """The template of each message of all summaries together, so that their reviews can be compared."""
    return templates.group((one.message for summary in summaries for one in summary.skeletons.values()), known)


def _patterns(summary: Summary, template_of: Mapping[str, str]) -> Iterable[Pattern]:
    groups: dict[tuple[Level, str], _Group] = {}
    for (level, hash), skeleton in summary.skeletons.items():
        text = template_of[skeleton.message] if hash else OTHER
        whole = f"{skeleton.message}\n{skeleton.trace}" if skeleton.trace else skeleton.message
        group = groups.setdefault((level, text), _Group(whole))
        group.count += skeleton.count
        group.first = _edge(min, group.first, skeleton.first)
        group.last = _edge(max, group.last, skeleton.last)
        group.sources.update(skeleton.sources)
    for (level, text), group in groups.items():
        yield Pattern(
            id=templates.pattern_id(level, text),
            message=text,
            level=level,
            count=group.count,
            example=group.example,
            first_at=None if group.first is None else time(group.first),
            last_at=None if group.last is None else time(group.last),
            sources=dict(group.sources),
        )


def _notes(summary: Summary) -> Iterable[str]:
    """What a reader must know to trust the figures."""
    if not summary.records and not summary.unread:
        yield "There are no records in this window."
    if summary.cut_lines:
        yield f"{text.count(summary.cut_lines, 'line')} longer than 1 MiB: only the beginning was read."
    if summary.undecodable_lines:
        yield f"{text.count(summary.undecodable_lines, 'line')} not in UTF-8: odd characters were replaced."
    if summary.nul_bytes:
        yield f"{text.count(summary.nul_bytes, 'NUL byte')} skipped, as a crash or a truncation leaves them."
    if summary.zoneless:
        yield "Time stamps without a zone were read as UTC."
    if summary.untimed:
        yield f"{text.count(summary.untimed, 'record')} without any time: counted, whatever the window."
    if any(hash == 0 for _, hash in summary.skeletons):
        yield f"Too many different messages to tell all apart: the rest is counted as {OTHER}."


def time(milliseconds: int) -> datetime:
    """Milliseconds since 1970 as an aware time; what lies outside of the calendar is its edge."""
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if milliseconds > 0 else datetime.min.replace(tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """An aware time as milliseconds since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def errors_within(review: LogReview, length: timedelta) -> tuple[int, int]:
    """Records and errors of the last `length` of a review, by whole minutes."""
    until = review.until
    minutes = [
        minute for minute in review.minutes if until is None or minute.at > until - length - timedelta(minutes=1)
    ]
    return sum(minute.total for minute in minutes), sum(minute.errors for minute in minutes)
