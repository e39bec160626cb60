"""NetworkPolicies that select no pod, or every pod and let nothing through."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.models.meta_v1 import LabelSelector
from lightkube.models.networking_v1 import NetworkPolicySpec
from lightkube.resources.core_v1 import Pod
from lightkube.resources.networking_v1 import NetworkPolicy

from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """Risks: whether a policy is enforced, and whether somebody wants it so, cannot be seen from outside."""
    for each in snapshot.all(NetworkPolicy):
        spec = each.spec or NetworkPolicySpec(podSelector=LabelSelector())
        selector = spec.podSelector or LabelSelector()
        selected = [pod for pod in snapshot.all(Pod) if facts.selects(selector, facts.labels(pod))]
        closed = _closed(spec)
        if not selector.matchLabels and not selector.matchExpressions:
            if closed:
                words = f"selects every pod of the namespace and lets no {' and no '.join(closed)} traffic through"
                yield _cause(snapshot, each, "policy-blocks-all", words, "Add policies that allow what is needed")
        elif not selected and snapshot.knows(Pod):
            words = f"protects nothing: no pod has the labels {facts.shown(selector.matchLabels or {}) or 'it selects'}"
            yield _cause(snapshot, each, "policy-selects-nothing", words, "Correct its podSelector")


def _closed(spec: NetworkPolicySpec) -> list[str]:
    """The directions for which it names no exception. Without policyTypes it is ingress, and egress if it has rules."""
    types = spec.policyTypes or ["Ingress", *(["Egress"] if spec.egress else [])]
    rules = {"Ingress": spec.ingress, "Egress": spec.egress}
    return [f"{'incoming' if kind == 'Ingress' else 'outgoing'}" for kind in types if not rules.get(kind)]


def _cause(snapshot: Snapshot, each: NetworkPolicy, kind: str, words: str, mend: str) -> Cause:
    types = ", ".join((each.spec and each.spec.policyTypes) or ()) or "Ingress"
    return Cause(
        kind=kind,
        subject=facts.subject(each),
        sentence=f"{facts.subject(each)} {words}.",
        evidence=(f"spec.policyTypes: {types}",),
        mend=f"{mend}: {facts.edit(snapshot, facts.subject(each))}.",
        depth=Depth.RISK,
    )
