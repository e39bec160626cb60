"""The values that can be set: their defaults for the base, their names for the chart, and `values.yaml`."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from accelerapp import __version__
from accelerapp.platforms.kubernetes import access

REQUESTS = {"cpu": "50m", "memory": "160Mi"}
LIMITS = {"memory": "512Mi"}
VALUES: dict[str, tuple[Any, str]] = {
    "image": (f"accelerapp:{__version__}", "The image, made with the Dockerfile."),
    "imagePullPolicy": ("IfNotPresent", "When the image is fetched."),
    "imagePullSecrets": ([], "Such as [{name: registry}]."),
    "replicas": (3, "How many run; any of them can be lost."),
    "url": (
        "http://127.0.0.1:8000",
        "The address under which people reach the console; by default `kubectl port-forward svc/accelerapp 8000:8000`.",
    ),
    "services": ("", "Further tables of accelerapp.toml: the services to operate beside Accelerapp itself."),
    "namespaces": (
        [],
        "Further namespaces to operate; the Roles that are granted are made there too. They must exist.",
    ),
    "resources": (
        {"requests": REQUESTS, "limits": LIMITS},
        "Measured: a replica uses 80 to 120 MiB and 0.01 CPU, 0.06 with six readers; a command beside it 75 MiB more.",
    ),
    "secret": (
        "",
        "A Secret with DATABASE_URL (and POSTGRES_PASSWORD for the PostgreSQL here); empty: the chart makes one.",
    ),
    "databaseUrl": ("", "The PostgreSQL outside, when the chart makes the Secret and postgres.enabled is false."),
    "networkPolicy": (True, "Only port 8000 is reached from outside, and PostgreSQL only from Accelerapp."),
    "access": (
        {found.name: found.is_granted for found in access.CAPABILITIES},
        "What it may do. " + " ".join(f"{found.name}: {found.what}." for found in access.CAPABILITIES),
    ),
    "postgres": (
        {
            "enabled": True,
            "image": "postgres:17",
            "user": 999,
            "storage": "10Gi",
            "storageClassName": None,
            "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}},
        },
        "The PostgreSQL beside it; `user` is the number of the image's user postgres.",
    ),
}


class Defaults:
    """Gives the defaults: for the base."""

    namespace = "accelerapp"
    secret = "accelerapp"  # noqa: S105 - a name
    services = ""
    here = namespace
    """The namespace of a Role."""

    def __call__(self, path: str) -> Any:
        """`postgres.image`."""
        found: Any = {key: default for key, (default, _) in VALUES.items()}
        for part in path.split("."):
            found = found[part]
        return found

    def inline(self, path: str) -> str:
        """Within a text."""
        return str(self(path))


class Templated:
    """Gives marks that `make.py` turns into Helm's: for the chart."""

    namespace = "⟦.Release.Namespace⟧"
    secret = '⟦.Values.secret | default "accelerapp"⟧'  # noqa: S105
    services = r'⟦- with .Values.services⟧⟦- nindent 4 (print "\n" .)⟧⟦- end⟧'
    here = "⟦.⟧"

    def __call__(self, path: str) -> Any:
        """As JSON, which YAML is a superset of: a text is quoted, a table stays one."""
        return f"⟦toJson .Values.{path}⟧"

    def inline(self, path: str) -> str:
        """Within a text."""
        return f"⟦.Values.{path}⟧"


Values = Defaults | Templated


def render() -> str:
    """`values.yaml`: each value with its sentence."""
    lines: list[str] = []
    for key, (default, sentence) in VALUES.items():
        lines += [f"# {line}" for line in textwrap.wrap(sentence, 116)]
        if isinstance(default, dict):
            lines.append(f"{key}:")
            lines += [f"  {name}: {json.dumps(value)}" for name, value in default.items()]
        else:
            lines.append(f"{key}: {json.dumps(default)}")
        lines.append("")
    return "\n".join(lines)
