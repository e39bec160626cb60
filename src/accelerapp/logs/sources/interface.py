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
    """An error as a reason: the sentence and its mend, without the full stop."""
    return "; ".join(part.rstrip(".") for part in (error.message, error.mend) if part)
