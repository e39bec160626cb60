"""On-call over the API: who may see and do what."""

from __future__ import annotations

import tomllib

import pytest
from tests import sites
from tests.oncall.stories import BOOK_TOML, at

from accelerapp.access.model import Role
from accelerapp.base.clock import MovingClock
from accelerapp.flows.oncall import By

ROOT = By("root", is_admin=True)
ANN_METHODS = {"methods": {"sms": "+4915112345670"}}


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    made.clock = MovingClock(at("2026-03-20 12:00"))
    made.oncall.take(tomllib.loads(BOOK_TOML), ROOT)
    yield made
    made.database.engine.dispose()


def ask(app, role, method, path, name="zoe", **given):
    key = app.access.add_token(name, role, "test").key
    headers = {"Authorization": f"Bearer {key}"}
    return sites.client(app).request(method, f"/api/v1{path}", headers=headers, **given)


def test_readers_see_who_is_on_call_and_no_ones_address(app):
    now = ask(app, Role.VIEWER, "GET", "/oncall/now").json()
    assert [each["shift"] and each["shift"]["person"] for each in now] == ["ann", "ben"]
    people = ask(app, Role.VIEWER, "GET", "/oncall/people").text
    assert "+4…78" in people
    assert "+4915112345678" not in people
    assert "+4915112345678" in ask(app, Role.VIEWER, "GET", "/oncall/people", "ann").text
    assert "+4915112345678" in ask(app, Role.ADMIN, "GET", "/oncall/people").text


@pytest.mark.parametrize(
    ("role", "name", "method", "path", "body", "status"),
    [
        (Role.VIEWER, "zoe", "POST", "/oncall/overrides", {"schedule": "shop", "person": "cy", "ends_at": "2026-03-21T12:00:00Z"}, 403),
        (Role.RESPONDER, "zoe", "POST", "/oncall/overrides", {"schedule": "shop", "person": "cy", "ends_at": "2026-03-21T12:00:00Z"}, 201),
        (Role.RESPONDER, "zoe", "POST", "/oncall/overrides", {"schedule": "shop", "person": "cy", "ends_at": "2020-03-21T12:00:00Z"}, 422),
        (Role.RESPONDER, "zoe", "POST", "/oncall/swaps", {"schedule": "shop", "taker": "cy", "gives_at": "2026-03-27T17:00:00Z"}, 403),
        (Role.RESPONDER, "ann", "POST", "/oncall/swaps", {"schedule": "shop", "taker": "cy", "gives_at": "2026-03-27T17:00:00Z"}, 201),
        (Role.RESPONDER, "zoe", "POST", "/oncall/swaps", {"schedule": "shop", "taker": "cy", "gives_at": "9999-12-31T23:59:59Z"}, 400),
        (Role.RESPONDER, "zoe", "PUT", "/oncall/entries/people/ann", ANN_METHODS, 403),
        (Role.RESPONDER, "ann", "PUT", "/oncall/entries/people/ann", ANN_METHODS, 200),
        (Role.RESPONDER, "zoe", "PUT", "/oncall/entries/people/zoe", {}, 403),
        (Role.RESPONDER, "ann", "PUT", "/oncall/entries/schedules/shop", {}, 403),
        (Role.ADMIN, "zoe", "PUT", "/oncall/entries/schedules/shop", {"layers": 1}, 422),
        (Role.RESPONDER, "zoe", "GET", "/oncall/entries/people/ann", None, 403),
        (Role.RESPONDER, "zoe", "GET", "/oncall/entries/policies/shop", None, 200),
        (Role.RESPONDER, "zoe", "GET", "/oncall/entries", None, 403),
        (Role.ADMIN, "zoe", "DELETE", "/oncall/entries/people/ann", None, 422),
        (Role.ADMIN, "zoe", "DELETE", "/oncall/entries/policies/shop", None, 204),
        (Role.RESPONDER, "zoe", "DELETE", "/oncall/entries/policies/shop", None, 403),
        (Role.RESPONDER, "zoe", "POST", "/oncall/people/ann/methods/mobile/code", None, 403),
        (Role.RESPONDER, "ann", "POST", "/oncall/people/ann/methods/mobile/verify", {"code": "1"}, 400),
        (Role.VIEWER, "zoe", "GET", "/oncall/now?at=9999-12-31T23:59:59Z", None, 400),
        (Role.VIEWER, "zoe", "GET", "/oncall/shifts?schedule=bar", None, 404),
        (Role.VIEWER, "zoe", "GET", "/oncall/fairness?schedule=shop&since=0001-01-01T00:00:00Z", None, 400),
        (Role.VIEWER, "zoe", "GET", "/oncall/policy?severity=P3&service=shop", None, 404),
    ],
)  # fmt: skip
def test_who_may_do_what(app, role, name, method, path, body, status):
    answer = ask(app, role, method, path, name, json=body)
    assert answer.status_code == status, answer.text


def test_the_calendar_behind_a_link_needs_no_sign_in_and_says_nothing_once_revoked(app):
    made = ask(app, Role.RESPONDER, "POST", "/oncall/feeds", json={"kind": "schedule", "name": "shop"}).json()
    answer = sites.client(app).get(made["path"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert "path" in made
    assert '"path":""' in ask(app, Role.RESPONDER, "GET", "/oncall/feeds").text
    assert ask(app, Role.RESPONDER, "DELETE", f"/oncall/feeds/{made['id']}").status_code == 204
    assert sites.client(app).get(made["path"]).status_code == 404
