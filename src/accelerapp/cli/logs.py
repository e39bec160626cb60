"""`accelerapp logs …`: review, errors, patterns, tail; compare is in a file of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from accelerapp.base import errors, text
from accelerapp.cli import logs_compare, logs_tail, output, service_names, target

if TYPE_CHECKING:
    from accelerapp.logs.baseline import Baseline
    from accelerapp.logs.model import LogReview, Minute, Pattern
    from accelerapp.logs.ranking import PatternList

_BLOCKS = " ▁▂▃▄▅▆▇█"
_COLUMNS = 60
_LONGEST = timedelta(days=36_525)
_COLOURS = {"critical": "red", "error": "red", "warning": "yellow"}
_last_option = click.option(
    "--last", metavar="DURATION", help="How far back: 15m, 24h, 7d. Of files: everything; of Loki: 24h."
)

_executor_option = click.option(
    "--executor", metavar="ADDRESS", help="Read large logs on a Dask cluster: tcp://host:8786. Default: threads here."
)

_baseline_option = click.option(
    "--baseline", metavar="SERVICE", help="Compare files with what is usual in this service's log."
)


@click.group("logs")
def command() -> None:
    """Review, search and follow logs: of a service's replicas, of files, of standard input."""


@command.command("review")
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER|ADDRESS|-]...")
@output.service_option
@_last_option
@_baseline_option
@_executor_option
@output.json_option
def review(
    files: tuple[str, ...],
    service: str | None,
    last: str | None,
    baseline: str | None,
    executor: str | None,
    as_json: bool,
) -> int:
    """Count by level, group messages by what varies, and say what stands out.

    ADDRESS is s3://BUCKET/FOLDER/ or 'loki+http://HOST:3100/?query={app="shop"}'.

    Exit code: 0 nothing found, 1 errors or anomalies, 3 none found but something could not be read.
    """
    if baseline and not files:
        raise errors.WrongUseError("--baseline is for files: a service's log has its own.", mend="Leave it out.")
    found = _review(files, service, last, "24h", executor, baseline)
    if as_json:
        output.print_json(found)
    else:
        _print_head(found)
        _print_patterns("Top errors", found.top_errors[:5])
        _print_anomalies(found)
        _print_doubts(found)
    return _code(found)


@command.command("errors")
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER|ADDRESS|-]...")
@output.service_option
@_last_option
@_executor_option
@output.json_option
def top_errors(
    files: tuple[str, ...], service: str | None, last: str | None, executor: str | None, as_json: bool
) -> int:
    """The error patterns with an example and the end of its trace. Exit codes as for review."""
    found = _review(files, service, last, "15m", executor)
    if as_json:
        output.print_json(found)
        return _code(found)
    _print_head(found)
    for pattern in found.top_errors[:20]:
        output.echo()
        _print_pattern(pattern)
        for line in pattern.example.splitlines()[-6:]:
            output.echo(click.style(f"      {text.printable(line, 160)}", dim=True))
    _print_doubts(found)
    return _code(found)


@command.command("patterns")
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER|ADDRESS|-]...")
@output.service_option
@_last_option
@click.option("--level", type=click.Choice(logs_tail.LEVELS), help="This level or worse.")
@_executor_option
@output.json_option
def patterns(
    files: tuple[str, ...],
    service: str | None,
    last: str | None,
    level: str | None,
    executor: str | None,
    as_json: bool,
) -> int:
    """All patterns, most frequent first, with their share of all records, times and an example.

    Exit code: 0, or 3 when something could not be read.
    """
    found = _ranked(files, service, last, level, executor)
    if as_json:
        output.print_json(found)
        return 3 if found.unread else 0
    for pattern in found.patterns:
        _print_pattern(pattern, f"{pattern.share:7.2%}")
        example = pattern.example.split("\n", 1)[0]
        if example != pattern.message:
            output.echo(click.style(f"      {text.printable(example, 160)}", dim=True))
    output.echo(f"{text.count(len(found.patterns), 'pattern')} in {text.count(found.record_count, 'record')}")
    _print_doubts(found)
    return 3 if found.unread else 0


command.add_command(logs_compare.compare)


command.add_command(logs_tail.tail)


def _length(duration: str) -> timedelta:
    """How far back. Raises WrongUseError for what is no stretch of time."""
    length = text.parse_duration(duration)
    if not timedelta(0) < length <= _LONGEST:
        raise errors.WrongUseError(
            f"'{duration}' is no length to look back.", mend="Write it like 15m, 24h or 7d, at most 100 years."
        )
    return length


def _review(
    files: Sequence[str],
    service: str | None,
    last: str | None,
    usual: str,
    executor: str | None,
    baseline: str | None = None,
) -> LogReview:
    from accelerapp.logs.model import LogReview

    here, progress = target.target(), output.Progress()
    if files:
        return _review_files(files, _length(last) if last else None, progress, executor, baseline)
    length = _length(last or usual)
    name = service_names.meant(here, service)
    found: LogReview = here.ask(
        LogReview,
        f"/services/{name}/logs/review",
        lambda app: app.review_logs(name, length, app.clock.now(), progress, executor),
        params={"minutes": max(1, round(length.total_seconds() / 60))},
    )
    progress.end()
    return found


