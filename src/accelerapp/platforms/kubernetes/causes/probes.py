"""Probes that fail: which one, what it asked, what was answered, and whether it asks the right port."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from lightkube.models.core_v1 import Container, Probe
from lightkube.resources.core_v1 import Event

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_FAILED = re.compile(r"(Liveness|Readiness|Startup) probe (?:failed|errored)(?: and [^:]*)?:?\s*(.*)", re.DOTALL)
_KILLED = re.compile(r"failed (?:liveness|startup) probe")
_KILLS = (137, 143)
_ENDING = ("Startup", "Liveness")
_NO_EVENT = "no event tells what it answered"
_ADDRESS = re.compile(r"\b\d+\.\d+\.\d+\.\d+(:\d+)?")


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """One cause for all alike containers of a workload whose probe fails alike."""
    groups: dict[tuple[str, str, str], list[tuple[facts.Part, Cause]]] = {}
    for part in facts.all_parts(snapshot):
        cause = _failing(snapshot, part)
        if cause is not None:
            groups.setdefault((facts.workload(snapshot, part.pod), part.name, cause.kind), []).append((part, cause))
    for alike in groups.values():
        subjects = tuple(dict.fromkeys(facts.subject(part.pod) for part, _ in alike))
        yield replace(alike[0][1], also=subjects[1:])


def was_ended_by(snapshot: Snapshot, part: facts.Part) -> bool:
    """Did the kubelet end it because its liveness or startup probe failed?

    The kubelet says so in an event. Events get lost on a busy cluster: then a kill, and a probe that failed
    or asks a port that the container does not have, say the same.
    """
    if part.restarts == 0:
        return False
    said = [each.message or "" for each in facts.events(snapshot, part.pod, "Killing")]
    if any(part.name in each and _KILLED.search(each) for each in said):
        return True
    how = part.state.terminated or part.last.terminated
    killed = how is not None and how.exitCode in _KILLS and how.reason != "OOMKilled"
    return killed and (_last_failure(snapshot, part)[1] in _ENDING or bool(_ending_at_wrong_port(part)))


def _ending_at_wrong_port(part: facts.Part) -> str:
    """Which of the probes that end a container asks a port that it does not have."""
    probes = {which: getattr(part.container, f"{which.lower()}Probe") for which in _ENDING}
    return next((which for which, probe in probes.items() if _wrong_port(probe, part.container)), "")


def _failing(snapshot: Snapshot, part: facts.Part) -> Cause | None:
    if part.is_init or facts.is_over(part.pod) or (facts.is_ready(part.pod) and not was_ended_by(snapshot, part)):
        return None
    event, which, answer = _last_failure(snapshot, part)
    blind = _ending_at_wrong_port(part) if event is None and was_ended_by(snapshot, part) else ""
    if blind:
        return _cause(snapshot, part, blind, getattr(part.container, f"{blind.lower()}Probe"), "", _NO_EVENT)
    if event is None or (part.state.running is None and not was_ended_by(snapshot, part)):
        return _silent(snapshot, part)
    probe = getattr(part.container, f"{which.lower()}Probe")
    return _cause(snapshot, part, which, probe, answer, facts.told(event))


def _last_failure(snapshot: Snapshot, part: facts.Part) -> tuple[Event | None, str, str]:
    """The newest failure that matters most: one that restarts the container before one that takes it off traffic."""
    found: list[tuple[Event, str, str]] = []
    for event in facts.events(snapshot, part.pod, "Unhealthy"):
        path = event.involvedObject.fieldPath or ""
        match = _FAILED.match(event.message or "")
        if match and (not path or f"{{{part.name}}}" in path):
            found.append((event, match[1], match[2].strip()))
    found.sort(key=lambda each: each[1] == "Readiness")
    return found[0] if found else (None, "", "")


def _silent(snapshot: Snapshot, part: facts.Part) -> Cause | None:
    """Runs, is not ready, and no event says why: events are kept for an hour only, or cannot be read."""
    probe = part.container.readinessProbe
    running = part.state.running
    if running is None or probe is None or part.status is None or part.status.ready:
        return None
    patience = (probe.initialDelaySeconds or 0) + (probe.periodSeconds or 10) * ((probe.failureThreshold or 3) + 1)
    if running.startedAt and (snapshot.at - running.startedAt).total_seconds() < patience:
        return None
    return _cause(snapshot, part, "Readiness", probe, "", _NO_EVENT)


def _cause(snapshot: Snapshot, part: facts.Part, which: str, probe: Probe | None, answer: str, evidence: str) -> Cause:
    wrong = _wrong_port(probe, part.container)
    effect = "so it gets no traffic" if which == "Readiness" else "so it is ended and started again"
    asked = asks(probe) if probe else "a probe that its spec no longer has"
    said = _ADDRESS.sub(lambda found: f"the pod{found[1] or ''}", text.printable(answer, 200)).rstrip(".")
    why = wrong or (f"it answers: {said}" if said else "it gives no good answer")
    owner = facts.workload(snapshot, part.pod)
    return Cause(
        kind="wrong-probe-port" if wrong else "probe-fails",
        subject=facts.subject(part.pod),
        sentence=f"The {which.lower()} probe of the {part.title} ({asked}) fails, {effect}: {why}.",
        evidence=(evidence, *_ports(part.container), f"restarts: {part.restarts}"),
        mend=_mend(snapshot, part, which, wrong, owner),
        depth=Depth.ROOT if wrong else Depth.FAILURE,
    )


def _mend(snapshot: Snapshot, part: facts.Part, which: str, wrong: str, owner: str) -> str:
    edit = f"{facts.edit(snapshot, owner)}"
    if wrong:
        return f"Let {which.lower()}Probe ask a port that the container listens on: {edit}."
    log = f"`kubectl logs {facts.subject(part.pod)} -c {part.name} -n {snapshot.namespace}`"
    slow = "" if which == "Readiness" else ", or give it more time (a startupProbe, failureThreshold)"
    return f"See what it does meanwhile: {log}; correct the path and port of the probe{slow}: {edit}."


def asks(probe: Probe) -> str:
    """`HTTP GET :8000/ready`, `TCP :5432`, `gRPC :9000`, `command pg_isready`."""
    if probe.httpGet:
        scheme = probe.httpGet.scheme or "HTTP"
        return f"{scheme} GET :{probe.httpGet.port}{probe.httpGet.path or '/'}"
    if probe.tcpSocket:
        return f"TCP :{probe.tcpSocket.port}"
    if probe.grpc:
        return f"gRPC :{probe.grpc.port}"
    command = (probe.exec.command if probe.exec else None) or ["?"]
    return f"command {text.printable(' '.join(command), 100)}"


def _wrong_port(probe: Probe | None, container: Container) -> str:
    """Why the port that it asks is none of the container's; empty when it is one or cannot be said."""
    target = probe and (probe.httpGet or probe.tcpSocket)
    ports = container.ports or []
    if not target:
        return ""
    if isinstance(target.port, str) and not target.port.isdigit():
        known = {each.name for each in ports}
        return (
            "" if target.port in known else f"it asks a port named '{target.port}', which the container does not name"
        )
    if not ports or int(target.port) in {each.containerPort for each in ports}:
        return ""
    shown = ", ".join(str(each.containerPort) for each in ports)
    return f"it asks port {target.port}, but the container's port is {shown}"


def _ports(container: Container) -> tuple[str, ...]:
    shown = [f"{each.containerPort}" + (f" ({each.name})" if each.name else "") for each in container.ports or ()]
    return (f"container's ports: {', '.join(shown)}",) if shown else ()
