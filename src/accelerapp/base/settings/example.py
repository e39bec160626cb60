"""Writes the commented settings file from the sentences in `model`; a test holds the two together."""

from __future__ import annotations

import json
import textwrap
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from accelerapp.base.settings import model, people

_HEAD = """\
# Settings of Accelerapp. Every field is shown with its default; take away the "#" before one to change it.
# Durations: 30s, 15m, 2h, 7d. Sizes: 256M, 2G. Secrets: "env:NAME" or "file:PATH", never the secret itself.
# The environment goes over this file: DATABASE_URL, or ACCELERAPP_SERVER__PORT=8001 for server.port.
# Check it against reality with `accelerapp doctor`.
"""
_SERVICE_EXAMPLES: dict[str, Any] = {
    "description": "Sells books.",
    "owner": "shop-team@example.com",
    "url": "http://127.0.0.1:8080/health",
    "database": "env:SHOP_DATABASE_URL",
    "database_command": ["python", "-m", "shop.check_database"],
    "targets": ["http://127.0.0.1:9187/metrics"],
    "logs": ["/var/log/shop/*.log"],
    "repository": "/srv/shop",
    "dashboards": ["https://grafana.example.com/d/shop"],
}
_LOCAL_EXAMPLES: dict[str, Any] = {
    "releases": "releases/shop",
    "release": "1.0.0",
    "command": ["{python}", "-m", "http.server", "{port}", "--bind", "127.0.0.1"],
    "port": 8080,
    "environment": {"LOG_LEVEL": "info"},
}
_KUBERNETES_EXAMPLES: dict[str, Any] = {
    "namespace": "shop",
    "workload": "deployment/shop",
    "container": "web",
    "context": "production",
    "kubeconfig": "~/.kube/config",
}
_SLO_EXAMPLES: dict[str, Any] = {"kind": "availability", "objective_percent": 99.9}
_RULES = """\
# Rules beside the built-in ones, or in place of the built-in one of the same name; a table for each. docs/rules.md says
# which kinds there are, and what each has. `accelerapp alert rules check` reads them.
# [[rules]]
# kind = "error_rate"
# service = "shop"
# above_percent = 2
# for = "5m"
# severity = "P2"
"""
_CHANNELS = """\
# Ways on which messages go out, a table for each; docs/notifications.md says which kinds there are, and what each has.
# `accelerapp notify test ops-slack` tries one.
# [channels.ops-slack]
# kind = "slack"
# token = "env:SLACK_TOKEN"
# to = "#accelerapp-incidents"
"""


def render() -> str:
    """The whole commented file; with every comment kept it is valid and sets nothing."""
    parts = [_HEAD]
    for name, field in model.Settings.model_fields.items():
        if name in ("services", "source", "default_service", "rules", "channels"):
            continue
        section: Any = field.annotation
        parts.append(_table(name, section, {}, live=True))
        if section is people.Incidents:
            parts.append(_table("incidents.updates", people.Updates, {}, live=True))
    parts.append('# One table per service; "shop" is its name. The first one is meant where none is named.')
    parts.append(_table("services.shop", model.Service, _SERVICE_EXAMPLES, live=False))
    parts.append(_table("services.shop.local", model.Local, _LOCAL_EXAMPLES, live=False))
    parts.append('# The other way to run it, with platform = "kubernetes" above.')
    parts.append(_table("services.shop.kubernetes", model.Kubernetes, _KUBERNETES_EXAMPLES, live=False))
    parts.append(_table("[services.shop.slo]", model.Slo, _SLO_EXAMPLES, live=False))
    parts.append(_RULES)
    parts.append(_CHANNELS)
    return "\n".join(parts)


def _table(name: str, section: type[BaseModel], examples: dict[str, Any], *, live: bool) -> str:
    lines = [f"# {section.__doc__}", f"{'' if live else '# '}[{name}]"]
    for field_name, field in section.model_fields.items():
        if _is_table(field):
            continue
        lines += [f"# {line}" for line in textwrap.wrap(field.description or "", 116)]
        lines.append(
            f"# {field_name} = {_toml(examples.get(field_name, field.get_default(call_default_factory=True)))}"
        )
    return "\n".join(lines) + "\n"


def _is_table(field: FieldInfo) -> bool:
    return field.annotation in (model.Local | None, model.Kubernetes | None, tuple[model.Slo, ...], people.Updates)


def _toml(value: object) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, timedelta):
        if value % timedelta(seconds=1):
            return f'"{round(value.total_seconds() * 1000)}ms"'
        seconds = round(value.total_seconds())
        for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
            if seconds and seconds % length == 0:
                return f'"{seconds // length}{unit}"'
        return f'"{seconds}s"'
    if isinstance(value, time):
        return f'"{value:%H:%M}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(str(value) if isinstance(value, Path) else value)
