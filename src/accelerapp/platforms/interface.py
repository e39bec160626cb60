"""What a platform answers and does. States and reasons are Kubernetes' words on every platform.

Everything here is plain data and blocking calls; callers bound the time themselves. A platform that cannot be asked
raises `errors.CannotTellError`: it never answers with an empty list instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from accelerapp.base.ids import ReplicaName, ServiceName


class ReplicaState(StrEnum):
    """The state of a replica, in Kubernetes' words."""

    PENDING = "Pending"
    STARTING = "ContainerCreating"
    RUNNING = "Running"
    CRASH_LOOP = "CrashLoopBackOff"
    OOM_KILLED = "OOMKilled"
    IMAGE_PULL = "ImagePullBackOff"
    """Its image cannot be had; also while that is first tried (ErrImagePull), and for a name that no image can have."""
    CONFIG_ERROR = "CreateContainerConfigError"
    """A ConfigMap, a Secret, a key of one, or a setting that its container needs is missing or wrong."""
    RUN_ERROR = "RunContainerError"
    """Its command or container cannot be started at all."""
    EVICTED = "Evicted"
    """Its node ended it for want of memory, disk or the like."""
    ERROR = "Error"
    COMPLETED = "Completed"
    TERMINATING = "Terminating"
    UNKNOWN = "Unknown"


@dataclass(frozen=True)
class LastExit:
    """How the replica's process ended before the present one."""

    at: datetime
    exit_code: int | None
    """None: unknown, since the process was adopted and so not our child. Negative: the number of a signal."""
    reason: str
    """`Error`, `OOMKilled`, `Completed`, `Killed by signal 9`, …"""


@dataclass(frozen=True)
class Replica:
    """One running copy of a service."""

    name: ReplicaName
    state: ReplicaState
    ready: bool
    reason: str
    """Why it is not ready, as a sentence; empty when it is."""
    version: str
    restarts: int
    started_at: datetime | None
    pid: int | None = None
    address: str = ""
    """`127.0.0.1:41231`, where it listens itself."""
    node: str = ""
    last_exit: LastExit | None = None


class RolloutPhase(StrEnum):
    """How far a change of version, scale or restart is."""

    COMPLETE = "complete"
    PROGRESSING = "progressing"
    FAILED = "failed"
    """It cannot go on by itself: the new replicas crash or do not become ready."""


@dataclass(frozen=True)
class Workload:
    """A service as the platform sees it."""

    service: ServiceName
    desired: int
    ready: int
    updated: int
    """Replicas that already run the wanted revision."""
    version: str
    """The wanted version."""
    revision: int
    phase: RolloutPhase
    message: str
    """What the rollout does or why it is stuck, as a sentence."""
    replicas: tuple[Replica, ...]
    address: str = ""
    """Where the service is reached: `http://127.0.0.1:8080`; empty when it serves nothing."""


@dataclass(frozen=True)
class ReplicaUsage:
    """What a replica uses now."""

    replica: ReplicaName
    cpu_cores: float
    """Cores in use: 0.25 is a quarter of one core, over the last few seconds."""
    memory_bytes: int
    """Resident memory of the replica's whole process group."""
    memory_limit_bytes: int | None
    at: datetime


@dataclass(frozen=True)
class Disk:
    """A mounted file system or a volume."""

    mount: str
    total_bytes: int
    used_bytes: int

    @property
    def percent(self) -> float:
        """Use in percent."""
        return 100 * self.used_bytes / self.total_bytes if self.total_bytes else 0.0


@dataclass(frozen=True)
class Node:
    """A machine that replicas run on."""

    name: str
    cpu_cores: float
    cpu_used_cores: float | None
    """None: nobody has measured it."""
    memory_bytes: int
    memory_used_bytes: int | None
    disks: tuple[Disk, ...] = ()
    problems: tuple[str, ...] = ()
    """What the platform says is wrong with it, a sentence each: `NotReady: …`, `MemoryPressure: …`."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a service: who or what did it and why."""

    at: datetime
    kind: str
    """`Normal` or `Warning`."""
    reason: str
    """A word: Started, Ready, BackOff, Killing, OOMKilled, Scaled, RolloutStarted, …"""
    message: str
    replica: ReplicaName | None = None
    count: int = 1


@dataclass(frozen=True)
class Revision:
    """A set of version and configuration that was wanted at a time."""

    number: int
    version: str
    at: datetime
    by: str
    changes: tuple[str, ...] = ()
    """What differs from the revision before, one sentence each."""


