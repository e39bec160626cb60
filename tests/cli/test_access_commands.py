"""`accelerapp user …` and `accelerapp token …`: on this machine and against a server they do the same."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from commands import CommandLine
from tests import sites

from accelerapp.access.model import Role


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    yield made
    made.database.engine.dispose()


@pytest.fixture(params=["here", "server"])
def accelerapp(request, monkeypatch, capsys, tmp_path, app) -> Iterator[CommandLine]:
    monkeypatch.chdir(tmp_path)
    if request.param == "here":
        yield CommandLine(monkeypatch, capsys, app)
        return
    with sites.served(app) as url:
        monkeypatch.setenv("ACCELERAPP_TOKEN", app.access.add_token("admin", Role.ADMIN, "test").key)
        yield CommandLine(monkeypatch, capsys, server=url)


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text(f"{sites.PASSWORD}\n")
    return str(path)


def test_an_account_is_made_changed_and_listed(accelerapp, app, password_file):
    made = accelerapp("user", "add", "ada", "--role", "admin", "--password-file", password_file)
    assert (made.code, made.out) == (0, "Made the account ada with the role admin.\n")
    assert app.access.sign_in("ada", sites.PASSWORD, "a")
    assert accelerapp("user", "add", "ben", "--password-file", password_file).code == 0
    assert accelerapp("user", "role", "ben", "responder").out == "ben now has the role responder.\n"
    assert json.loads(accelerapp("user", "disable", "ben", "--json").out)["disabled"]
    assert "disabled" in accelerapp("user", "list").out
    assert accelerapp("user", "enable", "ben").code == 0
    listed = json.loads(accelerapp("user", "list", "--json").out)
    assert [(one["name"], one["role"], one["disabled"]) for one in listed] == [
        ("ada", "admin", False),
        ("ben", "responder", False),
    ]
    assert "hash" not in str(listed)


def test_a_new_password_comes_from_standard_input_too(accelerapp, app, monkeypatch, password_file):
    accelerapp("user", "add", "ada", "--password-file", password_file)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"another long one\n")))  # what a pipe would be
    assert accelerapp("user", "password", "ada", "--password-file", "-").out == "ada has a new password.\n"
    assert app.access.sign_in("ada", "another long one", "a")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("user", "role", "nobody", "admin"), "There is no account 'nobody'."),
        (("user", "disable", "ada"), "ada is the last administrator."),
        (("user", "role", "ada", "viewer"), "ada is the last administrator."),
        (("token", "create", "ci", "--expires", "0d"), "more than nothing"),
        (("token", "create", "ci", "--expires", "soon"), "'soon' is not a duration."),
        (("token", "revoke", "tok_nothing"), "There is no token 'tok_nothing'."),
    ],
)
def test_what_cannot_be_done_is_said(accelerapp, app, arguments, words):
    app.access.add_account("ada", sites.PASSWORD, Role.ADMIN)
    ended = accelerapp(*arguments)
    if "more than nothing" in words and ended.code == 2 and accelerapp.server:
        words = "greater than 0"  # the API's own check comes first
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


def test_a_bad_password_is_said_with_its_field(accelerapp, tmp_path):
    short = tmp_path / "short"
    short.write_text("short")
    ended = accelerapp("user", "add", "a b", "--password-file", str(short))
    assert ended.code == 2
    assert "name: takes 1 to 64" in ended.err
    assert "password: needs at least 10" in ended.err
    short.write_bytes(b"\xff\xfe\x00")
    assert "not text" in accelerapp("user", "add", "ada", "--password-file", str(short)).err


def test_without_a_terminal_a_password_is_not_waited_for(accelerapp, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))  # no terminal
    assert "Use --password-file." in accelerapp("user", "add", "ada").err


def test_a_key_is_shown_once_works_and_is_revoked(accelerapp, app):
    made = accelerapp("token", "create", "ci", "--role", "responder", "--expires", "90d")
    key = made.out.strip()
    identity = app.access.identify_key(key)
    assert identity is not None
    assert identity.role is Role.RESPONDER
    listed = accelerapp("token", "list", "--json")
    assert key not in listed.out
    found = next(token for token in json.loads(listed.out) if token["name"] == "ci")
    assert found["expires_at"]
    assert "ci" in accelerapp("token", "list").out
    assert accelerapp("token", "revoke", found["id"]).code == 0
    assert app.access.identify_key(key) is None
    assert json.loads(accelerapp("token", "create", "bot", "--json").out)["key"].startswith("acc_")


def test_the_link_is_for_whoever_sits_at_the_machine(accelerapp, app):
    ended = accelerapp("user", "link")
    if accelerapp.server:
        assert ended.code == 2
        assert "only where the server runs" in ended.err
        return
    assert app.access.set_up(ended.out.strip().rpartition("=")[2], "ada", sites.PASSWORD)
    assert accelerapp("user", "link").code == 2
