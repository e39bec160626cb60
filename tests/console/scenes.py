"""Services as the console may find them: all well, degraded, unreachable, hostile, none. And a server to look at them.

`PYTHONPATH=. python tests/console/scenes.py degraded 8123` serves a scene by hand.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import uvicorn
from fastapi import FastAPI, Request, Response
from tests import fakes

from accelerapp.access import model as access
from accelerapp.base import clock, errors
from accelerapp.base.ids import AccountName, ReplicaName, ServiceName, SessionId
from accelerapp.console import pages
from accelerapp.explanations import model as explanations
from accelerapp.flows import explain
from accelerapp.health import model as health
from accelerapp.health import service as health_service
from accelerapp.logs import comparison, stretches
from accelerapp.logs import model as logs
from accelerapp.metrics import model as metrics
from accelerapp.platforms import interface as platforms
from accelerapp.services import model as services
from accelerapp.services import service as finding
from accelerapp.web import problems, shield

MIB = 1024**2
HOSTILE = "<script>alert(1)</script>\u202eevil\x1b[31m"
ARABIC = "فشل الدفع للطلب ١٢٣"


class FakeApp:
    """The product's nouns without its stores: what the console asks for, and nothing else."""

    def __init__(self, *named: services.Service, now: datetime | None = None) -> None:
        self.clock = clock.MovingClock(now) if now else clock.SystemClock()
        self.services = named
        self.settings = SimpleNamespace(source=None, default_service="")
        self.fake = fakes.FakePlatform(
            *(fakes.workload(service=each.name) for each in named), now=self.clock.now() - timedelta(minutes=40)
        )
        self.incidents = SimpleNamespace(find=lambda viewer, is_open=None, limit=200: [])
        self.states: dict[str, health.HealthState] = {}
        self.histories: dict[str, list[metrics.Series]] = {}
        self.reviews: dict[str, logs.LogReview] = {}
        self.lines: list[bytes] = []
        self.more_lines: list[bytes] = []
        """What comes while somebody follows."""
        self.questions: list[str] = []
        self.hangs: threading.Event | None = None
        self.following = 0

    def service(self, name: str | None = None) -> services.Service:
        return finding.find(self.services, name)

    def platform(self, service: services.Service) -> fakes.FakePlatform:
        self.questions.append(f"platform {service.name}")
        if self.hangs:
            self.hangs.wait(30)
        return self.fake

    def explain(self, name: str) -> explanations.Explanation:
        return explain.explain(lambda: explain.of_local(self.fake, ServiceName(name)), self.clock.now())

    def latest_health(self, name: str) -> health.HealthState | None:
        return self.states.get(name)

    def keep_health(self, name: str) -> health.HealthState:
        self.questions.append(f"check {name}")
        now = self.clock.now()
        self.states[name] = state(name, now, checks=[check("replicas", "Replicas", "2 of 2 replicas ready")])
        return self.states[name]

    def usage_history(self, name: str, minutes: int) -> list[metrics.Series]:
        self.questions.append(f"history {name}")
        return self.histories.get(name, [])

    def review_logs(self, service: str, last: timedelta, now: datetime) -> logs.LogReview:
        return self.reviews.get(service, review(now, ()))

    def compare_logs(self, service: str, before: stretches.Wanted, after: stretches.Wanted) -> comparison.LogComparison:
        """The review of the service against one of its everyday patterns alone."""
        self.questions.append(f"compare {before} {after}")
        now = self.clock.now()
        windows = [stretches.parse(side.window, now) for side in (before, after) if side.window]
        later = self.reviews.get(service, review(now, ()))
        usual = [each for each in later.patterns if each.level in (logs.Level.INFO, logs.Level.WARNING)]
        earlier = review(
            now,
            [*usual, logs.Pattern("o1", "cache is warm", logs.Level.INFO, 90, "cache is warm")][
                : len(usual) + 1 if usual else 0
            ],
        )
        names = (
            [one.name for one in windows]
            if len(windows) == 2
            else [f"release {before.release}", f"release {after.release}"]
        )
        return comparison.compare(earlier, later, (names[0], names[1]))

    def tail_logs(
        self,
        service: str,
        *,
        lines: int,
        follow: bool,
        level: logs.Level | None,
        match: str | None,
        replicas: Sequence[str],
        previous: bool = False,
    ) -> Iterator[bytes]:
        self.questions.append(f"tail {service} {level} {match} {replicas}")
        yield b"\n".join(each for each in self.lines if not match or match.encode() in each) + b"\n"
        self.following += follow
        try:
            while follow:
                time.sleep(0.05)
                yield self.more_lines.pop(0) + b"\n" if self.more_lines else b""
        finally:
            self.following -= follow


