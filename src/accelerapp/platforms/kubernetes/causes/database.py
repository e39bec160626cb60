"""Databases that a running pod cannot get to, tried from inside the pod."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.resources.core_v1 import Pod, Service

from accelerapp.base import text
from accelerapp.platforms.causes import Cause
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Reached, Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per pod whose database did not answer."""
    for name, reached in snapshot.databases.items():
        pod = snapshot.get(Pod, name)
        if reached.problem and pod is not None:
            yield _cause(snapshot, pod, reached)


def _cause(snapshot: Snapshot, pod: Pod, reached: Reached) -> Cause:
    host = reached.address.rpartition(":")[0].split(".")[0]
    service = snapshot.get(Service, host)
    hint = f"service/{host} is in this namespace" if service else ""
    if snapshot.lacks(Service, host) and "." not in reached.address.rpartition(":")[0]:
        hint = f"no Service '{host}' is in namespace {snapshot.namespace}"
    return Cause(
        kind="database-unreachable",
        subject=facts.subject(pod),
        sentence=f"The database at {reached.address} ({reached.variable}) cannot be reached from inside the pod: "
        f"{text.printable(reached.problem, 200).rstrip('.')}.",
        evidence=("tried from inside the pod: a TCP connection", *((hint,) if hint else ())),
        mend=f"Check host and port of {reached.variable}, that the database runs, and NetworkPolicies: "
        f"`accelerapp explain --namespace {snapshot.namespace}` shows the database's own pods.",
    )
