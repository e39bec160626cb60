"""Clients that were made for Statuspage, unchanged, against a running site: an exporter for Prometheus, a feed reader."""

from __future__ import annotations

import importlib
import json

import pytest
from tests import sites
from tests.statuspage import scenes


@pytest.fixture
def site(tmp_path):
    app = sites.product(tmp_path)
    app.clock = sites_clock()
    board = scenes.broken()
    with app.status_editing.writing() as stores:
        stores.status.lock()
        for group in board.groups:
            stores.status.put_group(group)
        for component in board.components:
            stores.status.put_component(component)
        for report in board.reports:
            stores.status.put_report(report)
        for work in board.maintenances:
            stores.status.put_maintenance(work)
    with sites.served(app) as address:
        yield address


def sites_clock():
    from accelerapp.base import clock

    return clock.MovingClock(scenes.NOON)


def test_the_prometheus_exporter_for_statuspage_understands_it(site, tmp_path, monkeypatch):
    described = {"shop": {"name": "Shop", "type": "status_page", "url": f"{site}/status/api/v2/summary.json"}}
    (tmp_path / "services.json").write_text(json.dumps(described))
    monkeypatch.setenv("SERVICES_JSON_PATH", str(tmp_path / "services.json"))
    monkeypatch.chdir(tmp_path)  # it keeps its cache in the working folder
    checker = importlib.import_module("statuspage_prometheus_exporter.service_checker")
    found = checker.check_service_status("shop", described["shop"])
    assert found["success"], found
    assert found["raw_status"] == "critical"  # it takes the worst impact of what is open
    (incident,) = found["incident_metadata"]
    assert (incident["name"], incident["status"]) == ("Problem with Shop and Checkout", "identified")
    assert incident["affected_components"] == ["Shop", "Checkout"]
    assert {each["name"] for each in found["maintenance_metadata"]} == {
        "Move to a larger database",
        "New printers for invoices",
    }
    states = {each["name"]: each["status"] for each in found["component_metadata"]}
    assert states["Shop"] == "partial_outage"
    assert states["E-mail"] == "under_maintenance"
