"""A source of log bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol, runtime_checkable

from accelerapp.base import errors


class SourceError(errors.CannotTellError):
    """A source cannot be read, or breaks off; what was read before counts."""


@runtime_checkable
class Source(Protocol):
    """One log: a file, a replica, standard input."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """The bytes, in order. What was surely written before `since` may be left out. Raises SourceError."""
        ...


def told(error: errors.AccelerappError) -> str:
    """An error as a reason: its sentence and its mend, small at the beginning and without the last full stop."""
    message = error.message[:1].lower() + error.message[1:] if error.message[1:2].islower() else error.message
    return ". ".join(part.rstrip(".") for part in (message, error.mend) if part)
