"""What is wrong with one container of a pod, as a state and a sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lightkube.models.core_v1 import Container, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus
from lightkube.resources.core_v1 import Event

from accelerapp.base import text
from accelerapp.platforms.interface import LastExit, ReplicaState

_IMAGE = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
_IMAGE |= {"ImageInspectError", "ErrImageNeverPullPolicy", "SignatureValidationFailed"}
_CONFIG = {"CreateContainerConfigError"}
_RUN = {"RunContainerError", "CreateContainerError", "PreCreateHookError", "PreStartHookError", "PostStartHookError"}
_BACK_OFF = "CrashLoopBackOff"
_OOM = "OOMKilled"
_BEGINNING = {"ContainerCreating", "PodInitializing", ""}
_LONG = 300
_ENDED_BY_NODE = {137, 143}
_CODES = {
    126: "its command cannot be executed",
    127: "its command was not found",
    128: "it could not be started",
    134: "aborted, signal 6",
    137: "killed by signal 9",
    139: "segmentation fault, signal 11",
    143: "ended by signal 15",
}


class Trouble(NamedTuple):
    """Why a container does not run."""

    state: ReplicaState
    reason: str


@dataclass(frozen=True)
class Facts:
    """What is known of one container."""

    status: ContainerStatus
    made_from: Container | None
    """Its part of the pod's template."""
    warnings: Sequence[Event] = ()
    """Of its pod, newest first."""
    last_line: str = ""
    """The last line of its log before it ended."""

    @property
    def waiting(self) -> ContainerStateWaiting | None:
        """Why it does not run yet."""
        return self.status.state.waiting if self.status.state else None

    @property
    def ended(self) -> ContainerStateTerminated | None:
        """How it ended and was not started again."""
        return self.status.state.terminated if self.status.state else None

    @property
    def ended_before(self) -> ContainerStateTerminated | None:
        """How it ended before it was started again."""
        return self.status.lastState.terminated if self.status.lastState else None


def trouble(facts: Facts) -> Trouble | None:
    """What keeps the container from running; None for one that runs or has only just begun to."""
    if facts.waiting:
        return _of_waiting(facts, facts.waiting)
    return _of_ended(facts, facts.ended) if facts.ended else None


def _of_waiting(facts: Facts, waiting: ContainerStateWaiting) -> Trouble:
    reason, name = waiting.reason or "", facts.status.name
    if reason in _BEGINNING:
        return Trouble(ReplicaState.STARTING, _blocked(facts.warnings))
    if reason == _BACK_OFF:
        return _crashing(facts, facts.ended_before)
    if reason in _IMAGE:
        return Trouble(ReplicaState.IMAGE_PULL, _image(facts, waiting))
    words = said(waiting.message or reason)
    if reason in _CONFIG:
        return Trouble(ReplicaState.CONFIG_ERROR, f"container '{name}' cannot be made: {words}")
    if reason in _RUN:
        return Trouble(ReplicaState.RUN_ERROR, f"container '{name}' cannot be started: {said(_of_runtime(words))}")
    return Trouble(ReplicaState.PENDING, f"container '{name}' waits: {reason}: {words}")


def _of_ended(facts: Facts, ended: ContainerStateTerminated) -> Trouble:
    if ended.reason == _OOM:
        return Trouble(ReplicaState.OOM_KILLED, _above_limit(facts))
    if ended.exitCode == 0 and facts.status.restartCount == 0:
        return Trouble(ReplicaState.COMPLETED, f"container '{facts.status.name}' has done its work.")
    if facts.status.restartCount:  # between two tries; the next thing that Kubernetes says is CrashLoopBackOff
        return _crashing(facts, ended)
    return Trouble(ReplicaState.ERROR, f"container '{facts.status.name}' {how_it_ended(ended)}{_words(facts, ended)}")


def _crashing(facts: Facts, before: ContainerStateTerminated | None) -> Trouble:
    """It ends again and again: the way that it ended last says why."""
    times = text.count(facts.status.restartCount, "restart")
    if before is None:
        return Trouble(ReplicaState.CRASH_LOOP, f"container '{facts.status.name}' ends again and again ({times}).")
    if before.reason == _OOM:
        return Trouble(ReplicaState.OOM_KILLED, f"{_above_limit(facts).removesuffix('.')} ({times}).")
    if before.exitCode == 128 and before.message:  # the runtime's words: there was no process to say anything
        words = said(_of_runtime(before.message))
        return Trouble(ReplicaState.CRASH_LOOP, f"container '{facts.status.name}' cannot be started: {words}")
    probe = _killing_probe(facts, before)
    if probe:
        return Trouble(ReplicaState.CRASH_LOOP, f"container '{facts.status.name}' was ended ({times}): {probe}")
    told = f"container '{facts.status.name}' {how_it_ended(before)} ({times}){_words(facts, before)}"
    return Trouble(ReplicaState.CRASH_LOOP, told)


