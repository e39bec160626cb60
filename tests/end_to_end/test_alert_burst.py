"""A burst of alerts while the process is killed: what was answered is there, what was not is sent again, none is lost."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from tests.ports import free_port
from tests.running import Running, eventually

DELIVERIES, OF = 60, 50


@pytest.fixture
def running(tmp_path: Path):
    settings = tmp_path / "accelerapp.toml"
    settings.write_text("")
    product = Running(tmp_path, settings, free_port())
    yield product
    product.end()


class Sender:
    """Sends as Alertmanager does: again and again until it is answered well; 4xx is given up."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answered: list[int] = []
        self.tries = 0
        self.refused: list[int] = []

    def send(self, number: int) -> None:
        alerts = [
            {"labels": {"alertname": f"Rule{number}", "instance": str(each)}, "startsAt": "2026-03-02T12:00:00Z"}
            for each in range(OF)
        ]
        body = json.dumps({"version": "4", "status": "firing", "alerts": alerts}).encode()
        until = time.monotonic() + 90
        while time.monotonic() < until:
            self.tries += 1
            try:
                request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
                urllib.request.urlopen(request, timeout=10).close()
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    self.refused.append(error.code)
                    return
            except OSError:
                pass  # nobody is there: the process was killed
            else:
                self.answered.append(number)
                return
            time.sleep(0.05)


def kept(running: Running) -> list[tuple[str, str]]:
    """Fingerprint and labels of every alert in the database, whatever else runs."""
    with closing(sqlite3.connect(running.folder / "data" / "accelerapp.db", timeout=30)) as database:
        return database.execute("SELECT fingerprint, labels FROM alerts WHERE resolved_at IS NULL").fetchall()


def test_none_is_lost_when_the_process_is_killed_in_the_middle_of_a_burst(running: Running) -> None:
    made = running.json("alert", "integration", "add", "alertmanager")
    running.up()
    sender = Sender(running.url + made["path"])
    with ThreadPoolExecutor(6) as threads:
        sent = [threads.submit(sender.send, number) for number in range(DELIVERIES)]
        eventually(lambda: len(sender.answered) >= DELIVERIES // 6)
        running.stop(signal.SIGKILL)
        before = set(sender.answered)
        there = {json.loads(labels)["alertname"] for _, labels in kept(running)}
        assert {f"Rule{number}" for number in before} <= there  # answered is committed
        assert len(before) < DELIVERIES, "the burst was over before the process was killed"
        starting = threading.Thread(target=running.up)
        starting.start()
        for each in sent:
            each.result()
        starting.join()
    assert sender.refused == []
    assert sorted(sender.answered) == list(range(DELIVERIES))
    assert sender.tries > DELIVERIES
    found = kept(running)
    assert len(found) == len({fingerprint for fingerprint, _ in found}) == DELIVERIES * OF
    page = eventually(lambda: pages(running))
    assert page >= 1


def pages(running: Running) -> int:
    """Once every alert is decided about, how many pages there are: a storm is one list, not a page for each rule."""
    with closing(sqlite3.connect(running.folder / "data" / "accelerapp.db", timeout=30)) as database:
        waiting = database.execute("SELECT count(*) FROM alerts WHERE look_at IS NOT NULL").fetchone()[0]
        found: int = database.execute("SELECT count(*) FROM pages").fetchone()[0]
    assert found <= 11
    return 0 if waiting else found
