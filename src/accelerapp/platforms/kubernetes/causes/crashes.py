"""Containers that end: crash loops, memory kills, commands that cannot run; with the line of the log that tells why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from lightkube.models.core_v1 import ContainerStateTerminated

from accelerapp.base import text
from accelerapp.platforms import exit_codes, telling
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import amounts, facts, probes
from accelerapp.platforms.kubernetes.snapshot import Snapshot

RECENT = timedelta(minutes=10)
"""A container that runs again is still a crashing one if it ended so short a time ago."""
_CANNOT_RUN = ("StartError", "ContainerCannotRun")


@dataclass(frozen=True)
class Crash:
    """A container that ended though it should not have."""

    part: facts.Part
    how: ContainerStateTerminated
    is_current: bool
    """False: it runs again."""


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """One cause for all alike containers of a workload that end alike."""
    groups: dict[tuple[str, str, int, str], list[Crash]] = {}
    for crash in crashes(snapshot):
        owner = facts.workload(snapshot, crash.part.pod)
        groups.setdefault((owner, crash.part.name, crash.how.exitCode, crash.how.reason or ""), []).append(crash)
    for (owner, *_), alike in groups.items():
        subjects = tuple(dict.fromkeys(facts.subject(each.part.pod) for each in alike))
        logged = next((each for each in alike if facts.log(snapshot, each.part)), alike[0])
        yield replace(_cause(snapshot, logged, owner), subject=subjects[0], also=subjects[1:])


def crashes(snapshot: Snapshot) -> Iterator[Crash]:
    """The containers that ended, are about to be started again, or just were. Not those that a probe ended."""
    for part in facts.all_parts(snapshot):
        how, is_current = _ending(part, snapshot)
        if how is not None and not probes.was_ended_by(snapshot, part):
            yield Crash(part, how, is_current)


def _ending(part: facts.Part, snapshot: Snapshot) -> tuple[ContainerStateTerminated | None, bool]:
    now, before = part.state.terminated, part.last.terminated
    if now is not None:
        return (now if now.exitCode else None), True
    if before is None:
        return None, False
    if part.waiting == "CrashLoopBackOff":
        return before, True
    ended = before.finishedAt
    recent = part.restarts > 0 and ended is not None and snapshot.at - ended < RECENT
    return (before if recent and before.exitCode else None), False


def _cause(snapshot: Snapshot, crash: Crash, owner: str) -> Cause:
    if crash.how.reason == "OOMKilled":
        return _out_of_memory(snapshot, crash, owner)
    if crash.how.reason in _CANNOT_RUN or crash.how.exitCode in (126, 127):
        return _cannot_run(snapshot, crash, owner)
    if crash.how.exitCode == 0:
        return _ended_well(snapshot, crash, owner)
    return _crashed(snapshot, crash, owner)


def _out_of_memory(snapshot: Snapshot, crash: Crash, owner: str) -> Cause:
    part = crash.part
    limit = ((part.container.resources and part.container.resources.limits) or {}).get("memory")
    where = f"its limit of {limit}" if limit else "what the node had left (it has no limit of its own)"
    twice = f"{int(amounts.parse(limit) * 2) >> 20}Mi" if limit else ""
    return Cause(
        kind="out-of-memory",
        subject=facts.subject(part.pod),
        sentence=f"The {part.title} was killed because it wanted more memory than {where}.",
        evidence=(*_ended(crash), *(_peak(limit) if limit else ()), *_told(snapshot, part)),
        mend=_raise_limit(snapshot, part, owner, twice)
        if limit
        else "Give it a memory request and limit; see which pods of the node use most: `kubectl top pods -A`.",
    )


def _peak(limit: str) -> tuple[str, ...]:
    return (f"peak: it reached the limit, {limit} ({text.size(float(amounts.parse(limit)))})",)


def _raise_limit(snapshot: Snapshot, part: facts.Part, owner: str, memory: str) -> str:
    if owner.startswith("pod/"):
        return f"Let it use less, or make the pod again with a higher limits.memory, for example {memory}."
    command = f"kubectl set resources {owner} -c {part.name} --limits=memory={memory} -n {snapshot.namespace}"
    return f"Let it use less, or raise the limit: `{command}`."


def _cannot_run(snapshot: Snapshot, crash: Crash, owner: str) -> Cause:
    part, how = crash.part, crash.how
    command = " ".join([*(part.container.command or ()), *(part.container.args or ())]) or "the image's own command"
    runtime = re.search(r'exec: ("[^"]*": [^:]+)', how.message or "")
    why = runtime[1] if runtime else exit_codes.meaning(how.exitCode)
    return Cause(
        kind="cannot-start",
        subject=facts.subject(part.pod),
        sentence=f"The {part.title} cannot run its command: {why}.",
        evidence=(f"command: {text.printable(command, 200)}", *_ended(crash), *_told(snapshot, part)),
        mend=f"Correct `command`/`args`, or use an image that has the program: {facts.edit(snapshot, owner)}.",
    )


def _ended_well(snapshot: Snapshot, crash: Crash, owner: str) -> Cause:
    return Cause(
        kind="ends-by-itself",
        subject=facts.subject(crash.part.pod),
        sentence=f"The {crash.part.title} ends by itself with exit code 0, and is started again and again.",
        evidence=(*_ended(crash), *_told(snapshot, crash.part)),
        mend="Let its command stay in the foreground; if it is meant to end, run it as a Job.",
    )


def _crashed(snapshot: Snapshot, crash: Crash, owner: str) -> Cause:
    part, lines = crash.part, facts.log(snapshot, crash.part)
    found, said = telling.meaning(lines), telling.line(lines)
    code = crash.how.exitCode
    ends = "keeps ending" if part.restarts > 1 else "ended"
    words = f"{ends} with exit code {code}: {exit_codes.meaning(code)}" + (f'. It said: "{said}"' if said else "")
    if found:
        words = f"{found.words} and {words}"
    return Cause(
        kind=found.kind if found else "crash-loop" if part.waiting else "crash",
        subject=facts.subject(part.pod),
        sentence=f"The {part.title} {words}" + ("" if said else "."),
        evidence=(*_ended(crash), *_told(snapshot, part)),
        mend=_crash_mend(snapshot, crash, owner, found),
        depth=Depth.ROOT if found else Depth.FAILURE,
    )


def _crash_mend(snapshot: Snapshot, crash: Crash, owner: str, found: telling.Meaning | None) -> str:
    where = f"-n {snapshot.namespace}"
    if found:
        return found.mend + _runbook(crash.part, owner, where, found)
    again = " --previous" if crash.part.restarts else ""
    return f"Read on in its log: `kubectl logs {facts.subject(crash.part.pod)} -c {crash.part.name}{again} {where}`."


def _runbook(part: facts.Part, owner: str, where: str, found: telling.Meaning) -> str:
    """The runbook's way to mend a setting: edit its ConfigMap, restart."""
    maps = [each.configMapRef.name for each in part.container.envFrom or () if each.configMapRef]
    if found.kind not in ("configuration-error", "database-unreachable") or owner.startswith(("pod/", "job/")):
        return ""
    edits = [f" `kubectl edit configmap {each} {where}`" for each in maps[:1] if each]
    return "".join(edits) + (f", then `kubectl rollout restart {owner} {where}`." if edits else "")


def _ended(crash: Crash) -> Sequence[str]:
    part, how = crash.part, crash.how
    field = "state" if part.state.terminated is how else "lastState"
    found = [f"{part.title}: {field}.terminated: {how.reason or 'Error'}, exit code {how.exitCode}"]
    if part.restarts:
        found.append(f"started again {text.count(part.restarts, 'time')}" + ("" if crash.is_current else ", runs now"))
    if how.message:
        found.append(f"message: {text.printable(telling.masked(how.message.strip()), 300)}")
    return found


def _told(snapshot: Snapshot, part: facts.Part) -> Iterable[str]:
    said = telling.line(facts.log(snapshot, part))
    return (f"log: {said}",) if said else ()
