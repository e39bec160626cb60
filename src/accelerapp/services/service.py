"""Which service is meant."""

from __future__ import annotations

from collections.abc import Sequence

from accelerapp.base import errors
from accelerapp.services import model


def find(services: Sequence[model.Service], name: str | None, default: str = "") -> model.Service:
    """The named service, or the default, or the first. Raises WrongUseError when there is none to mean."""
    if not services:
        raise errors.WrongUseError(
            "The settings describe no service.",
            mend="Add one to accelerapp.toml (`accelerapp init` writes a commented file).",
        )
    wanted = name or default or services[0].name
    for service in services:
        if service.name == wanted:
            return service
    known = ", ".join(service.name for service in services)
    raise errors.NotFoundError(f"There is no service '{wanted}'.", mend=f"Known services: {known}.")
