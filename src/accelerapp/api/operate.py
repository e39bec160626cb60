"""Acting on services: scale, restart, switch the version, undo, run a command."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from accelerapp.app import App
from accelerapp.base.ids import ReplicaName
from accelerapp.platforms.interface import CommandResult, Config, Revision, Workload
from accelerapp.web.identity import Operator


class Scale(BaseModel):
    """How many replicas are wanted."""

    replicas: Annotated[int, Field(ge=0, le=100)]


class Version(BaseModel):
    """Which version is wanted."""

    version: Annotated[str, Field(min_length=1, max_length=200)]


class Undo(BaseModel):
    """Which revision to go back to; the one before when none is named."""

    to: Annotated[int | None, Field(ge=1, le=2**31)] = None


class ConfigChange(BaseModel):
    """Keys of a ConfigMap to set, or to remove (null), and the version of it that this was decided on."""

    version: Annotated[str, Field(max_length=200)]
    changes: Annotated[dict[str, str | None], Field(min_length=1, max_length=1000)]


class Run(BaseModel):
    """A command beside a replica. `timeout` in seconds."""

    replica: Annotated[str, Field(max_length=200)]
    command: Annotated[list[str], Field(min_length=1, max_length=1000)]
    timeout: Annotated[float, Field(gt=0, le=3600)] = 60


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.post("/services/{name}/scale", operation_id="scale_service")
    def scale(name: str, body: Scale, who: Operator) -> Workload:
        """Want so many replicas."""
        service = app.service(name)
        app.platform(service).scale(service.name, body.replicas, who.name)
        return app.platform(service).workload(service.name)

    @router.post("/services/{name}/restart", operation_id="restart_service")
    def restart(name: str, who: Operator) -> Workload:
        """Replace every replica, one after the other."""
        service = app.service(name)
        app.platform(service).restart(service.name, who.name)
        return app.platform(service).workload(service.name)

    @router.post("/services/{name}/version", operation_id="set_version")
    def version(name: str, body: Version, who: Operator) -> Revision:
        """Want this version: a rolling replacement starts."""
        service = app.service(name)
        return app.platform(service).set_version(service.name, body.version, who.name)

    @router.post("/services/{name}/undo", operation_id="undo_revision")
    def undo(name: str, body: Undo, who: Operator) -> Revision:
        """Want an earlier revision again."""
        service = app.service(name)
        return app.platform(service).undo(service.name, who.name, body.to)

    @router.post("/services/{name}/config/{config}", operation_id="change_config")
    def change_config(name: str, config: str, body: ConfigChange, who: Operator) -> Config:
        """Change a ConfigMap that the service uses; refused when it is no longer of that version."""
        service = app.service(name)
        return app.platform(service).set_config(service.name, config, body.version, body.changes, who.name)

    @router.post("/services/{name}/run", operation_id="run_command")
    def run(name: str, body: Run, who: Operator) -> CommandResult:
        """Run a command beside a replica, in its folder and environment. JSON is text: other bytes are replaced."""
        service = app.service(name)
        replica = ReplicaName(body.replica)
        result = app.platform(service).run_by(service.name, replica, body.command, body.timeout, who.name)
        return replace(result, stdout=_as_text(result.stdout), stderr=_as_text(result.stderr))


def _as_text(output: bytes) -> bytes:
    return output.decode("utf-8", "replace").encode()
