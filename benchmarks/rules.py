"""1,000 rules over 20,000 series every 15 seconds: how much of a core that takes, and how late an alert is.

The clock is moved, the work is real: answers of 200 targets are read and kept in SQLite, then every rule is evaluated
over what is kept. Printed is CPU time over the time that passed; the bar is 20 %.

    python benchmarks/rules.py [periods]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from accelerapp.alerts.store import Filter
from accelerapp.app import App
from accelerapp.base import clock
from accelerapp.base.settings.model import Data, Local, Service, Settings
from accelerapp.metrics.collector import Figures, Scraped, Target
from accelerapp.metrics.model import NAME

SERVICES, PERIOD = 200, timedelta(seconds=15)
BUCKETS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf")
START = datetime(2026, 7, 1, 12, tzinfo=UTC)


def answer(step: int, failing: bool) -> bytes:
    """What a replica says: 34 counters and 5 histograms of 13 lines, 99 series."""
    lines = []
    for path in range(17):
        good, bad = step * 300, step * 30 if failing else 0
        lines.append(f'http_requests_total{{path="/{path}",status="200"}} {good}')
        lines.append(f'http_requests_total{{path="/{path}",status="500"}} {bad}')
    for path in range(5):
        for bound in BUCKETS:
            count = step * (150 if float(bound) < 0.05 else 300)
            lines.append(f'http_request_duration_seconds_bucket{{path="/{path}",le="{bound}"}} {count}')
        lines.append(f'http_request_duration_seconds_count{{path="/{path}"}} {step * 300}')
    return ("\n".join(lines) + "\n").encode()


def platform(name: str) -> Figures:
    """What the platform says of a service with one replica."""
    replica = {"replica": f"{name}-1"}
    values = [
        ({NAME: "accelerapp_workload_ready"}, 1.0),
        ({NAME: "accelerapp_workload_desired"}, 1.0),
        ({NAME: "accelerapp_replica_restarts_total", **replica}, 0.0),
        ({NAME: "accelerapp_replica_memory_bytes", **replica}, 500.0),
        ({NAME: "accelerapp_replica_memory_limit_bytes", **replica}, 1000.0),
    ]
    return Figures(f"{name}/platform", {"service": name}, values)


def story(app: App, moving: clock.MovingClock, periods: int, fails_from: int) -> Iterator[tuple[float, float]]:
    """CPU seconds of keeping and of evaluating, for each period. One service fails from a period on."""
    take = app.metrics.collection.collector.take
    for step in range(periods):
        begun = time.process_time()
        at = round(moving.now().timestamp() * 1000)
        for index in range(SERVICES):
            name = f"s{index}"
            target = Target(f"{name}/{name}-1", {"service": name, "replica": f"{name}-1"}, "")
            take(
                name,
                [Scraped(target, 0.01, answer(step, failing=index == 7 and step > fails_from))],
                [platform(name)],
                at,
            )
        kept = time.process_time()
        app.evaluate_rules(moving.now())
        yield kept - begun, time.process_time() - kept
        moving.move(PERIOD)


def main() -> None:
    """Print the figures."""
    periods = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        local = Local(releases=Path(folder), release="1", command=("true",), port=8080, memory_limit=1000)
        services = {f"s{index}": Service(local=local) for index in range(SERVICES)}
        moving = clock.MovingClock(START)
        app = App(Settings(data=Data(folder=Path(folder)), services=services), moving)
        fails_from = periods // 3
        figures = list(story(app, moving, periods, fails_from))[periods // 2 :]
        keeping, evaluating = (statistics.median(each) for each in zip(*figures, strict=True))
        seconds = PERIOD.total_seconds()
        print(f"{len(app.rules.all):,} rules, {SERVICES * 104:,} series, every {seconds:.0f} s")
        print(f"  keeping the samples:  {100 * keeping / seconds:5.1f} % of a core")
        print(f"  evaluating the rules: {100 * evaluating / seconds:5.1f} % of a core (bar: 20 % for both)")
        for alert in app.alerting.alerts(Filter(is_open=True)):
            crossed = START + (fails_from + 1) * PERIOD
            late = (alert.opened_at - crossed).total_seconds() - 300
            print(f"  {alert.title}: its row is there {late:.0f} s after the look that ends its 5 minutes")


if __name__ == "__main__":
    main()
