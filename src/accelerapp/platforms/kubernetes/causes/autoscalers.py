"""HorizontalPodAutoscalers: target missing, no requests to measure against, no metrics, at their limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lightkube.models.autoscaling_v2 import HorizontalPodAutoscalerCondition, HorizontalPodAutoscalerSpec
from lightkube.resources.apps_v1 import Deployment, ReplicaSet, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_TARGETS: dict[str, type[Any]] = {"Deployment": Deployment, "StatefulSet": StatefulSet, "ReplicaSet": ReplicaSet}


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """The causes of each autoscaler; without its target nothing else is said of it."""
    for each in snapshot.all(HorizontalPodAutoscaler):
        if each.spec is None:
            continue
        kind = _TARGETS.get(each.spec.scaleTargetRef.kind)
        if kind and snapshot.lacks(kind, each.spec.scaleTargetRef.name):
            yield _no_target(snapshot, each, each.spec)
            continue
        target = snapshot.get(kind, each.spec.scaleTargetRef.name) if kind else None
        unmeasured = list(_no_requests(snapshot, each, each.spec, target)) if target is not None else []
        yield from unmeasured
        yield from _conditions(snapshot, each, is_explained=bool(unmeasured))


def _no_target(snapshot: Snapshot, each: HorizontalPodAutoscaler, spec: HorizontalPodAutoscalerSpec) -> Cause:
    target = f"{spec.scaleTargetRef.kind.lower()}/{spec.scaleTargetRef.name}"
    return Cause(
        kind="missing-scale-target",
        subject=facts.subject(each),
        sentence=f"{facts.subject(each)} scales nothing: its target {target} does not exist.",
        evidence=(f"spec.scaleTargetRef: {target}",),
        mend=f"Name a workload that exists: {facts.edit(snapshot, facts.subject(each))}.",
    )


def _no_requests(
    snapshot: Snapshot, each: HorizontalPodAutoscaler, spec: HorizontalPodAutoscalerSpec, target: Any
) -> Iterator[Cause]:
    """Utilization is a share of the request: a container without one makes it unknowable."""
    containers = target.spec.template.spec.containers if target.spec and target.spec.template.spec else []
    for metric in spec.metrics or ():
        if metric.resource is None or metric.resource.target.type != "Utilization":
            continue
        wanted = metric.resource.name
        lacking = [
            one.name
            for one in containers
            if wanted not in ((one.resources and (one.resources.requests or one.resources.limits)) or {})
        ]
        if lacking:
            owner = facts.subject(target)
            yield Cause(
                kind="no-resource-requests",
                subject=facts.subject(each),
                sentence=f"{facts.subject(each)} cannot scale by {wanted}: "
                f"container '{lacking[0]}' of {owner} requests none.",
                evidence=(
                    f"spec.metrics: {wanted} in percent of the request",
                    f"without a request: {', '.join(lacking)}",
                ),
                mend=f"Set one: `kubectl set resources {owner} -c {lacking[0]} --requests={wanted}=… "
                f"-n {snapshot.namespace}`.",
            )


def _conditions(snapshot: Snapshot, each: HorizontalPodAutoscaler, *, is_explained: bool) -> Iterator[Cause]:
    for found in (each.status and each.status.conditions) or ():
        if found.type == "ScalingActive" and found.status == "False" and found.reason == "ScalingDisabled":
            continue  # its target is scaled to 0, which is said there
        if found.type in ("ScalingActive", "AbleToScale") and found.status == "False":
            yield _cannot(snapshot, each, found, Depth.SYMPTOM if is_explained else Depth.FAILURE)
        elif found.type == "ScalingLimited" and found.status == "True" and found.reason == "TooManyReplicas":
            yield _at_limit(snapshot, each, found)


def _cannot(
    snapshot: Snapshot, each: HorizontalPodAutoscaler, found: HorizontalPodAutoscalerCondition, depth: Depth
) -> Cause:
    no_metrics = "Metric" in (found.reason or "")
    return Cause(
        kind="no-metrics" if no_metrics else "cannot-scale",
        subject=facts.subject(each),
        sentence=f"{facts.subject(each)} cannot {'get its metrics' if no_metrics else 'scale'}: "
        f"{text.printable(found.message or found.reason or '', 250).rstrip('.')}.",
        evidence=(f"status.conditions: {found.type}=False, {found.reason}",),
        mend="Check that the cluster has metrics: `kubectl top pods`."
        if no_metrics
        else f"`kubectl describe {facts.subject(each)} -n {snapshot.namespace}`",
        depth=depth,
    )


def _at_limit(snapshot: Snapshot, each: HorizontalPodAutoscaler, found: HorizontalPodAutoscalerCondition) -> Cause:
    most = each.spec.maxReplicas if each.spec else 0
    return Cause(
        kind="at-max-replicas",
        subject=facts.subject(each),
        sentence=f"{facts.subject(each)} wants more than its most of {most} replicas.",
        evidence=(f"status.conditions: ScalingLimited, {found.reason}: {text.printable(found.message or '', 200)}",),
        mend=f"Raise maxReplicas if there is room: {facts.edit(snapshot, facts.subject(each))}.",
        depth=Depth.RISK,
    )
