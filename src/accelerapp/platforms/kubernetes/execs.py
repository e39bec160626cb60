"""Runs a command in the service's container of a pod."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lightkube.resources.core_v1 import Pod

from accelerapp.base import errors, text
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.interface import CommandResult
from accelerapp.platforms.kubernetes import patches

_NO_PROGRAM = re.compile(r"executable file not found|no such file or directory|permission denied")


def run(cluster: clusters.Cluster, pod: Pod, container: str, command: Sequence[str], timeout: float) -> CommandResult:
    """What the command answered. Raises CannotTellError on time-out, WrongUseError when it cannot be run there."""
    name, namespace, found = running_container(pod, container)
    try:
        done = cluster.exec(name, namespace, command, found, timeout=timeout)
    except clusters.LateError:
        raise
    except errors.CannotTellError as error:
        if _NO_PROGRAM.search(error.message):
            raise errors.WrongUseError(
                f"Container '{found}' of {name} cannot run '{text.printable(command[0], 80)}': it has no such program.",
                mend="Images often lack a shell and tools; name a program that is in this one.",
            ) from error
        running_container(cluster.get(Pod, name, namespace), found)  # it may have ended a moment ago
        raise
    return CommandResult(done.exit_code, done.stdout, done.stderr)


def running_container(pod: Pod, wanted: str) -> tuple[str, str, str]:
    """Pod, namespace and container. Raises WrongUseError when the container does not run."""
    name, namespace = (pod.metadata and pod.metadata.name) or "", (pod.metadata and pod.metadata.namespace) or ""
    containers = (pod.spec.containers if pod.spec else None) or []
    found = patches.container_in(containers, wanted, f"pod/{name}").name
    known = (pod.status.containerStatuses if pod.status else None) or []
    state = next((one.state for one in known if one.name == found), None)
    if state is None or state.running is None:
        why = (state and (state.waiting or state.terminated)) or None
        told = f" ({why.reason})" if why and why.reason else ""
        raise errors.WrongUseError(
            f"Container '{found}' of {name} does not run{told}, so nothing can be run in it.",
            mend="`accelerapp service replicas` shows those that run.",
        )
    return name, namespace, found
