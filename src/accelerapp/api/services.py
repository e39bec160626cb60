"""Reading: the services, how they are and how they were."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from accelerapp.app import App
from accelerapp.explanations.model import Explanation
from accelerapp.health.model import HealthReport
from accelerapp.metrics.model import Series
from accelerapp.platforms.interface import Config, Event, Node, ReplicaUsage, Revision, Workload
from accelerapp.services.model import Service
from accelerapp.web.identity import Operator, Reader

_ON: dict[int | str, dict[str, Any]] = {503: {"description": "The platform cannot tell now."}}


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.get("/services", operation_id="list_services")
    def services(who: Reader) -> list[Service]:
        """The services that are operated."""
        return list(app.services)

    @router.get("/services/{name}/workload", operation_id="get_workload", responses=_ON)
    def workload(name: str, who: Reader) -> Workload:
        """Replicas, their states and reasons, and the rollout."""
        service = app.service(name)
        return app.platform(service).workload(service.name)

    @router.get("/services/{name}/health", operation_id="check_health")
    def health(name: str, who: Reader) -> HealthReport:
        """Check the health now."""
        return app.health_check(name)

    @router.get("/services/{name}/explanation", operation_id="explain_service", responses=_ON)
    def explanation(name: str, who: Reader) -> Explanation:
        """Why it does not run: causes with evidence and mend, roots first."""
        return app.explain(app.service(name).name)

    @router.get("/services/{name}/usage", operation_id="get_usage", responses=_ON)
    def usage(name: str, who: Reader) -> list[ReplicaUsage]:
        """CPU and memory of each replica now."""
        service = app.service(name)
        return app.platform(service).usage(service.name)

    @router.get("/services/{name}/usage/history", operation_id="get_usage_history")
    def usage_history(name: str, who: Reader, minutes: Annotated[int, Query(ge=1, le=10080)] = 60) -> list[Series]:
        """CPU and memory of each replica over the last minutes."""
        return app.usage_history(name, minutes)

    @router.get("/services/{name}/events", operation_id="list_events", responses=_ON)
    def events(name: str, who: Reader, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[Event]:
        """What happened, newest first."""
        service = app.service(name)
        return app.platform(service).events(service.name, limit)

    @router.get("/services/{name}/revisions", operation_id="list_revisions", responses=_ON)
    def revisions(name: str, who: Reader) -> list[Revision]:
        """Versions and configurations that were wanted, newest first."""
        service = app.service(name)
        return app.platform(service).revisions(service.name)

    @router.get("/services/{name}/config", operation_id="list_configs", responses=_ON)
    def configs(name: str, who: Operator) -> list[Config]:
        """The ConfigMaps that the service uses, with their values. Not for readers: values may be confidential."""
        service = app.service(name)
        return app.platform(service).configs(service.name)

    @router.get("/nodes", operation_id="list_nodes", responses=_ON)
    def nodes(who: Reader) -> list[Node]:
        """The machines."""
        return app.nodes()