@dataclass(frozen=True)
class CommandResult:
    """What a command in a replica answered."""

    exit_code: int
    stdout: bytes = b""
    stderr: bytes = b""


@dataclass(frozen=True)
class LogChunk:
    """Bytes of one replica's log, cut at line ends except at the very end of a log."""

    replica: ReplicaName
    data: bytes
    wrapped: bool = False
    """Each line stands in CRI's wrapping, `TIME stdout F LINE`: the platform knows when each was written."""
    unread: str = ""
    """Why no more of this log can be read, as a sentence; then `data` is empty."""


@dataclass(frozen=True)
class LogRequest:
    """Which log to read."""

    service: ServiceName
    since: datetime | None = None
    """Skip what was surely written before; lines somewhat older may still come."""
    tail: int | None = None
    """Only the last so many lines of each replica."""
    follow: bool = False
    """Go on with what is written from now on, until the caller stops reading."""
    replicas: Sequence[ReplicaName] = field(default_factory=tuple)
    """Only these replicas; empty means all."""
    previous: bool = False
    """The log of the run before the present one, of the replicas that have one."""


@dataclass(frozen=True)
class Config:
    """Configuration that a service gets from outside its release: a ConfigMap. Secrets are never one."""

    name: str
    version: str
    """Changes with every change. A change names the version that it was decided on; empty: it does not exist."""
    values: Mapping[str, str] = field(default_factory=dict)
    used_as: tuple[str, ...] = ()
    """`environment`, `$GREETING`, `files in /etc/shop`."""
    binary: tuple[str, ...] = ()
    """Keys whose values are no text: they are named and stay as they are."""
    changed_at: datetime | None = None
    """When it was last changed; None: the platform does not tell."""
    changed_by: str = ""
    """Who did, or which program."""

    @property
    def hash(self) -> str:
        """12 hexadecimal digits that differ when any value does."""
        whole = "".join(f"{len(key)}:{key}{len(value)}:{value}" for key, value in sorted(self.values.items()))
        return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:12]


class Platform(Protocol):
    """A place where services run."""

    def workloads(self) -> list[Workload]:
        """Every service that this platform runs and the settings name."""
        ...

    def workload(self, service: ServiceName) -> Workload:
        """One service. Raises NotFoundError."""
        ...

    def usage(self, service: ServiceName) -> list[ReplicaUsage]:
        """CPU and memory of each replica. A replica without a figure yet is left out."""
        ...

    def nodes(self) -> list[Node]:
        """The machines, with their disks."""
        ...

    def log_names(self, service: ServiceName) -> list[ReplicaName]:
        """Replicas whose logs can be read, ended ones included."""
        ...

    def logs(self, request: LogRequest) -> Iterator[LogChunk]:
        """The logs of all replicas, ended ones included, oldest first per replica.

        When following, an empty chunk comes whenever all that there is was given.
        """
        ...

    def events(self, service: ServiceName, limit: int = 100) -> list[Event]:
        """What happened, newest first."""
        ...

    def revisions(self, service: ServiceName) -> list[Revision]:
        """Newest first."""
        ...

    def set_version(self, service: ServiceName, version: str, by: str) -> Revision:
        """Want this version: starts a rolling replacement and returns. Raises NotFoundError: no such release."""
        ...

    def undo(self, service: ServiceName, by: str, to: int | None = None) -> Revision:
        """Want an earlier revision again (the one before, or number `to`) as a new revision."""
        ...

    def scale(self, service: ServiceName, replicas: int, by: str) -> None:
        """Want so many replicas."""
        ...

    def restart(self, service: ServiceName, by: str) -> None:
        """Replace every replica, one after the other."""
        ...

    def run(self, replica: ReplicaName, command: Sequence[str], timeout: float) -> CommandResult:
        """Run a command beside the replica: its folder, its environment. Raises CannotTellError on time-out."""
        ...

    def configs(self, service: ServiceName) -> list[Config]:
        """The ConfigMaps that the service uses. Raises WrongUseError where the platform has no such thing."""
        ...

    def set_config(
        self, service: ServiceName, name: str, version: str, changes: Mapping[str, str | None], by: str
    ) -> Config:
        """Set keys of a ConfigMap, or remove them (None). Running replicas take no notice before a restart.

        Raises WrongUseError when it is no longer the version that the change was decided on.
        """
        ...
