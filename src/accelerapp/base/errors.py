"""Errors: one base, one sentence each that says what is wrong and how to mend it.

Every error that reaches a person is an `AccelerappError`. Its message is the sentence; `mend` says what to do;
library errors are wrapped where they enter (clients, storage, platforms) with `raise … from error`, so that the
cause chain can be printed under the sentence. `exit_code` is what the command line ends with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


class AccelerappError(Exception):
    """Something went wrong that a person should read about."""

    exit_code = 1

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    @property
    def told(self) -> str:
        """The sentence and how to mend it, on one line."""
        return f"{self.message} {self.mend}".strip()


class WrongUseError(AccelerappError):
    """The command, the input or the settings are wrong: nothing was done."""

    exit_code = 2


class NotFoundError(WrongUseError):
    """The named thing does not exist."""


class ForbiddenError(WrongUseError):
    """Whoever asks may not do this."""


class CannotTellError(AccelerappError):
    """The truth cannot be known now: unreachable, timed out or stale. Trying again may help."""

    exit_code = 3


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong with one field of an input: `field` is a dotted path such as `services.shop.url`."""

    field: str
    reason: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" + (f" {self.mend}" if self.mend else "")


class InvalidInputError(WrongUseError):
    """The input has mistakes; all of them are listed."""

    def __init__(self, what: str, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        count = "1 mistake" if len(self.problems) == 1 else f"{len(self.problems)} mistakes"
        super().__init__(f"{what} has {count}:\n" + "\n".join(f"  - {problem}" for problem in self.problems))


def causes(error: BaseException) -> Iterator[str]:
    """The cause chain under an error, nearest first, one line each: `OperationalError: connection refused`."""
    cause = error.__cause__
    while cause is not None:
        text = str(cause).strip().splitlines()
        yield f"{type(cause).__name__}: {text[0]}" if text else type(cause).__name__
        cause = cause.__cause__