def check(name: str, title: str, summary: str, verdict: health.Verdict = health.Verdict.HEALTHY, **more: object):
    """One line of a health report."""
    return health.CheckResult(name, title, verdict, summary, seconds=0.012, **more)  # type: ignore[arg-type]


def state(name: str, now: datetime, checks: Sequence[health.CheckResult], minutes: float = 12) -> health.HealthState:
    """The last report of a service, whose verdict began so many minutes ago."""
    report = health_service.report(ServiceName(name), now - timedelta(seconds=20), checks, 0.31)
    return health.HealthState(ServiceName(name), report.verdict, now - timedelta(minutes=minutes), report.at, report)


def history(name: str, now: datetime, replicas: Sequence[str], *, leak: bool = False) -> list[metrics.Series]:
    """An hour of CPU and memory, every 10 s, with a gap of five minutes."""
    since = now.timestamp() - 3600
    found = []
    for index, replica in enumerate(replicas):
        times = tuple(since + 10 * step for step in range(360))
        gap = range(200, 230)
        noise = [((step * 7919 + index * 104729) % 97) / 97 for step in range(360)]
        cpu = tuple(
            None if s in gap else 0.08 + 0.06 * index + 0.09 * noise[s] + (0.25 if 90 < s < 110 else 0)
            for s in range(360)
        )
        memory = tuple(
            None if s in gap else (88 + 9 * index + 4 * noise[s] + (0.35 * s if leak and index == 1 else 0)) * MIB
            for s in range(360)
        )
        for metric, unit, values in ((metrics.Metric.CPU, "cores", cpu), (metrics.Metric.MEMORY, "bytes", memory)):
            found.append(metrics.Series(ServiceName(name), ReplicaName(replica), metric, unit, times, values))
    return found


def review(now: datetime, patterns: Sequence[logs.Pattern], **more: object) -> logs.LogReview:
    """A log review whose counts come from its patterns."""
    counts = {level: sum(each.count for each in patterns if each.level is level) for level in logs.Level}
    errors_ = [each for each in patterns if each.level in (logs.Level.ERROR, logs.Level.CRITICAL)]
    minutes = tuple(
        logs.Minute(now - timedelta(minutes=60 - n), 60 + n % 17, (n % 23 == 0) * 4 + (n > 45) * 6, n % 5)
        for n in range(60)
    )
    whole = logs.LogReview(
        since=now - timedelta(hours=1),
        until=now,
        record_count=sum(counts.values()),
        counts=counts,
        patterns=tuple(patterns),
        top_errors=tuple(sorted(errors_, key=lambda each: -each.count)),
        anomalies=(),
        unread=(),
        minutes=minutes if patterns else (),
        sources={"bookshop-1": sum(counts.values())},
    )
    return replace(whole, **more)  # type: ignore[arg-type]


