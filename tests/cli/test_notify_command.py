"""`accelerapp notify`: to local servers that speak the real protocols, from a data folder and over a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import CommandLine
from fakes import FakePlatform
from notifications import protocols
from notifications.servers import serve
from ports import free_port
from story import SHOP, StoryApp
from tests import sites

from accelerapp.access.model import Role
from accelerapp.base import clock as clocks
from accelerapp.base.settings import load

SCRIPT = Path(__file__).parents[2] / "scripts" / "notify-incident.sh"
ENVIRONMENT = {
    "SLACK_TOKEN": protocols.SLACK_TOKEN,
    "PD_KEY": protocols.ROUTING_KEY,
    "NTFY_TOKEN": protocols.NTFY_TOKEN,
}


@pytest.fixture
def slack(tmp_path):
    with serve(protocols.slack, tmp_path) as server:
        yield server


@pytest.fixture
def pagerduty(tmp_path):
    with serve(protocols.pagerduty, tmp_path) as server:
        yield server


@pytest.fixture
def app(tmp_path, slack, pagerduty):
    content = f"""{SHOP}
[channels.ops-slack]
kind = "slack"
token = "env:SLACK_TOKEN"
to = "#ops"
url = "{slack.url}/api"
[channels.duty]
kind = "pagerduty"
routing_key = "env:PD_KEY"
url = "{pagerduty.url}"
[channels.gone]
kind = "ntfy"
url = "http://127.0.0.1:{free_port()}"
to = "ops"
token = "env:NTFY_TOKEN"
[notify]
P1 = ["ops-slack", "duty", "ops-slack:U012AB3CD"]
P2 = ["ops-slack"]
"""
    path = tmp_path / "accelerapp.toml"
    path.write_text(content)
    made = StoryApp(load.load(path, ENVIRONMENT), FakePlatform(), clocks.MovingClock(clocks.SystemClock().now()))
    yield made
    made.database.engine.dispose()


def test_a_p1_goes_to_all_whom_the_settings_name(accelerapp, slack, pagerduty):
    ended = accelerapp("notify", "--severity", "P1", "--message", "The shop is down\nSince noon.", "--service", "shop")
    assert (ended.code, ended.err) == (0, "")
    assert [line.partition(" (")[0] for line in ended.out.splitlines()] == [
        "ops-slack: delivered",
        "duty: delivered",
        "ops-slack",
    ]
    assert [got.json["channel"] for got in slack.got] in (["#ops", "U012AB3CD"], ["U012AB3CD", "#ops"])
    (got,) = pagerduty.got
    assert got.json["payload"]["summary"] == "[P1] shop: The shop is down"
    assert got.json["payload"]["severity"] == "critical"
    assert "Since noon." in json.dumps(slack.got[0].json["blocks"])


def test_one_that_fails_makes_the_exit_code_1_and_the_others_get_it(accelerapp, slack, pagerduty):
    slack.mode = "revoked"
    ended = accelerapp("notify", "--severity", "P1", "--message", "The shop is down")
    assert ended.code == 1
    assert "ops-slack: failed: Slack answers token_revoked." in ended.out
    assert "Install the app to the workspace again" in ended.out
    assert len(pagerduty.got) == 1


def test_when_nobody_can_be_reached_the_exit_code_is_3(accelerapp):
    ended = accelerapp("notify", "--severity", "P4", "--message", "hello", "--channel", "gone")
    assert ended.code == 3
    assert "gone: not reached: " in ended.out


def test_a_side_that_is_busy_for_a_moment_is_tried_again(accelerapp, app, slack):
    class Recovering(clocks.MovingClock):
        def sleep(self, seconds):
            assert seconds >= 7
            slack.mode = "fine"

    app.notifying.__dict__["clock"] = Recovering(app.clock.now())
    slack.mode = "busy"
    assert accelerapp("notify", "--severity", "P2", "--message", "slow").code == 0
    assert len(slack.got) == 1


def test_results_are_json_with_an_outcome_each(accelerapp):
    ended = accelerapp("notify", "--severity", "P1", "--message", "x", "-c", "ops-slack", "-c", "gone", "--json")
    found = json.loads(ended.out)
    assert ended.code == 1
    assert [each["delivery"]["outcome"] for each in found] == ["delivered", "retry"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--severity", "P3", "--message", "x"), "The settings name no channel for P3: nobody was told."),
        (("--severity", "P1", "--message", "x", "-c", "nothing"), "There is no channel 'nothing'."),
        (("--severity", "P1", "--message", "  \n "), "There is nothing to say."),
        (("--severity", "P1"), "Give --severity and --message"),
        (("--severity", "P9", "--message", "x"), "P9"),
        (("test", "nothing"), "There is no channel 'nothing'."),
    ],
)
def test_wrong_use_tells_nobody_and_says_why(accelerapp, slack, pagerduty, arguments, said):
    ended = accelerapp("notify", *arguments)
    assert ended.code == 2
    assert said in ended.err
    assert slack.got == pagerduty.got == []


def test_a_channel_is_tried_with_a_harmless_message(accelerapp, slack):
    ended = accelerapp("notify", "test", "ops-slack", "--to", "U012AB3CD")
    assert (ended.code, ended.out) == (0, "ops-slack (U012AB3CD): delivered (C1:1700000000.000000)\n")
    assert "[TEST] This is a test: nothing is wrong" in slack.got[0].json["text"]


def test_channels_are_listed_without_secrets(accelerapp):
    ended = accelerapp("notify", "list")
    assert [line.split() for line in ended.out.splitlines()[1:]] == [
        ["ops-slack", "slack", "P1,", "P2"],
        ["duty", "pagerduty", "P1"],
        ["gone", "ntfy", "-"],
    ]
    assert not any(secret in accelerapp("notify", "list", "--json").out for secret in ENVIRONMENT.values())


def test_doctor_asks_each_channel(app, slack):
    slack.mode = "revoked"
    found = {each.setting: each for each in app.check_settings()}
    assert found["channels.ops-slack"].judgement == "problem"
    assert "Slack answers token_revoked" in found["channels.ops-slack"].sentence
    assert found["channels.duty"].judgement == "ok"
    assert found["channels.gone"].judgement == "cannot tell"


def test_the_script_of_the_manual_tells_the_team(tmp_path, app, slack, pagerduty):
    done = subprocess.run(
        [str(SCRIPT), "--severity=P1", "--message=Service disruption"],
        cwd=tmp_path,
        env={**os.environ, **ENVIRONMENT, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert pagerduty.got[0].json["payload"]["summary"] == "[P1] Service disruption"
    assert len(slack.got) == 2


def test_settings_with_secrets_in_the_file_or_wrong_kinds_are_refused_all_at_once(tmp_path):
    path = tmp_path / "accelerapp.toml"
    path.write_text("""
