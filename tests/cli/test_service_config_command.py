"""`accelerapp service config`, `logs` and `forward`, on a platform in memory."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace

import pytest
from commands import CommandLine
from fakes import NOON, SHOP, FakePlatform, platforms, replica, workload
from story import StoryApp, settings_of

from accelerapp.base import clock as clocks
from accelerapp.base import errors
from accelerapp.cli import service_forward

MAP = platforms.Config("shop-config", "7", {"GREETING": "hello", "LIMIT": "5"}, ("environment",), ("logo.png",))


@pytest.fixture
def platform():
    made = FakePlatform(workload(replica(1), replica(2)))
    made.config_maps = [MAP]
    return made


@pytest.fixture
def accelerapp(monkeypatch, capsys, tmp_path, platform):
    return CommandLine(monkeypatch, capsys, StoryApp(settings_of(tmp_path), platform, clocks.MovingClock(NOON)))


def editor(monkeypatch, tmp_path, script: str) -> None:
    path = tmp_path / "editor.py"
    path.write_text(f"import sys, pathlib, os, time\npath = pathlib.Path(sys.argv[1])\n{script}\n")
    monkeypatch.setenv("VISUAL", "")
    monkeypatch.setenv("EDITOR", f"{sys.executable} {path}")


def test_a_config_is_shown_as_it_is_used(accelerapp):
    out = accelerapp("service", "config", "shop").out
    assert out.splitlines() == [
        "shop-config: environment",
        "  GREETING: hello",
        "  LIMIT: '5'",
        "  logo.png: no text",
    ]
    assert json.loads(accelerapp("service", "config", "shop", "--json").out)[0]["values"] == MAP.values


def test_a_change_shows_its_diff_and_is_made_when_it_is_confirmed(accelerapp, platform):
    ended = accelerapp("service", "config", "shop", "set", "LIMIT=6", "URL=a=b", "--yes")
    assert ended.code == 0
    assert "-LIMIT: '5'\n+LIMIT: '6'\n+URL: a=b" in ended.out
    assert "accelerapp service restart shop" in ended.out
    assert platform.config_maps[0].values == {"GREETING": "hello", "LIMIT": "6", "URL": "a=b"}


@pytest.mark.parametrize(("answer", "code", "limit"), [("n\n", 130, "5"), ("", 130, "5"), ("y\n", 0, "6")])
def test_a_change_is_asked_for_and_made_for_a_yes_only(accelerapp, platform, monkeypatch, answer, code, limit):
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))  # a patch: what a person types
    assert accelerapp("service", "config", "shop", "set", "LIMIT=6").code == code
    assert platform.config_maps[0].values["LIMIT"] == limit


def test_a_change_can_be_followed_by_a_restart(accelerapp, platform):
    ended = accelerapp("service", "config", "shop", "unset", "LIMIT", "--yes", "--restart")
    assert (ended.code, platform.config_maps[0].values) == (0, {"GREETING": "hello"})
    assert "done, 2 replicas" in ended.out
    assert platform.events(SHOP)[0].reason == "Restarted"


def test_with_json_the_config_comes_alone_on_standard_output(accelerapp):
    ended = accelerapp("service", "config", "shop", "set", "LIMIT=6", "--yes", "--json")
    assert json.loads(ended.out)["values"]["LIMIT"] == "6"
    assert "+LIMIT: '6'" in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set",), "Nothing to set"),
        (("set", "LIMIT"), "'LIMIT' sets nothing"),
        (("unset", "NONE"), "no key 'NONE'"),
        (("set", "A=1", "--map", "other"), "uses no ConfigMap 'other'"),
    ],
)
def test_what_cannot_be_done_is_said_and_not_done(accelerapp, platform, arguments, words):
    ended = accelerapp("service", "config", "shop", *arguments, "--yes")
    assert ended.code == 2
    assert words in ended.err
    assert platform.config_maps == [MAP]


def test_of_several_maps_the_one_that_has_the_key_is_meant(accelerapp, platform):
    platform.config_maps = [MAP, platforms.Config("limits", "1", {"RATE": "3"})]
    accelerapp("service", "config", "shop", "set", "RATE=4", "--yes")
    assert platform.config_maps[1].values == {"RATE": "4"}
    ended = accelerapp("service", "config", "shop", "set", "NEW=4", "--yes")
    assert (ended.code, "Say --map NAME; the service uses: shop-config, limits." in ended.err) == (2, True)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(accelerapp, platform, monkeypatch, tmp_path):
    elsewhere = tmp_path / "changed"
    editor(monkeypatch, tmp_path, f"path.write_text('LIMIT: 9')\npathlib.Path({str(elsewhere)!r}).touch()")
    seen = platform.configs

    def configs(service):
        """What is there at first; by the time of the change it is another version."""
        if elsewhere.exists():
            platform.config_maps = [replace(MAP, version="8")]
        return seen(service)

    # A patch, since the change of somebody else has to come while the editor is open.
    monkeypatch.setattr(platform, "configs", configs)
    ended = accelerapp("service", "config", "shop", "edit", "--yes")
    assert ended.code == 2
    assert "changed by somebody else" in ended.err
    assert platform.config_maps[0].values == MAP.values


def test_an_editor_changes_sets_and_removes(accelerapp, platform, monkeypatch, tmp_path):
    editor(monkeypatch, tmp_path, "path.write_text(path.read_text().replace('hello', 'moin') + 'NEW: yes\\n')")
    assert accelerapp("service", "config", "shop", "edit", "--yes").code == 0
    assert platform.config_maps[0].values == {"GREETING": "moin", "LIMIT": "5", "NEW": "yes"}


def test_an_editor_that_leaves_all_as_it_was_changes_nothing(accelerapp, platform, monkeypatch, tmp_path):
    editor(monkeypatch, tmp_path, "pass")
    ended = accelerapp("service", "config", "shop", "edit", "--yes")
    assert (ended.code, "nothing to change" in ended.err) == (0, True)
    assert platform.config_maps == [MAP]


def test_the_run_before_has_a_log_of_its_own(accelerapp, platform):
    platform.log_lines = {replica(1).name: [b"now"]}
    platform.previous_lines = {replica(1).name: [b"KeyError: PAYMENT"]}
    assert accelerapp("service", "logs", "shop", "--previous").out.strip() == "shop-1 KeyError: PAYMENT"
    assert accelerapp("service", "logs", "shop").out.strip() == "shop-1 now"
    assert accelerapp("service", "logs", "shop", "--replica", "shop-2").out == ""
    assert accelerapp("service", "logs", "shop", "--last", "0s").code == 2


def test_a_local_service_has_nothing_to_forward(accelerapp):
    ended = accelerapp("service", "forward", "shop", "8000")
    assert ended.code == 2
    assert "It is reached at http://127.0.0.1:8080" in ended.err


def sleeping(_: str) -> tuple[str, ...]:
    return (sys.executable, "-c", "import time; time.sleep(600)")


def test_a_port_is_forwarded_to_one_pod_after_the_other_until_it_is_interrupted():
    said, pods = [], iter(["a", None, "b", "c"])

    def say(line: str) -> None:
        said.append(line)
        if line == "Forwarding to c.":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service_forward.keep(lambda: next(pods), lambda pod: False, sleeping, say, pause=0.01)
    assert said == ["Forwarding to a.", "Waiting: no replica is ready.", "Forwarding to b.", "Forwarding to c."]


def test_a_forward_that_never_works_is_given_up_with_its_last_words():
    def failing(_: str) -> tuple[str, ...]:
        return (sys.executable, "-c", "print('unable to listen on port 80.'); raise SystemExit(1)")

    with pytest.raises(errors.AccelerappError, match=r"kubectl cannot forward: unable to listen on port 80\.$"):
        service_forward.keep(lambda: "a", lambda pod: True, failing, lambda line: None, pause=30)


def test_no_ready_pod_at_the_beginning_and_no_kubectl_are_said():
    with pytest.raises(errors.CannotTellError, match="No replica is ready"):
        service_forward.keep(lambda: None, lambda pod: True, sleeping, lambda line: None)
    with pytest.raises(errors.WrongUseError, match="kubectl-nonesuch is not installed"):
        service_forward.keep(lambda: "a", lambda pod: True, lambda pod: ("kubectl-nonesuch",), lambda line: None)


def test_a_cluster_that_cannot_be_asked_does_not_end_what_is_forwarded():
    asked = iter([errors.CannotTellError("The cluster cannot be reached."), None])

    def is_there(pod: str) -> bool:
        answer = next(asked)
        if answer:
            raise answer
        raise KeyboardInterrupt

    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        service_forward.keep(lambda: "a", is_there, sleeping, said.append, pause=0.01)
    assert said == ["Forwarding to a."]
