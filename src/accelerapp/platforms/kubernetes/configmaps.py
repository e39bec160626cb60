"""The ConfigMaps that a workload uses, and changes of them. Secrets are not read here, nor anywhere.

A change names the version (`resourceVersion`) that it was decided on; the API server refuses it for any other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from lightkube.models.core_v1 import Container, PodSpec, Volume
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap

from accelerapp.base import errors, text
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.interface import Config
from accelerapp.platforms.kubernetes import marks

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_SAME = timedelta(seconds=10)
"""The API server's clock and ours may be so far apart."""
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


def uses(spec: PodSpec) -> dict[str, tuple[str, ...]]:
    """The names of the ConfigMaps that a pod uses, and what for."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for container in [*(spec.initContainers or ()), *spec.containers]:
        for name, what in _in_environment(container):
            found[name][what] = None
    for volume in spec.volumes or ():
        for name in _in_volume(volume):
            for folder in _folders(spec, volume.name) or ["no container"]:
                found[name][f"files in {folder}"] = None
    return {name: tuple(ways) for name, ways in sorted(found.items())}


def _in_environment(container: Container) -> Iterator[tuple[str, str]]:
    for source in container.envFrom or ():
        if source.configMapRef and source.configMapRef.name:
            yield source.configMapRef.name, "environment"
    for variable in container.env or ():
        reference = variable.valueFrom.configMapKeyRef if variable.valueFrom else None
        if reference and reference.name:
            yield reference.name, f"${variable.name}"


def _in_volume(volume: Volume) -> Iterator[str]:
    if volume.configMap and volume.configMap.name:
        yield volume.configMap.name
    for source in (volume.projected.sources if volume.projected else None) or ():
        if source.configMap and source.configMap.name:
            yield source.configMap.name


def _folders(spec: PodSpec, volume: str) -> list[str]:
    mounts = [mount for container in spec.containers for mount in container.volumeMounts or ()]
    return [mount.mountPath for mount in mounts if mount.name == volume]


def of_pods(cluster: clusters.Cluster, namespace: str, spec: PodSpec) -> list[Config]:
    """What the pods of this spec use, by name; one that does not exist has no version. Raises ForbiddenError."""
    return [_find(cluster, namespace, name, used_as) for name, used_as in uses(spec).items()]


def _find(cluster: clusters.Cluster, namespace: str, name: str, used_as: tuple[str, ...]) -> Config:
    try:
        return config(cluster.get(ConfigMap, name, namespace), used_as)
    except errors.NotFoundError:
        return Config(name, "", used_as=used_as)


def config(found: ConfigMap, used_as: tuple[str, ...]) -> Config:
    """A ConfigMap as our noun."""
    metadata = found.metadata or ObjectMeta()
    binary = tuple(sorted(found.binaryData or ()))
    at, by = _last_change(metadata)
    return Config(metadata.name or "", metadata.resourceVersion or "", dict(found.data or {}), used_as, binary, at, by)


def _last_change(metadata: ObjectMeta) -> tuple[datetime | None, str]:
    """When the API server last saw somebody write it, and who: the person whom we noted, or the program."""
    written = [each for each in metadata.managedFields or () if each.time is not None]
    if not written:
        return metadata.creationTimestamp, ""
    last = max(written, key=lambda each: each.time or _LONG_AGO)
    notes = metadata.annotations or {}
    is_ours = last.time is not None and abs(last.time - _noted(notes)) <= _SAME
    return last.time, notes.get(marks.CONFIG_BY, "") if is_ours else last.manager or ""


def _noted(notes: Mapping[str, str]) -> datetime:
    try:
        told = datetime.fromisoformat(notes.get(marks.AT, ""))
    except ValueError:
        return _LONG_AGO
    return told if told.tzinfo else _LONG_AGO


def change(
    cluster: clusters.Cluster,
    namespace: str,
    now_used: Config,
    version: str,
    changes: Mapping[str, str | None],
    by: str,
    at: datetime,
) -> Config:
    """Set and remove keys of a ConfigMap that a workload uses; one that does not exist is made.

    Raises WrongUseError when it was changed since `version`, or cannot be changed so.
    """
    check(now_used, version, changes)
    annotations = {marks.CONFIG_BY: by, marks.AT: marks.stamp(at)}
    try:
        if not version:
            metadata = ObjectMeta(name=now_used.name, namespace=namespace, annotations=annotations)
            values = {key: value for key, value in changes.items() if value is not None}
            made = cluster.create(ConfigMap(metadata=metadata, data=values), namespace)
        else:
            patch = {"metadata": {"resourceVersion": version, "annotations": annotations}, "data": dict(changes)}
            kind = clusters.PatchType.MERGE
            made = cluster.patch(ConfigMap, now_used.name, patch, namespace, patch_type=kind)
    except clusters.ConflictError as error:
        raise _changed_meanwhile(now_used.name) from error
    return config(made, now_used.used_as)


def check(now_used: Config, version: str, changes: Mapping[str, str | None]) -> None:
    """Raises WrongUseError for a change of what is no longer there, or with keys that cannot be."""
    if now_used.version != version:
        raise _changed_meanwhile(now_used.name)
    for key in changes:
        if not _KEY.fullmatch(key):
            raise errors.WrongUseError(
                f"'{text.printable(key, 80)}' can be no key of a ConfigMap.",
                mend="A key consists of letters, digits, dots, dashes and underscores.",
            )
        if key in now_used.binary:
            raise errors.WrongUseError(f"The value of '{key}' is no text, so it cannot be changed here.")


def _changed_meanwhile(name: str) -> errors.WrongUseError:
    return errors.WrongUseError(
        f"The ConfigMap {name} was changed by somebody else in the meantime, so nothing was changed.",
        mend="Begin again with what is there now.",
    )