def bookshop(app: FakeApp, name: str = "bookshop") -> None:
    """Give a service three good replicas, an hour of usage, a log and a good report."""
    now = app.clock.now()
    service = ServiceName(name)
    replicas = [fakes.replica(n, service=service, started_at=now - timedelta(minutes=40 - n)) for n in (1, 2, 3)]
    app.fake.known[service] = fakes.workload(
        *replicas, service=service, message="3 of 3 replicas run revision 2.", revision=2
    )
    app.fake.usages[service] = [
        platforms.ReplicaUsage(each.name, 0.11 + n * 0.07, (91 + 8 * n) * MIB, 256 * MIB, now)
        for n, each in enumerate(replicas)
    ]
    app.fake._events += [
        platforms.Event(now - timedelta(minutes=41), "Normal", "RolloutStarted", "admin wants version 1.0.0."),
        *(
            platforms.Event(now - timedelta(minutes=40 - n), "Normal", "Ready", f"{each.name} is ready.", each.name)
            for n, each in enumerate(replicas)
        ),
    ]
    app.fake._revisions[service] = [
        platforms.Revision(1, "0.9.0", now - timedelta(days=3), "settings"),
        platforms.Revision(2, "1.0.0", now - timedelta(minutes=41), "admin", ("version 0.9.0 became 1.0.0",)),
    ]
    app.histories[name] = history(name, now, [each.name for each in replicas])
    facts = {
        "desired": 3,
        "ready": 3,
        "version": "1.0.0",
        "replicas": [
            {"name": e.name, "state": str(e.state), "ready": True, "restarts": 0, "started_at": now.isoformat()}
            for e in replicas
        ],
    }
    disks = {
        "disks": [{"node": "host", "mount": "/", "total_bytes": 63 * 2**30, "used_bytes": 21 * 2**30, "percent": 33.3}]
    }
    app.states[name] = state(
        name,
        now,
        [
            check("replicas", "Replicas", "3 of 3 replicas ready, version 1.0.0", facts=facts),
            check("usage", "Usage", "0.54 cores, 297 MiB", facts={"cpu_cores": 0.54, "memory_bytes": 297 * MIB}),
            check(
                "errors",
                "Errors in the log",
                "0 errors in 1 h",
                facts={
                    "windows": [
                        {
                            "seconds": 3600.0,
                            "records": 4180,
                            "counts": {"info": 4170, "warning": 10},
                            "errors": 0,
                            "share": 0.0,
                            "top": [{"message": "Slow <*>", "level": "error", "count": 2}],
                        }
                    ]
                },
            ),
            check(
                "database",
                "Database",
                "answers in 2 ms, 9 of 100 connections",
                facts={
                    "latency_ms": 1.93,
                    "version": "18.1",
                    "size_bytes": 9 * MIB,
                    "connections": 9,
                    "max_connections": 100,
                    "connections_percent": 9.0,
                    "longest_query_seconds": None,
                },
            ),
            check("disk", "Disks", "/ is 33 % full, 42 GiB free", facts=disks),
            check(
                "url",
                "Address",
                "answers 200 in 4 ms",
                facts={"url": "http://127.0.0.1:8080/health", "status": 200, "latency_ms": 4.1},
            ),
            check("certificate", "Certificate", "", skipped="The address is not https."),
        ],
        minutes=38,
    )
    app.lines = [
        line
        for n in range(80)
        for line in (
            b'%s-%d {"time":"2026-03-02T11:%02d:14.031Z","level":"info","message":"order placed","order":%d,"took_ms":%d}'
            % (name.encode(), n % 3 + 1, n % 60, 1000 + n, 12 + n % 9),
            b"%s-%d 2026-03-02 11:%02d:15,220 INFO GET /books/%d 200 3 ms"
            % (name.encode(), (n + 1) % 3 + 1, n % 60, n),
        )
    ]
    app.reviews[name] = review(
        now,
        [
            logs.Pattern("a1", "GET /books/<*> <*> <*> ms", logs.Level.INFO, 4170, "GET /books/4 200 3 ms"),
            logs.Pattern(
                "a2", "stock of book <*> is low: <*> left", logs.Level.WARNING, 10, "stock of book 4 is low: 2 left"
            ),
        ],
    )


