"""Reports, action items and figures over the API."""

from __future__ import annotations

import pytest
from tests import sites

from accelerapp.access.model import Role


@pytest.fixture
def app(tmp_path):
    return sites.product(tmp_path)


@pytest.fixture
def api(app):
    return sites.client(app)


@pytest.fixture
def ann(app):
    return sites.key(app, Role.RESPONDER)


@pytest.fixture
def path(api, ann):
    wanted = {"title": "<script>alert(1)</script>", "severity": "P2", "services": ["shop"], "calls": False}
    id = api.post("/api/v1/incidents", json=wanted, headers=ann).json()["id"]
    assert api.post(f"/api/v1/incidents/{id}/resolve", json={"text": "undone"}, headers=ann).status_code == 200
    return f"/api/v1/incidents/{id}"


def test_a_viewer_reads_and_does_not_write(app, api, ann, path):
    viewer = sites.key(app, Role.VIEWER)
    for read in (f"{path}/report", f"{path}/report/as/markdown", "/api/v1/postmortems", "/api/v1/actions"):
        assert api.get(read, headers=viewer).status_code == 200, read
        assert api.get(read).status_code == 401, read
    section = {"version": 0, "text": "x"}
    assert api.put(f"{path}/report/summary", json=section, headers=viewer).status_code == 403
    assert api.post(f"{path}/actions", json={"text": "x"}, headers=viewer).status_code == 403


def test_the_page_runs_nothing(api, ann, path):
    answer = api.get(f"{path}/report/as/html", headers=ann)
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert api.get(f"{path}/report/as/pdf", headers=ann).status_code == 422


def test_a_section_written_meanwhile_is_not_written_over(api, ann, path):
    first = api.put(f"{path}/report/root_cause", json={"version": 0, "text": "a lock"}, headers=ann)
    assert first.json()["sections"]["root_cause"]["version"] == 1
    second = api.put(f"{path}/report/root_cause", json={"version": 0, "text": "a leak"}, headers=ann)
    assert second.status_code == 400
    assert "a lock" in second.json()["message"]
    assert api.put(f"{path}/report/nothing", json={"version": 0, "text": ""}, headers=ann).status_code == 422


def test_an_action_item_from_its_making_until_it_is_done(api, ann, path):
    made = api.post(f"{path}/actions", json={"text": "test it", "due_on": "2026-12-04"}, headers=ann)
    assert made.status_code == 201
    one = f"/api/v1/actions/{made.json()['id']}"
    assert api.patch(one, json={"owner": "ben"}, headers=ann).json()["due_on"] == "2026-12-04"
    assert api.post(f"{one}/export", headers=ann).status_code == 400
    assert api.post(f"{one}/done", headers=ann).json()["done_by"]
    assert api.get("/api/v1/actions", headers=ann).json() == []
    assert len(api.get("/api/v1/actions?all=true", headers=ann).json()) == 1


def test_figures_are_of_so_many_days(api, ann, path):
    assert api.get("/api/v1/incident-statistics", headers=ann).json()["incidents"] == 1
    assert api.get("/api/v1/incident-statistics?days=0", headers=ann).status_code == 422