[channels.a]
kind = "slack"
token = "xoxb-in-the-file"
[channels.b]
kind = "fax"
[channels.c]
kind = "ntfy"
url = "ntfy.example.com"
colour = "red"
[channels.d]
kind = "webhook"
url = "env:HOOK"
secrets = ["env:ONE", "plain"]
""")
    with pytest.raises(load.errors.InvalidInputError) as told:
        load.load(path, {"HOOK": "https://example.com/", "ONE": "1"})
    problems = {each.field: each.reason for each in told.value.problems}
    assert set(problems) == {
        "channels.a.token",
        "channels.b",
        "channels.c.url",
        "channels.c.colour",
        "channels.d.secrets",
    }
    assert "xoxb-in-the-file" not in str(told.value)
    assert "slack, pagerduty" in problems["channels.b"]
    assert problems["channels.c.colour"] == "there is no such setting."


def test_a_severity_that_names_an_unknown_channel_is_refused(tmp_path):
    path = tmp_path / "accelerapp.toml"
    path.write_text('[notify]\nP1 = ["nobody"]\n')
    with pytest.raises(load.errors.InvalidInputError, match=r"notify\.P1 names 'nobody'"):
        load.load(path, {})


def test_who_may_only_read_tells_nobody(monkeypatch, capsys, tmp_path, app, slack):
    monkeypatch.chdir(tmp_path)
    with sites.served(app) as address:
        monkeypatch.setenv("ACCELERAPP_TOKEN", app.access.add_token("eve", Role.VIEWER, "test").key)
        reader = CommandLine(monkeypatch, capsys, server=address)
        assert reader("notify", "--severity", "P2", "--message", "x").code == 2
        assert reader("notify", "test", "ops-slack").code == 2
        assert reader("notify", "list").code == 0
    assert slack.got == []


def test_the_environment_goes_over_the_file_and_files_are_beside_it(tmp_path):
    path = tmp_path / "accelerapp.toml"
    path.write_text('[channels.ops-push]\nkind = "ntfy"\nca_file = "our-ca.pem"\nto = "ops"\n')
    known = load.load(path, {"ACCELERAPP_CHANNELS__OPS_PUSH__TOKEN": "tk_1"}).channels["ops-push"]
    assert known.token.get_secret_value() == "tk_1"
    assert known.ca_file == str(tmp_path / "our-ca.pem")
    assert "tk_1" not in repr(known)
