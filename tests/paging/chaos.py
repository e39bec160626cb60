"""Chaos for paging: real engine processes with a fast clock, which are killed and stopped, and channels that misbehave.

`python -m tests.paging.chaos` makes engine processes by fork, since one that is started anew would be struck before it does
anything. `Chaos.run` has several of them on one database, pages, acknowledges some, and counts what reached the other side
and what did not.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr
from tests.paging import stories

from accelerapp.alerts.model import Page
from accelerapp.app import App
from accelerapp.base.ids import PageId
from accelerapp.base.settings import channels as channel_settings
from accelerapp.base.settings.model import Data, Settings
from accelerapp.base.severity import Severity
from accelerapp.engine import sharing
from accelerapp.engine.jobs.paging import AuditPaging, CallPeople
from accelerapp.engine.runner import Engine
from accelerapp.engine.sender import Sender
from accelerapp.flows import paging as flow
from accelerapp.notifications.channels import family
from accelerapp.oncall.model import MethodKind
from accelerapp.paging import service
from accelerapp.paging.model import Outgoing, OutgoingState, Paging, PagingState, Purpose, Verb

T = TypeVar("T")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEASE_SECONDS = 3.0
CHANNEL_SECONDS = 1.0


class FastClock:
    """`speed` seconds of the story for each second; the same in every process."""

    def __init__(self, began: float, speed: float) -> None:
        self.began = began
        self.speed = speed

    def now(self) -> datetime:
        return NOON + timedelta(seconds=(time.time() - self.began) * self.speed)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speed)


def product(folder: Path, url: str, port: int, clock: FastClock, **settings: Any) -> App:
    """With a channel to the server on `port`. On SQLite leases are on the product's clock, which is fast."""
    hook = channel_settings.Webhook(kind="webhook", url=SecretStr(f"http://127.0.0.1:{port}/"))
    data = Data(folder=folder, database_url=SecretStr(url))
    app = App(Settings(data=data, channels={"hook": hook}, **settings), clock)  # type: ignore[arg-type]
    app.__dict__["_channels"] = {"hook": family.of_settings("hook", hook, CHANNEL_SECONDS)}
    lease = timedelta(seconds=LEASE_SECONDS * (1 if url else clock.speed))
    app.__dict__["sending"] = stories.replace(app.sending, lease=lease)
    return app


def process(folder: str, url: str, port: int, began: float, speed: float, lease: float) -> None:
    """One engine process, until it is killed, or whoever made it is gone."""
    maker = os.getppid()
    app = product(Path(folder), url, port, FastClock(began, speed))
    app.database  # noqa: B018 - opens it
    jobs = (CallPeople(app), AuditPaging(app))
    shared = sharing.Leased(app.leases, timedelta(seconds=lease)) if app.leases else None
    engine = Engine(app, jobs, shared)
    sender = Sender(app.sending)
    app.when_outgoing(sender.wake)
    sender.start()
    engine.start()
    while os.getppid() == maker:
        time.sleep(1)


def nursery() -> None:
    """For each line of the input, with what `process` is given as JSON, a process, whose id is said."""
    with tempfile.TemporaryDirectory() as folder:  # whatever is imported late is imported now
        product(Path(folder), "", 1, FastClock(time.time(), 1.0)).database.engine.dispose()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            process(**json.loads(line))
            os._exit(0)
        print(pid, flush=True)


