"""What every kind of cause is: a function from a snapshot to causes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from accelerapp.platforms.causes import Cause
from accelerapp.platforms.kubernetes.snapshot import Snapshot


class Finder(Protocol):
    """Finds the causes of one kind. Pure: it neither asks nor waits; what could not be read gives no cause."""

    def __call__(self, snapshot: Snapshot) -> Iterable[Cause]:
        """The causes, each with its evidence and mend."""
        ...
