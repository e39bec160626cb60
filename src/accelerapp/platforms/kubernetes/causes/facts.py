"""What the finders read off objects: names, labels, owners, containers, events. Pure; None becomes empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lightkube.models.batch_v1 import JobCondition
from lightkube.models.core_v1 import (
    Container,
    ContainerState,
    ContainerStatus,
    PodCondition,
    PodSpec,
    PodStatus,
)
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import Event, Pod

from accelerapp.base import text
from accelerapp.platforms.kubernetes.snapshot import LogOf, Snapshot


def meta(obj: Any) -> ObjectMeta:
    """The metadata, also where the object has none."""
    found: ObjectMeta = obj.metadata or ObjectMeta()
    return found


def name(obj: Any) -> str:
    """The name, without its kind."""
    return meta(obj).name or ""


def labels(obj: Any) -> dict[str, str]:
    """The labels."""
    return meta(obj).labels or {}


def subject(obj: Any) -> str:
    """`pod/shop-1`: the kind in lower case, as kubectl takes it."""
    return f"{type(obj).__name__.lower()}/{name(obj)}"


def spec(pod: Pod) -> PodSpec:
    """The spec; a pod without one has no containers."""
    return pod.spec or PodSpec(containers=[])


def status(pod: Pod) -> PodStatus:
    """The status, also before there is one."""
    return pod.status or PodStatus()


def phase(pod: Pod) -> str:
    """Pending, Running, Succeeded, Failed or Unknown."""
    return status(pod).phase or "Pending"


def condition(pod: Pod, kind: str) -> PodCondition | None:
    """The condition of that type."""
    return next((each for each in status(pod).conditions or () if each.type == kind), None)


def is_ready(pod: Pod) -> bool:
    """Does the pod take traffic?"""
    found = condition(pod, "Ready")
    return found is not None and found.status == "True"


def is_over(pod: Pod) -> bool:
    """Has it come to its end, well or not?"""
    return phase(pod) in ("Succeeded", "Failed")


def is_leaving(pod: Pod) -> bool:
    """Is it being deleted?"""
    return meta(pod).deletionTimestamp is not None


def is_well(pod: Pod) -> bool:
    """Ready, or ended as it should."""
    return phase(pod) == "Succeeded" or (is_ready(pod) and not is_leaving(pod))


def living(snapshot: Snapshot) -> Iterator[Pod]:
    """The pods that speak of now: without those being deleted and those that failed but were made up for."""
    return (pod for pod in snapshot.all(Pod) if not is_leaving(pod) and not _is_past(snapshot, pod))


def _is_past(snapshot: Snapshot, pod: Pod) -> bool:
    """Did it fail, and its Job succeeded, or its ReplicaSet has all the replicas that it wants?"""
    if phase(pod) != "Failed":
        return False
    job = snapshot.get(Job, owner(pod, "Job"))
    if job is not None:
        return job_condition(job, "Complete") is not None or not is_latest(snapshot, job)
    replicas = snapshot.get(ReplicaSet, owner(pod, "ReplicaSet"))
    if replicas is None or replicas.status is None or replicas.spec is None:
        return False
    return (replicas.status.readyReplicas or 0) >= _or(replicas.spec.replicas, 1)


def _or(number: int | None, otherwise: int) -> int:
    return otherwise if number is None else number


def job_condition(job: Job, kind: str) -> JobCondition | None:
    """The condition of that type, when it holds."""
    conditions = (job.status and job.status.conditions) or ()
    return next((each for each in conditions if each.type == kind and each.status == "True"), None)


def is_latest(snapshot: Snapshot, job: Job) -> bool:
    """Is it the last job of its CronJob, or one by itself?"""
    cron = owner(job, "CronJob")
    jobs = [each for each in snapshot.all(Job) if cron and owner(each, "CronJob") == cron]
    return not jobs or max(jobs, key=created) is job


def created(obj: Any) -> datetime:
    """When it was made."""
    return meta(obj).creationTimestamp or EPOCH


def workload(snapshot: Snapshot, pod: Pod) -> str:
    """What a person would change to change this pod: `deployment/shop`, `job/import`, else the pod itself."""
    for each in meta(pod).ownerReferences or ():
        if each.controller and each.kind == "ReplicaSet":
            replicas = snapshot.get(ReplicaSet, each.name)
            above = owner(replicas, "Deployment") if replicas else each.name.rpartition("-")[0]
            return f"deployment/{above}" if above else f"replicaset/{each.name}"
        if each.controller:
            return f"{each.kind.lower()}/{each.name}"
    return subject(pod)


def owner(obj: Any, kind: str = "") -> str:
    """The name of the controller of that kind, or of any kind; empty without one."""
    for each in meta(obj).ownerReferences or ():
        if each.controller and kind in ("", each.kind):
            return each.name
    return ""


def owned(snapshot: Snapshot, kind: type[Any], of: Any) -> tuple[Any, ...]:
    """The objects of a kind that `of` controls."""
    return tuple(each for each in snapshot.all(kind) if owner(each, type(of).__name__) == name(of))


@dataclass(frozen=True)
class Part:
    """A container of a pod: what was asked for, and how it is."""

    pod: Pod
    container: Container
    status: ContainerStatus | None
    is_init: bool

    @property
    def name(self) -> str:
        """The container's name."""
        return self.container.name

    @property
    def title(self) -> str:
        """`container 'app'`, `init container 'migrate'`."""
        return f"{'init ' if self.is_init else ''}container '{self.name}'"

    @property
    def state(self) -> ContainerState:
        """How it is now."""
        return (self.status and self.status.state) or ContainerState()

    @property
    def last(self) -> ContainerState:
        """How it was before it was started again."""
        return (self.status and self.status.lastState) or ContainerState()

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return self.status.restartCount if self.status else 0

    @property
    def waiting(self) -> str:
        """Why it waits, in Kubernetes' word; empty when it does not wait."""
        return (self.state.waiting.reason or "") if self.state.waiting else ""

    @property
    def waiting_message(self) -> str:
        """What the kubelet says about the waiting."""
        return (self.state.waiting.message or "") if self.state.waiting else ""


