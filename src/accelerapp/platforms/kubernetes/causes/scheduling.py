"""Pods that no node takes, with the arithmetic: what they ask for against what each node has left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from lightkube.models.core_v1 import NodeSelectorTerm, Taint, Toleration
from lightkube.resources.core_v1 import Node, Pod

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import amounts, facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

PATIENCE = timedelta(seconds=30)
"""A scheduler that has not looked at a pod for so long never will."""
_SHOWN_NODES = 5


@dataclass(frozen=True)
class Refusal:
    """Why a node does not take a pod."""

    node: str
    rules: tuple[str, ...]
    """Rules that forbid it, a phrase each."""
    rooms: tuple[str, ...]
    """What there is too little of, a phrase each."""
    is_too_small: bool = False
    """It would not fit even on the empty node."""

    @property
    def why(self) -> tuple[str, ...]:
        """Both; empty: by what can be seen here, the node would take it."""
        return (*self.rules, *self.rooms)


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per pod that waits for a node."""
    for pod in facts.living(snapshot):
        found = facts.condition(pod, "PodScheduled")
        if facts.phase(pod) != "Pending" or facts.spec(pod).nodeName:
            continue
        if found is not None and found.reason == "SchedulingGated":
            yield _gated(snapshot, pod)
        elif found is not None and found.status == "False":
            yield _unschedulable(snapshot, pod, found.message or "")
        elif found is None and snapshot.at - facts.created(pod) > PATIENCE:
            yield _unseen(snapshot, pod)


@dataclass(frozen=True)
class _Verdict:
    """What the scheduler's refusal comes to."""

    kind: str
    why: str
    mend: str
    depth: Depth = Depth.ROOT


def _unschedulable(snapshot: Snapshot, pod: Pod, said: str) -> Cause:
    judged = [refuses(snapshot, node, pod) for node in snapshot.all(Node)]
    refusals = [each for each in judged if each.why]
    edit = facts.edit(snapshot, facts.workload(snapshot, pod))
    verdict = _by_volume(snapshot, said, edit) or _by_nodes(refusals if refusals == judged else [], said, edit)
    wanted = sorted(amounts.requests(pod).items())
    asks = ", ".join(f"{key} {amounts.shown(key, amount)}" for key, amount in wanted) or "nothing"
    more = len(refusals) - _SHOWN_NODES
    return Cause(
        kind=verdict.kind,
        subject=facts.subject(pod),
        sentence=f"No node takes the pod: {verdict.why}.",
        evidence=(
            f"scheduler: {text.printable(said.strip(), 400) or 'Unschedulable'}",
            f"it asks for {asks}",
            *(f"{each.node}: {'; '.join(each.why)}" for each in refusals[:_SHOWN_NODES]),
            *((f"and {more} more nodes",) if more > 0 else ()),
        ),
        mend=verdict.mend,
        depth=verdict.depth,
    )


def _by_volume(snapshot: Snapshot, said: str, edit: str) -> _Verdict | None:
    """It waits for a volume: a symptom, since the claim is a cause of its own."""
    claim = re.search(r'persistentvolumeclaim "([^"]+)" not found', said)
    if claim:
        why = f"its PersistentVolumeClaim '{claim[1]}' does not exist"
        return _Verdict("unbound-volume", why, f"Make it; or {edit}.", Depth.SYMPTOM)
    if "unbound" in said and "PersistentVolumeClaim" in said:
        look = f"See why its claim gets no volume: `kubectl get pvc -n {snapshot.namespace}`."
        return _Verdict("unbound-volume", "its PersistentVolumeClaim has no volume yet", look, Depth.SYMPTOM)
    return None


def _by_nodes(refusals: list[Refusal], said: str, edit: str) -> _Verdict:
    """What keeps it off the node that comes nearest; the scheduler's words when that cannot be seen of every node."""
    if not refusals:
        words = facts.words(said) or "the scheduler does not say why"
        return _Verdict("unschedulable", words, f"Change what the pod asks for: {edit}.")
    best = min(refusals, key=lambda each: (len(each.rules), each.is_too_small, len(each.why)))
    same = len({each.why[0] for each in refusals}) == 1
    why = best.why[0] if same else f"on the nearest of {len(refusals)} nodes, {best.node}, {best.why[0]}"
    if best.rules:
        advice = "Change the pod's nodeSelector, affinity or tolerations, or the node's labels and taints"
    elif best.is_too_small:
        why, advice = f"{why}; the node is too small even when empty", "Ask for less, or add a larger node"
    else:
        advice = "Ask for less, remove what is not needed, or add a node"
    return _Verdict("unschedulable", why, f"{advice}: {edit}.")


