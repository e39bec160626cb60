"""PodDisruptionBudgets that allow no eviction, or protect nothing: drains hang, or take all at once."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.resources.core_v1 import Pod
from lightkube.resources.policy_v1 import PodDisruptionBudget

from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """Risks only: a budget keeps no pod from running."""
    for each in snapshot.all(PodDisruptionBudget):
        spec, status = each.spec, each.status
        if spec is None or status is None or not snapshot.knows(Pod):
            continue
        matched = [pod for pod in snapshot.all(Pod) if facts.selects(spec.selector, facts.labels(pod))]
        rule = (
            f"maxUnavailable: {spec.maxUnavailable}"
            if spec.maxUnavailable is not None
            else f"minAvailable: {spec.minAvailable}"
        )
        if not matched:
            yield _cause(snapshot, each, "budget-protects-nothing", "protects nothing: no pod has its labels", (rule,))
        elif not status.disruptionsAllowed:
            healthy, wanted = status.currentHealthy or 0, status.desiredHealthy or 0
            why = f"{healthy} of {status.expectedPods or len(matched)} pods are healthy and {wanted} have to be"
            words = f"blocks every eviction: {why}; a node with such a pod cannot be drained"
            yield _cause(snapshot, each, "budget-blocks-evictions", words, (rule, "status.disruptionsAllowed: 0"))


def _cause(snapshot: Snapshot, each: PodDisruptionBudget, kind: str, words: str, evidence: tuple[str, ...]) -> Cause:
    return Cause(
        kind=kind,
        subject=facts.subject(each),
        sentence=f"{facts.subject(each)} {words}.",
        evidence=evidence,
        mend=f"Let it allow one pod to go (maxUnavailable: 1): {facts.edit(snapshot, facts.subject(each))}."
        if kind == "budget-blocks-evictions"
        else f"Correct its selector: {facts.edit(snapshot, facts.subject(each))}.",
        depth=Depth.RISK,
    )
