"""What a format makes of a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accelerapp.logs.model import Level


@dataclass(frozen=True)
class Parsed:
    """A line that begins a record."""

    message: str
    level: Level = Level.NONE
    at: datetime | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    zoneless: bool = False
    """The time stamp named no zone and was read as UTC."""
