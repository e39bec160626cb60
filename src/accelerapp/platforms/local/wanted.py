"""Changes to what is wanted of a service. Pure: the wanted before goes in, the wanted after comes out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace

from accelerapp.base import errors
from accelerapp.base.settings.model import Local
from accelerapp.platforms.local import model, plain

_REVISIONS_KEPT = 50
MOST_REPLICAS = 100
Change = Callable[[model.Desired], model.Desired]


def configured(desired: model.Desired | None, local: Local, at: float) -> model.Desired:
    """What the settings say. What was set since stays; settings that differ from those before make a revision."""
    wanted = definition(local)
    fingerprint = _fingerprint(wanted)
    if desired is None:
        first = model.WantedRevision(1, local.release, at, "settings", (), wanted)
        return model.Desired(local.replicas, 0, False, (first,), fingerprint)
    if desired.configured != fingerprint:
        desired = _revised(desired, desired.current.version, wanted, "settings", at)
    return replace(desired, configured=fingerprint, stopped=False)


def stopped(desired: model.Desired) -> model.Desired:
    """No replica at all, until it is started again."""
    return replace(desired, stopped=True)


def version(name: str, by: str, at: float) -> Change:
    """This version with the configuration of now; the same version again changes nothing."""

    def change(desired: model.Desired) -> model.Desired:
        if desired.current.version == name:
            return desired
        return _revised(desired, name, desired.current.definition, by, at)

    return change


def undone(to: int | None, by: str, at: float) -> Change:
    """The revision before, or number `to`, again; its configuration included. Raises NotFoundError."""

    def change(desired: model.Desired) -> model.Desired:
        earlier = earlier_revision(desired, to)
        return _revised(desired, earlier.version, earlier.definition, by, at)

    return change


def earlier_revision(desired: model.Desired, to: int | None) -> model.WantedRevision:
    """The revision before, or number `to`. Raises NotFoundError."""
    before = desired.revisions[-2] if len(desired.revisions) > 1 else None
    found = before if to is None else desired.revision(to)
    if found is None:
        known = ", ".join(str(revision.number) for revision in desired.revisions)
        raise errors.NotFoundError(
            "There is no earlier revision." if to is None else f"There is no revision {to}.",
            mend=f"Kept revisions: {known}.",
        )
    return found


def scaled(replicas: int) -> Change:
    """So many replicas. Raises WrongUseError."""
    if not 0 <= replicas <= MOST_REPLICAS:
        raise errors.WrongUseError(
            f"{replicas} is not a number of replicas.", mend=f"Take one from 0 to {MOST_REPLICAS}."
        )
    return lambda desired: replace(desired, replicas=replicas)


def restarted(desired: model.Desired) -> model.Desired:
    """Every replica made anew."""
    return replace(desired, restart=desired.restart + 1)


def _revised(desired: model.Desired, version: str, definition: model.Definition, by: str, at: float) -> model.Desired:
    before = desired.current
    revision = model.WantedRevision(
        before.number + 1, version, at, by, _changes(before, version, definition), definition
    )
    return replace(desired, revisions=(*desired.revisions, revision)[-_REVISIONS_KEPT:])


def _changes(before: model.WantedRevision, version: str, definition: model.Definition) -> tuple[str, ...]:
    """What differs from the revision before; values of the environment are not told, they may be secrets."""
    found = [f"version {before.version} -> {version}"] if version != before.version else []
    old, new = plain.write(before.definition), plain.write(definition)
    for field in old:
        if field == "environment":
            names = old[field].keys() | new[field].keys()
            found += [f"environment {name}" for name in sorted(names) if old[field].get(name) != new[field].get(name)]
        elif old[field] != new[field]:
            found.append(f"{field} {old[field]} -> {new[field]}")
    return tuple(found)


def definition(local: Local) -> model.Definition:
    """The settings with plain values."""
    return model.Definition(
        releases=str(local.releases),
        command=local.command,
        environment=dict(local.environment),
        port=local.port,
        health_path=local.health_path,
        memory_limit=local.memory_limit,
        ready_timeout=local.ready_timeout.total_seconds(),
        settle=local.settle.total_seconds(),
        stop_signal=local.stop_signal,
        stop_grace=local.stop_grace.total_seconds(),
        log_size=local.log_size,
        log_files=local.log_files,
    )


def _fingerprint(wanted: model.Definition) -> str:
    return hashlib.sha256(json.dumps(asdict(wanted), sort_keys=True).encode()).hexdigest()[:16]
