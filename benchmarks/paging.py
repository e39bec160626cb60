"""Paging under chaos, in a storm, and how long it takes from a page to the other side.

`python benchmarks/paging.py [chaos|latency|storm] [PAGES]` from the root of the source; all three without a word. Chaos:
three engine processes on PostgreSQL, then one on SQLite, with a clock of 30 seconds a second; processes are killed and
stopped past their leases, the database is restarted, and three requests in ten to the channel hang, are answered 500,
refused, or read and dropped. Latency: 100 pages in a minute through one process, on SQLite and on PostgreSQL. Storm:
10,000 alerts at once, and what a person receives of them.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from statistics import quantiles
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "examples" / "bookshop")]

import psycopg  # noqa: E402
from tests.paging import chaos, stories  # noqa: E402
from tests.ports import free_port  # noqa: E402

from accelerapp.alerts.model import Signal  # noqa: E402
from accelerapp.alerts.store import Filter  # noqa: E402
from accelerapp.base.settings.model import Alerts  # noqa: E402
from accelerapp.engine import sharing  # noqa: E402
from accelerapp.engine.follower import Follower  # noqa: E402
from accelerapp.engine.jobs.follow_alerts import FollowAlerts  # noqa: E402
from accelerapp.engine.jobs.paging import CallPeople  # noqa: E402
from accelerapp.engine.runner import Engine  # noqa: E402
from accelerapp.engine.sender import Sender  # noqa: E402
from bookshop import database  # noqa: E402

PAGES_A_MINUTE, STORM = 100, 10_000


class Postgres:
    """A server of our own, to be restarted at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)
        self.port = free_port()
        data = folder / "postgres"
        prefix = database.as_ordinary_user(data)
        database.initialise(data, prefix)
        self.command = [*prefix, *database.server_command(data, str(self.port))]
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self.start()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        self.server.send_signal(signal.SIGINT)
        self.server.wait(60)

    def restart(self) -> None:
        self.stop()
        self.start()


@contextmanager
def place(kind: str) -> Iterator[tuple[Path, str, Postgres | None]]:
    """A folder, and the address of a database in it; empty for SQLite."""
    folder = Path(tempfile.mkdtemp(prefix="accelerapp-paging-"))
    server = Postgres(folder) if kind == "postgresql" else None
    try:
        yield folder, server.url if server else "", server
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def run_chaos(pages: int) -> None:
    """Then the same without blows and with a channel that works: how late that is, is the machine's doing."""
    for kind, processes, a_second in (("postgresql", 3, 8), ("sqlite", 1, 3)):
        plan = chaos.Plan(pages=pages, processes=processes, seconds=max(12.0, pages / a_second), pause=(0.5, 2.5))
        for given in (plan, replace(plan, trouble=0.0, is_calm=True)):
            with place(kind) as (folder, url, server):
                found = chaos.Chaos(folder, url, given, server.restart if server else None).run()
            print(f"{'calm' if given.is_calm else 'chaos'}, {kind}, {processes} process(es)")
            for name, value in asdict(found).items():
                shown = " / ".join(map(str, value.values())) if name.endswith("_late") else value
                print(f"  {name:<28} {shown}")
            print("  *_late: how many, then seconds of the machine: median / 99th percentile / longest", flush=True)


@contextmanager
def product(folder: Path, url: str, **settings: Any) -> Iterator[tuple[chaos.App, chaos.Other]]:
    """One process that pages, by the clock of the machine, and the other side, which takes everything."""
    clock = chaos.FastClock(time.time(), 1.0)
    other = chaos.Other(clock, chaos.random.Random(1), trouble=0.0)
    server = other.serve()
    app = chaos.product(folder, url, server.server_port, clock, **settings)
    method = chaos._methods("ann", server.server_port)[:1]
    ann = stories.replace(stories.person("ann"), methods=method)
    stories.Story(app.pager.writing, clock).describe(stories.book(ann))  # type: ignore[arg-type]
    jobs = (FollowAlerts(app), CallPeople(app))
    engine = Engine(app, jobs, sharing.Leased(app.leases) if app.leases else None)
    sender, follower = Sender(app.sending), Follower(app.alerting.catch_up)
    app.when_outgoing(sender.wake)
    app.when_alerts_due(follower.wake)
    sender.start()
    follower.start()
    engine.start()
    try:
        yield app, other
    finally:
        engine.stop()
        follower.stop()
        sender.stop()
        server.shutdown()


def run_latency() -> None:
    no_storm = Alerts(storm_pages=10 * PAGES_A_MINUTE)  # else these would be one page with a list
    for kind in ("sqlite", "postgresql"):
        with place(kind) as (folder, url, _), product(folder, url, alerts=no_storm) as (app, other):
            taken = {}
            for number in range(PAGES_A_MINUTE):
                rule = f"Rule{number}"
                app.alerting.take([Signal({"alertname": rule, "service": f"s{number}", "severity": "critical"})])
                taken[rule] = app.clock.now()
                time.sleep(60 / PAGES_A_MINUTE)
            time.sleep(5)
            pages = {each.id: each for each in app.pager.pages(limit=1000)}
            first = {}
            for _, subject, at in other.taken:
                first.setdefault(subject, at)
            rules = {each.page: each.rule for each in app.alerting.alerts(Filter(limit=1000))}
            decided = [(first[id] - each.triggered_at).total_seconds() for id, each in pages.items()]
            alerted = [
                (first[id] - taken[rules[each.page]]).total_seconds()
                for id, each in pages.items()
                if each.page in rules
            ]
        print(f"latency, {kind}: {len(pages)} pages in a minute")
        for name, values in (("page to the other side", decided), ("alert to the other side", alerted)):
            cuts = quantiles(values, n=100)
            print(
                f"  {name:<28} median {cuts[49]:.3f} s, 99th percentile {cuts[98]:.3f} s, longest {max(values):.3f} s"
            )


def run_storm() -> None:
    with place("sqlite") as (folder, url, _), product(folder, url) as (app, other):
        for begin in range(0, STORM, 500):
            named = range(begin, begin + 500)
            app.alerting.take(
                [Signal({"alertname": f"R{n % 50}", "service": f"s{n}", "severity": "warning"}) for n in named]
            )
        time.sleep(150)
        found = app.alerting.alerts(Filter(limit=2 * STORM))
        times = sorted(at for _, _, at in other.taken)
        by_subject: dict[str, list[float]] = {}
        for _, subject, at in other.taken:
            by_subject.setdefault(subject, []).append(at.timestamp())
        gaps = [b - a for each in by_subject.values() for a, b in zip(sorted(each), sorted(each)[1:], strict=False)]
        print(
            f"storm of {STORM} alerts: {len(found)} in the list, {len(other.taken)} messages in {len(by_subject)} pages"
        )
        print(
            f"  first message after the first page: {(times[0] - min(each.triggered_at for each in app.pager.pages())).total_seconds():.3f} s"
        )
        print(f"  shortest time between two messages of one page: {min(gaps):.1f} s" if gaps else "  one message each")


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what in ("", "chaos"):
        run_chaos(int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
    if what in ("", "latency"):
        run_latency()
    if what in ("", "storm"):
        run_storm()