def well() -> FakeApp:
    """Two services, both fine."""
    app = FakeApp(
        services.Service(
            ServiceName("bookshop"),
            "local",
            "A small web shop",
            "team-shop",
            dashboards=("https://grafana.example.com/d/shop",),
        ),
        services.Service(ServiceName("mailer"), "local", "Sends the letters"),
    )
    bookshop(app, "mailer")
    bookshop(app)
    return app


def degraded() -> FakeApp:
    """The bookshop fails a fifth of its orders and one replica crashes; two others are fine."""
    app = well()
    app.services = (*app.services, services.Service(ServiceName("search"), "local", "Finds books"))
    bookshop(app, "search")
    app.lines = app.lines[:0]
    bookshop(app)
    now, name = app.clock.now(), ServiceName("bookshop")
    good = app.fake.known[name].replicas
    crashed = replace(
        good[1],
        state=platforms.ReplicaState.CRASH_LOOP,
        ready=False,
        reason="The process ended with exit code 1 four times; the next start is in 20 s. Last line: KeyError: 'SHOP_CURRENCY' is not set",
        restarts=4,
        started_at=None,
        last_exit=platforms.LastExit(now - timedelta(seconds=12), 1, "Error"),
    )
    app.fake.known[name] = replace(
        app.fake.known[name], ready=2, updated=2, version="1.1.0", revision=3, phase=platforms.RolloutPhase.PROGRESSING,
        replicas=(replace(good[0], version="1.1.0"), replace(crashed, version="1.1.0"), good[2]), message="2 of 3 replicas run revision 3.",
    )  # fmt: skip
    app.fake._revisions[name].append(
        platforms.Revision(3, "1.1.0", now - timedelta(minutes=9), "ana", ("version 1.0.0 became 1.1.0",))
    )
    app.fake._events += [
        platforms.Event(now - timedelta(minutes=9), "Normal", "RolloutStarted", "ana wants version 1.1.0."),
        platforms.Event(
            now - timedelta(seconds=30),
            "Warning",
            "BackOff",
            "bookshop-2 ended with exit code 1; start 5 follows in 20 s.",
            ReplicaName("bookshop-2"),
            4,
        ),
    ]
    app.fake.usages[name] = [each for each in app.fake.usages[name] if each.replica != "bookshop-2"]
    app.fake.usages[name][1] = replace(app.fake.usages[name][1], memory_bytes=241 * MIB)
    app.histories["bookshop"] = history("bookshop", now, [each.name for each in good], leak=True)
    known = app.states["bookshop"].report.checks
    bad = health.Verdict.DEGRADED
    app.states["bookshop"] = state(
        "bookshop",
        now,
        [
            replace(
                known[0],
                verdict=bad,
                summary="2 of 3 replicas ready, version 1.1.0",
                reasons=(
                    "2 of 3 replicas are ready.",
                    "bookshop-2 is in CrashLoopBackOff: the process ended with exit code 1 four times.",
                ),
            ),
            replace(
                known[1],
                verdict=bad,
                reasons=("bookshop-3 uses 94 % of its memory limit of 256 MiB (reason from 90 %).",),
            ),
            replace(
                known[2],
                verdict=bad,
                summary="5.1 % of 4,180 records in 1 h are errors",
                reasons=(
                    "5.1 % of the log records of the last hour are errors (213 of 4,180), most often 198 times: Payment for order <*> was declined: card processor timed out",
                ),
            ),
            replace(
                known[3],
                verdict=health.Verdict.UNKNOWN,
                summary="no answer within 10 s",
                reasons=("The database did not answer within 10 s.",),
                facts={},
            ),
            *known[4:],
        ],
        minutes=8,
    )
    app.states["mailer"] = state(
        "mailer",
        now,
        [
            check(
                "replicas",
                "Replicas",
                "0 of 1 replicas ready",
                health.Verdict.DOWN,
                reasons=("None of 1 wanted replica is ready.",),
            )
        ],
        minutes=3,
    )
    trace = 'Traceback (most recent call last):\n  File "shop/orders.py", line 88, in place\n    charge(order)\nTimeoutError: card processor'
    app.reviews["bookshop"] = review(
        now,
        [
            logs.Pattern("a1", "GET /books/<*> <*> <*> ms", logs.Level.INFO, 3957, "GET /books/4 200 3 ms"),
            logs.Pattern(
                "e1",
                "Payment for order <*> was declined: card processor timed out after <*> ms",
                logs.Level.ERROR,
                198,
                f"Payment for order 1047 was declined: card processor timed out after 3002 ms\n{trace}",
                now - timedelta(minutes=9),
                now - timedelta(seconds=4),
                {"bookshop-1": 120, "bookshop-3": 78},
            ),
            logs.Pattern(
                "e2",
                "connection to <*> lost",
                logs.Level.ERROR,
                12,
                "connection to 10.0.0.4 lost",
                now - timedelta(minutes=50),
                now - timedelta(minutes=5),
                {"bookshop-1": 12},
            ),
            logs.Pattern(
                "c1",
                "configuration is not complete: SHOP_CURRENCY is not set",
                logs.Level.CRITICAL,
                3,
                "configuration is not complete: SHOP_CURRENCY is not set",
                now - timedelta(minutes=9),
                now - timedelta(seconds=12),
                {"bookshop-2": 3},
            ),
            logs.Pattern("w1", "stock of book <*> is low: <*> left", logs.Level.WARNING, 10, "stock of book 4 is low"),
        ],
        anomalies=(
            logs.Anomaly(
                "new_pattern",
                "“Payment for order <*> was declined” was not seen in the 24 h before; 198 times since 11:51.",
            ),
            logs.Anomaly("rate_jump", "Errors rose from 0.1 to 22 a minute at 11:51."),
        ),
        notes=("There is no baseline for the weekday yet: only this hour is compared.",),
        unread=(logs.Unread("/var/log/shop/old.log.gz", "it is not a gzip file", 2048),),
    )
    app.lines += [
        b"bookshop-1 2026-03-02 11:59:01,020 ERROR Payment for order 1047 was declined: card processor timed out after 3002 ms",
        b'bookshop-3 {"time":"2026-03-02T11:59:02Z","level":"warning","message":"stock of book 4 is low: 2 left"}',
        b"bookshop-2 2026-03-02 11:59:03,020 CRITICAL configuration is not complete: SHOP_CURRENCY is not set",
    ]
    return app


