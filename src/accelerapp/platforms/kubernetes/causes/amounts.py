"""Quantities of Kubernetes (`250m`, `64Mi`) as numbers, and for people. Pure.

Source of the format: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from lightkube.models.core_v1 import ResourceRequirements
from lightkube.resources.core_v1 import Pod
from lightkube.utils.quantity import parse_quantity

from accelerapp.base import text
from accelerapp.platforms.kubernetes.causes import facts


def parse(quantity: object) -> Decimal:
    """The number; 0 for what is missing or no quantity."""
    try:
        return parse_quantity(str(quantity)) or Decimal(0) if quantity is not None else Decimal(0)
    except ValueError:
        return Decimal(0)


def shown(resource: str, amount: Decimal) -> str:
    """`250m` of CPU, `64 MiB` of memory, `3` of anything else."""
    if resource.endswith("cpu"):
        return f"{amount.normalize():f}" if amount == amount.to_integral() else f"{amount * 1000:.0f}m"
    if any(word in resource for word in ("memory", "storage")):
        return text.size(float(amount))
    return f"{amount.normalize():f}"


def requests(pod: Pod) -> dict[str, Decimal]:
    """What a pod asks a node for: the sum over its containers, or the largest init container if that is more."""
    total = _sum((each.container.resources or ResourceRequirements()).requests for each in _mains(pod))
    for part in facts.parts(pod):
        if part.is_init and part.container.resources:
            for resource, wanted in (part.container.resources.requests or {}).items():
                total[resource] = max(total.get(resource, Decimal(0)), parse(wanted))
    return _plus(total, facts.spec(pod).overhead or {})


def _mains(pod: Pod) -> Iterable[facts.Part]:
    return (part for part in facts.parts(pod) if not part.is_init)


def _sum(wanted: Iterable[Mapping[str, object] | None]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for each in wanted:
        total = _plus(total, each or {})
    return total


def _plus(total: Mapping[str, Decimal], more: Mapping[str, object]) -> dict[str, Decimal]:
    return {key: total.get(key, Decimal(0)) + parse(more.get(key)) for key in {*total, *more}}


def free(allocatable: Mapping[str, object], pods: Iterable[Pod]) -> dict[str, Decimal]:
    """What a node has left after the requests of the pods on it; `pods` counts pods."""
    left = {key: parse(amount) for key, amount in allocatable.items()}
    for pod in pods:
        if not facts.is_over(pod):
            for resource, wanted in {**requests(pod), "pods": Decimal(1)}.items():
                left[resource] = left.get(resource, Decimal(0)) - wanted
    return left