def _killing_probe(facts: Facts, ended: ContainerStateTerminated) -> str:
    """The liveness or startup probe for which the node ended it; empty when that was not why."""
    if ended.exitCode not in _ENDED_BY_NODE:
        return ""
    for event in facts.warnings:
        message = event.message or ""
        if event.reason == "Unhealthy" and message.startswith(("Liveness", "Startup")):
            return said(message)
    return ""


def _of_runtime(message: str) -> str:
    """The end of what runc says, which begins with the names of four programs."""
    found = re.search(r'exec: ".*', " ".join(message.split()))
    return re.sub(r":? unknown\.?$", "", found[0]) if found else message


def how_it_ended(ended: ContainerStateTerminated) -> str:
    """`ended with exit code 1`, `ended with exit code 137 (killed by signal 9)`."""
    more = _CODES.get(ended.exitCode)
    return f"ended with exit code {ended.exitCode}" + (f" ({more})" if more else "")


def _words(facts: Facts, ended: ContainerStateTerminated) -> str:
    """Its own last words, where they are known: `: KeyError: 'PAYMENT_URL'`, or the end of the sentence."""
    message = (ended.message or "").strip().splitlines()
    last = message[-1] if message else facts.last_line
    return f": {said(last)}" if last else "."


def _above_limit(facts: Facts) -> str:
    limits = facts.made_from.resources.limits if facts.made_from and facts.made_from.resources else None
    limit = (limits or {}).get("memory")
    above = (
        f"above its memory limit of {limit}" if limit else "for want of memory on its node; it has no limit of its own"
    )
    return f"container '{facts.status.name}' was killed {above}."


def last_exit(facts: Facts) -> LastExit | None:
    """How it ended last; None when it never did."""
    ended = facts.ended or facts.ended_before
    if ended is None or ended.finishedAt is None:
        return None
    reason = ended.reason or ("Completed" if ended.exitCode == 0 else "Error")
    if reason == "Error" and ended.exitCode > 128:
        reason = f"Killed by signal {ended.exitCode - 128}"
    return LastExit(ended.finishedAt, ended.exitCode, reason)


# -- images ------------------------------------------------------------------------------------------------------------

_PULL_CAUSES = (
    (r"not found|manifest unknown|does not exist|no such image|NotFound", "the registry has no such image or tag"),
    (
        r"unauthorized|authorization failed|access denied|denied|forbidden|authentication required|no basic auth",
        "the registry refuses: an imagePullSecret is missing or wrong",
    ),
    (
        r"no such host|i/o timeout|connection refused|TLS handshake|certificate|deadline exceeded|no route|unreachable",
        "the registry cannot be reached",
    ),
    (r"toomanyrequests|rate limit", "the registry allows no more downloads for now"),
    (r"no space left", "the node has no space left"),
)
NO_SUCH_IMAGE = _PULL_CAUSES[0][1]
REFUSED_IMAGE = _PULL_CAUSES[1][1]


def _image(facts: Facts, waiting: ContainerStateWaiting) -> str:
    image = facts.made_from.image if facts.made_from else facts.status.image
    begin = f"the image {image} of container '{facts.status.name}'"
    if waiting.reason == "InvalidImageName":
        return f"{begin} has a name that no image can have."
    if waiting.reason == "ErrImageNeverPull":
        return f"{begin} is not on the node, and imagePullPolicy is Never."
    words = _pull_failure(facts, image or "") or waiting.message or waiting.reason or ""
    for pattern, meaning in _PULL_CAUSES:
        if re.search(pattern, words, re.IGNORECASE):
            return f"{begin} cannot be pulled: {meaning}."
    return f"{begin} cannot be pulled: {said(words.rpartition('desc = ')[2])}"


def _pull_failure(facts: Facts, image: str) -> str:
    """The newest event that says why it could not be pulled: the container's own status says only that it waits."""
    for event in facts.warnings:
        message = event.message or ""
        if event.reason == "Failed" and message.startswith("Failed to pull image") and image in message:
            # the name itself may hold words such as `denied`
            return message.replace(image, "")
    return ""


# -- words -------------------------------------------------------------------------------------------------------------

_BLOCKING = {
    "FailedMount",
    "FailedAttachVolume",
    "FailedCreatePodSandBox",
    "FailedCreatePodContainer",
    "NetworkNotReady",
}


def _blocked(warnings: Sequence[Event]) -> str:
    """What holds up a container that is being made: the newest warning of the kind that does."""
    for event in warnings:
        if event.reason in _BLOCKING:
            return said(event.message or event.reason)
    return "it is being made."


def said(words: str) -> str:
    """Another program's words as the end of a sentence of ours: one line, not too long, with a full stop."""
    clean = text.printable(" ".join(words.split()), _LONG)
    return clean if clean.endswith((".", "…", "!", "?")) else f"{clean}."