class Nursery:
    """Makes processes; they end with it."""

    def __init__(self, log: Path) -> None:
        root = Path(__file__).parents[2]
        paths = os.pathsep.join([str(root), str(root / "tests"), str(root / "examples/bookshop"), *sys.path[1:]])
        given = {**os.environ, "PYTHONPATH": paths}
        with log.open("ab") as errors:
            self.made = subprocess.Popen(
                [sys.executable, "-m", "tests.paging.chaos"],
                env=given,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    def make(self, **given: Any) -> Process:
        assert self.made.stdin
        assert self.made.stdout
        self.made.stdin.write(json.dumps(given) + "\n")
        self.made.stdin.flush()
        return Process(int(self.made.stdout.readline()))

    def end(self) -> None:
        self.made.communicate(timeout=30)


@dataclass(frozen=True)
class Process:
    """One that was made."""

    pid: int

    def is_alive(self) -> bool:
        return self._sent(0)

    def send(self, number: int) -> None:
        self._sent(number)

    def kill(self) -> None:
        """And wait until it is gone."""
        deadline = time.monotonic() + 30
        while self._sent(signal.SIGKILL):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def _sent(self, number: int) -> bool:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


# -- the other side ----------------------------------------------------------------------------------------------------


@dataclass
class Other:
    """A channel's server: takes most messages, and hangs, answers 500, or accepts and drops the rest."""

    clock: FastClock
    chance: random.Random
    trouble: float
    """Which share of the requests goes wrong."""
    taken: list[tuple[str, str, datetime]] = field(default_factory=list)
    """Idempotency key, page, and when, of everything that was read whole, whatever was answered."""
    answered: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self) -> ThreadingHTTPServer:
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                try:
                    event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["event"]
                except ValueError:  # who sent it was killed in the middle of it
                    return
                other.answer(self, event)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def answer(self, handler: BaseHTTPRequestHandler, event: dict[str, Any]) -> None:
        with self.lock:
            kind = "taken"
            if self.chance.random() < self.trouble:
                kind = self.chance.choice(("hang", "500", "drop", "refuse"))
            self.answered[kind] += 1
            if kind in ("taken", "drop"):
                self.taken.append((event["data"]["key"], event["data"]["subject"], self.clock.now()))
        if kind == "hang":
            time.sleep(2 * CHANNEL_SECONDS)
        if kind in ("hang", "drop", "refuse"):
            handler.close_connection = True
            return
        handler.send_response(200 if kind == "taken" else 500)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


# -- the story ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """How much of it."""

    pages: int
    processes: int
    seconds: float
    """For how long processes are killed and stopped."""
    speed: float = 30.0
    trouble: float = 0.3
    acknowledged: float = 0.5
    seed: int = 1
    pause: tuple[float, float] = (0.3, 1.2)
    """Between two blows."""
    lease: float = sharing.LEASE.total_seconds()
    """Of the engine's jobs, in seconds of the machine."""
    is_calm: bool = False
    """Nothing is struck: what is late then is late by the machine and by the looks of the engine alone."""


@dataclass(frozen=True)
class Lateness:
    """How late things were against their time, in seconds of the machine; the story's are `Plan.speed` times that."""

    count: int
    median: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: list[float]) -> Lateness:
        """Of so many things."""
        found = sorted(seconds) or [0.0]
        p99 = found[min(len(found) - 1, round(len(found) * 0.99))]
        return cls(len(seconds), round(statistics.median(found), 2), round(p99, 2), round(found[-1], 2))


@dataclass(frozen=True)
class Figures:
    """What came of it."""

    pages: int
    escalations: int
    """Calls that went beyond the first step."""
    messages: int
    delivered: int
    failed: int
    cancelled: int
    unended: int
    """Messages that neither went out nor failed nor were cancelled."""
    lost: int
    """Pages that nobody acknowledged and that did not reach the other side at all."""
    stopped_short: int
    """Pages that nobody acknowledged whose escalation did not go through its steps."""
    undelivered: int
    """Messages that are written as delivered and that the other side never read."""
    duplicates: int
    """Readings of a message after the first."""
    marked: int
    """Of those, messages known as possibly doubled, or tried more than once."""
    after_acknowledgement: int
    """Calls decided after an acknowledgement was committed."""
    sent_after_acknowledgement: int
    """Messages read by the other side more than a channel's time-out and a lease after it."""
    kills: int
    stops: int
    restarts: int
    """Of the database."""
    seconds: float
    answers: dict[str, int]
    steps_late: Lateness
    """From the end of a step's wait to the decision; steps that were due earlier since a call was in vain are left out."""
    messages_late: Lateness
    """From when a message was last due, first or again, to its being read by the other side."""


