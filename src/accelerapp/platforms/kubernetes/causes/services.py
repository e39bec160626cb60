"""Services that lead nowhere: a selector that matches nothing, no ready pod, a port that the pods do not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from lightkube.models.core_v1 import ServicePort, ServiceSpec
from lightkube.resources.apps_v1 import DaemonSet, Deployment, StatefulSet
from lightkube.resources.core_v1 import Endpoints, Pod, Service

from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_Workload: TypeAlias = Deployment | StatefulSet | DaemonSet
_ALIKE = 0.6
BALANCER_PATIENCE = timedelta(minutes=2)


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """The causes of each Service."""
    for each in snapshot.all(Service):
        spec = each.spec
        if spec is None or spec.type == "ExternalName":
            continue
        if spec.selector and snapshot.knows(Pod):
            yield from _selecting(snapshot, each, spec, spec.selector)
        elif not spec.selector:
            yield from _by_hand(snapshot, each)
        yield from _balancer(snapshot, each, spec)


def _selecting(snapshot: Snapshot, each: Service, spec: ServiceSpec, selector: Mapping[str, str]) -> Iterator[Cause]:
    pods = [
        pod for pod in snapshot.all(Pod) if facts.matches(selector, facts.labels(pod)) and not facts.is_leaving(pod)
    ]
    if not pods:
        yield _nothing(snapshot, each, selector)
        return
    wrong = [cause for port in spec.ports or () if (cause := _port(snapshot, each, port, pods))]
    yield from wrong
    if not any(facts.is_ready(pod) for pod in pods) and not spec.publishNotReadyAddresses:
        yield Cause(
            kind="no-ready-pods",
            subject=facts.subject(each),
            sentence=f"{facts.subject(each)} has no endpoints: none of its {len(pods)} pods is ready.",
            evidence=(
                f"spec.selector: {facts.shown(selector)}",
                f"pods: {', '.join(facts.name(pod) for pod in pods[:5])}",
            ),
            mend="Mend what keeps these pods from being ready.",
            depth=Depth.SYMPTOM,
        )


def _nothing(snapshot: Snapshot, each: Service, selector: Mapping[str, str]) -> Cause:
    name = facts.subject(each)
    meant: tuple[_Workload, ...] = (*snapshot.all(Deployment), *snapshot.all(StatefulSet), *snapshot.all(DaemonSet))
    match = next((one for one in meant if facts.matches(selector, _template_labels(one))), None)
    near = max(meant, key=lambda one: _likeness(selector, _template_labels(one)), default=None)
    if match is not None:
        why, depth = f"{facts.subject(match)} has such pods, but none exist now", Depth.SYMPTOM
    elif near is not None and _likeness(selector, _template_labels(near)) > _ALIKE:
        why, depth = f"the nearest, {facts.subject(near)}, has {facts.shown(_template_labels(near))}", Depth.ROOT
    else:
        why, depth = "no workload here makes pods with these labels", Depth.ROOT
    return Cause(
        kind="selector-matches-nothing",
        subject=name,
        sentence=f"{name} has no endpoints: no pod has the labels {facts.shown(selector)}.",
        evidence=(f"spec.selector: {facts.shown(selector)}", why),
        mend=f"Let the selector name the pods' labels: {facts.edit(snapshot, name)}."
        if depth is Depth.ROOT
        else "Mend what keeps these pods from being made.",
        depth=depth,
    )


def _template_labels(workload: _Workload) -> dict[str, str]:
    template = workload.spec.template if workload.spec else None
    return (template.metadata and template.metadata.labels if template else None) or {}


def _likeness(selector: Mapping[str, str], labels: Mapping[str, str]) -> float:
    """How near the labels come to the selector, from 0 to 1."""
    likes = [difflib.SequenceMatcher(None, value, labels.get(key, "")).ratio() for key, value in selector.items()]
    return sum(likes) / len(likes)


def _port(snapshot: Snapshot, each: Service, port: ServicePort, pods: Sequence[Pod]) -> Cause | None:
    target, name = port.targetPort if port.targetPort is not None else port.port, facts.subject(each)
    declared = [one for pod in pods for part in facts.parts(pod) for one in part.container.ports or ()]
    numbers = sorted({one.containerPort for one in declared})
    names = sorted({one.name for one in declared if one.name})
    if isinstance(target, str) and not target.isdigit():
        known, wrong = ", ".join(names) or "none", target not in names
        why = f"sends to a port named '{target}', which none of its pods has"
    else:
        known, wrong = ", ".join(map(str, numbers)), bool(numbers) and int(target) not in numbers
        why = f"sends to port {target}, which none of its pods' containers declares"
    if not wrong:
        return None
    return Cause(
        kind="wrong-target-port",
        subject=name,
        sentence=f"{name} {why}.",
        evidence=(f"spec.ports: port {port.port}, targetPort {target}", f"ports of its pods: {known}"),
        mend=f"Set targetPort to one that the pods have: {facts.edit(snapshot, name)}.",
        # a number may be right without being declared; a name has to be
        depth=Depth.ROOT if isinstance(target, str) else Depth.FAILURE,
    )


def _by_hand(snapshot: Snapshot, each: Service) -> Iterator[Cause]:
    """A Service without a selector: somebody else has to name its endpoints."""
    named = snapshot.get(Endpoints, facts.name(each))
    if snapshot.knows(Endpoints) and not (named and any(one.addresses for one in named.subsets or ())):
        yield Cause(
            kind="no-endpoints",
            subject=facts.subject(each),
            sentence=f"{facts.subject(each)} has neither a selector nor endpoints: it leads nowhere.",
            evidence=("spec.selector: none", "no Endpoints name an address for it"),
            mend=f"Give it a selector: {facts.edit(snapshot, facts.subject(each))}.",
        )


def _balancer(snapshot: Snapshot, each: Service, spec: ServiceSpec) -> Iterator[Cause]:
    given = each.status and each.status.loadBalancer and each.status.loadBalancer.ingress
    if spec.type == "LoadBalancer" and not given and snapshot.at - facts.created(each) > BALANCER_PATIENCE:
        told = facts.events(snapshot, each, "SyncLoadBalancerFailed", "CreatingLoadBalancerFailed")
        yield Cause(
            kind="no-load-balancer",
            subject=facts.subject(each),
            sentence=f"{facts.subject(each)} has no outside address yet: no load balancer was made for it.",
            evidence=("status.loadBalancer: empty", *(facts.told(event) for event in told[:1])),
            mend="Check that the cluster has a load-balancer controller; or use type NodePort or an Ingress.",
            depth=Depth.FAILURE,
        )
