"""`accelerapp metrics`: PromQL at a time or over a stretch, and what is scraped."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from accelerapp.base import errors, text
from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.metrics.answers import Answer

_MOST_LINES = 30


@click.group()
def command() -> None:
    """Ask figures over time in PromQL."""


@command.command()
@click.argument("expr")
@click.option("--at", metavar="TIME", help="Seconds since 1970 or 2026-03-02T12:00Z; default: now.")
@click.option("--range", "length", metavar="DURATION", help="Plot the time up to then, such as 1h.")
@click.option("--step", default="15s", show_default=True, metavar="DURATION", help="From one point to the next.")
@output.json_option
def query(expr: str, at: str | None, length: str | None, step: str, as_json: bool) -> None:
    """Evaluate EXPR. No data is neither good nor bad, and said so."""
    found = _ask(expr, _moment(at), text.parse_duration(length) if length else None, text.parse_duration(step))
    if as_json:
        output.print_json(found)
    elif found.data.resultType == "matrix":
        _plot(found)
    else:
        _table(found)


@command.command()
@output.json_option
def targets(as_json: bool) -> None:
    """What is scraped, and whether it answered."""
    now = datetime.now(UTC) if target().is_remote else target().app.clock.now()
    found = _ask("up", now, None, timedelta(seconds=15))
    if as_json:
        output.print_json(found)
        return
    rows = [
        [metric.get("service", ""), metric.get("replica") or metric.get("instance", ""), _up(each["value"][1])]
        for each in found.data.result
        for metric in (each["metric"],)
    ]
    output.table(("SERVICE", "TARGET", "STATE"), sorted(rows))
    if not rows:
        output.echo("Nothing is scraped: no service serves metrics.")


def _up(value: str) -> str:
    return "up" if value == "1" else "down"


def _ask(expr: str, at: datetime, length: timedelta | None, step: timedelta) -> Answer:
    from accelerapp.metrics import answers

    if length is None:
        return target().ask(
            answers.Answer,
            "/metrics/query",
            lambda app: answers.of_vector(app.metric_source.instant(expr, at)),
            params={"query": expr, "time": f"{at.timestamp():.3f}"},
        )
    start = at - length
    window = {"start": f"{start.timestamp():.3f}", "end": f"{at.timestamp():.3f}", "step": f"{step.total_seconds()}"}
    return target().ask(
        answers.Answer,
        "/metrics/query_range",
        lambda app: answers.of_matrix(app.metric_source.range(expr, start, at, step)),
        params={"query": expr, **window},
    )


def _moment(at: str | None) -> datetime:
    if at is None:
        asked = target()
        return datetime.now(UTC) if asked.is_remote else asked.app.clock.now()
    try:
        return datetime.fromtimestamp(float(at), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        found = datetime.fromisoformat(at)
    except ValueError as error:
        raise errors.WrongUseError(f"'{at[:40]}' is not a time.", mend="Write it like 2026-03-02T12:00:00Z.") from error
    return found if found.tzinfo else found.astimezone()


def _table(found: Answer) -> None:
    from accelerapp.metrics import answers

    if found.data.resultType == "scalar":
        output.echo(found.data.result[1])
        return
    rows = [[answers.named(each["metric"]), each["value"][1]] for each in found.data.result]
    if rows:
        output.table(("SERIES", "VALUE"), rows, right=(1,))
    else:
        output.echo("No data.")


def _plot(found: Answer) -> None:
    """A line of bars for each series, with its lowest, highest and last value."""
    from accelerapp.metrics import answers

    lines: list[dict[str, Any]] = list(found.data.result)
    if not lines:
        output.echo("No data.")
        return
    times = {at for line in lines for at, _ in line["values"]}
    width = max(1, min(80, shutil.get_terminal_size().columns - 40, len(times)))
    for line in lines[:_MOST_LINES]:
        points = [(at, float(value)) for at, value in line["values"]]
        values = [value for _, value in points]
        output.echo(text.printable(answers.named(line["metric"]), 200))
        low, high, last = (f"{value:,.4g}" for value in (min(values), max(values), values[-1]))
        output.echo(f"  {answers.bars(points, min(times), max(times), width)}  {low} … {high}, last {last}")
    if len(lines) > _MOST_LINES:
        output.echo(f"… and {len(lines) - _MOST_LINES} more series.")
