"""Takes the snapshot that causes are looked for in: lists, logs, and tries from inside pods. All reading is here.

Two looks. The first lists what a namespace holds. The second, only where something is not well, asks for what explains
it: the cluster's own objects, Secrets (their keys; the values are dropped at once), logs, databases. So whoever has a
well service needs no right to read Secrets or nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from lightkube.resources import (
    admissionregistration_v1,
    apps_v1,
    autoscaling_v2,
    batch_v1,
    core_v1,
    networking_v1,
    policy_v1,
    storage_v1,
)
from lightkube.resources.core_v1 import Namespace, Pod, Secret

from accelerapp.base import errors
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.causes import Unread
from accelerapp.platforms.kubernetes import inside, targets
from accelerapp.platforms.kubernetes.causes import creation, facts, wanted_logs
from accelerapp.platforms.kubernetes.snapshot import LogOf, Reached, Snapshot

T = TypeVar("T")
K = TypeVar("K")

KINDS: tuple[type[Any], ...] = (
    core_v1.Pod,
    core_v1.Service,
    core_v1.ConfigMap,
    core_v1.PersistentVolumeClaim,
    core_v1.ResourceQuota,
    core_v1.Event,
    core_v1.Endpoints,
    apps_v1.Deployment,
    apps_v1.ReplicaSet,
    apps_v1.StatefulSet,
    apps_v1.DaemonSet,
    batch_v1.Job,
    batch_v1.CronJob,
    networking_v1.Ingress,
    networking_v1.NetworkPolicy,
    autoscaling_v2.HorizontalPodAutoscaler,
    policy_v1.PodDisruptionBudget,
)
"""What the first look lists in the namespace: one call each, and one for the namespace itself."""
MORE_KINDS: tuple[type[Any], ...] = (core_v1.Secret, core_v1.ServiceAccount)
"""What the second look lists in the namespace."""
CLUSTER_KINDS: tuple[type[Any], ...] = (
    core_v1.Node,
    core_v1.PersistentVolume,
    storage_v1.StorageClass,
)
"""What the second look lists in the cluster."""
WEBHOOKS: tuple[type[Any], ...] = (
    admissionregistration_v1.ValidatingWebhookConfiguration,
    admissionregistration_v1.MutatingWebhookConfiguration,
)
"""What it lists besides where pods are refused; and ingress classes where there are ingresses."""
_AT_ONCE = 4
_LOG_LINES = 200


@dataclass(frozen=True)
class Failed:
    """What could not be read."""

    error: errors.AccelerappError


def first(cluster: clusters.Cluster, namespace: str, at: datetime) -> Snapshot:
    """What the namespace holds. Raises NotFoundError: there is no such namespace; CannotTellError: nothing answers."""
    there = _asked(lambda: cluster.get(Namespace, namespace))
    if isinstance(there, Failed) and not isinstance(there.error, errors.ForbiddenError):
        raise there.error
    answers = _side_by_side({kind: _lister(cluster, kind, namespace) for kind in KINDS})
    failures = [each.error for each in answers.values() if isinstance(each, Failed)]
    if len(failures) == len(KINDS):
        raise failures[0]
    objects, unread = _sorted_out(answers)
    if not isinstance(there, Failed):
        objects[Namespace] = (there,)
    elif not any(objects.values()):
        unread.append(Unread("the namespace itself", f"{there.error.message} It may not exist."))
    return Snapshot(namespace, at, objects, unread=tuple(unread))


def second(cluster: clusters.Cluster, seen: Snapshot, pods: Sequence[Pod], *, everything: bool = False) -> Snapshot:
    """The snapshot with what explains why these pods are not well; `everything`: also what only may."""
    listers = {kind: _lister(cluster, kind, seen.namespace) for kind in MORE_KINDS}
    wide: list[type[Any]] = [*CLUSTER_KINDS]
    if seen.all(networking_v1.Ingress):
        wide.append(networking_v1.IngressClass)
    if everything or any(creation.find(seen)):
        wide += WEBHOOKS
    answers = _side_by_side(listers | {kind: _lister(cluster, kind, None) for kind in wide})
    objects, unread = _sorted_out(answers)
    objects[Secret] = tuple(map(_without_values, objects[Secret])) if Secret in objects else ()
    if isinstance(answers[Secret], Failed):
        del objects[Secret]
    whole = replace(seen, objects={**seen.objects, **objects}, unread=(*seen.unread, *unread))
    for add in (_neighbours, _webhook_services, _logs, _databases):
        whole = add(cluster, whole, pods)
    return whole


def _without_values(secret: Secret) -> Secret:
    return Secret(metadata=secret.metadata, type=secret.type, data=dict.fromkeys(secret.data or {}, ""))


def _lister(cluster: clusters.Cluster, kind: type[Any], namespace: str | None) -> Callable[[], tuple[Any, ...]]:
    return lambda: tuple(cluster.list(kind, namespace))


def _neighbours(cluster: clusters.Cluster, seen: Snapshot, pods: Sequence[Pod]) -> Snapshot:
    """The pods of all namespaces: asked for only when some pod finds no node."""
    if not any(facts.phase(pod) == "Pending" and not facts.spec(pod).nodeName for pod in pods):
        return seen
    answer = _asked(lambda: tuple(cluster.list(Pod, clusters.EVERYWHERE)))
    if isinstance(answer, Failed):
        return _less(seen, [Unread("pods of other namespaces", _reason(answer))])
    return replace(seen, neighbours=answer)


def _webhook_services(cluster: clusters.Cluster, seen: Snapshot, pods: Sequence[Pod]) -> Snapshot:
    hooks = [each for kind in WEBHOOKS for one in seen.all(kind) for each in cast(Any, one).webhooks or ()]
    named = {(s.namespace, s.name) for each in hooks if (s := each.clientConfig.service)}
    answers = _side_by_side({each: _getter(cluster, *each) for each in named})
    missing = {each for each, found in answers.items() if _is_absent(found)}
    unread = [
        Unread(f"service {each[1]} in {each[0]}", _reason(found))
        for each, found in answers.items()
        if isinstance(found, Failed) and each not in missing
    ]
    known = {each: each not in missing for each, found in answers.items() if each in missing or not _failed(found)}
    return _less(replace(seen, services_elsewhere=known), unread)


def _getter(cluster: clusters.Cluster, namespace: str, name: str) -> Callable[[], Any]:
    return lambda: cluster.get(core_v1.Service, name, namespace)


def _logs(cluster: clusters.Cluster, seen: Snapshot, pods: Sequence[Pod]) -> Snapshot:
    """The last lines of the containers that failed: of one pod for all alike ones."""
    answers = _side_by_side(
        {each: _log_reader(cluster, seen.namespace, each) for each in wanted_logs.of(seen, pods)},
    )
    logs = {each: found for each, found in answers.items() if not isinstance(found, Failed)}
    unread = [
        Unread(f"log of pod/{each.pod}, container '{each.container}'", _reason(found))
        for each, found in answers.items()
        # nothing was kept of a container that was replaced: its last words are lost, which no right would change
        if isinstance(found, Failed) and isinstance(found.error, errors.ForbiddenError | errors.CannotTellError)
    ]
    return _less(replace(seen, logs=logs), unread)


def _log_reader(cluster: clusters.Cluster, namespace: str, each: LogOf) -> Callable[[], tuple[str, ...]]:
    def read(previous: bool) -> tuple[str, ...]:
        lines = cluster.log_lines(each.pod, namespace, each.container, previous=previous, tail=_LOG_LINES)
        written = [line.decode(errors="replace").rstrip("\n") for line in lines]
        # the kubelet answers so, with status 200, when the container was removed in the meantime
        return tuple(line for line in written if not line.startswith("unable to retrieve container logs for"))

    def read_either() -> tuple[str, ...]:
        try:
            found = read(each.previous)
        except errors.WrongUseError:
            found = ()
        return found or (read(False) if each.previous else ())

    return read_either


def _databases(cluster: clusters.Cluster, seen: Snapshot, pods: Sequence[Pod]) -> Snapshot:
    """Tries the database from inside a pod that runs without being ready: one for all alike ones."""
    answers = _side_by_side(
        {name: _trier(cluster, seen, name, container) for name, container in inside.tries(seen, pods)}
    )
    reached = {name: found for name, found in answers.items() if isinstance(found, Reached)}
    unread = [
        Unread(f"the database of pod/{name}, from inside it", _reason(found))
        for name, found in answers.items()
        if isinstance(found, Failed)
    ]
    return _less(replace(seen, databases=reached), unread)


def _trier(cluster: clusters.Cluster, seen: Snapshot, pod: str, container: str) -> Callable[[], Reached | None]:
    def attempt() -> Reached | None:
        done = cluster.exec(pod, seen.namespace, inside.COMMAND, container, timeout=inside.TIMEOUT)
        return inside.understand(done.exit_code, done.stdout, done.stderr)

    return attempt


# -- asking ------------------------------------------------------------------------------------------------------------


def _asked(question: Callable[[], T]) -> T | Failed:
    try:
        return question()
    except errors.AccelerappError as error:
        return Failed(error)


def _side_by_side(questions: Mapping[K, Callable[[], T]]) -> dict[K, T | Failed]:
    """The answers, a few asked at a time; the door bounds how long each may take."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="explain") as workers:
        return dict(zip(questions, workers.map(_asked, questions.values()), strict=True))


def _sorted_out(answers: Mapping[type[Any], Any]) -> tuple[dict[type[Any], tuple[Any, ...]], list[Unread]]:
    objects = {kind: found for kind, found in answers.items() if not isinstance(found, Failed)}
    unread = [
        Unread(targets.words_for(kind), _reason(found)) for kind, found in answers.items() if isinstance(found, Failed)
    ]
    return objects, unread


def _reason(failed: Failed) -> str:
    if isinstance(failed.error, errors.NotFoundError):
        return f"{failed.error.message} This cluster may not serve them."
    return failed.error.told


def _failed(answer: object) -> bool:
    return isinstance(answer, Failed)


def _is_absent(answer: object) -> bool:
    return isinstance(answer, Failed) and isinstance(answer.error, errors.NotFoundError)


def _less(seen: Snapshot, unread: Iterable[Unread]) -> Snapshot:
    return replace(seen, unread=(*seen.unread, *unread))
