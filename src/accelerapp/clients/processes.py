"""The one door to other programs: a command is a tuple, run to its end with a time-out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accelerapp.base import errors


class ProgramMissingError(errors.WrongUseError):
    """The program is not installed."""


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def run(command: Sequence[str], timeout: float, environment: Mapping[str, str] | None = None) -> Ended:
    """Run a program without input; `environment` is added to ours. Raises ProgramMissingError, CannotTellError."""
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            env={**os.environ, **(environment or {})},
            check=False,
        )
    except FileNotFoundError as error:
        raise ProgramMissingError(
            f"The program {command[0]} is not installed.", mend=f"Install {command[0]}, or set PATH to where it is."
        ) from error
    except OSError as error:
        raise errors.WrongUseError(f"{command[0]} cannot be started: {error.strerror}.") from error
    except subprocess.TimeoutExpired as error:
        raise errors.CannotTellError(f"{command[0]} did not end within {timeout:g} s.") from error
    return Ended(done.returncode, done.stdout, done.stderr)
