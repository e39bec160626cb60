"""ConfigMaps that nothing refers to, and keys that nobody reads. What is missing is in `references`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lightkube.models.core_v1 import PodSpec
from lightkube.resources.apps_v1 import DaemonSet, Deployment, StatefulSet
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import ConfigMap, Pod

from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts, references
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_KINDS: tuple[type[Any], ...] = (Pod, Deployment, StatefulSet, DaemonSet, Job, CronJob)
_NOT_OURS = ("kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert")


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """Risks only. Nothing is said unless every kind that could refer to a ConfigMap was read."""
    if not all(snapshot.knows(kind) for kind in _KINDS):
        return
    used = _used(snapshot)
    for each in snapshot.all(ConfigMap):
        name = facts.name(each)
        if name in _NOT_OURS or facts.meta(each).ownerReferences:
            continue
        if name not in used:
            yield _cause(snapshot, each, "unused-configmap", "is not referred to by any workload here", "")
        elif used[name] is not None:
            unread = sorted(references.keys(each) - (used[name] or set()))
            for key in unread:
                yield _cause(snapshot, each, "unused-key", f"has the key '{key}', which no workload here reads", key)


def _used(snapshot: Snapshot) -> dict[str, set[str] | None]:
    """Per ConfigMap the keys that are read one by one; None: all of it is."""
    used: dict[str, set[str] | None] = {}
    for spec in _pod_specs(snapshot):
        pod = Pod(spec=spec)
        found = [each for each in references.references(pod, with_optional=True) if each.kind is ConfigMap]
        for each in found:
            keys = used.setdefault(each.name, set())
            by_key = each.key or any(one.name == each.name and one.key and one.field == each.field for one in found)
            if keys is not None:
                used[each.name] = keys | {each.key} if by_key else None
    return used


def _pod_specs(snapshot: Snapshot) -> Iterator[PodSpec]:
    for kind in _KINDS:
        for each in snapshot.all(kind):
            if isinstance(each, Pod):
                spec: Any = each.spec
            elif isinstance(each, CronJob):
                spec = each.spec and each.spec.jobTemplate.spec and each.spec.jobTemplate.spec.template.spec
            else:
                spec = each.spec and each.spec.template.spec
            if spec is not None:
                yield spec


def _cause(snapshot: Snapshot, each: ConfigMap, kind: str, words: str, key: str) -> Cause:
    return Cause(
        kind=kind,
        subject=facts.subject(each),
        sentence=f"{facts.subject(each)} {words}.",
        evidence=(f"keys: {', '.join(sorted(references.keys(each))[:8]) or 'none'}",),
        mend=f"Check for a misspelt name or key; or remove it: {facts.edit(snapshot, facts.subject(each))}.",
        depth=Depth.RISK,
    )
