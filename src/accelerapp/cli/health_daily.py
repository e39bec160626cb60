"""The daily health check: the six headings of the operations manual, from one run of the health check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from accelerapp.base import text
from accelerapp.cli import health, output

if TYPE_CHECKING:
    from accelerapp.health.model import CheckResult, HealthReport


def show(reports: Sequence[HealthReport]) -> None:
    """Print all reports, one after the other."""
    for report in reports:
        output.echo("=== Accelerapp Daily Health Check ===")
        output.echo(f"Date: {report.at.astimezone():%a %b %d %H:%M:%S %Z %Y}")
        output.echo(f"Service: {report.service}")
        checks = {check.name: check for check in report.checks}
        _status(report, checks)
        _usage(report, checks)
        _errors(checks["errors"])
        _section("4. Database Status:", checks["database"])
        output.echo(f"  Database: {_ok(checks['database'])}")
        _disks(checks["disk"])
        _summary(report)


def _section(heading: str, *checks: CheckResult) -> None:
    output.echo()
    output.echo(heading)
    for check in checks:
        line = f"not checked: {check.skipped}" if check.skipped else check.summary
        output.echo(f"  {check.title}: {text.printable(line, 300)}")
        for reason in check.reasons:
            output.echo(f"    - {text.printable(reason, 400)}")


def _ok(check: CheckResult) -> str:
    if check.skipped:
        return "not configured"
    return {"healthy": "OK", "degraded": "OK, but degraded", "down": "FAIL"}.get(str(check.verdict), "UNKNOWN")


def _status(report: HealthReport, checks: dict[str, CheckResult]) -> None:
    _section("1. Service Status:", checks["replicas"], checks["url"], checks["certificate"])
    rows = health.replica_rows(report)
    if rows:
        output.table(health.REPLICA_HEAD, rows, right=(2, 4, 5))


def _usage(report: HealthReport, checks: dict[str, CheckResult]) -> None:
    _section("2. Resource Usage:", checks["host"], checks["usage"])


def _errors(check: CheckResult) -> None:
    _section("3. Recent Errors (last hour):", check)
    windows: list[dict[str, Any]] = check.facts.get("windows", [])
    rows = [[f"{each['count']:,}", each["level"], each["message"]] for each in (windows[0]["top"] if windows else [])]
    if rows:
        output.table(("COUNT", "LEVEL", "MESSAGE"), rows, right=(0,))


def _disks(check: CheckResult) -> None:
    _section("5. Disk Space:", check)
    rows = [
        [
            each["mount"],
            text.size(each["total_bytes"]),
            text.size(each["used_bytes"]),
            text.size(max(0, each["total_bytes"] - each["used_bytes"])),
            f"{each['percent']:.0f} %",
        ]
        for each in check.facts.get("disks", [])
    ]
    if rows:
        output.table(("DISK", "SIZE", "USED", "FREE", "USE"), rows, right=(1, 2, 3, 4))


def _summary(report: HealthReport) -> None:
    output.echo()
    output.echo("6. Summary:")
    output.echo(f"  {report.service} is {output.verdict(str(report.verdict))}.")
    for reason in report.reasons:
        output.echo(f"  - {text.printable(reason, 400)}")
    output.echo()
    output.echo("=== Health Check Complete ===")
