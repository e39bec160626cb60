"""The API: what it answers, to whom, and what it says when it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import sites
from tests.fakes import SHOP, FakePlatform

from accelerapp.access.model import Role
from accelerapp.base import jsons
from accelerapp.platforms.interface import CommandResult, Workload


def test_a_viewer_reads_the_same_nouns_that_the_platform_gives(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    api, viewer = sites.client(app), sites.key(app, Role.VIEWER)
    assert [service["name"] for service in api.get("/api/v1/services", headers=viewer).json()] == ["shop"]
    body = api.get("/api/v1/services/shop/workload", headers=viewer).content
    assert jsons.from_json(Workload, body) == app.local_platform.workload(SHOP)
    for path in ("usage", "usage/history", "events", "revisions", "health", "logs/review"):
        assert api.get(f"/api/v1/services/shop/{path}", headers=viewer).status_code == 200, path
    assert api.get("/api/v1/nodes", headers=viewer).status_code == 200


def test_a_viewer_may_not_act_and_a_responder_may(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    api = sites.client(app)
    acts = {"scale": {"replicas": 3}, "restart": None, "version": {"version": "1.1.0"}, "undo": {}}
    for act, body in acts.items():
        refused = api.post(f"/api/v1/services/shop/{act}", json=body, headers=sites.key(app, Role.VIEWER))
        assert refused.status_code == 403
        done = api.post(f"/api/v1/services/shop/{act}", json=body, headers=sites.key(app, Role.RESPONDER))
        assert done.status_code == 200, (act, done.text)
    assert app.local_platform.workload(SHOP).desired == 3


def test_only_an_administrator_manages_accounts_and_tokens(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    api, admin = sites.client(app), sites.key(app, Role.ADMIN)
    assert api.get("/api/v1/accounts", headers=sites.key(app, Role.RESPONDER)).status_code == 403
    new = {"name": "ben", "password": sites.PASSWORD, "role": "responder"}
    assert api.post("/api/v1/accounts", json=new, headers=admin).status_code == 201
    half = api.patch("/api/v1/accounts/ben", json={"role": "viewer", "password": "short"}, headers=admin)
    assert half.status_code == 422
    assert [account["role"] for account in api.get("/api/v1/accounts", headers=admin).json()] == ["responder"]
    assert api.patch("/api/v1/accounts/ben", json={"disabled": True}, headers=admin).json()["disabled"]
    assert api.patch("/api/v1/accounts/eve", json={}, headers=admin).status_code == 404
    made = api.post("/api/v1/tokens", json={"name": "ci", "days": 1}, headers=admin).json()
    assert made["key"].startswith("acc_")
    listed = api.get("/api/v1/tokens", headers=admin)
    assert "hash" not in listed.text
    assert made["key"] not in listed.text
    assert api.delete(f"/api/v1/tokens/{made['id']}", headers=admin).status_code == 204
    assert api.delete(f"/api/v1/tokens/{made['id']}", headers=admin).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/api/v1/services/nothing/scale", {"replicas": 1}, 404, "no service 'nothing'"),
        ("/api/v1/services/shop/scale", {"replicas": -1}, 422, "replicas: "),
        ("/api/v1/services/shop/scale", {"replicas": "many"}, 422, "replicas: "),
        ("/api/v1/services/shop/scale", None, 422, "body: "),
        ("/api/v1/services/shop/run", {"command": []}, 422, "2 mistakes"),
        ("/api/v1/tokens", {"name": "a\0b"}, 422, "name: takes 1 to 100 printable"),
        ("/api/v1/nothing", {}, 404, "nothing here"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(tmp_path: Path, path: str, body: object, status: int, words: str) -> None:
    app = sites.product(tmp_path)
    answer = sites.client(app).post(path, json=body, headers=sites.key(app, Role.ADMIN))
    assert answer.status_code == status
    assert words in answer.json()["message"]


def test_what_is_no_json_is_said_with_its_place(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    headers = {**sites.key(app, Role.ADMIN), "content-type": "application/json"}
    answer = sites.client(app).post("/api/v1/tokens", content=b'{"name":', headers=headers)
    assert answer.status_code == 422
    assert answer.json()["problems"] == [{"field": "body", "reason": "is not JSON: Expecting value at character 8."}]


def test_output_that_is_no_text_is_answered_as_text(tmp_path: Path) -> None:
    platform = FakePlatform()
    platform.command_result = CommandResult(3, b"K\xc3\xb6ln \xff", b"")
    app = sites.product(tmp_path, platform)
    body = {"replica": "shop-1", "command": ["true"]}
    answer = sites.client(app).post("/api/v1/services/shop/run", json=body, headers=sites.key(app, Role.RESPONDER))
    assert answer.json() == {"exit_code": 3, "stdout": "Köln \ufffd", "stderr": ""}


def test_a_platform_that_cannot_tell_is_503_and_never_an_empty_list(tmp_path: Path) -> None:
    platform = FakePlatform()
    platform.unreachable = True
    app = sites.product(tmp_path, platform)
    api, viewer = sites.client(app), sites.key(app, Role.VIEWER)
    for path in ("services/shop/workload", "services/shop/usage", "nodes"):
        assert api.get(f"/api/v1/{path}", headers=viewer).status_code == 503
    report = api.get("/api/v1/services/shop/health", headers=viewer).json()
    assert report["verdict"] == "unknown"


def test_the_log_comes_as_text_and_ends(tmp_path: Path) -> None:
    platform = FakePlatform()
    app = sites.product(tmp_path, platform)
    name = platform.workload(SHOP).replicas[0].name
    platform.log_lines[name] = [b"2026-03-02T12:00:00Z INFO fine", b"2026-03-02T12:00:01Z ERROR broken"]
    api, viewer = sites.client(app), sites.key(app, Role.VIEWER)
    assert api.get("/api/v1/services/shop/logs?level=error", headers=viewer).text.endswith("ERROR broken\n")
    bad = api.get("/api/v1/services/shop/logs?match=(", headers=viewer)
    assert bad.status_code == 400
    assert "regular expression" in bad.json()["message"]


def test_the_products_own_health_tells_no_secret_and_503_without_a_database(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    api = sites.client(app)
    fine = api.get("/health").json()
    assert (fine["status"], fine["database"], fine["supervisor"]) == ("ok", "ok", "running")
    (tmp_path / "accelerapp.db").unlink()
    (tmp_path / "accelerapp.db").mkdir()
    app.database.engine.dispose()
    broken = api.get("/health")
    assert broken.status_code == 503
    assert broken.json()["database"] == "unreachable"


def test_metrics_are_in_prometheus_format(tmp_path: Path) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    api = sites.client(sites.product(tmp_path))
    api.get("/health")
    families = {family.name: family for family in text_string_to_metric_families(api.get("/metrics").text)}
    counted = {sample.labels["route"] for sample in families["accelerapp_http_requests"].samples}
    assert "/health" in counted
    verdicts = {s.labels["verdict"]: s.value for s in families["accelerapp_service_verdict"].samples}
    assert verdicts == {"healthy": 0, "degraded": 0, "down": 0, "unknown": 1}


def test_the_description_names_every_operation_and_the_reference_needs_no_script(tmp_path: Path) -> None:
    app = sites.product(tmp_path)
    browser, _ = sites.signed_in(app)
    schema = browser.get("/api/openapi.json").json()
    ids = [operation["operationId"] for methods in schema["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    assert {"check_health", "scale_service", "review_logs", "product_health"} <= set(ids)
    page = browser.get("/api/docs").text
    assert "/api/v1/services/{name}/scale" in page
    assert "<script" not in page
    assert "list of Event" in page
    assert "?minutes=1440" in page
