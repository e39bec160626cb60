"""The command and the environment of a replica, from its definition."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from accelerapp.platforms.local import files, model


def values(folder: files.ServiceFolder, revision: model.WantedRevision, port: int | None) -> dict[str, str]:
    """What stands for {python}, {release}, {version}, {port} and {data}."""
    return {
        "python": sys.executable,
        "release": str(Path(revision.definition.releases) / revision.version),
        "version": revision.version,
        "port": str(port or ""),
        "data": str(folder.data),
    }


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put the values in the place of their names in braces."""
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def environment(
    wanted: Mapping[str, str], values: Mapping[str, str], replica: model.ReplicaRecord, service: str
) -> dict[str, str]:
    """The environment of a replica: ours without our own settings and secrets, and what its definition says."""
    own = dict(_inherited())
    own |= {name: fill(value, values) for name, value in wanted.items()}
    own |= {"ACCELERAPP_SERVICE": service, "ACCELERAPP_REPLICA": replica.name, "ACCELERAPP_VERSION": replica.version}
    return own | ({"PORT": values["port"]} if values["port"] else {})


def _inherited() -> Iterator[tuple[str, str]]:
    """Our environment without what is ours alone: a service must not meet the settings or secrets of its operator."""
    for name, value in os.environ.items():
        if not name.startswith("ACCELERAPP_") and name != "DATABASE_URL":
            yield name, value
