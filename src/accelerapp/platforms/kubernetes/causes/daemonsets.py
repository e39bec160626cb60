"""DaemonSets: no node fits, or not every node has a ready pod."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.resources.apps_v1 import DaemonSet

from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per DaemonSet that runs nowhere or on too few nodes."""
    for each in snapshot.all(DaemonSet):
        if each.spec is None or each.status is None:
            continue
        name, wanted, ready = facts.subject(each), each.status.desiredNumberScheduled, each.status.numberReady
        if wanted == 0:
            selector = facts.shown((each.spec.template.spec and each.spec.template.spec.nodeSelector) or {})
            yield Cause(
                kind="no-node-fits",
                subject=name,
                sentence=f"{name} runs nowhere: no node fits its pods.",
                evidence=("status.desiredNumberScheduled: 0", f"nodeSelector: {selector or 'none'}"),
                mend=f"Correct its nodeSelector, affinity and tolerations: {facts.edit(snapshot, name)}.",
            )
        elif ready < wanted:
            yield Cause(
                kind="too-few-ready",
                subject=name,
                sentence=f"{name} has a ready pod on {ready} of {wanted} nodes.",
                evidence=(f"status.numberReady: {ready} of {wanted}",),
                mend="Mend what keeps its pods from being ready.",
                depth=Depth.SYMPTOM,
            )
