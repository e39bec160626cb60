"""Forwards a port of this machine to a pod, by `kubectl port-forward`. Pure: ports, commands, which pod."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lightkube.resources.core_v1 import Pod

from accelerapp.base import errors
from accelerapp.platforms.kubernetes import places


@dataclass(frozen=True)
class Ports:
    """From this machine to the pod. `local` 0: any free one, still to be chosen."""

    local: int
    remote: int


def ports(written: str) -> Ports:
    """`8000`, `8080:8000` or `:8000`. Raises WrongUseError."""
    local, colon, remote = written.rpartition(":")
    try:
        found = Ports(int(local or 0) if colon else int(remote), int(remote))
    except ValueError:
        found = Ports(-1, 0)
    if not (0 <= found.local < 65536 and 0 < found.remote < 65536):
        raise errors.WrongUseError(
            f"'{written}' names no ports.", mend="Write 8000, or 8080:8000 for another one here, or :8000 for any."
        )
    return found


def command(place: places.Place, pod: str, wanted: Ports) -> tuple[str, ...]:
    """The command that forwards until it is ended."""
    reach = [*(("--kubeconfig", place.kubeconfig) if place.kubeconfig else ())]
    reach += [*(("--context", place.context) if place.context else ())]
    return ("kubectl", *reach, "port-forward", f"pod/{pod}", f"{wanted.local}:{wanted.remote}", "-n", place.namespace)


def choose(pods: Iterable[Pod]) -> str | None:
    """The pod to forward to: the newest that is ready and stays; None when there is none."""
    ready = [pod for pod in pods if _is_ready(pod)]
    names = [(str(pod.metadata.creationTimestamp), pod.metadata.name or "") for pod in ready if pod.metadata]
    return max(names)[1] if names else None


def is_there(pods: Sequence[Pod], name: str) -> bool:
    """Does this pod go on?"""
    return any(pod.metadata is not None and pod.metadata.name == name and not _is_going(pod) for pod in pods)


def _is_ready(pod: Pod) -> bool:
    conditions = (pod.status.conditions if pod.status else None) or []
    return not _is_going(pod) and any(one.type == "Ready" and one.status == "True" for one in conditions)


def _is_going(pod: Pod) -> bool:
    over = bool(pod.status and pod.status.phase in ("Succeeded", "Failed"))
    return over or bool(pod.metadata and pod.metadata.deletionTimestamp)