def refuses(snapshot: Snapshot, node: Node, pod: Pod) -> Refusal:
    """What keeps the pod off the node: rules first, then room."""
    allocatable = (node.status and node.status.allocatable) or {}
    taken = [each for each in snapshot.neighbours or () if facts.spec(each).nodeName == facts.name(node)]
    left = amounts.free(allocatable, taken) if snapshot.neighbours is not None else None
    wanted = {**amounts.requests(pod), "pods": Decimal(1)}
    whole = {key: amounts.parse(amount) for key, amount in allocatable.items()}
    rooms = [_room(key, amount, left, whole) for key, amount in sorted(wanted.items())]
    too_small = any(amount > whole.get(key, Decimal(0)) for key, amount in wanted.items()) and bool(whole)
    return Refusal(facts.name(node), tuple(_rules(node, pod)), tuple(filter(None, rooms)), too_small)


def _room(key: str, wanted: Decimal, left: Mapping[str, Decimal] | None, whole: Mapping[str, Decimal]) -> str:
    """`it asks for memory 64 GiB, 3.2 GiB of 3.8 GiB are free`; empty when it fits or that is not known."""
    size = whole.get(key, Decimal(0))
    free = min(left.get(key, Decimal(0)), size) if left is not None else size
    if wanted <= free or not whole:
        return ""
    if key == "pods":
        return f"the node has all of its {amounts.shown(key, size)} pods"
    asked = f"it asks for {key} {amounts.shown(key, wanted)}"
    if size == 0:
        return f"{asked}, the node has none"
    if left is None:
        return f"{asked}, the node has {amounts.shown(key, size)} in all"
    return f"{asked}, {amounts.shown(key, max(free, Decimal(0)))} of {amounts.shown(key, size)} are free"


def _rules(node: Node, pod: Pod) -> Iterator[str]:
    wanted, has = facts.spec(pod).nodeSelector or {}, facts.labels(node)
    lacking = {key: value for key, value in wanted.items() if has.get(key) != value}
    if lacking:
        yield f"its nodeSelector wants {facts.shown(lacking)}, which the node does not have"
    affinity = facts.spec(pod).affinity
    required = (
        affinity and affinity.nodeAffinity and affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution
    )
    if required and not any(_term(term, has) for term in required.nodeSelectorTerms):
        yield "its nodeAffinity does not match the node's labels"
    if node.spec and node.spec.unschedulable:
        yield "the node is cordoned"
    for taint in (node.spec and node.spec.taints) or ():
        if taint.effect != "PreferNoSchedule" and not _tolerated(taint, facts.spec(pod).tolerations or []):
            value = f"={taint.value}" if taint.value else ""
            if taint.key != "node.kubernetes.io/unschedulable":
                yield f"it does not tolerate the node's taint {taint.key}{value}:{taint.effect}"


def _term(term: NodeSelectorTerm, has: Mapping[str, str]) -> bool:
    """Matches the term, by what labels can say; greater and less are taken as met."""
    for each in term.matchExpressions or ():
        value, values = has.get(each.key), each.values or []
        met = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": each.key in has,
            "DoesNotExist": each.key not in has,
        }
        if not met.get(each.operator, True):
            return False
    return True


def _tolerated(taint: Taint, tolerations: list[Toleration]) -> bool:
    return any(
        (not each.effect or each.effect == taint.effect)
        and (each.key or taint.key) == taint.key
        and (each.operator == "Exists" or (each.value or "") == (taint.value or ""))
        for each in tolerations
    )


def _gated(snapshot: Snapshot, pod: Pod) -> Cause:
    gates = ", ".join(each.name for each in facts.spec(pod).schedulingGates or ())
    return Cause(
        kind="scheduling-gated",
        subject=facts.subject(pod),
        sentence=f"The pod may not be scheduled yet: its scheduling gates are closed ({gates}).",
        evidence=(f"spec.schedulingGates: {gates}",),
        mend="Whoever set the gates has to remove them; look for the controller that knows their names.",
        depth=Depth.WISH,
    )


def _unseen(snapshot: Snapshot, pod: Pod) -> Cause:
    name = facts.spec(pod).schedulerName or "default-scheduler"
    return Cause(
        kind="no-scheduler",
        subject=facts.subject(pod),
        sentence=f"No scheduler has looked at the pod: it waits for one named '{name}'.",
        evidence=(f"spec.schedulerName: {name}", "status.conditions: no PodScheduled"),
        mend=f"Start that scheduler, or leave its name out: {facts.edit(snapshot, facts.workload(snapshot, pod))}.",
    )
