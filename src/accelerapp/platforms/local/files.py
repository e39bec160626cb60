"""The folder of the local platform: where each file is, and reading and writing them whole or not at all.

The folder is its owner's alone: what is wanted holds the environment of the services, and so perhaps secrets.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from accelerapp.base import errors
from accelerapp.platforms.local import model, plain

_EVENTS_KEPT = 500
_EVENT_SIZE = 400
T = TypeVar("T")


@dataclass(frozen=True)
class ServiceFolder:
    """The files of one service."""

    path: Path

    @property
    def name(self) -> str:
        """The service's name."""
        return self.path.name

    @property
    def desired(self) -> Path:
        """What is wanted; clients write it."""
        return self.path / "desired.json"

    @property
    def status(self) -> Path:
        """What is; the supervisor writes it."""
        return self.path / "status.json"

    @property
    def events(self) -> Path:
        """What happened, a line each."""
        return self.path / "events.jsonl"

    @property
    def logs(self) -> Path:
        """The replicas' logs."""
        return self.path / "logs"

    @property
    def data(self) -> Path:
        """The folder that the service itself may keep things in."""
        return self.path / "data"

    def read_desired(self) -> model.Desired | None:
        """What is wanted, or None before the first time. Raises CannotTellError when the file is damaged."""
        desired = _read(self.desired, model.Desired)
        if desired is not None and not desired.revisions:
            raise errors.CannotTellError(f"{self.desired} names no revision.")
        return desired

    def read_status(self) -> model.Status | None:
        """What is, or None before the supervisor's first look. Raises CannotTellError when the file is damaged."""
        return _read(self.status, model.Status)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Two clients that change what is wanted do it one after the other."""
        private_folder(self.path)
        with _flock(self.path / "desired.lock"):
            yield

    def append_event(self, event: model.EventRecord) -> None:
        """Add a line; the file is cut to its newest half when it grows. Clients and the supervisor both write."""
        with _flock(self.path / "events.lock"):
            with self.events.open("a", encoding="utf-8") as file:
                file.write(json.dumps(plain.write(event)) + "\n")
            if self.events.stat().st_size > 2 * _EVENT_SIZE * _EVENTS_KEPT:
                lines = self.events.read_bytes().splitlines(keepends=True)[-_EVENTS_KEPT:]
                write_atomic(self.events, b"".join(lines), durable=False)

    def read_events(self, limit: int) -> list[model.EventRecord]:
        """The newest events, newest first. A line cut off by a crash or a full disk is passed over."""
        try:
            lines = self.events.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        found: list[model.EventRecord] = []
        for line in reversed(lines):
            if len(found) == limit:
                break
            try:
                found.append(plain.read(model.EventRecord, json.loads(line)))
            except (ValueError, TypeError, AttributeError):
                continue
        return found


@dataclass(frozen=True)
class Folder:
    """The whole folder."""

    path: Path

    @property
    def lock(self) -> Path:
        """Held by the supervisor as long as it lives; its pid stands in it."""
        return self.path / "supervisor.lock"

    @property
    def log(self) -> Path:
        """What the supervisor itself says."""
        return self.path / "supervisor.log"

    def service(self, name: str) -> ServiceFolder:
        """The folder of a service."""
        return ServiceFolder(self.path / "services" / name)

    def services(self) -> list[ServiceFolder]:
        """Every service that was ever wanted here."""
        root = self.path / "services"
        return [ServiceFolder(path) for path in sorted(root.iterdir()) if path.is_dir()] if root.is_dir() else []

    def supervisor_pid(self) -> int | None:
        """The pid of the supervisor that runs now; None when none holds the lock, 0 when it has only just taken it."""
        try:
            with self.lock.open("r+") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    text = lock.read().strip()
                    return int(text) if text.isdigit() else 0
                return None
        except FileNotFoundError:
            return None


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may look into."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def _flock(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return plain.read(kind, json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise errors.CannotTellError(
            f"{path} is damaged or cannot be read.", mend="Check the disk and its permissions."
        ) from error


def write_json(path: Path, noun: Any, *, durable: bool = True) -> None:
    """Write a noun whole or not at all; `durable` waits until it is on the disk."""
    write_atomic(path, json.dumps(plain.write(noun)).encode(), durable=durable)


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write beside, then rename over: a reader sees the old content or the new one, also after a crash."""
    private_folder(path.parent)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "wb", opener=_private) as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    if durable:
        _sync(path.parent)


def remove_unfinished(folder: Path) -> None:
    """Remove the half-written files of processes that were killed; one whose writer lives is about to be renamed."""
    for beside in folder.glob(".*.json.*"):
        writer = beside.suffix[1:]
        if not writer.isdigit() or not psutil.pid_exists(int(writer)):
            beside.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