def unknown() -> FakeApp:
    """The supervisor cannot be reached, and the report is too old to count."""
    app = well()
    app.fake.unreachable = True
    old = app.states["bookshop"]
    app.states["bookshop"] = health_service.aged(
        replace(old, at=app.clock.now() - timedelta(minutes=14)), app.clock.now(), timedelta(minutes=3)
    )
    del app.states["mailer"]
    app.lines = []

    def silent(*args: object, **options: object) -> Iterator[bytes]:
        raise errors.CannotTellError("The supervisor does not run.", mend="Start it with `accelerapp up`.")
        yield b""

    app.tail_logs = silent  # type: ignore[method-assign]
    return app


def fresh() -> FakeApp:
    """A service that was just described: nothing is known of it yet."""
    app = FakeApp(services.Service(ServiceName("shop"), "local"))
    app.fake.known[ServiceName("shop")] = fakes.workload(
        service=ServiceName("shop"), desired=2, message="The first replica starts."
    )
    app.fake._revisions[ServiceName("shop")] = []
    return app


def many() -> FakeApp:
    """More services than one sees at a glance; only some are well."""
    app = FakeApp(*(services.Service(ServiceName(f"shop-{n}"), "local") for n in range(8)))
    for each in app.services[:3]:
        bookshop(app, each.name)
    return app


def empty() -> FakeApp:
    """No service at all."""
    return FakeApp()


