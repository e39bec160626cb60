"""`accelerapp alert rules` and `accelerapp slo`."""

from __future__ import annotations

import json
import tomllib
from types import SimpleNamespace

import pytest
from alerts.rules import promtools
from commands import CommandLine
from tests import sites
from tests.ports import free_port

from accelerapp.access.model import Role
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.settings.model import Data, Local, Service, Settings, Slo
from accelerapp.flows import rule_export
from accelerapp.metrics.model import Element, Point, Vector

SETTINGS = """
[services.shop.local]
releases = "releases"
release = "1.0.0"
port = 8080
command = ["true"]
"""


class FakeSource:
    """Every figure is `value`; None: it is down."""

    name = "fake"

    def __init__(self, value):
        self.value = value

    def instant(self, expr, at):
        if self.value is None:
            raise errors.CannotTellError("It does not answer.")
        return Vector((Element({}, Point(at.timestamp(), self.value)),))


@pytest.fixture
def app(tmp_path):
    slo = Slo(kind="availability", objective_percent=99)
    local = Local(releases=tmp_path, release="1.0.0", command=("true",), port=8080)
    made = App(Settings(data=Data(folder=tmp_path), services={"shop": Service(local=local, slo=(slo,))}))
    made.__dict__["metrics"] = SimpleNamespace(source=FakeSource(1.0))
    return made


@pytest.fixture
def accelerapp(monkeypatch, capsys, app, tmp_path):
    monkeypatch.chdir(tmp_path)
    return CommandLine(monkeypatch, capsys, app)


def test_rules_are_listed_and_the_exit_code_says_how_they_stand(accelerapp, app):
    ended = accelerapp("alert", "rules", "list")
    assert (ended.code, ended.err) == (3, "")
    assert "It has not been evaluated yet." in ended.out
    app.metrics.source.value = 0.0
    app.evaluate_rules(app.clock.now())
    ended = accelerapp("alert", "rules", "list", "--state", "pending")
    assert ended.code == 0
    assert "shop/ServiceDown" in ended.out
    assert "< 1 for 1 min" in ended.out
    app.metrics.source.value = 30.0
    app.evaluate_rules(app.clock.now().replace(year=2100))
    ended = accelerapp("alert", "rules", "list", "--json")
    assert ended.code == 1
    assert {rule["id"] for rule in json.loads(ended.out) if rule["state"] == "firing"} >= {"shop/RestartLoop"}


def test_one_rule_is_shown_with_what_it_asks_and_what_to_do(accelerapp, app):
    app.evaluate_rules(app.clock.now())
    ended = accelerapp("alert", "rules", "show", "HighErrorRate")
    assert ended.code == 0
    assert "shop/HighErrorRate is pending" in ended.out
    assert "> 5 % for 5 min" in ended.out
    assert "  1. Look for patterns" in ended.out
    assert accelerapp("alert", "rules", "show", "Nothing").code == 2


def test_they_are_the_same_from_a_server(accelerapp, app, monkeypatch):
    app.evaluate_rules(app.clock.now())
    here = [
        accelerapp(*words, "--json")
        for words in (("alert", "rules", "list"), ("alert", "rules", "show", "HighLatency"), ("slo", "list"))
    ]
    with sites.served(app) as address:
        monkeypatch.setenv("ACCELERAPP_TOKEN", sites.key(app, Role.VIEWER)["Authorization"].split()[1])
        accelerapp.server = address
        there = [
            accelerapp(*words, "--json")
            for words in (("alert", "rules", "list"), ("alert", "rules", "show", "HighLatency"), ("slo", "list"))
        ]
    assert here == there


@pytest.mark.prometheus
@promtools.needs_promtool
def test_the_export_is_two_files_that_promtool_takes(accelerapp, tmp_path):
    ended = accelerapp("alert", "rules", "export", "--output", "out")
    assert (ended.code, ended.err) == (0, "")
    assert "ServiceDown" in ended.out.split("Scrape this product's /metrics too:")[1]
    code, said = promtools.run("test", "rules", tmp_path / "out" / rule_export.TESTS_FILE)
    assert code == 0, said
    printed = accelerapp("alert", "rules", "export", "-s", "shop")
    assert "alert: HighErrorRate" in printed.out
    assert accelerapp("alert", "rules", "export", "-s", "shpo").code == 2


def test_check_reads_settings_and_files_and_names_every_mistake(accelerapp, tmp_path):
    accelerapp.app = None
    (tmp_path / "accelerapp.toml").write_text(SETTINGS)
    ended = accelerapp("alert", "rules", "check")
    assert (ended.code, ended.out) == (0, "4 rules about 1 service; no mistakes.\n")
    (tmp_path / "more.toml").write_text(
        '[[rules]]\nkind = "promql"\nname = "A"\nexpr = "sum("\n[[rules]]\nkind = "latency"\nquantile = 95\n'
    )
    ended = accelerapp("alert", "rules", "check", "more.toml")
    assert ended.code == 2
    assert "more.toml: rules.0.expr: sum( is not PromQL" in ended.err
    assert "more.toml: rules.1.quantile: Input should be less than 1." in ended.err
    (tmp_path / "more.toml").write_text("rules = 5")
    assert "has no tables [[rules]]" in accelerapp("alert", "rules", "check", "more.toml").err


def test_a_mistake_in_a_rule_keeps_the_product_from_starting(accelerapp, tmp_path):
    accelerapp.app = None
    (tmp_path / "accelerapp.toml").write_text(
        SETTINGS + f'[server]\nport = {free_port()}\n[[rules]]\nkind = "latency"\nabov = "1s"\n'
    )
    ended = accelerapp("up")
    assert ended.code == 2
    assert "rules.0.abov: a rule of kind latency has none. Do you mean above?" in ended.err


def test_the_rules_of_a_settings_file_come_from_its_folder(accelerapp, tmp_path):
    accelerapp.app = None
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "accelerapp.toml").write_text(
        '[evaluation]\nrules_files = ["more.toml"]\nbuilt_in_rules = false\n' + SETTINGS
    )
    (folder / "more.toml").write_text('[[rules]]\nkind = "promql"\nname = "Up"\nexpr = "up == 0"\n')
    assert tomllib.loads((folder / "more.toml").read_text())
    ended = accelerapp("--config", "etc/accelerapp.toml", "alert", "rules", "check")
    assert ended.out == "1 rule about 0 services; no mistakes.\n"


def test_objectives_are_listed_with_what_is_left(accelerapp, app):
    app.metrics.source.value = 0.001
    ended = accelerapp("slo", "list")
    assert (ended.code, ended.err) == (0, "")
    assert "90 %" in ended.out
    assert "1h" in accelerapp("slo", "show", "shop").out
    app.metrics.source.value = 0.5
    assert accelerapp("slo", "list").code == 1
    app.metrics.source.value = None
    ended = accelerapp("slo", "show")
    assert ended.code == 3
    assert "It does not answer." in ended.out
