"""Asks a git repository in a folder for its commits, within bounded time. Nothing of the repository is run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from accelerapp.base import errors, text
from accelerapp.clients import processes

_FIELDS = ("%H", "%ct", "%aN", "%s")
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


@dataclass(frozen=True)
class Commit:
    """One commit, as it was written: texts may be hostile."""

    hash: str
    at: datetime
    """When it was committed."""
    author: str
    subject: str


def log_command(folder: str, since: datetime, until: datetime, most: int) -> tuple[str, ...]:
    """The newest commits of what is checked out, each field ended by a NUL, which no message can hold. Pure."""
    return (
        *("git", "-C", folder, "-c", "log.showSignature=false", "-c", "core.fsmonitor=false", "log", "-z"),
        *(f"--since={since.isoformat()}", f"--until={until.isoformat()}", f"--max-count={most}"),
        "--no-color",
        f"--format=tformat:{'%x00'.join(_FIELDS)}",
    )


def log(folder: str, since: datetime, until: datetime, most: int = 100, timeout: float = 5.0) -> list[Commit]:
    """Newest first. Raises CannotTellError, ProgramMissingError."""
    if not Path(folder).is_dir():
        raise errors.CannotTellError(
            f"The repository {text.printable(folder, 200)} is no folder of this machine.",
            mend="Clone it here, and name the folder as `repository` of the service.",
        )
    done = processes.run(log_command(folder, since, until, most), timeout, _QUIET)
    if done.exit_code:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it does not say why"]
        raise errors.CannotTellError(f"git log of {text.printable(folder, 200)}: {text.printable(said[-1], 300)}")
    return parse(done.stdout)


def parse(output: bytes) -> list[Commit]:
    """What `log_command` answers. Pure."""
    parts = output.decode("utf-8", "replace").split("\0")
    rows = zip(*(parts[index :: len(_FIELDS)] for index in range(len(_FIELDS))), strict=False)
    return [Commit(hash, datetime.fromtimestamp(int(at), UTC), author, subject) for hash, at, author, subject in rows]