class Chaos:
    """One run."""

    def __init__(self, folder: Path, url: str, plan: Plan, restart: Callable[[], None] | None = None) -> None:
        """`restart` ends the database and starts it again."""
        self.folder, self.url, self.plan, self.restart = folder, url, plan, restart
        self.chance = random.Random(plan.seed)
        self.clock = FastClock(time.time(), plan.speed)
        self.other = Other(self.clock, random.Random(plan.seed + 1), plan.trouble)
        self.server = self.other.serve()
        self.app = product(folder, url, self.server.server_port, self.clock)
        self.nursery = Nursery(folder / "processes.log")
        self.processes: list[Process] = []
        self.acknowledged: dict[str, datetime] = {}
        """By page, when the acknowledgement was committed."""
        self.kills = self.stops = self.restarts = 0

    def run(self) -> Figures:
        begun = time.monotonic()
        people = [stories.person(name, MethodKind.WEBHOOK, MethodKind.WEBHOOK) for name in ("ann", "ben", "cat")]
        people = [stories.replace(each, methods=_methods(each.name, self.server.server_port)) for each in people]
        story = stories.Story(self.app.pager.writing, self.clock)  # type: ignore[arg-type]
        story.describe(stories.book(*people, repeat=0, repage_after=timedelta(hours=20)))
        try:
            self.processes = [self._start() for _ in range(self.plan.processes)]
            pages = threading.Thread(target=self._page)
            pages.start()
            self._strike()
            pages.join()
            self._settle()
        finally:
            for each in self.processes:
                each.kill()
            self.nursery.end()
            self.server.shutdown()
            self.server.server_close()
        return self._figures(time.monotonic() - begun)

    def _start(self) -> Process:
        return self.nursery.make(
            folder=str(self.folder),
            url=self.url,
            port=self.server.server_port,
            began=self.clock.began,
            speed=self.plan.speed,
            lease=self.plan.lease,
        )

    def _page(self) -> None:
        """Pages come all the time; of those that are acknowledged some are at once, some after a few steps."""
        acks: list[tuple[float, str]] = []
        pause = self.plan.seconds / self.plan.pages
        for number in range(self.plan.pages):
            id, severity = f"pag_{number}", self.chance.choice((Severity.P1, Severity.P2))
            _persistently(lambda id=id, severity=severity: self._trigger(id, severity))  # type: ignore[misc]
            if self.chance.random() < self.plan.acknowledged:
                acks.append((time.monotonic() + self.chance.uniform(0, 720 / self.plan.speed), id))
            self._acknowledge(acks, pause)
        while acks:
            self._acknowledge(acks, 0.05)

    def _trigger(self, id: str, severity: Severity) -> None:
        with self.app.pager.writing() as stores:
            now = self.clock.now()
            made = Page(PageId(id), f"group of {id}", f"Page {id}", severity, "shop", now, now)
            stores.alerts.put_pages([made])
            flow.page(stores, [made.id], now)

    def _seen(self, id: str) -> None:
        with contextlib.suppress(service.Answered):  # committed before the connection was lost
            self.app.pager.act(id, Verb.ACKNOWLEDGE, "ann")
        self.acknowledged[id] = self.clock.now()

    def _acknowledge(self, acks: list[tuple[float, str]], pause: float) -> None:
        until = time.monotonic() + pause
        while True:
            for at, id in [each for each in acks if each[0] <= time.monotonic()]:
                _persistently(lambda id=id: self._seen(id))  # type: ignore[misc]
                acks.remove((at, id))
            if time.monotonic() >= until:
                return
            time.sleep(min(0.02, pause))

    def _strike(self) -> None:
        """Kill a process, or stop it for longer than its lease; another starts in the place of a dead one."""
        if self.plan.is_calm:
            return
        until, waking = time.monotonic() + self.plan.seconds, list[tuple[float, Process]]()
        while time.monotonic() < until or not self.kills:
            time.sleep(self.chance.uniform(*self.plan.pause))
            for at, each in [one for one in waking if one[0] <= time.monotonic()]:
                each.send(signal.SIGCONT)
                waking.remove((at, each))
            if self.restart is not None and self.chance.random() < 0.05:
                self.restart()
                self.restarts += 1
                continue
            place = self.chance.randrange(len(self.processes))
            victim = self.processes[place]
            if any(each is victim for _, each in waking):
                continue
            if self.chance.random() < 0.6:
                victim.kill()
                self.kills += 1
                self.processes[place] = self._start()
            else:
                victim.send(signal.SIGSTOP)
                self.stops += 1
                waking.append((time.monotonic() + LEASE_SECONDS * 1.5, victim))
        for _, each in waking:
            each.send(signal.SIGCONT)

    def _settle(self) -> None:
        """Until every escalation has come to its end and every message has ended."""
        deadline = time.monotonic() + 120 + self.plan.pages / 5
        while time.monotonic() < deadline:
            for place, each in enumerate(self.processes):
                if not each.is_alive():
                    self.processes[place] = self._start()
            pages = _persistently(lambda: self.app.pager.pages(True, 100_000))
            is_over = not any(each.state is PagingState.TRIGGERED for each in pages)
            if is_over and not _persistently(self.app.pager.standing).queued:
                return
            time.sleep(0.3)

    def _figures(self, seconds: float) -> Figures:
        with self.app.pager.reading() as stores:
            pagings = stores.pagings.find(limit=100_000)
            outgoing = [each for paging in pagings for each in stores.outbox.of_paging(paging.id)]
        read = Counter(key for key, _, _ in self.other.taken)
        reached = {subject for _, subject, _ in self.other.taken}
        by_page = {paging.id: paging for paging in pagings}
        late = [each for each in outgoing if self._is_late(each.created_at, by_page[each.paging].page)]
        grace = timedelta(seconds=(CHANNEL_SECONDS + LEASE_SECONDS + 1) * self.plan.speed)
        states = Counter(each.state for each in outgoing)
        calm = [each for each in pagings if each.page not in self.acknowledged]
        doubled = {key for key, count in read.items() if count > 1}
        return Figures(
            pages=len(pagings),
            escalations=sum(each.calls - 1 for each in pagings),
            messages=len(outgoing),
            delivered=states[OutgoingState.DELIVERED],
            failed=states[OutgoingState.FAILED],
            cancelled=states[OutgoingState.CANCELLED],
            unended=states[OutgoingState.QUEUED] + states[OutgoingState.SENDING],
            lost=self.plan.pages - len(pagings) + sum(each.id not in reached for each in calm),
            stopped_short=sum(each.state is not PagingState.EXHAUSTED for each in calm),
            undelivered=sum(each.state is OutgoingState.DELIVERED and each.key not in read for each in outgoing),
            duplicates=sum(count - 1 for count in read.values()),
            marked=sum(each.key in doubled and _is_marked(each) for each in outgoing),
            after_acknowledgement=len(late),
            sent_after_acknowledgement=sum(
                self._is_late(at - grace, by_page[subject].page)  # type: ignore[index]
                for _, subject, at in self.other.taken
            ),
            kills=self.kills,
            stops=self.stops,
            restarts=self.restarts,
            seconds=round(seconds, 1),
            answers=dict(self.other.answered),
            steps_late=Lateness.of(self._steps_late(outgoing, by_page)),
            messages_late=Lateness.of(self._messages_late(outgoing)),
        )

    def _steps_late(self, outgoing: list[Outgoing], pagings: dict[Any, Paging]) -> list[float]:
        """Step by step: each call but the first came when the one before had waited for long enough."""
        begun: dict[str, set[datetime]] = {}
        for each in outgoing:
            if each.purpose is Purpose.STEP:
                begun.setdefault(each.paging, set()).add(each.created_at)
        late = []
        for id, moments in begun.items():
            for step, (before, at) in zip(pagings[id].steps, pairwise(sorted(moments)), strict=False):
                if at - before >= step.wait:
                    late.append((at - before - step.wait).total_seconds() / self.plan.speed)
        return late

    def _messages_late(self, outgoing: list[Outgoing]) -> list[float]:
        last = {key: at for key, _, at in self.other.taken}
        return [
            (last[each.key] - each.due_at).total_seconds() / self.plan.speed
            for each in outgoing
            if each.state is OutgoingState.DELIVERED and each.key in last
        ]

    def _is_late(self, at: datetime, page: str) -> bool:
        return page in self.acknowledged and at > self.acknowledged[page]


def _persistently(act: Callable[[], T]) -> T:
    """As a sender does that is not answered: again."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return act()
        except Exception:  # whatever a database says that is ended in the middle of a question
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _is_marked(each: Outgoing) -> bool:
    return each.may_have_arrived or each.attempts > 1


def _methods(name: str, port: int) -> tuple[Any, ...]:
    made = stories.ContactMethod
    return tuple(
        made(f"{name}-{number}", MethodKind.WEBHOOK, f"http://127.0.0.1:{port}/{name}/{number}", NOON)
        for number in (1, 2)
    )


if __name__ == "__main__":
    nursery()
