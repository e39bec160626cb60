"""This machine as the settings check asks it: folders, ports, programs, files, repositories.

Each question answers with a sentence when all is well. It raises WrongUseError, with the mend, when it is not.
"""

from __future__ import annotations

import errno
import glob
import os
import re
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from accelerapp.base import errors, text
from accelerapp.clients import processes

ROOM = 512 * 1024**2
"""Bytes below which a data folder has too little room."""
_REMOTE = re.compile(r"^(\w[\w+.-]*://|[\w.-]+@[\w.-]+:)")


def folder(path: Path) -> str:
    """Can things be kept there, and is there room? A folder that is not there is not made."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise errors.WrongUseError(f"{there} is a file, not a folder.", mend="Set data.folder to another place.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise errors.WrongUseError(
            f"{there} is not writable for user {os.getuid()}.", mend="Change its owner (chown) or set another folder."
        )
    free = shutil.disk_usage(there).free
    if free < ROOM:
        raise errors.WrongUseError(f"Only {text.size(free)} are free at {there}.", mend="Make room on that disk.")
    made = "" if path.exists() else ", and is made at the first start"
    return f"{path} is writable, {text.size(free)} free{made}."


@dataclass(frozen=True)
class Listener:
    """A process that listens on a port; pid 0: it belongs to another user, who may see it."""

    pid: int
    command: str


def port(host: str, number: int) -> str:
    """Is the port free, or held by this product?"""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return held(number, _listener(number))
        raise errors.WrongUseError(
            f"{host}:{number} cannot be listened on: {error.strerror}.", mend="Set another host or port."
        ) from error
    return f"Port {number} of {host} is free."


def free_port() -> int:
    """A port of this machine's loopback that nobody listened on a moment ago."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def held(number: int, by: Listener | None) -> str:
    """What it means that a port is taken: by this product it is fine. Pure."""
    if by is not None and "accelerapp" in by.command:
        return f"Port {number} is held by the running product (process {by.pid})."
    who = f"process {by.pid} ({text.printable(by.command, 80)})" if by and by.pid else "another program"
    raise errors.WrongUseError(f"Port {number} is taken by {who}.", mend="End that program or set another port.")


def _listener(number: int) -> Listener | None:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return None  # some systems let only root see them
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr[1] == number:
            try:
                return Listener(connection.pid or 0, " ".join(psutil.Process(connection.pid).cmdline()))
            except psutil.Error:
                return Listener(0, "")
    return None


def release(releases: Path, version: str) -> str:
    """Is the release there?"""
    if not releases.is_dir():
        raise errors.WrongUseError(f"There is no folder {releases}.", mend="Make it, or set releases to another one.")
    if not (releases / version).is_dir():
        known = ", ".join(sorted(path.name for path in releases.iterdir() if path.is_dir())) or "none"
        raise errors.WrongUseError(f"{releases} holds no release {version}.", mend=f"Releases there: {known}.")
    return f"{releases / version} is there."


def program(name: str, release_folder: Path) -> str:
    """Is the program of a replica's command found? Names with a slash are seen from the release's folder."""
    filled = name.replace("{python}", sys.executable).replace("{release}", str(release_folder))
    filled = filled.replace("{version}", release_folder.name)
    if "{" in filled:
        raise errors.CannotTellError(f"Which program {name} is shows at the start of a replica.")
    path = release_folder / filled if "/" in filled else shutil.which(filled)
    if path is None or not os.access(path, os.X_OK) or Path(path).is_dir():
        raise errors.WrongUseError(
            f"The program {filled} is not found or not executable.", mend="Install it, or give its whole path."
        )
    return f"{path} is there."


def log(pattern: str) -> str:
    """Does a log path match something?"""
    if "://" in pattern:
        raise errors.CannotTellError(f"{pattern} is an address, which is not asked here.")
    found = [pattern] if Path(pattern).exists() else glob.glob(pattern, recursive=True)  # noqa: PTH207 - absolute
    if not found:
        raise errors.WrongUseError(f"{pattern} matches no file.", mend="Correct the path, or take it out.")
    closed = [path for path in found if not os.access(path, os.R_OK)]
    if closed:
        raise errors.WrongUseError(f"{closed[0]} is not readable.", mend="Let this user read it.")
    return f"{pattern} matches {text.count(len(found), 'path')}."


def repository(place: str) -> str:
    """Is there a git repository, in a folder or at an address?"""
    if _REMOTE.match(place):
        return _remote(place)
    if not Path(place).is_dir():
        raise errors.WrongUseError(f"There is no folder {place}.", mend="Clone the repository there.")
    done = processes.run(("git", "-C", place, "rev-parse", "--git-dir"), 10)
    if done.exit_code:
        raise errors.WrongUseError(f"{place} is no git repository.", mend=_last_line(done.stderr))
    return f"{place} is a git repository."


def _remote(address: str) -> str:
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
    done = processes.run(("git", "ls-remote", "--", address, "HEAD"), 10, quiet)
    if done.exit_code:
        raise errors.WrongUseError(f"{address} cannot be read.", mend=_last_line(done.stderr))
    return f"{address} can be read."


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return text.printable(lines[-1], 200) if lines else ""


def tool(name: str) -> str:
    """Is a program installed?"""
    found = shutil.which(name)
    if found is None:
        raise processes.ProgramMissingError(f"The program {name} is not installed.", mend=f"Install {name}.")
    return f"{found} is there."
