"""A real Alertmanager, set up with the very lines of the guide, sends to our hooks; amtool silences here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests import sites
from tests.end_to_end.prometheuses import needs_prometheus
from tests.ports import free_port
from tests.running import eventually

from accelerapp.alerts.model import Kind
from accelerapp.alerts.store import Filter

GUIDE = Path(__file__).parents[2] / "docs" / "alerts.md"
pytestmark = [pytest.mark.prometheus, needs_prometheus]


def snippet(words: str) -> str:
    """The block of the guide that holds these words."""
    return next(block for block in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL) if words in block)


@pytest.fixture
def address(tmp_path):
    app = sites.product(tmp_path / "data")
    with sites.served(app) as url:
        yield app, url


def run_alertmanager(folder: Path, config: str) -> tuple[subprocess.Popen[bytes], str]:
    """Its process and its address, once it answers."""
    port = free_port()
    (folder / "alertmanager.yml").write_text(config)
    log = (folder / "alertmanager.log").open("wb")
    process = subprocess.Popen(
        [
            "prometheus-alertmanager",
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ],
        stdout=log,
        stderr=log,
    )

    def answers() -> bool:
        assert process.poll() is None, (folder / "alertmanager.log").read_text()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).close()
        except OSError:
            return False
        return True

    eventually(answers)
    return process, f"http://127.0.0.1:{port}"


def post(url: str, *, is_over: bool = False) -> None:
    alert = {"labels": {"alertname": "HighErrorRate", "service": "shop", "severity": "critical"}}
    if is_over:
        alert["endsAt"] = datetime.now(UTC).isoformat()
    request = urllib.request.Request(
        f"{url}/api/v2/alerts", json.dumps([alert]).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()


@pytest.mark.parametrize(
    ("words", "kind"), [("webhook_configs", Kind.ALERTMANAGER), ("pagerduty_configs", Kind.PAGERDUTY)]
)
def test_alertmanager_sends_what_fires_and_its_end(tmp_path, address, words, kind):
    app, url = address
    made = app.alerting.add_integration("am", kind, "ann")
    config = snippet(words).replace("http://accelerapp.example.com:8000", url).replace("KEY", made.key)
    if "route:" not in config:
        config += "route: { receiver: accelerapp, group_wait: 1s, group_interval: 1s }\n"
    process, alertmanager = run_alertmanager(tmp_path, config.replace("group_interval: 10s", "group_interval: 1s"))
    try:
        post(alertmanager)
        (alert,) = eventually(lambda: app.alerting.alerts(Filter(True)))
        assert alert.severity.value == "P1" if kind is Kind.ALERTMANAGER else alert.title
        assert alert.source.startswith(kind)
        post(alertmanager, is_over=True)
        eventually(lambda: not app.alerting.alerts(Filter(True)))
        assert len(app.alerting.alerts(Filter())) == 1
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.skipif(
    shutil.which("amtool") is None, reason="amtool is not installed (apt-get install prometheus-alertmanager)"
)
def test_amtool_adds_lists_and_expires_silences_here(address):
    app, url = address
    key = app.alerting.add_integration("am", Kind.ALERTMANAGER, "ann").key

    def amtool(*arguments: str) -> str:
        command = ["amtool", f"--alertmanager.url={url}/hooks/alertmanager/{key}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    id = amtool(
        "silence", "add", "--author=ann", "--comment=new disks", "--duration=2h", "service=shop", "instance=~a|b"
    )
    (kept,) = app.alerting.silences()
    assert (kept.silence.id, kept.silence.reason) == (id, "new disks")
    assert "new disks" in amtool("silence", "query")
    amtool("silence", "expire", id)
    assert app.alerting.silences() == []
