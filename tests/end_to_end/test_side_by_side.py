"""The bookshop watched twice: by our own rules, and by a real Prometheus and Alertmanager with the exported ones.

Both raise the same alerts on the releases that fail, are slow and leak, and both say when they are over. Only the times
are shorter than the manual's; the thresholds are its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.end_to_end import prometheuses
from tests.ports import free_port
from tests.running import Running, eventually

from accelerapp.access.model import Role
from accelerapp.alerts.model import Kind
from accelerapp.alerts.store import Filter
from accelerapp.app import App
from accelerapp.base.settings import load
from accelerapp.flows import rule_export

pytestmark = [
    pytest.mark.prometheus,
    prometheuses.needs_prometheus,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("bookshop"),
]
EXAMPLE = Path(__file__).parents[2] / "examples" / "bookshop"
QUICK = """
[health]
cpu_percent = 100

[metrics]
period = "1s"
timeout = "1s"

[[rules]]
kind = "error_rate"
service = "bookshop"
window = "10s"
for = "5s"
every = "1s"

[[rules]]
kind = "latency"
service = "bookshop"
window = "15s"
for = "5s"
every = "1s"

[[rules]]
kind = "memory"
service = "bookshop"
for = "3s"
every = "1s"
"""


@dataclass(frozen=True)
class Watched:
    """The running bookshop, the product's stores, and the address of Prometheus."""

    shop: Running
    app: App
    prometheus: str

    def open_alerts(self, name: str) -> dict[str, dict[str, str]]:
        """Who says that this is firing, and its labels; `ours` are the embedded rules."""
        found = {}
        for alert in self.app.alerting.alerts(Filter(is_open=True, service="bookshop")):
            if alert.rule == name:
                labels = {key: value for key, value in alert.labels.items() if key not in ("seen_by", "replica")}
                found[alert.labels.get("seen_by", "ours")] = labels
        return found


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The example with ports of its own, a smaller memory limit, and both ways of watching it."""
    folder = tmp_path_factory.mktemp("watched")
    folder.chmod(0o755)
    text = (EXAMPLE / "accelerapp.toml").read_text()
    for old, new in (
        ("8080", str(free_port())),
        ("54329", str(free_port())),
        ('releases = "releases"', f'releases = "{EXAMPLE / "releases"}"'),
        ('"256M"', '"150M"'),
        ('"--rate", "20"', '"--rate", "40"'),
    ):
        assert old in text
        text = text.replace(old, new)
    settings = folder / "accelerapp.toml"
    settings.write_text(text + QUICK)
    shop = Running(folder, settings, free_port())
    try:
        shop.begin()
        eventually(shop.answers, 120)
        app = App(load.load(settings, {"ACCELERAPP_DATA__FOLDER": str(folder / "data")}))
        sender = app.alerting.add_integration("alertmanager", Kind.ALERTMANAGER, "test")
        token = app.access.add_token("prometheus", Role.VIEWER, "test").key
        rules = folder / rule_export.RULES_FILE
        rules.write_text(app.rules.export().rules)
        hook = f"{shop.url}{sender.path}"
        with prometheuses.running(folder / "prometheus", shop.url, token, rules, hook) as address:
            yield Watched(shop, app, address)
    finally:
        shop.end()


def complete(shop: Running, version: str) -> None:
    def look() -> bool:
        workload = shop.json("service", "show", "bookshop")
        return bool(workload["phase"] == "complete" and workload["version"] == version)

    eventually(look, 120)


def test_prometheus_takes_the_exported_rules_and_sees_what_we_see(watched: Watched) -> None:
    complete(watched.shop, "1.0.0")
    groups = prometheuses.ask(watched.prometheus, "/api/v1/rules")["groups"]
    theirs = {
        rule["labels"]["service"] + "/" + rule["name"]
        for group in groups
        for rule in group["rules"]
        if rule["type"] == "alerting"
    }
    assert theirs == {rule.id for rule in watched.app.rules.all}

    def evaluated() -> bool:
        """Those of a second; those of minutes wait for their turn."""
        found = prometheuses.ask(watched.prometheus, "/api/v1/rules")["groups"]
        health = {group["name"]: {rule["health"] for rule in group["rules"]} for group in found}
        assert "err" not in set().union(*health.values())
        return health["accelerapp bookshop 1s"] == {"ok"}

    eventually(evaluated, 60)
    for rule in watched.app.rules.all:
        if rule.service == "bookshop" and rule.measure:
            asked = "/api/v1/query?" + prometheuses.query(rule.measure.expr)
            eventually(lambda asked=asked: prometheuses.ask(watched.prometheus, asked)["result"], 60)


@pytest.mark.parametrize(
    ("version", "name"), [("1.1.0", "HighErrorRate"), ("1.2.0", "HighLatency"), ("1.3.0", "HighMemoryUsage")]
)
def test_both_ways_raise_the_same_alert_on_a_bad_release_and_end_it(watched: Watched, version: str, name: str) -> None:
    assert watched.open_alerts(name) == {}
    switched = watched.shop.run("service", "version", "bookshop", version)
    assert switched.returncode == 0, switched.stderr.decode()
    eventually(lambda: len(watched.open_alerts(name)) == 2, 240)
    found = watched.open_alerts(name)
    assert found["ours"] == found["prometheus"]
    assert found["ours"]["alertname"] == name
    undone = watched.shop.run("service", "version", "bookshop", "1.0.0")
    assert undone.returncode == 0, undone.stderr.decode()
    eventually(lambda: not watched.open_alerts(name), 120)
