"""Three real processes of the product on one real PostgreSQL: they share the work, and any of them can be lost."""

from __future__ import annotations

import http.server
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml
from tests import databases
from tests.ports import free_port
from tests.running import Running, eventually

CHECK, COLLECT = "check_health web", "collect_metrics web"
SETTINGS = """
[server]
drain = "3s"
[metrics]
period = "3s"
timeout = "3s"
[services.web]
platform = "kubernetes"
url = "http://127.0.0.1:%d/"
[services.web.kubernetes]
kubeconfig = "nowhere.yaml"
"""


class Probed:
    """The service's address: counts who asks, and can hold an answer back."""

    def __init__(self) -> None:
        self.count = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        probed = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                probed.count += 1
                probed.may_answer.wait(60)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]


class Replicas:
    """Three processes, their database and the service's address."""

    def __init__(self, folder: Path, url: str, probed: Probed) -> None:
        self.url = url
        self.probed = probed
        self.all = [self._replica(folder / name) for name in ("one", "two", "three")]

    def _replica(self, folder: Path) -> Running:
        folder.mkdir()
        cluster = {"name": "nowhere", "cluster": {"server": "http://127.0.0.1:1"}}
        context = {"name": "nowhere", "context": {"cluster": "nowhere", "user": "me"}}
        config = {"current-context": "nowhere", "clusters": [cluster], "contexts": [context]}
        user = {"name": "me", "user": {"token": "t"}}
        (folder / "nowhere.yaml").write_text(yaml.safe_dump({**config, "users": [user]}))
        settings = folder / "accelerapp.toml"
        settings.write_text(SETTINGS % self.probed.port)
        return Running(folder, settings, free_port(), {"DATABASE_URL": self.url})

    def lease(self, name: str = COLLECT) -> tuple[str, int]:
        """Holder and fence; of the job that is due most often, since what holds of it holds of all."""
        with psycopg.connect(self.url) as database:
            found = database.execute("SELECT holder, fence FROM leases WHERE name = %s", (name,)).fetchone()
        return found or ("", 0)

    def holder(self) -> Running | None:
        """Who probes the service just now."""
        name = self.lease()[0]
        return next((one for one in self.all if one.process and f"(process {one.process.pid})" in name), None)

    def runs(self) -> int:
        """How often the address was to be asked, by the fences of the jobs that ask it; -1 while one does."""
        leases = [self.lease(name) for name in (CHECK, COLLECT)]
        return -1 if any(holder for holder, _ in leases) else sum(fence for _, fence in leases)

    def living(self) -> list[Running]:
        return [one for one in self.all if one.process and one.process.poll() is None]


@pytest.fixture
def replicas(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Replicas]:
    probed = Probed()
    with databases.new_postgres(request) as url:
        started = Replicas(tmp_path, url, probed)
        for one in started.all:
            one.begin()
        yield started
        probed.may_answer.set()
        for one in started.living():  # all at once, and none drains: the second signal ends it
            assert one.process is not None
            one.process.send_signal(signal.SIGTERM)
        for one in started.all:
            one.end()
    probed.server.shutdown()


def status(url: str, key: str = "") -> int:
    """What is answered; 0 when nobody answers."""
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class Viewer:
    """Somebody who looks at pages all the time, behind a balancer that passes over who is not ready."""

    def __init__(self, replicas: Replicas, key: str) -> None:
        self.replicas = replicas
        self.key = key
        self.views = 0
        self.retries = 0
        self.lost: list[int] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self) -> None:
        turn = 0
        while not self.ended.is_set():
            ready = [one for one in self.replicas.all if status(f"{one.url}/health/ready") == 200]
            turn += 1
            tried = [ready[(turn + step) % len(ready)] for step in range(2)] if ready else []
            answers = [status(f"{one.url}/api/v1/services", self.key) for one in tried[:1]]
            if answers != [200]:
                self.retries += 1
                answers = [status(f"{one.url}/api/v1/services", self.key) for one in tried[1:]]
            if answers != [200]:
                self.lost += answers or [-1]
            self.views += 1

    def end(self) -> None:
        self.ended.set()
        self.thread.join(60)


