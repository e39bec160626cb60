"""CPU and memory of the replicas of one service, and which of them use too much."""

from __future__ import annotations

from collections.abc import Mapping

from accelerapp.base import text
from accelerapp.platforms.local import model, proctable, replicas
from accelerapp.platforms.local.model import LEAVING, Why


class Meter:
    """Turns measurements into figures."""

    def __init__(self, known: replicas.Replicas) -> None:
        self._replicas = known
        self._before: dict[str, tuple[str, float, float]] = {}
        self._usage: dict[str, model.Usage] = {}

    def restore(self, usage: tuple[model.Usage, ...]) -> None:
        """Begin with the figures of an earlier supervisor."""
        self._usage = {one.replica: one for one in usage}

    def usage(self) -> tuple[model.Usage, ...]:
        """The figures of the replicas that run."""
        return tuple(one for name, one in self._usage.items() if name in self._replicas.processes)

    def take(self, desired: model.Desired, measured: Mapping[int, proctable.Measured], now: float) -> None:
        """Take one measurement; end a replica above its memory limit."""
        for name, process in list(self._replicas.processes.items()):
            found = measured.get(process.pid)
            if found is not None:
                self._figure(name, process.identity, found, now)
                self._check(desired, name, found.memory_bytes, now)

    def _figure(self, name: str, identity: str, found: proctable.Measured, now: float) -> None:
        """Cores in use since the last measurement of the same process."""
        known, cpu, at = self._before.get(name, ("", 0.0, now))
        self._before[name] = (identity, found.cpu_seconds, now)
        if known == identity and now > at:
            cores = max(0.0, found.cpu_seconds - cpu) / (now - at)
            self._usage[name] = model.Usage(name, round(cores, 4), found.memory_bytes, now)

    def _check(self, desired: model.Desired, name: str, used: int, now: float) -> None:
        record = self._replicas.records[name]
        limit = desired.of(record.template).definition.memory_limit
        if limit and used > limit and record.ended_for is None and record.phase not in LEAVING:
            reason = f"It used {text.size(used)} of memory, above its limit of {text.size(limit)}."
            self._replicas.restart(desired, name, Why.OUT_OF_MEMORY, reason, now)
