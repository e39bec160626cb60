"""The nouns of the local platform, as they stand in its files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Definition:
    """How to run a service: the settings with plain values. Times are seconds, sizes bytes."""

    releases: str
    command: tuple[str, ...]
    environment: dict[str, str]
    port: int | None
    health_path: str
    memory_limit: int
    ready_timeout: float
    settle: float
    stop_signal: str
    stop_grace: float
    log_size: int
    log_files: int


@dataclass(frozen=True)
class WantedRevision:
    """A version and a definition that were wanted at a time."""

    number: int
    version: str
    at: float
    by: str
    changes: tuple[str, ...]
    definition: Definition

    @cached_property
    def key(self) -> str:
        """The same for the same version and definition: going back to what still runs replaces nothing."""
        content = json.dumps([self.version, asdict(self.definition)], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Desired:
    """What is wanted of a service: the content of `desired.json`."""

    replicas: int
    restart: int
    """Counts the wanted restarts: a replica of an older count is replaced."""
    stopped: bool
    revisions: tuple[WantedRevision, ...]
    """Oldest first; the last is wanted now."""
    configured: str = ""
    """Fingerprint of the settings that were applied last; other settings make a new revision."""

    @property
    def current(self) -> WantedRevision:
        """The revision that is wanted now."""
        return self.revisions[-1]

    @property
    def template(self) -> Template:
        """What a replica must run to be up to date."""
        return Template(self.current.key, self.restart)

    def of(self, template: Template) -> WantedRevision:
        """The newest kept revision that a replica of this template runs; the wanted one if it is kept no more."""
        return next((one for one in reversed(self.revisions) if one.key == template.key), self.current)

    def revision(self, number: int) -> WantedRevision | None:
        """The revision of this number, when it is still kept."""
        return next((revision for revision in self.revisions if revision.number == number), None)


@dataclass(frozen=True)
class Template:
    """What a replica runs: the key of its revision, and the restart that it belongs to."""

    key: str
    restart: int


class Phase(StrEnum):
    """Where a replica stands between its start and its end."""

    WAITING = "waiting"
    """Not running; starts again at `next_start_at`."""
    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"
    """It was ready and does not answer any more."""
    STOPPING = "stopping"


@dataclass(frozen=True)
class Ending:
    """How a process ended."""

    at: float
    exit_code: int | None
    reason: str
    last_line: str = ""


@dataclass(frozen=True)
class ReplicaRecord:
    """What the supervisor knows of one replica; times are seconds since 1970."""

    name: str
    template: Template
    version: str
    phase: Phase
    since: float
    """When the phase began."""
    spawn_id: str = ""
    """Marks the process in its environment, so that it is found even if its pid was not written down."""
    pid: int | None = None
    create_time: float | None = None
    port: int | None = None
    started_at: float | None = None
    restarts: int = 0
    failures: int = 0
    """Failed starts in a row."""
    next_start_at: float = 0.0
    stop_by: float = 0.0
    """When a stopping replica is killed."""
    ending: Ending | None = None
    ended_reason: str = ""
    """Why we end it: becomes the reason of its exit (`OOMKilled`)."""
    message: str = ""

    def with_(self, **changes: Any) -> ReplicaRecord:
        """A copy with some fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Usage:
    """CPU and memory of a replica's processes."""

    replica: str
    cpu_cores: float
    memory_bytes: int
    at: float


@dataclass(frozen=True)
class Status:
    """What is: the content of `status.json`."""

    at: float
    supervisor_pid: int
    supervisor_create_time: float
    replicas: tuple[ReplicaRecord, ...] = ()
    usage: tuple[Usage, ...] = ()
    done: Template | None = None
    """The last template that was rolled out completely."""
    judged: Template | None = None
    """The template that was wanted when `phase` and `message` were said."""
    phase: str = "progressing"
    message: str = ""
    proxy_problem: str = ""
    address: str = ""


@dataclass(frozen=True)
class EventRecord:
    """A line of `events.jsonl`."""

    at: float
    kind: str
    reason: str
    message: str
    replica: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def to_plain(noun: Any) -> dict[str, Any]:
    """A noun as JSON values."""
    return asdict(noun)


def definition_from(data: dict[str, Any]) -> Definition:
    """Read a definition."""
    return Definition(**{**data, "command": tuple(data["command"])})


def desired_from(data: dict[str, Any]) -> Desired:
    """Read `desired.json`."""
    revisions = tuple(
        WantedRevision(**{**item, "changes": tuple(item["changes"]), "definition": definition_from(item["definition"])})
        for item in data["revisions"]
    )
    return Desired(**{**data, "revisions": revisions})


def replica_from(data: dict[str, Any]) -> ReplicaRecord:
    """Read one replica of `status.json`."""
    ending = Ending(**data["ending"]) if data.get("ending") else None
    return ReplicaRecord(
        **{**data, "template": Template(**data["template"]), "phase": Phase(data["phase"]), "ending": ending}
    )


def status_from(data: dict[str, Any]) -> Status:
    """Read `status.json`."""
    return Status(
        **{
            **data,
            "replicas": tuple(replica_from(item) for item in data["replicas"]),
            "usage": tuple(Usage(**item) for item in data["usage"]),
            "done": Template(**data["done"]) if data.get("done") else None,
            "judged": Template(**data["judged"]) if data.get("judged") else None,
        }
    )