@pytest.mark.timeout(400)
def test_any_of_three_can_be_lost_and_neither_work_nor_a_page_is(replicas: Replicas) -> None:
    for one in replicas.all:
        eventually(lambda one=one: one.answers() and status(f"{one.url}/health/ready") == 200, 120)

    # they came up at once on an empty database, and one of them printed the link
    printed = [one for one in replicas.all if "/setup?token=" in one.log.read_text()]
    assert len(printed) == 1
    told = [one.log.read_text() for one in replicas.all if one is not printed[0]]
    assert all(f"(process {printed[0].process.pid}) printed the one-time link" in log for log in told)
    token = printed[0].link().partition("?")[2]
    pages = [urllib.request.urlopen(f"{one.url}/setup?{token}", timeout=10).read() for one in replicas.all]
    assert all(b"administrator" in page for page in pages)

    # a probe is one run of one of them
    eventually(lambda: replicas.lease()[1] >= 2, 60)
    eventually(lambda: replicas.probed.count == replicas.runs(), 60)

    # what one shows of the work, all show
    shown = [one.json("service", "list") for one in replicas.all]
    assert shown[0] == shown[1] == shown[2]

    key = replicas.all[0].run("token", "create", "ci").stdout.decode().strip()
    viewer = Viewer(replicas, key)
    try:
        eventually(lambda: viewer.views >= 10)
        _kill_in_the_middle_of_a_probe(replicas)
        _end_one_that_is_told_to(replicas)
        eventually(lambda: viewer.views >= 50, 60)
    finally:
        viewer.end()
    assert viewer.lost == []
    assert viewer.retries <= 4, "a view was tried again more than once for each replica that went"
    assert len(replicas.living()) == 1


def _kill_in_the_middle_of_a_probe(replicas: Replicas) -> None:
    """Killed at once while it probes: another does the same work, and the ones after."""
    replicas.probed.may_answer.clear()
    holder = eventually(replicas.holder, 60)
    begun, fence = replicas.probed.count, replicas.lease()[1]
    holder.stop(signal.SIGKILL)
    replicas.probed.may_answer.set()
    eventually(lambda: replicas.lease()[1] >= fence + 2 and replicas.probed.count >= begun + 2, 90)


def _end_one_that_is_told_to(replicas: Replicas) -> None:
    """TERM: it says that it is not ready, goes on answering for a while, and ends by itself."""
    one, other = replicas.living()
    assert one.process is not None
    one.process.send_signal(signal.SIGTERM)
    eventually(lambda: status(f"{one.url}/health/ready") == 503)
    assert (status(f"{one.url}/health/live"), status(f"{one.url}/login")) == (200, 200)
    assert one.process.wait(60) == 0
    fence = replicas.lease()[1]
    eventually(lambda: replicas.lease()[1] >= fence + 2, 90)
    assert replicas.living() == [other]


@pytest.mark.timeout(300)
def test_without_its_database_it_is_not_ready_but_lives_and_recovers(replicas: Replicas) -> None:
    one = replicas.all[0]
    eventually(lambda: one.answers() and status(f"{one.url}/health/ready") == 200, 120)
    name = replicas.url.rpartition("/")[2]
    with psycopg.connect(replicas.url.replace(f"/{name}", "/postgres"), autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        eventually(lambda: status(f"{one.url}/health/ready") == 503)
        assert status(f"{one.url}/health/live") == 200
        assert status(f"{one.url}/health") == 503
        eventually(lambda: "the jobs wait" in one.log.read_text(), 60)
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    eventually(lambda: status(f"{one.url}/health/ready") == 200)
    fence = replicas.lease()[1]
    eventually(lambda: replicas.lease()[1] > fence, 90)
    assert len(replicas.living()) == 3


def test_a_database_that_comes_later_is_waited_for(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with databases.new_postgres(request) as url:
        name = url.rpartition("/")[2]
        with psycopg.connect(url.replace(f"/{name}", "/postgres"), autocommit=True) as admin:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            settings = tmp_path / "accelerapp.toml"
            settings.write_text("")
            product = Running(tmp_path, settings, free_port(), {"DATABASE_URL": url})
            product.begin(arguments=("up", "--wait", "5m"))
            eventually(lambda: "It is waited for, at most 5 min." in product.log.read_text())
            assert product.process is not None
            assert product.process.poll() is None
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        eventually(product.answers)
        assert product.stop() == 0
