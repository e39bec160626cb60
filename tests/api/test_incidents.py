"""Incidents over the API: who may see and do what, and edits of two at once."""

from __future__ import annotations

import pytest
from tests import sites

from accelerapp.access.model import Role


@pytest.fixture
def ask(tmp_path):
    app = sites.product(tmp_path)
    client, keys = sites.client(app), {}

    def asked(method, path, body=None, *, role=Role.RESPONDER, name="ann"):
        if (name, role) not in keys:
            keys[name, role] = app.access.add_token(name, role, "test").key
        headers = {"Authorization": f"Bearer {keys[name, role]}"}
        return client.request(method, f"/api/v1{path}", headers=headers, json=body)

    yield asked
    app.database.engine.dispose()


def opened(ask, **changes):
    answer = ask("POST", "/incidents", {"title": "Nobody can pay", "severity": "P2", **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_readers_look_and_responders_act(ask):
    one = opened(ask)
    assert ask("GET", f"/incidents/{one['id']}", role=Role.VIEWER).status_code == 200
    for path, body in (("acknowledge", None), ("notes", {"text": "x"}), ("resolve", {})):
        assert ask("POST", f"/incidents/{one['id']}/{path}", body, role=Role.VIEWER).status_code == 403
    assert ask("POST", "/incidents", {"title": "x"}, role=Role.VIEWER).status_code == 403
    assert ask("POST", f"/incidents/{one['id']}/acknowledge").json()["acknowledged_by"] == "ann"


def test_private_ones_do_not_exist_for_others(ask):
    one = opened(ask, is_private=True)
    assert ask("GET", "/incidents", name="zoe").json() == []
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/acknowledge", None),
        ("POST", "/notes", {"text": "x"}),
        ("PATCH", "", {"version": 1, "title": "x"}),
    ):
        assert ask(method, f"/incidents/{one['id']}{path}", body, name="zoe").status_code == 404
    assert ask("GET", f"/incidents/{one['id']}", name="root", role=Role.ADMIN).status_code == 200
    assert len(ask("GET", "/incidents").json()) == 1


def test_who_edits_what_another_has_changed_is_told_by_whom(ask):
    one = opened(ask)
    path, version = f"/incidents/{one['id']}", one["version"]
    first = ask("PATCH", path, {"version": version, "root_cause": "a lock"})
    assert first.json()["version"] == version + 1
    second = ask("PATCH", path, {"version": version, "root_cause": "a leak"}, name="ben")
    assert (second.status_code, "ann has changed the root cause" in second.json()["message"]) == (400, True)
    assert ask("PATCH", path, {"version": version, "tags": ["pay"]}, name="ben").json()["root_cause"] == "a lock"


def test_a_correction_over_the_api_keeps_the_versions(ask):
    one = opened(ask)
    entry = ask("POST", f"/incidents/{one['id']}/notes", {"text": "at three"}).json()["id"]
    path = f"/incidents/{one['id']}/entries/{entry}"
    assert ask("POST", path, {"version": 1, "text": "at four", "why": "misread"}).json()["version"] == 2
    assert ask("POST", path, {"version": 1, "text": "at five", "why": "misread"}).status_code == 400
    assert [each["text"] for each in ask("GET", path).json()] == ["at three", "at four"]
    assert ask("GET", f"/incidents/{one['id']}/entries/ent_nobody").status_code == 404
    other = opened(ask)
    assert ask("GET", f"/incidents/{other['id']}/entries/{entry}").status_code == 404


def test_a_hundred_kilobytes_are_taken_and_more_is_refused(ask):
    one = opened(ask)
    long = ("<script>alert(1)</script> \u00fc " * 5000)[:100_000].strip()
    taken = ask("POST", f"/incidents/{one['id']}/notes", {"text": long})
    assert (taken.status_code, taken.json()["text"] == long) == (201, True)
    assert ask("POST", f"/incidents/{one['id']}/notes", {"text": "x" * 100_001}).status_code == 422
