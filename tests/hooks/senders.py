"""What real senders send, and a site that takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient
from tests import sites
from tests.fakes import NOON

from accelerapp.alerts.model import Alert, Kind, ShownIntegration
from accelerapp.alerts.store import Filter
from accelerapp.app import App
from accelerapp.base.clock import MovingClock
from accelerapp.hooks import routes
from accelerapp.web import problems, shield

ALERT = {
    "status": "firing",
    "labels": {"alertname": "HighErrorRate", "service": "shop", "severity": "critical"},
    "annotations": {"summary": "6 % of requests fail"},
    "startsAt": "2026-03-02T11:58:07.123456789Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus:9090/graph?g0.expr=x",
    "fingerprint": "c8bd4a3d9a0b1f77",
}
WEBHOOK = {
    "version": "4",
    "groupKey": '{}:{alertname="HighErrorRate"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "accelerapp",
    "groupLabels": {"alertname": "HighErrorRate"},
    "commonLabels": ALERT["labels"],
    "commonAnnotations": ALERT["annotations"],
    "externalURL": "http://alertmanager:9093",
    "notification_reason": "a field of a newer version",
    "alerts": [ALERT],
}
RESOLVED = {**ALERT, "status": "resolved", "endsAt": "2026-03-02T12:03:00Z"}
TRIGGER = {
    "routing_key": "",
    "event_action": "trigger",
    "dedup_key": "srv01/disk",
    "client": "Nagios",
    "client_url": "https://nagios.example.com",
    "payload": {
        "summary": "Disk / is full on srv01",
        "source": "srv01",
        "severity": "error",
        "timestamp": "2026-03-02T11:59:00.000+0000",
        "component": "disk",
        "group": "shop-hosts",
        "class": "DiskFull",
        "custom_details": {"free": "0 bytes", "mounts": ["/"]},
    },
    "links": [{"href": "https://wiki.example.com/disk", "text": "Runbook"}],
    "images": [{"src": "https://example.com/x.png"}],
}


def door(app: App) -> FastAPI:
    """The hooks without the rest of the site, under a name that nobody has told it."""
    made = FastAPI()
    problems.install(made)
    made.include_router(routes.router(app))
    made.add_middleware(shield.Shield, hosts=("testserver",))
    return made


class Post:
    """A site at noon with one sender of each kind that a test asks for."""

    def __init__(self, folder: Path) -> None:
        self.app = sites.product(folder)
        self.clock = MovingClock(NOON)
        self.app.clock = self.clock
        self.site = TestClient(
            door(self.app), raise_server_exceptions=False, base_url="http://accelerapp.monitoring.svc"
        )
        self.senders: dict[Kind, ShownIntegration] = {}

    def sender(self, kind: Kind, **options: Any) -> ShownIntegration:
        if kind not in self.senders or options:
            self.senders[kind] = self.app.alerting.add_integration(str(kind), kind, "ann", **options)
        return self.senders[kind]

    def send(self, kind: Kind, body: object, *, path: str = "", **headers: str) -> Any:
        """By the path with the key in it, or by another."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.site.post(path or self.sender(kind).path, content=content, headers=given)

    def alerts(self, is_open: bool | None = None) -> list[Alert]:
        return self.app.alerting.alerts(Filter(is_open))

    @property
    def alert(self) -> Alert:
        (one,) = self.alerts()
        return one
