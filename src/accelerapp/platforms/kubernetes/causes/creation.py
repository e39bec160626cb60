"""Pods that are not even made: quota, limits, service account, webhook, policy refuse them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lightkube.resources.apps_v1 import DaemonSet, ReplicaSet, StatefulSet
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import ResourceQuota

from accelerapp.base import text
from accelerapp.platforms.causes import Cause
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


@dataclass(frozen=True)
class _Refusal:
    kind: str
    pattern: re.Pattern[str]
    words: str
    mend: str


def _refusal(kind: str, pattern: str, words: str, mend: str) -> _Refusal:
    return _Refusal(kind, re.compile(pattern), words, mend)


_REFUSALS = (
    _refusal(
        "quota-exceeded",
        r"exceeded quota: ([^,]+), requested: (.+?), used: (.+?), limited: ([^;]+)",
        "the quota '{0}' is used up: asked for {1}, in use {2}, at most {3}",
        "Raise the quota (`kubectl edit resourcequota {0} -n {ns}`), ask for less, or remove what is not needed.",
    ),
    _refusal(
        "quota-exceeded",
        r"failed quota: ([^:]+): must specify (.+)",
        "the quota '{0}' wants every container to say {1}",
        "Set these resources on each container, or add a LimitRange with defaults: `kubectl edit {owner} -n {ns}`.",
    ),
    _refusal(
        "missing-service-account",
        r'error looking up service account [^:]+: serviceaccounts? "([^"]+)" not found',
        "the ServiceAccount '{0}' does not exist",
        "Make it: `kubectl create serviceaccount {0} -n {ns}`; or correct serviceAccountName: "
        "`kubectl edit {owner} -n {ns}`.",
    ),
    _refusal(
        "webhook-unreachable",
        r'failed calling webhook "([^"]+)":? ?(.*)',
        "the webhook '{0}' cannot be asked ({1})",
        "Start what answers it, or remove its configuration: "
        "`kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`.",
    ),
    _refusal(
        "webhook-denies",
        r'admission webhook "([^"]+)" denied the request:? ?(.*)',
        "the webhook '{0}' refuses them: {1}",
        "Do what it asks for: `kubectl edit {owner} -n {ns}`.",
    ),
    _refusal(
        "limit-range",
        r"((?:maximum|minimum) \S+ usage per .+)",
        "a LimitRange refuses them: {0}",
        "Keep within it, or change it: `kubectl get limitrange -n {ns} -o yaml`.",
    ),
    _refusal(
        "pod-security",
        r"violates PodSecurity \"?([^\":]+)\"?:? ?(.*)",
        "the namespace's pod security level '{0}' refuses them: {1}",
        "Set the securityContext that it asks for: `kubectl edit {owner} -n {ns}`.",
    ),
    _refusal(
        "pods-refused",
        r"(?:is forbidden|is invalid): (.+)",
        "the API server refuses them: {0}",
        "Correct the pod template: `kubectl edit {owner} -n {ns}`.",
    ),
)


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per controller that wants more pods than it gets made."""
    for kind in (ReplicaSet, StatefulSet, DaemonSet, Job):
        for each in snapshot.all(kind):
            said, evidence = _refused(snapshot, each)
            if said:
                yield _cause(snapshot, each, said, evidence)


def _refused(snapshot: Snapshot, controller: Any) -> tuple[str, str]:
    """The API server's words and where they stand. A condition speaks of now; an event only while pods are lacking."""
    status = controller.status
    if isinstance(controller, ReplicaSet):
        for each in (status and status.conditions) or ():
            if each.type == "ReplicaFailure" and each.status == "True":
                return each.message or "", f"status.conditions: ReplicaFailure, {each.reason}: {each.message}"
        return "", ""
    if not _lacks_pods(controller):
        return "", ""
    found = facts.events(snapshot, controller, "FailedCreate")
    return (found[0].message or "", facts.told(found[0])) if found else ("", "")


def _lacks_pods(controller: Any) -> bool:
    status = controller.status
    if isinstance(controller, Job):
        return not status or not (status.active or status.succeeded or status.conditions)
    if isinstance(controller, DaemonSet):
        return bool(status) and status.currentNumberScheduled < status.desiredNumberScheduled
    wanted = controller.spec.replicas if controller.spec and controller.spec.replicas is not None else 1
    return not status or (status.replicas or 0) < wanted


def _cause(snapshot: Snapshot, controller: Any, said: str, evidence: str) -> Cause:
    above = facts.owner(controller)
    owner = f"{_kind_of_owner(controller)}/{above}" if above else facts.subject(controller)
    refusal, groups = next(
        ((each, match.groups()) for each in _REFUSALS if (match := each.pattern.search(said))), (None, (said,))
    )
    told = [text.printable(group.strip(), 300).rstrip(".") for group in groups]
    words = refusal.words if refusal else "the API server refuses them: {0}"
    mend = refusal.mend if refusal else "Correct the pod template: `kubectl edit {owner} -n {ns}`."
    return Cause(
        kind=refusal.kind if refusal else "pods-refused",
        subject=owner,
        sentence=f"Pods cannot be made: {words.format(*told)}.",
        evidence=(text.printable(evidence, 500), *_quota(snapshot, refusal, told)),
        mend=mend.format(*told, owner=owner, ns=snapshot.namespace),
    )


def _kind_of_owner(controller: Any) -> str:
    return next((each.kind.lower() for each in facts.meta(controller).ownerReferences or () if each.controller), "")


def _quota(snapshot: Snapshot, refusal: _Refusal | None, told: list[str]) -> tuple[str, ...]:
    """What the quota says now."""
    if refusal is None or refusal.kind != "quota-exceeded":
        return ()
    found = snapshot.get(ResourceQuota, told[0])
    hard = (found.status and found.status.hard if found else None) or {}
    used = (found.status and found.status.used if found else None) or {}
    shown = ", ".join(f"{key} {used.get(key, '0')} of {most}" for key, most in sorted(hard.items()))
    return (f"resourcequota/{told[0]}: {shown}",) if shown else ()