def parts(pod: Pod) -> Iterator[Part]:
    """The containers, those that run first and then end (init) before the others."""
    known = {each.name: each for each in status(pod).containerStatuses or ()}
    first = {each.name: each for each in status(pod).initContainerStatuses or ()}
    for container in spec(pod).initContainers or ():
        yield Part(pod, container, first.get(container.name), True)
    for container in spec(pod).containers:
        yield Part(pod, container, known.get(container.name), False)


def all_parts(snapshot: Snapshot) -> Iterator[Part]:
    """The containers of all pods that are not being deleted."""
    return (part for pod in living(snapshot) for part in parts(pod))


def log(snapshot: Snapshot, part: Part) -> tuple[str, ...]:
    """The last lines of a container that failed: of the one before the restart where there is one."""
    before = snapshot.logs.get(LogOf(name(part.pod), part.name, previous=True), ())
    return before or snapshot.logs.get(LogOf(name(part.pod), part.name), ())


def events(snapshot: Snapshot, obj: Any, *reasons: str) -> list[Event]:
    """The events about an object, newest first; only of those reasons if any are given."""
    found = [
        each
        for each in snapshot.events(type(obj).__name__, name(obj))
        if (not reasons or each.reason in reasons)
        and (not meta(obj).uid or each.involvedObject.uid in (None, meta(obj).uid))
    ]
    return sorted(found, key=event_time, reverse=True)


EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def event_time(event: Event) -> datetime:
    """When it was seen last; both ways in which events carry it."""
    series = event.series.lastObservedTime if event.series else None
    return series or event.lastTimestamp or event.eventTime or event.firstTimestamp or EPOCH


def told(event: Event) -> str:
    """`event FailedScheduling (12 times): 0/1 nodes are available: …`."""
    times = (event.series and event.series.count) or event.count or 1
    often = f" ({times} times)" if times > 1 else ""
    return f"event {event.reason}{often}: {(event.message or '').strip()}"


def words(said: str | None, limit: int = 300) -> str:
    """What somebody said, as part of a sentence: printable, without the full stop."""
    return text.printable((said or "").strip(), limit).rstrip(".")


def edit(snapshot: Snapshot, of: str) -> str:
    """The command by which a person edits that object."""
    return f"`kubectl edit {of} -n {snapshot.namespace}`"


def selects(selector: LabelSelector | None, given: Mapping[str, str]) -> bool:
    """Does the selector match these labels? An empty one matches everything, none matches nothing."""
    if selector is None:
        return False
    if any(given.get(key) != value for key, value in (selector.matchLabels or {}).items()):
        return False
    return all(_meets(each.key, each.operator, each.values or [], given) for each in selector.matchExpressions or ())


def _meets(key: str, operator: str, values: list[str], given: Mapping[str, str]) -> bool:
    if operator == "In":
        return given.get(key) in values
    if operator == "NotIn":
        return given.get(key) not in values
    return (key in given) == (operator == "Exists")


def matches(selector: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Are all of the selector's labels among these?"""
    return all(given.get(key) == value for key, value in selector.items())


def shown(selector: Mapping[str, str]) -> str:
    """`app=shop, tier=web`."""
    return ", ".join(f"{key}={value}" for key, value in selector.items())
