"""Init containers that run on and on, while the pod's own containers wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from accelerapp.base import text
from accelerapp.platforms import telling
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

LONG = timedelta(minutes=1)


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per pod that has waited for an init container for longer than `LONG`. Sidecars are meant to run on."""
    for part in facts.all_parts(snapshot):
        running = part.state.running
        if not part.is_init or running is None or part.container.restartPolicy == "Always":
            continue
        if running.startedAt and snapshot.at - running.startedAt > LONG:
            yield _cause(snapshot, part, snapshot.at - running.startedAt)


def _cause(snapshot: Snapshot, part: facts.Part, since: timedelta) -> Cause:
    lines = facts.log(snapshot, part)
    said, found = telling.line(lines), telling.meaning(lines)
    return Cause(
        kind="init-container-stuck",
        subject=facts.subject(part.pod),
        sentence=f"The {part.title} has not ended, and the pod's other containers wait for it"
        + (f": it {found.words}." if found else "."),
        evidence=(
            f"{part.title}: running for {text.duration(since.total_seconds())}",
            f"log: {said}" if said else "its log is empty",
        ),
        mend=found.mend
        if found
        else f"See what it waits for: `kubectl logs {facts.subject(part.pod)} -c {part.name} -n {snapshot.namespace}`.",
        depth=Depth.FAILURE,
    )
