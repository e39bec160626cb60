"""Which logs would tell most: of one pod for all alike ones, of the container before the restart if it is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lightkube.resources.core_v1 import Pod

from accelerapp.platforms.kubernetes.causes import crashes, facts
from accelerapp.platforms.kubernetes.snapshot import LogOf, Snapshot

MOST = 12


def of(snapshot: Snapshot, pods: Sequence[Pod]) -> list[LogOf]:
    """At most `MOST` logs of containers of these pods that ended, or of init containers that run on."""
    among = {facts.name(pod) for pod in pods}
    wanted: dict[tuple[str, str], LogOf] = {}
    for part, previous in (*_ended(snapshot), *_waited_for(snapshot)):
        if facts.name(part.pod) in among:
            key = (facts.workload(snapshot, part.pod), part.name)
            wanted.setdefault(key, LogOf(facts.name(part.pod), part.name, previous))
    return list(wanted.values())[:MOST]


def _ended(snapshot: Snapshot) -> Iterator[tuple[facts.Part, bool]]:
    for crash in crashes.crashes(snapshot):
        yield crash.part, crash.part.state.terminated is None


def _waited_for(snapshot: Snapshot) -> Iterator[tuple[facts.Part, bool]]:
    return ((part, False) for part in facts.all_parts(snapshot) if part.is_init and part.state.running)