def hostile() -> FakeApp:
    """Text from outside that wants to be markup, to hide, or to run over the edge."""
    app = degraded()
    name = ServiceName("bookshop")
    long_name = ReplicaName("bookshop-" + "x" * 180)
    first = app.fake.known[name].replicas[0]
    app.fake.known[name] = replace(app.fake.known[name], version=HOSTILE, message=HOSTILE * 20, replicas=(replace(first, name=long_name, version=HOSTILE), replace(first, name=ReplicaName(HOSTILE), ready=False, reason=HOSTILE * 10)), address="javascript:alert(1)")  # fmt: skip
    app.fake._events += [platforms.Event(app.clock.now(), "Warning", "BackOff", f"{HOSTILE} {ARABIC} " + "W" * 900)]
    app.fake._revisions[name].append(platforms.Revision(4, HOSTILE, app.clock.now(), HOSTILE, (HOSTILE,)))
    app.histories["bookshop"] = history("bookshop", app.clock.now(), [long_name, HOSTILE])
    known = app.states["bookshop"].report.checks
    app.states["bookshop"] = state(
        "bookshop",
        app.clock.now(),
        [
            replace(
                known[0],
                reasons=(HOSTILE, ARABIC),
                verdict=health.Verdict.DOWN,
                facts={"message": HOSTILE, "rows": [{"<b>": HOSTILE}]},
            )
        ],
    )
    app.lines = [
        b"bookshop-1 " + HOSTILE.encode(),
        b"bookshop-1 " + ARABIC.encode(),
        b"bookshop-1 \xff\xfe broken",
        b"bookshop-1 " + b"L" * 100_000,
        b"nothing",
    ]
    app.reviews["bookshop"] = review(
        app.clock.now(),
        [
            logs.Pattern(
                "h", f"{HOSTILE} <*> {ARABIC}", logs.Level.ERROR, 3, HOSTILE + "\n" + ARABIC, sources={HOSTILE: 3}
            )
        ],
        anomalies=(logs.Anomaly(HOSTILE, HOSTILE),),
        unread=(logs.Unread(HOSTILE, HOSTILE),),
    )
    return app


SCENES = {each.__name__: each for each in (well, degraded, unknown, fresh, many, empty, hostile)}


class FakeAccess:
    """Whose session it is stands in the cookie: the name of a role. The CSRF token is `token`."""

    def __init__(self) -> None:
        self.passwords = {"ana": "correct horse"}

    def identify_cookie(self, cookie: str) -> access.Identity | None:
        if cookie not in set(access.Role):
            return None
        now = datetime.now(UTC)
        session = access.Session(SessionId("id"), AccountName("ana"), "token", now, now + timedelta(hours=11))
        return access.Identity("ana", access.Role(cookie), session)

    def change_password(self, name: str, old: str, new: str) -> None:
        if self.passwords[name] != old:
            raise errors.InvalidInputError("The password", [errors.FieldProblem("old", "is not your password.")])
        self.passwords[name] = new


def site(app: FakeApp) -> FastAPI:
    """The console on a scene, behind the headers and the answers to errors that it has in the product."""
    made = FastAPI()
    made.state.access = FakeAccess()
    made.add_middleware(shield.Shield)
    problems.install(made)

    @made.get("/login")
    def login(request: Request, next: str = "/") -> Response:
        return pages.render(request, "login.html", 200, next=next, first=False)

    @made.get("/setup")
    def setup(request: Request) -> Response:
        return pages.render(
            request,
            "setup.html",
            422,
            token="t",
            error="The account has 1 mistake:\n  - password: needs at least 10 characters.",
        )

    made.mount("/static", pages.static())
    made.include_router(pages.router(app))  # type: ignore[arg-type]
    return made


@contextlib.contextmanager
def served(app: FakeApp, port: int = 0) -> Iterator[str]:
    """The console on a scene, served on a free port of the loopback; its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(site(app), log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


if __name__ == "__main__":
    with served(SCENES[sys.argv[1]](), int(sys.argv[2])) as address:
        print(address)
        threading.Event().wait()
