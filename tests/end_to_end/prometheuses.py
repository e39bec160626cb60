"""A real Prometheus and a real Alertmanager beside the product."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.ports import free_port
from tests.running import eventually

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("prometheus-alertmanager") is None,
    reason="Prometheus and Alertmanager are not installed (apt-get install prometheus prometheus-alertmanager)",
)


def settings_of_prometheus(product: str, token: str, rules: Path, alertmanager: str, scrape: str) -> dict[str, Any]:
    """What the guide says, with short times. JSON is YAML."""
    host = product.removeprefix("http://")
    return {
        "global": {
            "scrape_interval": scrape,
            "evaluation_interval": scrape,
            "external_labels": {"seen_by": "prometheus"},
        },
        "rule_files": [str(rules)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {
                "job_name": "services",
                "http_sd_configs": [
                    {
                        "url": f"{product}/api/v1/prometheus/targets",
                        "refresh_interval": scrape,
                        "authorization": {"type": "Bearer", "credentials": token},
                    }
                ],
            },
            {"job_name": "accelerapp", "honor_labels": True, "static_configs": [{"targets": [host]}]},
        ],
    }


def settings_of_alertmanager(hook: str) -> dict[str, Any]:
    """Everything to one hook, at once."""
    quick = {"group_wait": "1s", "group_interval": "1s", "repeat_interval": "1m"}
    webhook = {"url": hook, "send_resolved": True}
    return {
        "global": {"resolve_timeout": "1m"},
        "route": {"receiver": "accelerapp", "group_by": ["alertname", "service"], **quick},
        "receivers": [{"name": "accelerapp", "webhook_configs": [webhook]}],
    }


@contextmanager
def running(folder: Path, product: str, token: str, rules: Path, hook: str, scrape: str = "1s") -> Iterator[str]:
    """Both, until the end of the block; the address of Prometheus."""
    folder.mkdir()
    alertmanager, prometheus = (f"127.0.0.1:{free_port()}" for _ in "ab")
    (folder / "alertmanager.yml").write_text(json.dumps(settings_of_alertmanager(hook)))
    found = settings_of_prometheus(product, token, rules, alertmanager, scrape)
    (folder / "prometheus.yml").write_text(json.dumps(found))
    commands = [
        [
            "prometheus-alertmanager",
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={alertmanager}",
            "--cluster.listen-address=",
        ],
        [
            "prometheus",
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address={prometheus}",
            "--rules.alert.resend-delay=5s",
        ],
    ]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number, command in enumerate(commands):
            with (folder / f"{number}.log").open("wb") as log:
                processes.append(subprocess.Popen(command, stdout=log, stderr=log))
        eventually(lambda: all(_is_ready(f"http://{each}") for each in (alertmanager, prometheus)), 60)
        yield f"http://{prometheus}"
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _is_ready(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/-/ready", timeout=5).close()
    except OSError:
        return False
    return True


def ask(url: str, path: str) -> Any:
    """What Prometheus answers."""
    with urllib.request.urlopen(url + path, timeout=10) as answer:
        return json.load(answer)["data"]


def query(expr: str) -> str:
    """An expression as the query of an address."""
    return urllib.parse.urlencode({"query": expr})
