"""What a pod refers to and does not exist: Secrets, ConfigMaps, their keys, service accounts, volume claims.

Where Secrets may not be read, the kubelet's own words tell which one is missing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lightkube.models.core_v1 import Container, Volume
from lightkube.resources.core_v1 import ConfigMap, PersistentVolumeClaim, Pod, Secret, ServiceAccount

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot

_WORDS: dict[type[Any], str] = {
    Secret: "Secret",
    ConfigMap: "ConfigMap",
    PersistentVolumeClaim: "PersistentVolumeClaim",
    ServiceAccount: "ServiceAccount",
}
_NO_OBJECT = re.compile(r'(secret|configmap)s? "([^"]+)" not found', re.IGNORECASE)
_NO_KEY = re.compile(r"couldn't find key (\S+) in (Secret|ConfigMap) [^/\s]*/?([^\s\"]+)")
_NO_MOUNTED_KEY = re.compile(r"references non-existent (secret|config) key: (\S+)")
_KINDS: dict[str, type[Any]] = {"secret": Secret, "configmap": ConfigMap, "config": ConfigMap}


@dataclass(frozen=True)
class Reference:
    """Something that a pod needs by name; `key` is empty when the whole object is meant."""

    kind: type[Any]
    name: str
    key: str
    field: str
    """Where the pod says so."""


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per missing thing and pod. One that a pod which runs well refers to is a risk: its next start fails."""
    for pod in facts.living(snapshot):
        if facts.is_over(pod):
            continue
        missing = {(each.kind, each.name, each.key): each for each in references(pod) if _is_missing(snapshot, each)}
        said = _said(snapshot, pod)
        for each in missing.values():
            yield _cause(snapshot, pod, each, said)
        if not missing and not facts.is_ready(pod):
            yield from (_cause(snapshot, pod, each, said) for each in _by_words(snapshot, pod, said))


def references(pod: Pod, *, with_optional: bool = False) -> Iterator[Reference]:
    """Everything that the pod refers to; what is marked optional only when asked for."""
    found = facts.spec(pod)
    for container in (*(found.initContainers or ()), *found.containers):
        yield from _of_container(container, with_optional)
    for volume in found.volumes or ():
        yield from _of_volume(volume, with_optional)
    if found.serviceAccountName:
        yield Reference(ServiceAccount, found.serviceAccountName, "", "spec.serviceAccountName")


def _of_container(container: Container, with_optional: bool) -> Iterator[Reference]:
    for env in container.env or ():
        field, source = f"container '{container.name}': env {env.name}", env.valueFrom
        for kind, ref in ((Secret, source and source.secretKeyRef), (ConfigMap, source and source.configMapKeyRef)):
            if ref and (with_optional or not ref.optional):
                yield Reference(kind, ref.name or "", "", field)
                yield Reference(kind, ref.name or "", ref.key, field)
    for each in container.envFrom or ():
        field = f"container '{container.name}': envFrom"
        for kind, whole in ((Secret, each.secretRef), (ConfigMap, each.configMapRef)):
            if whole and (with_optional or not whole.optional):
                yield Reference(kind, whole.name or "", "", field)


def _of_volume(volume: Volume, with_optional: bool) -> Iterator[Reference]:
    field = f"volume '{volume.name}'"
    if volume.persistentVolumeClaim:
        yield Reference(PersistentVolumeClaim, volume.persistentVolumeClaim.claimName, "", field)
    if volume.secret and (with_optional or not volume.secret.optional):
        yield from _with_keys(Secret, volume.secret.secretName, volume.secret.items, field)
    sources: list[tuple[type[Any], Any]] = [(ConfigMap, volume.configMap)]
    for source in (volume.projected and volume.projected.sources) or ():
        sources += [(Secret, source.secret), (ConfigMap, source.configMap)]
    for kind, each in sources:
        if each and (with_optional or not each.optional):
            yield from _with_keys(kind, each.name, each.items, field)


def _with_keys(kind: type[Any], name: str | None, items: Any, field: str) -> Iterator[Reference]:
    yield Reference(kind, name or "", "", field)
    for item in items or ():
        yield Reference(kind, name or "", item.key, field)


def keys(obj: Any) -> set[str]:
    """The keys of a Secret or ConfigMap."""
    more = obj.stringData if isinstance(obj, Secret) else obj.binaryData
    return {*(obj.data or {}), *(more or {})}


def _is_missing(snapshot: Snapshot, each: Reference) -> bool:
    found = snapshot.get(each.kind, each.name)
    if found is None:
        return snapshot.lacks(each.kind, each.name) and not each.key
    return bool(each.key) and each.key not in keys(found)


