"""The nouns of the local platform, as they stand in its files.

Two kinds of time stand in them. `at` of a revision, an event or a status is the wall clock, in seconds since 1970, for
people. Everything that a decision waits for is steady time: seconds of the machine's monotonic clock, which no change
of the date moves. A status holds both for one moment, so that the one can be told in terms of the other.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
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
    def wanted(self) -> int:
        """How many replicas are wanted now."""
        return 0 if self.stopped else self.replicas

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
    DRAINING = "draining"
    """It is not wanted any more, gets no new requests and finishes those that it has."""
    STOPPING = "stopping"
    """It was asked to end; at `stop_by` it is killed."""


LEAVING = (Phase.DRAINING, Phase.STOPPING)
"""The phases of a replica that does not come back."""


class Why(StrEnum):
    """Why we end a replica that is to start again: the reason of its exit."""

    NOT_READY = "NotReady"
    OUT_OF_MEMORY = "OOMKilled"
    PORT_TAKEN = "PortTaken"
    """Another process answers on the port that it was given."""


@dataclass(frozen=True)
class Ending:
    """How a process ended, at a steady time."""

    at: float
    exit_code: int | None
    reason: str
    last_line: str = ""
    story: str = ""
    """All of this as sentences."""


@dataclass(frozen=True)
class ReplicaRecord:
    """What the supervisor knows of one replica; times are steady."""

    name: str
    template: Template
    version: str
    phase: Phase
    since: float
    """When the phase began."""
    spawn_id: str = ""
    """Marks the process in its environment, so that it is found even if its pid was not written down."""
    pid: int | None = None
    identity: str = ""
    """What tells this process from another that gets its pid later."""
    port: int | None = None
    started_at: float | None = None
    log_from: int = 0
    """Bytes that its log held when it started."""
    restarts: int = 0
    failures: int = 0
    """Failed starts in a row."""
    lost_ports: int = 0
    """Starts in a row at which another process was quicker to take the port."""
    next_start_at: float = 0.0
    stop_by: float = 0.0
    """When it is killed, once it was asked to end."""
    ending: Ending | None = None
    ended_for: Why | None = None
    message: str = ""

    def with_(self, **changes: Any) -> ReplicaRecord:
        """A copy with some fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Usage:
    """CPU and memory of a replica's processes, at a steady time."""

    replica: str
    cpu_cores: float
    memory_bytes: int
    at: float


@dataclass(frozen=True)
class Status:
    """What is: the content of `status.json`."""

    at: float
    """The wall clock when it was written, …"""
    steady: float = 0.0
    """… and the steady time at that moment."""
    boot: str = ""
    """The start of the machine that steady times count from."""
    supervisor_pid: int = 0
    code: str = ""
    """The version of the supervisor's own code."""
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

    def wall(self, steady: float) -> float:
        """A steady time on the wall clock."""
        return self.at - (self.steady - steady)


@dataclass(frozen=True)
class EventRecord:
    """A line of `events.jsonl`."""

    at: float
    kind: str
    reason: str
    message: str
    replica: str = ""
