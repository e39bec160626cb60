"""This machine: its CPU, memory and disks, and commands run on it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from accelerapp.base import errors
from accelerapp.platforms import interface

_CPU_LOOK = 0.2
_OUTPUT_LIMIT = 4 * 1024**2
_NOT_DISKS = {"squashfs", "overlay", "tmpfs", "devtmpfs", "iso9660", "autofs", "nsfs"}


def node(data_folder: Path) -> interface.Node:
    """The machine now; the CPU is watched for 0.2 s."""
    memory = psutil.virtual_memory()
    cores = psutil.cpu_count() or 1
    return interface.Node(
        name=socket.gethostname(),
        cpu_cores=float(cores),
        cpu_used_cores=round(psutil.cpu_percent(interval=_CPU_LOOK) / 100 * cores, 2),
        memory_bytes=memory.total,
        memory_used_bytes=memory.total - memory.available,
        disks=disks(data_folder),
    )


def disks(data_folder: Path) -> tuple[interface.Disk, ...]:
    """Real disks, and those under `/` and the data folder whatever they are; each device once."""
    mounts = [part.mountpoint for part in psutil.disk_partitions() if part.fstype not in _NOT_DISKS]
    found: dict[int, interface.Disk] = {}
    for mount in ["/", _mount_of(data_folder), *mounts]:
        try:
            device = os.stat(mount).st_dev  # noqa: PTH116 - a mount point is a plain text here
            usage = psutil.disk_usage(mount)
        except OSError:
            continue  # gone between the list and the look, or not ours to see
        found.setdefault(device, interface.Disk(mount, usage.total, usage.used))
    return tuple(found.values())


def _mount_of(path: Path) -> str:
    path = path.resolve()
    while not path.exists():
        path = path.parent
    while not path.is_mount():
        path = path.parent
    return str(path)


def run(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, timeout: float
) -> interface.CommandResult:
    """Run a command in a group of its own. Raises CannotTellError when it takes longer; its group is killed then.

    Its output goes to files: what it leaves running in the background holds up nobody, and no output fills our memory.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise errors.WrongUseError(f"{command[0]} cannot be started: {reason}.") from error
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise errors.CannotTellError(f"{command[0]} did not end within {timeout:g} s and was killed.") from error
        finally:
            _kill_group(process)
        return interface.CommandResult(code, _read(out), _read(err))


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(_OUTPUT_LIMIT)