def _said(snapshot: Snapshot, pod: Pod) -> list[str]:
    waits = [part.waiting_message for part in facts.parts(pod) if part.waiting == "CreateContainerConfigError"]
    return waits + [facts.told(each) for each in facts.events(snapshot, pod, "FailedMount", "Failed")]


def _by_words(snapshot: Snapshot, pod: Pod, said: list[str]) -> Iterator[Reference]:
    """What the kubelet says is missing, where the object could not be read. Words of a thing that is there are old."""
    for words in said:
        if match := _NO_KEY.search(words):
            yield from _unseen(snapshot, Reference(_KINDS[match[2].lower()], match[3], match[1], "the kubelet's words"))
        elif match := _NO_OBJECT.search(words):
            yield from _unseen(snapshot, Reference(_KINDS[match[1].lower()], match[2], "", "the kubelet's words"))
        elif match := _NO_MOUNTED_KEY.search(words):
            kind = _KINDS[match[1].lower()]
            named = {each.name for each in references(pod) if each.kind is kind and each.key == match[2]}
            for name in sorted(named):
                yield from _unseen(snapshot, Reference(kind, name, match[2], "the kubelet's words"))


def _unseen(snapshot: Snapshot, each: Reference) -> Iterator[Reference]:
    if not snapshot.knows(each.kind):
        yield each


def _cause(snapshot: Snapshot, pod: Pod, each: Reference, said: list[str]) -> Cause:
    word, runs = _WORDS[each.kind], facts.is_ready(pod)
    what = (
        f"The key '{each.key}' is missing in the {word} '{each.name}'"
        if each.key
        else f"The {word} '{each.name}' does not exist"
    )
    effect = "the pod runs, but its next start will fail" if runs else "the pod cannot start without it"
    words = next((f"kubelet: {text.printable(line, 300)}" for line in said if each.name in line), "")
    return Cause(
        kind=f"missing-{'key' if each.key else _kind(each.kind)}",
        subject=facts.subject(pod),
        sentence=f"{what}: {effect}.",
        evidence=(
            f"{each.field} refers to it",
            *((words,) if words and not runs else ()),
            *_nearby(snapshot, each),
        ),
        mend=_mend(snapshot, each, pod),
        depth=Depth.RISK if runs else Depth.ROOT,
    )


def _kind(kind: type[Any]) -> str:
    words: dict[type[Any], str] = {Secret: "secret", ConfigMap: "configmap", ServiceAccount: "service-account"}
    return words.get(kind, "volume-claim")


def _nearby(snapshot: Snapshot, each: Reference) -> Iterator[str]:
    """What there is instead; names that look alike first."""
    found = snapshot.get(each.kind, each.name)
    if each.key and found is not None:
        yield f"its keys: {_listed(sorted(keys(found)), each.key)}"
    elif not each.key:
        known = [facts.name(one) for one in snapshot.all(each.kind)]
        near = difflib.get_close_matches(each.name, known, n=1, cutoff=0.75)
        if near:
            yield f"there is one with a similar name: {near[0]}"


def _listed(names: list[str], wanted: str) -> str:
    near = difflib.get_close_matches(wanted, names, n=len(names) or 1, cutoff=0.6)
    ordered = [*near, *(name for name in names if name not in near)]
    return ", ".join(ordered[:8]) + (", …" if len(ordered) > 8 else "") if ordered else "none"


def _mend(snapshot: Snapshot, each: Reference, pod: Pod) -> str:
    where, kind, owner = f"-n {snapshot.namespace}", _WORDS[each.kind].lower(), facts.workload(snapshot, pod)
    correct = f"or correct the name: `kubectl edit {owner} {where}`."
    if each.key:
        return f"Add the key: `kubectl edit {kind} {each.name} {where}`; {correct}"
    if each.kind is PersistentVolumeClaim:
        return f"Make a PersistentVolumeClaim '{each.name}' in {snapshot.namespace}; {correct}"
    if each.kind is ServiceAccount:
        return f"Make it: `kubectl create serviceaccount {each.name} {where}`; {correct}"
    made = "secret generic" if each.kind is Secret else "configmap"
    keys_read = {one.key for one in references(pod) if (one.kind, one.name) == (each.kind, each.name) and one.key}
    literals = " ".join(f"--from-literal={key}=…" for key in sorted(keys_read) or ["KEY"])
    return f"Make it: `kubectl create {made} {each.name} {literals} {where}`; {correct}"
