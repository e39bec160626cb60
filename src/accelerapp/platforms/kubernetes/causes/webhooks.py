"""Validating and mutating webhooks whose Service does not exist: the API server then refuses what they should judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lightkube.resources.admissionregistration_v1 import MutatingWebhookConfiguration, ValidatingWebhookConfiguration
from lightkube.resources.core_v1 import Namespace

from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per webhook that concerns this namespace and leads nowhere."""
    labels = facts.labels(next(iter(snapshot.all(Namespace)), Namespace()))
    configurations: tuple[Any, ...] = (
        *snapshot.all(ValidatingWebhookConfiguration),
        *snapshot.all(MutatingWebhookConfiguration),
    )
    for configuration in configurations:
        for each in configuration.webhooks or ():
            service = each.clientConfig.service
            concerned = each.namespaceSelector is None or facts.selects(each.namespaceSelector, labels)
            if service is None or not concerned:
                continue
            if snapshot.services_elsewhere.get((service.namespace, service.name)) is False:
                yield _cause(configuration, each)


def _cause(configuration: Any, each: Any) -> Cause:
    service, name = each.clientConfig.service, facts.subject(configuration)
    where = f"{service.namespace}/{service.name}"
    resources = sorted({one for rule in each.rules or () for one in rule.resources or ()})
    judged = ", ".join(resources) or "what it should judge"
    blocks = (each.failurePolicy or "Fail") == "Fail"
    effect = f"every change of {judged} is refused" if blocks else f"{judged} go through without it"
    return Cause(
        kind="webhook-without-service",
        subject=name,
        sentence=f"The webhook '{each.name}' leads to the Service {where}, which does not exist: {effect}.",
        evidence=(f"clientConfig.service: {where}, failurePolicy: {each.failurePolicy or 'Fail'}",),
        mend=f"Start what answers it, or remove the configuration: `kubectl delete {name}`.",
        # pods that run go on running; it is the root only of what cannot be made, and then the refusal names it
        depth=Depth.ROOT if blocks and {"pods", "pods/*", "*", "*/*"} & set(resources) else Depth.RISK,
    )
