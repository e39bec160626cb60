"""What a person means by `shop`, `deploy/shop` or `svc/shop`: the object among those of a namespace. Pure."""

from __future__ import annotations

import difflib
from typing import Any

from lightkube.resources.apps_v1 import DaemonSet, Deployment, ReplicaSet, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import ConfigMap, PersistentVolumeClaim, Pod, Service
from lightkube.resources.networking_v1 import Ingress, NetworkPolicy
from lightkube.resources.policy_v1 import PodDisruptionBudget

from accelerapp.base import errors, text
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

WORKLOADS: tuple[type[Any], ...] = (Deployment, StatefulSet, DaemonSet, CronJob, Job, Pod)
"""What a name without a kind may mean at first; a Job of a CronJob and a pod of a workload are named in full."""
_OTHERS: tuple[type[Any], ...] = (
    ReplicaSet,
    Service,
    Ingress,
    PersistentVolumeClaim,
    HorizontalPodAutoscaler,
    PodDisruptionBudget,
    NetworkPolicy,
    ConfigMap,
)
_SHORT = {
    "deploy": Deployment,
    "sts": StatefulSet,
    "ds": DaemonSet,
    "cj": CronJob,
    "po": Pod,
    "rs": ReplicaSet,
    "svc": Service,
    "ing": Ingress,
    "pvc": PersistentVolumeClaim,
    "hpa": HorizontalPodAutoscaler,
    "pdb": PodDisruptionBudget,
    "netpol": NetworkPolicy,
    "cm": ConfigMap,
}


def kind_of(word: str) -> type[Any]:
    """The kind that a word such as `deploy`, `Deployment` or `deployments` names. Raises WrongUseError."""
    lower = word.lower().partition(".")[0]
    for kind in (*WORKLOADS, *_OTHERS):
        if lower in (kind.__name__.lower(), words_for(kind)) or _SHORT.get(lower) is kind:
            return kind
    known = ", ".join(kind.__name__.lower() for kind in (*WORKLOADS, *_OTHERS))
    raise errors.WrongUseError(
        f"'{text.printable(word, 60)}' is no kind that can be explained.", mend=f"Kinds: {known}."
    )


def find(snapshot: Snapshot, wanted: str) -> Any:
    """The object that is meant by `name` or `kind/name`.

    Raises NotFoundError; WrongUseError when two kinds have the name; CannotTellError when the kind could not be read.
    """
    word, slash, name = wanted.partition("/")
    if slash:
        return _of_kinds(snapshot, (kind_of(word),), name, wanted)
    candidates = [each for each in (_having(snapshot, WORKLOADS, wanted), _having(snapshot, _OTHERS, wanted)) if each]
    return _the_one(candidates[0], wanted) if candidates else _of_kinds(snapshot, WORKLOADS, wanted, wanted)


def _having(snapshot: Snapshot, kinds: tuple[type[Any], ...], name: str) -> list[Any]:
    return [found for kind in kinds if (found := snapshot.get(kind, name)) is not None]


def _the_one(found: list[Any], wanted: str) -> Any:
    if len(found) > 1:
        names = ", ".join(facts.subject(each) for each in found)
        raise errors.WrongUseError(
            f"'{text.printable(wanted, 100)}' is more than one thing here: {names}.",
            mend=f"Say which, for example {facts.subject(found[0])}.",
        )
    return found[0]


def _of_kinds(snapshot: Snapshot, kinds: tuple[type[Any], ...], name: str, wanted: str) -> Any:
    found, shown = _having(snapshot, kinds, name), text.printable(wanted, 100)
    if found:
        return found[0]
    unknown = [kind for kind in kinds if not snapshot.knows(kind)]
    if unknown:
        reasons = [each.reason for each in snapshot.unread if each.what == words_for(unknown[0])]
        raise errors.CannotTellError(
            f"It cannot be told whether there is '{shown}' in namespace '{snapshot.namespace}': "
            f"{words_for(unknown[0])} could not be read.",
            mend=" ".join(reasons[:1]),
        )
    there = [facts.subject(each) for kind in kinds for each in snapshot.all(kind)]
    near = difflib.get_close_matches(wanted, there, n=3, cutoff=0.6)
    raise errors.NotFoundError(
        f"There is no '{shown}' in namespace '{snapshot.namespace}'.",
        mend=f"There is {', '.join(near or there[:5])}." if there else "Nothing of the kind is there.",
    )


def words_for(kind: type[Any]) -> str:
    """`deployments`, `networkpolicies`, `storageclasses`: as the API names them."""
    name = kind.__name__.lower()
    if name == "endpoints":
        return name
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}es" if name.endswith("s") else f"{name}s"
