"""Where a service is: cluster, namespace, kind and name of its workload. Finds the workload among what there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.resources.apps_v1 import DaemonSet, Deployment, StatefulSet
from lightkube.resources.batch_v1 import CronJob, Job

from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings.model import Kubernetes

AnyWorkload: TypeAlias = Deployment | StatefulSet | DaemonSet | Job | CronJob
KINDS: dict[str, type[AnyWorkload]] = {
    "deployment": Deployment,
    "statefulset": StatefulSet,
    "daemonset": DaemonSet,
    "job": Job,
    "cronjob": CronJob,
}


@dataclass(frozen=True)
class Place:
    """What the settings say of a service on Kubernetes."""

    service: ServiceName
    kubeconfig: str
    context: str
    namespace: str
    kind: str
    """One of KINDS; empty: whichever has the name."""
    name: str
    container: str
    """The container that is meant; empty: the first."""

    @property
    def title(self) -> str:
        """`deployment/shop`, or `shop` when the kind is not said."""
        return f"{self.kind}/{self.name}" if self.kind else self.name

    @property
    def kinds(self) -> list[type[AnyWorkload]]:
        """The kinds that it may be."""
        return [KINDS[self.kind]] if self.kind else list(KINDS.values())


def of(service: ServiceName, said: Kubernetes) -> Place:
    """The place of a service by its settings."""
    kind, _, name = said.workload.rpartition("/")
    return Place(service, said.kubeconfig, said.context, said.namespace, kind, name or service, said.container)


def pick(place: Place, candidates: Iterable[AnyWorkload]) -> AnyWorkload:
    """The workload that is meant. Raises NotFoundError, and WrongUseError when two kinds have the name.

    A Job that a CronJob made is never meant by a name without a kind.
    """
    named = [one for one in candidates if name_of(one) == place.name and type(one) in place.kinds]
    found = named if place.kind else [one for one in named if not _is_made(one)]
    if not found:
        raise errors.NotFoundError(
            f"There is no workload '{place.title}' in namespace '{place.namespace}' for the service '{place.service}'.",
            mend="Set `workload` and `namespace` in the service's table, or create it.",
        )
    if len(found) > 1:
        titles = ", ".join(title_of(one) for one in found)
        raise errors.WrongUseError(
            f"'{place.name}' in namespace '{place.namespace}' is more than one workload: {titles}.",
            mend=f'Say which: workload = "{title_of(found[0])}" in [services.{place.service}.kubernetes].',
        )
    return found[0]


def _is_made(workload: AnyWorkload) -> bool:
    owners = (workload.metadata.ownerReferences if workload.metadata else None) or []
    return any(owner.controller for owner in owners)


def name_of(workload: AnyWorkload) -> str:
    """Its name."""
    return (workload.metadata.name if workload.metadata else None) or ""


def kind_of(workload: AnyWorkload) -> str:
    """`deployment`, …"""
    return next(name for name, kind in KINDS.items() if isinstance(workload, kind))


def title_of(workload: AnyWorkload) -> str:
    """`deployment/shop`."""
    return f"{kind_of(workload)}/{name_of(workload)}"


def pod_template(workload: AnyWorkload) -> PodTemplateSpec | None:
    """What its pods are made from."""
    if isinstance(workload, CronJob):
        job = workload.spec.jobTemplate.spec if workload.spec else None
        return job.template if job else None
    return workload.spec.template if workload.spec else None


def container_of(pod: PodSpec, wanted: str) -> Container | None:
    """The service's container: the one of the name, else the first."""
    named = [one for one in pod.containers if one.name == wanted]
    return next(iter(named or pod.containers), None)
