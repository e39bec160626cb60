"""`accelerapp health`: reads like a doctor's note. The verdict and its reasons first, then a line per check."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from accelerapp.base import text
from accelerapp.cli import output
from accelerapp.cli.target import Target, target

if TYPE_CHECKING:
    from accelerapp.health.model import CheckResult, HealthReport

_WATCH_SECONDS = 5.0
_CLEAR = "\x1b[H\x1b[2J"


@click.command("health")
@output.service_option
@click.option("--all", "every", is_flag=True, help="Every service of the settings.")
@click.option("--daily", is_flag=True, help="Print the daily health check with its six headings.")
@click.option("--watch", is_flag=True, help="Check again every 5 seconds until interrupted.")
@output.json_option
def command(service: str | None, every: bool, daily: bool, watch: bool, as_json: bool) -> int:
    """Check the health of a service: replicas, usage, errors, database, address, certificate, host, disks.

    \b
    Exit code: 0 healthy, 1 degraded or down, 3 unknown.
    """
    if service and every:
        raise click.UsageError("--service and --all exclude each other.")
    if daily and as_json:
        raise click.UsageError("--daily and --json exclude each other.")
    asked = target()
    names = [service] if not every else _names(asked)
    show = _shower(every=every, daily=daily, as_json=as_json)
    if watch:
        return _watch(asked, names, show, clear=not as_json)
    reports = _ask(asked, names)
    show(reports)
    return exit_code(reports)


def exit_code(reports: Sequence[HealthReport]) -> int:
    """0 healthy, 1 when any is degraded or down, otherwise 3 when any is unknown (or there is none)."""
    verdicts = {str(report.verdict) for report in reports}
    if verdicts & {"degraded", "down"}:
        return 1
    return 0 if verdicts == {"healthy"} else 3


def _names(asked: Target) -> list[str | None]:
    from accelerapp.services.model import Service

    return [service.name for service in asked.ask(list[Service], "/services", lambda app: list(app.services))]


def _ask(asked: Target, names: Sequence[str | None]) -> list[HealthReport]:
    return [_ask_one(asked, name) for name in names]


def _ask_one(asked: Target, name: str | None) -> HealthReport:
    from accelerapp.cli.service_names import meant
    from accelerapp.health.model import HealthReport

    report: HealthReport = asked.ask(
        HealthReport, f"/services/{meant(asked, name)}/health", lambda app: app.health_check(name)
    )
    return report


def _watch(
    asked: Target, names: Sequence[str | None], show: Callable[[Sequence[HealthReport]], None], *, clear: bool
) -> int:
    reports: list[HealthReport] = []
    try:
        while True:
            reports = _ask(asked, names)
            if clear and sys.stdout.isatty():
                click.echo(_CLEAR, nl=False)
            show(reports)
            time.sleep(_WATCH_SECONDS)
    except KeyboardInterrupt:  # the way to end it: what was last seen is the answer
        return exit_code(reports)


def _shower(*, every: bool, daily: bool, as_json: bool) -> Callable[[Sequence[HealthReport]], None]:
    if as_json:
        return _show_json(every)
    return _show_daily if daily else _show


def _show_json(every: bool) -> Callable[[Sequence[HealthReport]], None]:
    from accelerapp.health.model import HealthReport

    def show(reports: Sequence[HealthReport]) -> None:
        output.print_json(list(reports), list[HealthReport]) if every else output.print_json(reports[0])

    return show


def _show_daily(reports: Sequence[HealthReport]) -> None:
    from accelerapp.cli import health_daily

    health_daily.show(reports)


def _show(reports: Sequence[HealthReport]) -> None:
    for number, report in enumerate(reports):
        if number:
            output.echo()
        note(report)


def note(report: HealthReport) -> None:
    """One report for people."""
    output.echo(f"{report.service} is {output.verdict(str(report.verdict))}.")
    for reason in report.reasons:
        output.echo(f"  - {text.printable(reason, 400)}")
    output.echo()
    check_lines(report.checks)
    rows = replica_rows(report)
    if rows:
        output.echo()
        output.table(REPLICA_HEAD, rows, right=(2, 4, 5))
    output.echo()
    output.echo(f"checked in {text.duration(report.seconds)}")


def check_lines(checks: Sequence[CheckResult]) -> None:
    """A line per check: title, verdict, figures."""
    width = max((len(check.title) for check in checks), default=0)
    for check in checks:
        word = "skipped" if check.skipped else str(check.verdict)
        shown = click.style(f"{word:9}", dim=True) if check.skipped else output.verdict(word) + " " * (9 - len(word))
        summary = check.skipped or check.summary
        output.echo(f"  {check.title:{width}}  {shown}  {text.printable(summary, 300)}".rstrip())


REPLICA_HEAD = ("REPLICA", "STATE", "RESTARTS", "VERSION", "CPU", "MEMORY", "SINCE", "REASON")


def replica_rows(report: HealthReport) -> list[list[str]]:
    """A row per replica: state, restarts, usage. Empty when the platform could not tell."""
    facts = {check.name: check.facts for check in report.checks}
    used = {each["name"]: each for each in facts.get("usage", {}).get("replicas", [])}
    return [
        [
            each["name"],
            each["state"] if each["ready"] or each["state"] != "Running" else "Running, not ready",
            str(each["restarts"]),
            each["version"],
            *_usage(used.get(each["name"])),
            _since(each["started_at"], report),
            each["reason"],
        ]
        for each in facts.get("replicas", {}).get("replicas", [])
    ]


def _usage(used: dict[str, object] | None) -> tuple[str, str]:
    if used is None:
        return "-", "-"
    percent = used["memory_percent"]
    memory = text.size(float(str(used["memory_bytes"])))
    return f"{float(str(used['cpu_cores'])):.2f}", memory + (f" ({percent:.0f} %)" if percent is not None else "")


def _since(started_at: str | None, report: HealthReport) -> str:
    from datetime import datetime

    return text.ago(datetime.fromisoformat(started_at), report.at) if started_at else "-"
