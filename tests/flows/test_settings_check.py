"""The settings against reality: what is asked, and what the answers mean."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from story import settings_of

from accelerapp.base import errors
from accelerapp.base.side_by_side import Answered, Failed, SideBySide, Silent
from accelerapp.flows import settings_check
from accelerapp.flows.settings_check import Finding, Judgement, World

WHOLE = """
[services.shop]
url = "http://127.0.0.1:8080/health"
database = "postgresql://db/shop"
logs = ["a.log", "b.log"]
repository = "code"
[services.shop.local]
releases = "releases"
release = "1.0.0"
command = ["{python}", "shop.py"]
port = 8080
"""
FINE = World(
    folder=lambda path: "fine",
    own_database=lambda: "fine",
    port=lambda host, port: f"{host}:{port}",
    release=lambda releases, version: f"{releases.name}/{version}",
    program=lambda name, release: f"{name} in {release.name}",
    is_running=lambda: True,
    status=lambda url: 200,
    database_version=lambda url: "18.1",
    log=lambda pattern: "fine",
    repository=lambda place: "fine",
    tool=lambda name: name,
    workload=lambda name: f"deployment/{name} is there.",
    may=lambda place, asked, namespace: True,
    metrics=lambda: "fine",
    channel=lambda name: f"{name} answers.",
    paging=lambda: "fine",
    tests=lambda: "fine",
)


def check(tmp_path, world: World = FINE, content: str = WHOLE) -> dict[str, Finding]:
    found = settings_check.check(settings_of(tmp_path, content), world, SideBySide(), 10)
    return {each.setting: each for each in found}


def silent(*_: object):
    raise errors.CannotTellError("Nobody answers.", mend="Start it.") from ConnectionError("refused")


def test_everything_that_the_settings_promise_is_asked_in_their_order(tmp_path):
    found = check(tmp_path)
    assert list(found) == [
        "settings file",
        "server.port",
        "server.url",
        "data.folder",
        "data.database_url",
        "metrics.source",
        "paging",
        "paging.test_at",
        "services.shop.url",
        "services.shop.database",
        "services.shop.logs",
        "services.shop.repository",
        "services.shop.local.release",
        "services.shop.local.command",
        "services.shop.local.port",
        "tools.git",
    ]
    assert {each.judgement for each in found.values()} == {Judgement.OK}
    assert found["services.shop.local.command"].sentence == "{python} in 1.0.0"
    assert found["services.shop.database"].sentence == "PostgreSQL 18.1 answers."


@pytest.mark.parametrize("field", ["status", "database_version"])
def test_what_must_answer_and_does_not_is_a_problem_with_its_cause(tmp_path, field):
    place = {"status": "services.shop.url", "database_version": "services.shop.database"}[field]
    found = check(tmp_path, replace(FINE, **{field: silent}))[place]
    assert found == Finding(place, Judgement.PROBLEM, "Nobody answers. (ConnectionError: refused)", "Start it.")


def test_an_address_that_answers_an_error_is_a_problem(tmp_path):
    found = check(tmp_path, replace(FINE, status=lambda url: 503))["services.shop.url"]
    assert (found.judgement, found.sentence) == (Judgement.PROBLEM, "http://127.0.0.1:8080/health answers 503.")


def test_the_address_of_a_service_that_does_not_run_yet_is_not_judged(tmp_path):
    found = check(tmp_path, replace(FINE, is_running=lambda: False, status=silent))["services.shop.url"]
    assert found.judgement is Judgement.CANNOT_TELL
    assert found.mend == "Start it with `accelerapp up`."


@pytest.mark.parametrize(
    ("host", "url", "judgement"),
    [
        ("127.0.0.1", "", Judgement.OK),
        ("localhost", "", Judgement.OK),
        ("::1", "", Judgement.OK),
        ("0.0.0.0", "", Judgement.PROBLEM),
        ("shop.example.com", "", Judgement.PROBLEM),
        ("0.0.0.0", "https://ops.example.com", Judgement.OK),
    ],
)
def test_links_need_an_address_once_others_can_reach_the_console(tmp_path, host, url, judgement):
    found = check(tmp_path, content=f'[server]\nhost = "{host}"\nurl = "{url}"\n' + WHOLE)
    assert found["server.url"].judgement is judgement


def test_settings_without_a_service_are_a_problem_with_the_mend(tmp_path):
    found = check(tmp_path, content="")
    assert found["settings file"].judgement is Judgement.PROBLEM
    assert "tools.git" not in found


def test_one_that_hangs_is_its_own_line(tmp_path):
    gate = threading.Event()
    world = replace(FINE, tool=lambda name: gate.wait(60) and name)
    found = settings_check.check(settings_of(tmp_path, WHOLE), world, SideBySide(), 0.2)
    gate.set()
    assert [each.setting for each in found if each.judgement is not Judgement.OK] == ["tools.git"]
    assert found[-1].sentence == "No answer within 200 ms."


@pytest.mark.parametrize(
    ("outcome", "judgement"),
    [
        (Answered("fine", 0), Judgement.OK),
        (Failed(errors.WrongUseError("no"), 0), Judgement.PROBLEM),
        (Failed(errors.CannotTellError("?"), 0), Judgement.CANNOT_TELL),
        (Failed(KeyError("x"), 0), Judgement.CANNOT_TELL),
        (Silent(1), Judgement.CANNOT_TELL),
    ],
)
def test_every_outcome_has_its_judgement(outcome, judgement):
    assert settings_check.finding("x", outcome).judgement is judgement


def test_a_problem_weighs_more_than_what_cannot_be_told():
    told = [Finding("x", each, "") for each in (Judgement.OK, Judgement.CANNOT_TELL, Judgement.PROBLEM)]
    assert settings_check.worst(told) is Judgement.PROBLEM
    assert settings_check.worst(told[:2]) is Judgement.CANNOT_TELL
    assert settings_check.worst(told[:1]) is Judgement.OK


NTFY = '[channels.push]\nkind = "ntfy"\nto = "ops"\n'


@pytest.mark.parametrize(
    ("notify", "judgement", "said"),
    [
        ("", Judgement.PROBLEM, "No channel is named for P1"),
        ('P2 = ["push"]', Judgement.PROBLEM, "No channel is named for P1"),
        (
            'P1 = ["push", "push:other"]',
            Judgement.LEFT_OUT,
            "P1 goes to push, push:other. Nobody is told of P2, P3, P4.",
        ),
        ('P1 = ["push"]\nP2 = ["push"]\nP3 = ["push"]\nP4 = ["push"]', Judgement.OK, "P4 goes to push."),
    ],
)
def test_channels_are_asked_and_whom_severities_reach_is_said(tmp_path, notify, judgement, said):
    found = check(tmp_path, FINE, f"{NTFY}[notify]\n{notify}\n{WHOLE}")
    assert found["channels.push"] == Finding("channels.push", Judgement.OK, "push answers.")
    assert found["notify"].judgement is judgement
    assert said in found["notify"].sentence
