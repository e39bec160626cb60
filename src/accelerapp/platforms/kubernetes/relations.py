"""What belongs to an object: the subjects whose causes may be why it does not run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lightkube.resources.apps_v1 import DaemonSet, Deployment, ReplicaSet, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import ConfigMap, Node, PersistentVolumeClaim, Pod, Service
from lightkube.resources.networking_v1 import Ingress, NetworkPolicy
from lightkube.resources.policy_v1 import PodDisruptionBudget

from accelerapp.platforms.causes import Cause
from accelerapp.platforms.kubernetes.causes import facts, references
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_OWNERS: tuple[type[Any], ...] = (ReplicaSet, Deployment, StatefulSet, DaemonSet, Job, CronJob)
_EVERYONES = ("namespace/", "resourcequota/", "validatingwebhookconfiguration/", "mutatingwebhookconfiguration/")
"""What concerns all of a namespace."""


def concerning(causes: Iterable[Cause], subjects: frozenset[str]) -> Iterator[Cause]:
    """The causes that one of the subjects, or all of the namespace, suffers from."""
    for each in causes:
        if each.subject.startswith(_EVERYONES) or subjects & {each.subject, *each.also}:
            yield each


def subjects(snapshot: Snapshot, target: Any) -> frozenset[str]:
    """The target, what it is made of, what it needs and what leads to it."""
    pods, workloads = _core(snapshot, target)
    services = _services(snapshot, target, pods, workloads)
    found = [target, *pods, *workloads, *services]
    found += [each for each in snapshot.all(Ingress) if _backends(each) & {facts.name(one) for one in services}]
    found += _selecting(snapshot, pods)
    found += [
        each for each in snapshot.all(HorizontalPodAutoscaler) if _scaled(each) & set(map(facts.subject, workloads))
    ]
    found += _claims(snapshot, pods, workloads)
    found += _configmaps(snapshot, pods)
    return frozenset({*map(facts.subject, found), *_nodes(snapshot, pods)})


def pods(snapshot: Snapshot, target: Any) -> list[Pod]:
    """The pods that the target runs as, leads to or is used by."""
    return _core(snapshot, target)[0]


def _core(snapshot: Snapshot, target: Any) -> tuple[list[Pod], list[Any]]:
    """Its pods, and the workloads that made them (replica sets and jobs between them included)."""
    if isinstance(target, Pod):
        return [target], _above(snapshot, target)
    if isinstance(target, _OWNERS):
        under = [one for kind in (ReplicaSet, Job) for one in facts.owned(snapshot, kind, target)]
        made = [one for each in (target, *under) for one in facts.owned(snapshot, Pod, each)]
        return made, [target, *under, *_above(snapshot, target)]
    found = [pod for pod in snapshot.all(Pod) if _touches(snapshot, target, pod)]
    above = {facts.subject(one): one for pod in found for one in _above(snapshot, pod)}
    if isinstance(target, HorizontalPodAutoscaler):
        scaled = [one for kind in _OWNERS for one in snapshot.all(kind) if facts.subject(one) in _scaled(target)]
        cores = [_core(snapshot, one) for one in scaled]
        return [pod for core in cores for pod in core[0]], [one for core in cores for one in core[1]]
    return found, list(above.values())


def _touches(snapshot: Snapshot, target: Any, pod: Pod) -> bool:
    labels = facts.labels(pod)
    if isinstance(target, Service):
        chosen = (target.spec and target.spec.selector) or {}
        return bool(chosen) and facts.matches(chosen, labels)
    if isinstance(target, Ingress):
        services = [one for one in snapshot.all(Service) if facts.name(one) in _backends(target)]
        return any(_touches(snapshot, one, pod) for one in services)
    if isinstance(target, PodDisruptionBudget | NetworkPolicy):
        selector = getattr(target.spec, "selector", None) or getattr(target.spec, "podSelector", None)
        return facts.selects(selector, labels)
    if isinstance(target, PersistentVolumeClaim | ConfigMap):
        named = references.references(pod, with_optional=True)
        return any(each.kind is type(target) and each.name == facts.name(target) for each in named)
    return False


def _above(snapshot: Snapshot, obj: Any) -> list[Any]:
    for kind in _OWNERS:
        above = snapshot.get(kind, facts.owner(obj, kind.__name__))
        if above is not None:
            return [above, *_above(snapshot, above)]
    return []


def _services(snapshot: Snapshot, target: Any, made: list[Pod], workloads: list[Any]) -> list[Service]:
    labels = [facts.labels(pod) for pod in made] + [_template_labels(one) for one in workloads]
    named = {one.spec.serviceName for one in workloads if isinstance(one, StatefulSet) and one.spec}
    named |= _backends(target) if isinstance(target, Ingress) else {facts.name(target)}  # whose selector may be wrong
    return [
        one
        for one in snapshot.all(Service)
        if facts.name(one) in named
        or (one.spec and one.spec.selector and any(facts.matches(one.spec.selector, each) for each in labels))
    ]


def _template_labels(workload: Any) -> dict[str, str]:
    template = getattr(workload.spec, "template", None) if workload.spec else None
    return (template.metadata.labels if template and template.metadata else None) or {}


def _backends(ingress: Ingress) -> set[str]:
    spec = ingress.spec
    backends = [spec.defaultBackend] if spec and spec.defaultBackend else []
    for rule in (spec and spec.rules) or ():
        backends += [path.backend for path in (rule.http and rule.http.paths) or ()]
    return {each.service.name for each in backends if each.service}


def _scaled(each: HorizontalPodAutoscaler) -> set[str]:
    target = each.spec and each.spec.scaleTargetRef
    return {f"{target.kind.lower()}/{target.name}"} if target else set()


def _selecting(snapshot: Snapshot, made: list[Pod]) -> list[Any]:
    """Budgets and policies with a selector that names some of the pods; those for every pod are the namespace's."""
    selectors = [(one, one.spec.selector) for one in snapshot.all(PodDisruptionBudget) if one.spec]
    selectors += [(one, one.spec.podSelector) for one in snapshot.all(NetworkPolicy) if one.spec]  # type: ignore[misc]
    return [one for one, selector in selectors if any(facts.selects(selector, facts.labels(pod)) for pod in made)]


def _claims(snapshot: Snapshot, made: list[Pod], workloads: list[Any]) -> list[PersistentVolumeClaim]:
    named = {each.name for pod in made for each in references.references(pod) if each.kind is PersistentVolumeClaim}
    prefixes = tuple(
        f"{facts.name(claim)}-{facts.name(one)}-"
        for one in workloads
        if isinstance(one, StatefulSet) and one.spec
        for claim in one.spec.volumeClaimTemplates or ()
    )
    return [
        one
        for one in snapshot.all(PersistentVolumeClaim)
        if facts.name(one) in named or (prefixes and facts.name(one).startswith(prefixes))
    ]


def _configmaps(snapshot: Snapshot, made: list[Pod]) -> list[ConfigMap]:
    named = {each.name for pod in made for each in references.references(pod) if each.kind is ConfigMap}
    return [one for one in snapshot.all(ConfigMap) if facts.name(one) in named]


def _nodes(snapshot: Snapshot, made: list[Pod]) -> set[str]:
    """The nodes of its pods; all of them when a pod finds none."""
    homes = {facts.spec(pod).nodeName for pod in made}
    if None in homes:
        return {facts.subject(node) for node in snapshot.all(Node)}
    return {f"node/{home}" for home in homes}