def _ranked(
    files: Sequence[str], service: str | None, last: str | None, level: str | None, executor: str | None
) -> PatternList:
    from accelerapp.logs import ranking
    from accelerapp.logs.model import Level

    here, progress, chosen = target.target(), output.Progress(), Level(level) if level else None
    if files:
        length = text.parse_duration(last) if last else None
        return ranking.ranked(_review_files(files, length, progress, executor), chosen)
    length = text.parse_duration(last or "24h")
    name = service_names.meant(here, service)
    found: PatternList = here.ask(
        ranking.PatternList,
        f"/services/{name}/logs/patterns",
        lambda app: ranking.ranked(app.review_logs(name, length, app.clock.now(), progress, executor), chosen),
        params={"minutes": max(1, round(length.total_seconds() / 60)), **({"level": level} if level else {})},
    )
    progress.end()
    return found


def _review_files(
    files: Sequence[str],
    last: timedelta | None,
    progress: output.Progress,
    executor: str | None,
    baseline: str | None = None,
) -> LogReview:
    from accelerapp.base.clock import SystemClock
    from accelerapp.clients import executors
    from accelerapp.flows import log_review
    from accelerapp.logs.sources import family, streams

    now = SystemClock().now()
    since = now - last if last else None
    named = [streams.StreamSource("standard input", sys.stdin.buffer) if one == "-" else one for one in files]
    usual = _baseline(baseline) if baseline else None
    found, unread = family.find_all(named, since, now)
    with executors.opened(executor) as workers:
        review = log_review.review_files(found, since, now, unread, progress, workers, usual)
    progress.end()
    return review


def _baseline(service: str) -> Baseline:
    """What is usual in the service's log. Raises CannotTellError, NotFoundError."""
    here = target.target()
    if here.is_remote:
        raise errors.WrongUseError(
            "The files are of this machine, the baseline is on the server.", mend="Unset ACCELERAPP_URL."
        )
    return here.app.usual(service)


def _code(found: LogReview) -> int:
    """A finding is one, whatever else could not be read; that there is none can be told only when all was."""
    if found.top_errors or found.anomalies:
        return 1
    return 3 if found.unread else 0


def _print_head(found: LogReview) -> None:
    from accelerapp.logs.model import Level

    counts = found.counts
    output.echo(
        f"{text.count(found.record_count, 'record')} from {text.count(len(found.sources), 'source')}: "
        f"{text.count(counts[Level.CRITICAL], 'critical', 'critical')}, {text.count(counts[Level.ERROR], 'error')}, "
        f"{text.count(counts[Level.WARNING], 'warning')}"
    )
    if len(found.minutes) > 1:
        for line in _plot(found.minutes):
            output.echo(line)


def _plot(minutes: Sequence[Minute]) -> Iterator[str]:
    """Records over time, and below them errors, each scaled to its own greatest."""
    start = minutes[0].at
    span = int((minutes[-1].at - start).total_seconds() // 60) + 1
    width = min(_COLUMNS, span)
    totals, wrong = [0] * width, [0] * width
    for minute in minutes:
        column = int((minute.at - start).total_seconds() // 60) * width // span
        totals[column] += minute.total
        wrong[column] += minute.errors
    for name, values in (("records", totals), ("errors", wrong)):
        greatest = max(values)
        bars = "".join(_BLOCKS[-(-value * 8 // greatest) if greatest else 0] for value in values)
        each = text.duration(span * 60 / width)
        output_line = f"  {name:8}{bars.ljust(width)}  at most {greatest:,} in {each}"
        yield click.style(output_line, fg="red" if name == "errors" and greatest else None)
    yield (
        f"  {'':8}{start:%m-%d %H:%M}{minutes[-1].at:%m-%d %H:%M}".replace(
            f"{start:%m-%d %H:%M}", f"{start:%m-%d %H:%M}" + " " * max(1, width - 22), 1
        )
        + " UTC"
    )


def _print_patterns(title: str, patterns: Sequence[Pattern]) -> None:
    if patterns:
        output.echo(f"\n{title}:")
    for pattern in patterns:
        _print_pattern(pattern)


def _print_pattern(pattern: Pattern, share: str = "") -> None:
    times = _times(pattern.first_at, pattern.last_at) if pattern.first_at and pattern.last_at else ""
    mark = click.style(pattern.level.value, fg=_COLOURS.get(pattern.level.value))
    output.echo(
        f"  {pattern.count:>7,} ×{share} {mark} {text.printable(pattern.message, 160)}  {click.style(times, dim=True)}"
    )


def _times(first: datetime, last: datetime) -> str:
    form = "%H:%M" if first.date() == last.date() else "%m-%d %H:%M"
    return f"{first:{form}} to {last:{form}}"


def _print_anomalies(found: LogReview) -> None:
    if found.anomalies:
        output.echo("\nStands out:")
    for anomaly in found.anomalies:
        output.echo(f"  - {text.printable(anomaly.description)}")


def _print_doubts(found: LogReview | PatternList) -> None:
    for unread in found.unread:
        output.echo(
            click.style(f"\nNot read: {text.printable(unread.source)}: {text.printable(unread.reason)}.", fg="magenta")
        )
    for note in found.notes:
        output.echo(click.style(f"Note: {note}", dim=True))
