"""For a Prometheus beside this product: where the replicas are, in the form of its HTTP service discovery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter

from accelerapp.app import App
from accelerapp.metrics import figures
from accelerapp.web.identity import Reader

_ON: dict[int | str, dict[str, Any]] = {503: {"description": "A platform cannot tell now: Prometheus keeps its list."}}


@dataclass(frozen=True)
class TargetGroup:
    """Targets with the labels that the embedded scraper gives them."""

    targets: Sequence[str]
    labels: dict[str, str] = field(default_factory=dict)


def add(router: APIRouter, app: App) -> None:
    """Add the route."""

    @router.get("/prometheus/targets", operation_id="list_targets", responses=_ON)
    def targets(who: Reader) -> list[TargetGroup]:
        """Every replica that serves metrics, for `http_sd_configs`."""
        groups = []
        for service in app.services:
            path = app.settings.services[service.name].metrics_path
            workload = app.platform(service).workload(service.name)
            for each in figures.targets(service.name, workload, path, ()):
                labels = {name: value for name, value in each.labels.items() if name != "instance"}
                groups.append(TargetGroup([each.labels["instance"]], {**labels, "__metrics_path__": path}))
        return groups
