"""The last health of each service, kept: what a store does, and one in memory."""

from __future__ import annotations

from typing import Protocol

from accelerapp.base.ids import ServiceName
from accelerapp.health.model import HealthState


class HealthStates(Protocol):
    """One state per service."""

    def get(self, service: ServiceName) -> HealthState | None:
        """The state last put; None before the first."""
        ...

    def put(self, state: HealthState) -> None:
        """Keep this state in place of the one before."""
        ...


class MemoryHealthStates:
    """States of this process, for tests."""

    def __init__(self) -> None:
        self._states: dict[ServiceName, HealthState] = {}

    def get(self, service: ServiceName) -> HealthState | None:
        """The state last put; None before the first."""
        return self._states.get(service)

    def put(self, state: HealthState) -> None:
        """Keep this state in place of the one before."""
        self._states[state.service] = state
