"""The folder of the local platform: where each file is, and reading and writing them whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from accelerapp.base import errors
from accelerapp.platforms.local import model


def say(text: str) -> None:
    """A line to the supervisor's own log; on a full disk it is lost, which must not stop the work."""
    with suppress(OSError, ValueError):
        print(text, flush=True)


_EVENTS_KEPT = 500
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
        """What is wanted, or None before the first time."""
        return _read(self.desired, model.desired_from)

    def read_status(self) -> model.Status | None:
        """What is, or None before the supervisor's first look."""
        return _read(self.status, model.status_from)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Two clients that change what is wanted do it one after the other."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "desired.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def append_event(self, event: model.EventRecord) -> None:
        """Add a line; the file is cut to its newer half when it grows."""
        with self.events.open("a", encoding="utf-8") as file:
            file.write(json.dumps(model.to_plain(event)) + "\n")
        if self.events.stat().st_size > 400 * _EVENTS_KEPT:
            lines = self.events.read_text("utf-8").splitlines(keepends=True)[-_EVENTS_KEPT:]
            write_atomic(self.events, "".join(lines).encode())

    def read_events(self, limit: int) -> list[model.EventRecord]:
        """The newest events, newest first. A line cut off by a crash is passed over."""
        try:
            lines = self.events.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in reversed(lines[-limit:] if limit else []):
            try:
                found.append(model.EventRecord(**json.loads(line)))
            except (ValueError, TypeError):
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
        return [ServiceFolder(path) for path in sorted(root.iterdir())] if root.is_dir() else []

    def supervisor_pid(self) -> int | None:
        """The pid of the supervisor that runs now; None when none holds the lock."""
        try:
            with self.lock.open("r+") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    text = lock.read().strip()
                    return int(text) if text else 0
                return None
        except FileNotFoundError:
            return None


def _read(path: Path, noun: Callable[[dict[str, Any]], T]) -> T | None:
    try:
        return noun(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise errors.CannotTellError(
            f"{path} is damaged or cannot be read.", mend="Check the disk and its permissions."
        ) from error


def write_json(path: Path, noun: Any, *, durable: bool = True) -> None:
    """Write a noun whole or not at all; `durable` waits until it is on the disk."""
    write_atomic(path, json.dumps(model.to_plain(noun)).encode(), durable=durable)


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write beside, then rename over: a reader sees the old content or the new one, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    beside.replace(path)
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
