"""From what a workload's controller keeps to revisions: newest first, by whom, and what changed between them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lightkube.resources.apps_v1 import ControllerRevision, ReplicaSet

from accelerapp.platforms import interface
from accelerapp.platforms.kubernetes import images, marks, patches, places

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_PROBES = {"livenessProbe": "liveness probe", "readinessProbe": "readiness probe", "startupProbe": "startup probe"}
_PARTS = {"command": "command", "args": "arguments", "ports": "ports", "volumeMounts": "volume mounts"}
_PARTS |= {"securityContext": "security context", "lifecycle": "lifecycle", "workingDir": "working folder"}


def told(
    workload: places.AnyWorkload, kept: Sequence[ReplicaSet | ControllerRevision], container: str
) -> list[interface.Revision]:
    """The revisions that the cluster keeps of the workload, newest first."""
    own = [one for one in kept if patches.is_owned(one, workload)]
    pairs = sorted(zip(patches.past_of(workload, own), own, strict=True), key=lambda pair: pair[0].number)
    found: list[interface.Revision] = []
    before: Mapping[str, Any] | None = None
    for past, one in pairs:
        found.append(_revision(past, one, container, before))
        before = past.template
    return found[::-1]


def _revision(
    past: patches.Past, one: ReplicaSet | ControllerRevision, container: str, before: Mapping[str, Any] | None
) -> interface.Revision:
    notes = (one.metadata and one.metadata.annotations) or {}
    made = (one.metadata and one.metadata.creationTimestamp) or _LONG_AGO
    return interface.Revision(
        number=past.number,
        version=version_of(past.template, container),
        at=_at(notes, made),
        by=_by(notes),
        changes=() if before is None else tuple(changes(before, past.template)),
    )


def _by(notes: Mapping[str, str]) -> str:
    return notes.get(marks.BY) or notes.get(marks.CAUSE) or "unknown"


def _at(notes: Mapping[str, str], made: datetime) -> datetime:
    """When it was wanted: an undone revision keeps the object, and with it the age, of the one that it brings back."""
    try:
        told = datetime.fromisoformat(notes.get(marks.AT, ""))
    except ValueError:
        return made
    return told if told.tzinfo else made


def version_of(template: Mapping[str, Any], container: str) -> str:
    """The version in the service's container."""
    found = (template.get("spec") or {}).get("containers") or [{}]
    meant = next((one for one in found if one.get("name") == container), found[0])
    return images.parse(meant.get("image") or "").version


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two pod templates, a phrase each; values of the environment are not told."""
    for group, word in (("initContainers", "init container"), ("containers", "container")):
        old, new = _named(before, group), _named(after, group)
        for name in [*old, *(name for name in new if name not in old)]:
            where = "" if group == "containers" and len(old) == len(new) == 1 else f" of {word} {name}"
            if name not in new:
                yield f"{word} {name} removed"
            elif name not in old:
                yield f"{word} {name} added, image {new[name].get('image', '')}"
            else:
                yield from _of_container(old[name], new[name], where)
    yield from _of_notes(before, after)
    yield from _of_pod(before, after)


def _named(template: Mapping[str, Any], group: str) -> dict[str, Any]:
    return {one.get("name", ""): one for one in (template.get("spec") or {}).get(group) or ()}


def _of_container(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[str]:
    if old.get("image") != new.get("image"):
        yield f"image{where} {_image(old)} → {_image(new)}"
    yield from _of_environment(old, new, where)
    yield from _of_resources(old.get("resources") or {}, new.get("resources") or {}, where)
    for field, word in (_PROBES | _PARTS).items():
        if (old.get(field) or None) != (new.get(field) or None):
            verb = "added" if not old.get(field) else "removed" if not new.get(field) else "changed"
            yield f"{word}{where} {verb}"


def _image(container: Mapping[str, Any]) -> str:
    return str(container.get("image", ""))


def _of_environment(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[str]:
    before = {one["name"]: one for one in old.get("env") or ()}
    after = {one["name"]: one for one in new.get("env") or ()}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            verb = "added" if name not in before else "removed" if name not in after else "changed"
            yield f"environment {name}{where} {verb}"
    if (old.get("envFrom") or []) != (new.get("envFrom") or []):
        yield f"sources of the environment{where} changed"


def _of_resources(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[str]:
    for group, word in (("requests", "request"), ("limits", "limit")):
        before, after = old.get(group) or {}, new.get(group) or {}
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield f"{name} {word}{where} {before.get(name, 'none')} → {after.get(name, 'none')}"


def _of_notes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Annotations of the template: hashes of ConfigMaps and Secrets stand there, and the time of a restart."""
    old = (before.get("metadata") or {}).get("annotations") or {}
    new = (after.get("metadata") or {}).get("annotations") or {}
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) == new.get(name):
            continue
        if name == marks.RESTARTED_AT:
            yield "restarted" if name in new else "as before the restart"
        else:
            yield f"{_word_of(name)} changed"


def _word_of(name: str) -> str:
    short = name.rpartition("/")[2].lower()
    is_hash = any(word in short for word in ("checksum", "hash", "sha", "config", "secret"))
    if is_hash and "secret" in name.lower():
        return f"secrets (annotation {name})"
    return f"configuration (annotation {name})" if is_hash else f"annotation {name}"


def _of_pod(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before.get("spec") or {}, after.get("spec") or {}
    for name in sorted(old.keys() | new.keys()):
        if name not in ("containers", "initContainers") and old.get(name) != new.get(name):
            yield f"{name} of the pods changed"
