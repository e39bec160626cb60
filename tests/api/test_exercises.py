"""Test pages and drills over the API: who may send them, and what is refused."""

from __future__ import annotations

import pytest
from tests import sites
from tests.paging import stories
from tests.paging.stories import person

from accelerapp.access.model import Role
from accelerapp.base.clock import MovingClock


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    made.clock = MovingClock(stories.NOON)
    stories.Story(made.pager.writing, made.clock).describe(stories.book(person("ann"), person("ben"), person("cat")))
    yield made
    made.database.engine.dispose()


def ask(app, role, method, path, name="zoe", **given):
    key = app.access.add_token(name, role, "test").key
    return sites.client(app).request(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {key}"}, **given)


def test_one_tests_oneself_and_administrators_test_anybody(app):
    tests = [
        (Role.VIEWER, "ann", {"people": ["ann"]}, 403),
        (Role.RESPONDER, "zoe", {"people": ["ann"]}, 403),
        (Role.RESPONDER, "ann", {"people": ["ann", "ben"]}, 403),
        (Role.RESPONDER, "ann", {"everyone": True}, 403),
        (Role.RESPONDER, "", {"everyone": True}, 403),
        (Role.RESPONDER, "ann", {"people": ["ann"], "everyone": True}, 403),
        (Role.ADMIN, "zoe", {"people": ["eve"]}, 404),
        (Role.ADMIN, "zoe", {}, 400),
        (Role.ADMIN, "zoe", {"people": ["x" * 65]}, 422),
        (Role.RESPONDER, "ann", {"people": ["ann"]}, 201),
        (Role.ADMIN, "zoe", {"everyone": True}, 201),
    ]
    for role, name, body, status in tests:
        assert (name, body, ask(app, role, "POST", "/oncall/tests", name or "nobody", json=body).status_code) == (
            name,
            body,
            status,
        )
    rounds = ask(app, Role.VIEWER, "GET", "/oncall/tests").json()
    assert sorted(len(each["people"]) for each in rounds) == [1, 3]
    one = ask(app, Role.VIEWER, "GET", f"/oncall/tests/{rounds[0]['id']}").json()
    assert one == rounds[0]
    assert ask(app, Role.VIEWER, "GET", "/oncall/tests/x").status_code == 404


def test_a_drill_is_planned_begun_followed_and_stopped(app):
    plan = ask(app, Role.VIEWER, "GET", "/oncall/drills/plan", params={"policy": "shop"}).json()
    assert [[each["name"] for each in step["people"]] for step in plan["steps"]] == [
        ["ann"],
        ["ben"],
        ["cat"],
        ["ann", "ben", "cat"],
    ]
    assert ask(app, Role.RESPONDER, "POST", "/oncall/drills", json={"policy": "shop"}).status_code == 403
    begun = ask(app, Role.ADMIN, "POST", "/oncall/drills", json={"policy": "shop"})
    assert (begun.status_code, begun.json()["ended_at"]) == (201, None)
    path = f"/oncall/drills/{begun.json()['id']}"
    assert ask(app, Role.VIEWER, "GET", path).json()["tried"][0]["person"] == "ann"
    assert ask(app, Role.VIEWER, "POST", f"{path}/stop").status_code == 403
    assert ask(app, Role.RESPONDER, "POST", f"{path}/stop").json()["is_stopped"]
    assert [each["id"] for each in ask(app, Role.VIEWER, "GET", "/oncall/drills").json()] == [begun.json()["id"]]
    assert ask(app, Role.ADMIN, "POST", "/oncall/drills", json={"policy": "x"}).status_code == 404
    assert ask(app, Role.ADMIN, "POST", "/oncall/drills", json={"severity": "P9"}).status_code == 422


def test_exercises_are_no_pages_in_the_list_of_pages(app):
    app.proving.send(["ann"])
    assert ask(app, Role.VIEWER, "GET", "/pages").json() == []
