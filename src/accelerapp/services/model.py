"""A service as the settings describe it."""

from __future__ import annotations

from dataclasses import dataclass

from accelerapp.base.ids import ServiceName


@dataclass(frozen=True)
class Service:
    """A service to operate; secrets (the database's address) are not part of it."""

    name: ServiceName
    platform: str
    description: str = ""
    owner: str = ""
    url: str = ""
    repository: str = ""
    dashboards: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    has_database: bool = False
    is_default: bool = False
    """It is meant where none is named."""
