"""A collection of a service whose replicas are real HTTP servers: good ones, slow ones, hostile ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fakes import NOON, FakePlatform, replica, workload
from ports import free_port
from story import SHOP, StoryApp, settings_of

from accelerapp.base import clock as clocks

SETTINGS = '[metrics]\ntimeout = "1s"\nlargest_answer = "64K"\nmost_series = 50\n' + SHOP.replace(
    'owner = "team"', 'owner = "team"\nurl = "URL"'
)


class Server(ThreadingHTTPServer):
    """Serves `pages`; what is not there is 404; `stopping` lets those go that hang."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, bytes] = {"/health": b"ok"}
        self.drips = self.hangs = False
        self.stopping = threading.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path)
        if self.server.hangs and self.path == "/metrics":
            self.server.stopping.wait(60)
            return
        self.send_response(404 if page is None else 200)
        self.end_headers()
        self.wfile.write(page or b"")
        while self.server.drips and self.path == "/metrics" and not self.server.stopping.wait(0.05):
            try:
                self.wfile.write(b"# more\n")
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    made = [Server(), Server()]
    for each in made:
        each.pages["/metrics"] = b"hits_total 1\n"
        threading.Thread(target=each.serve_forever, daemon=True).start()
    yield made
    for each in made:
        each.stopping.set()
        each.shutdown()
        each.server_close()


@pytest.fixture
def app(tmp_path: Path, servers: list[Server]) -> Iterator[StoryApp]:
    platform = FakePlatform(
        workload(*(replica(number, address=each.address) for number, each in enumerate(servers, 1)))
    )
    settings = settings_of(tmp_path, SETTINGS.replace("URL", f"http://{servers[0].address}/health"))
    made = StoryApp(settings, platform, clocks.MovingClock(NOON))
    yield made
    made.database.engine.dispose()


def value(app: StoryApp, expr: str) -> float | None:
    found = app.metric_source.instant(expr, app.clock.now()).elements
    return found[0].point.value if found else None


def collect(app: StoryApp) -> list[str]:
    app.clock.sleep(15)
    return app.metrics.collect("shop", app.clock.now())


def test_every_replica_is_scraped_and_the_address_probed(app: StoryApp) -> None:
    assert collect(app) == []
    assert value(app, "sum(hits_total)") == 2
    assert value(app, 'count(up{service="shop"} == 1)') == 2
    assert value(app, "probe_success") == 1
    assert value(app, "probe_http_status_code") == 200


@pytest.mark.parametrize("how", ["hangs", "drips"])
def test_a_replica_that_does_not_come_to_an_end_is_down_and_the_other_is_scraped(
    app: StoryApp, servers: list[Server], how: str
) -> None:
    setattr(servers[0], how, True)
    [said] = collect(app)
    assert "in time" in said
    assert value(app, 'up{replica="shop-1"}') == 0
    assert value(app, 'up{replica="shop-2"}') == 1
    servers[0].stopping.set()
    setattr(servers[0], how, False)


def test_answers_that_are_too_large_or_garbage_are_down_with_a_sentence(app: StoryApp, servers: list[Server]) -> None:
    servers[0].pages["/metrics"] = b"hits_total 1\n" * 10_000
    servers[1].pages["/metrics"] = b"<html>\x00"
    said = collect(app)
    assert len(said) == 2
    assert "more than" in said[0]
    assert "not a metric" in said[1]
    assert value(app, "count(up == 0)") == 2


def test_a_service_that_serves_no_metrics_is_not_called_down(app: StoryApp, servers: list[Server]) -> None:
    for each in servers:
        del each.pages["/metrics"]
    assert collect(app) == []
    assert value(app, "up") is None
    assert value(app, "probe_success") == 1
    servers[0].pages["/metrics"] = b"hits_total 1\n"
    assert collect(app) == []
    del servers[0].pages["/metrics"]
    assert "answers 404" in collect(app)[0]
    assert value(app, "up") == 0


def test_when_the_platform_cannot_tell_the_known_replicas_are_still_scraped(app: StoryApp) -> None:
    collect(app)
    app.local_platform.unreachable = True
    assert any("shop" in said for said in collect(app))
    assert value(app, "accelerapp_platform_up") == 0
    assert value(app, "accelerapp_workload_ready") is None
    assert value(app, "sum(up)") == 2


def test_an_address_that_does_not_answer_is_a_failed_probe(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, SETTINGS.replace("URL", f"http://127.0.0.1:{free_port()}/"))
    app = StoryApp(settings, FakePlatform(workload(replica(1, address=""))), clocks.MovingClock(NOON))
    assert collect(app) == []
    assert value(app, "probe_success") == 0
    assert value(app, "probe_http_status_code") == 0
    app.database.engine.dispose()
