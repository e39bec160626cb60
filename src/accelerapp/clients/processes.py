"""The one door to other programs: a command is a tuple, run to its end with a time-out, or beside us for a while."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    except OSError as error:
        raise _unstarted(command, error) from error
    except subprocess.TimeoutExpired as error:
        raise errors.CannotTellError(f"{command[0]} did not end within {timeout:g} s.") from error
    return Ended(done.returncode, done.stdout, done.stderr)


class Child:
    """A program that runs beside us; what it says goes to our standard error, and its last lines are kept."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._said: deque[str] = deque(maxlen=5)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._said.append(line.strip())
            sys.stderr.write(line)
            sys.stderr.flush()

    def wait(self, seconds: float) -> bool:
        """Wait for its end, so long at most; has it ended?"""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(seconds)
        return True

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """The last line that it said."""
        return next((line.rstrip(".") for line in reversed(self._said) if line), "")

    def end(self, grace: float = 5.0) -> None:
        """Ask it to end, and kill it after the grace; harmless when it has ended."""
        self._process.terminate()
        if not self.wait(grace):
            self._process.kill()
            self._process.wait()


@contextmanager
def started(command: Sequence[str]) -> Iterator[Child]:
    """A program that runs within the block and no longer. Raises ProgramMissingError."""
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # ctrl-C reaches us alone: we end it
        )
    except OSError as error:
        raise _unstarted(command, error) from error
    child = Child(process)
    try:
        yield child
    finally:
        child.end()


def _unstarted(command: Sequence[str], error: OSError) -> errors.WrongUseError:
    if isinstance(error, FileNotFoundError):
        return ProgramMissingError(
            f"The program {command[0]} is not installed.", mend=f"Install {command[0]}, or set PATH to where it is."
        )
    return errors.WrongUseError(f"{command[0]} cannot be started: {error.strerror}.")
