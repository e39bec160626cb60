"""`accelerapp logs compare`: two stretches of log, from files, windows of time or releases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from accelerapp.base import errors, text
from accelerapp.cli import output, service_names, target

if TYPE_CHECKING:
    from datetime import datetime

    from accelerapp.cli.target import Target
    from accelerapp.flows.log_compare import Reading
    from accelerapp.logs.comparison import Change, LogComparison, Side
    from accelerapp.logs.stretches import Wanted

_MOST = 20
_SIGNS = {"new": "new", "grown": "more", "gone": "gone", "shrunk": "less"}
_COLOURS = {"new": "red", "grown": "red", "gone": "green", "shrunk": "green"}


@click.command("compare")
@click.option("--before", multiple=True, metavar="WINDOW|FILE|ADDRESS", help="The earlier side; may be repeated.")
@click.option("--after", multiple=True, metavar="WINDOW|FILE|ADDRESS", help="The later side; may be repeated.")
@click.option("--before-release", metavar="VERSION", help="The earlier side: while this release was wanted.")
@click.option("--after-release", metavar="VERSION", help="The later side: while this release was wanted.")
@output.service_option
@click.option("--executor", metavar="ADDRESS", help="Read large logs on a Dask cluster: tcp://host:8786.")
@output.json_option
def compare(
    before: tuple[str, ...],
    after: tuple[str, ...],
    before_release: str | None,
    after_release: str | None,
    service: str | None,
    executor: str | None,
    as_json: bool,
) -> int:
    """What is new, more, gone and less on the later side: errors first, and only what is no chance.

    A side is files, folders and addresses; or a WINDOW of the service's log: 2h..1h (ages), 1h..now,
    2026-11-24T09:00/10:00 (UTC unless it says otherwise); or a release.

    Exit code: 0 no error is new or more, 1 one is, 3 none that could be read is, and something could not be read.
    """
    here, progress = target.target(), output.Progress()
    sides = (_given("before", before, before_release), _given("after", after, after_release))
    found = _of_service(here, service, sides, progress, executor) or _of_readings(
        here, service, sides, progress, executor
    )
    progress.end()
    if as_json:
        output.print_json(found)
    else:
        _print(found)
    return 1 if found.worse else 3 if found.unread else 0


def _given(side: str, named: Sequence[str], release: str | None) -> Wanted | Sequence[str]:
    """A window or a release of the service, or a list of files. Raises WrongUseError."""
    from accelerapp.logs import stretches

    if bool(named) == bool(release):
        raise errors.WrongUseError(
            f"The side '{side}' needs either --{side} or --{side}-release.",
            mend="Write for example --before 2h..1h --after 1h..now.",
        )
    if release:
        return stretches.Wanted(release=release)
    windows = [name for name in named if stretches.is_window(name)]
    if not windows:
        return named
    if len(named) > 1:
        raise errors.WrongUseError(f"The side '{side}' names a window, so nothing else can be on it: {windows[0]}.")
    return stretches.Wanted(window=windows[0])


def _of_service(
    here: Target,
    service: str | None,
    sides: Sequence[Wanted | Sequence[str]],
    progress: output.Progress,
    executor: str | None,
) -> LogComparison | None:
    """Both sides are of a service, here or on the server; None when one is files."""
    from accelerapp.logs.comparison import LogComparison
    from accelerapp.logs.stretches import Wanted

    before, after = sides
    if not isinstance(before, Wanted) or not isinstance(after, Wanted):
        return None
    name = service_names.meant(here, service)
    found: LogComparison = here.ask(
        LogComparison,
        f"/services/{name}/logs/compare",
        lambda app: app.compare_logs(name, before, after, progress, executor),
        params={
            name: value
            for name, value in (
                ("before", before.window),
                ("after", after.window),
                ("before_release", before.release),
                ("after_release", after.release),
            )
            if value
        },
    )
    return found


def _of_readings(
    here: Target,
    service: str | None,
    sides: Sequence[Wanted | Sequence[str]],
    progress: output.Progress,
    executor: str | None,
) -> LogComparison:
    """A side is files: it is read here."""
    from accelerapp.base.clock import SystemClock
    from accelerapp.clients import executors
    from accelerapp.flows import log_compare

    now = SystemClock().now()
    readings = [_reading(here, service, side, now) for side in sides]
    with executors.opened(executor) as workers:
        return log_compare.compare(readings[0], readings[1], progress=progress, executor=workers)


def _reading(here: Target, service: str | None, side: Wanted | Sequence[str], now: datetime) -> Reading:
    from accelerapp.flows.log_compare import Reading
    from accelerapp.logs.sources import family
    from accelerapp.logs.stretches import Wanted

    if not isinstance(side, Wanted):
        sources, unread = family.find_all(side, None, now)
        return Reading(", ".join(side), sources, None, now, unread)
    if here.is_remote:
        raise errors.WrongUseError(
            "One side is files of this machine, the other is on the server: they cannot be compared.",
            mend="Unset ACCELERAPP_URL, or name a window or a release on both sides.",
        )
    return here.app.log_stretch(service, side)


def _print(found: LogComparison) -> None:
    for word, side in (("before", found.before), ("after", found.after)):
        output.echo(f"{word:7} {_described(side)}")
    if not found.changes and not found.unsure and found.before.record_count and found.after.record_count:
        output.echo("\nNothing is new, gone, or clearly more or less.")
    if found.changes:
        output.echo(click.style(f"\n      {'before':>9} {'after':>9}  per 10,000 records", dim=True))
    for change in found.changes[:_MOST]:
        _print_change(change)
    if len(found.changes) > _MOST:
        output.echo(f"  and {len(found.changes) - _MOST} more, all with --json")
    if found.unsure:
        output.echo("\nErrors of the later side only, too few to be sure:")
    for change in found.unsure[:_MOST]:
        _print_change(change)
    for unread in found.unread:
        output.echo(click.style(f"\nNot read: {text.printable(unread.source)}: {unread.reason}.", fg="magenta"))
    for note in found.notes:
        output.echo(click.style(f"Note: {text.printable(note)}", dim=True))


def _described(side: Side) -> str:
    times = f", {side.since:%Y-%m-%d %H:%M} to {side.until:%Y-%m-%d %H:%M} UTC" if side.since and side.until else ""
    return (
        f"{text.printable(side.name, 80)}{times}: {text.count(side.record_count, 'record')}, "
        f"{text.count(side.error_count, 'error')}"
    )


def _print_change(change: Change) -> None:
    is_bad = change.level.value in ("critical", "error")
    sign = click.style(f"{_SIGNS[change.kind]:5}", fg=_COLOURS[change.kind] if is_bad else None, bold=is_bad)
    rates = f"{_rate(change.before_rate, change.before):>9} {_rate(change.after_rate, change.after):>9}"
    counts = click.style(f"({change.before:,} and {change.after:,})", dim=True)
    output.echo(f"{sign} {rates}  {change.level.value:8} {text.printable(change.message, 140)}  {counts}")


def _rate(rate: float, count: int) -> str:
    return "-" if not count else f"{rate:,.0f}" if rate >= 100 else f"{rate:.2g}"
