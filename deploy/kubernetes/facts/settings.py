"""The ConfigMap with accelerapp.toml: Accelerapp operates itself, and what is added."""

from __future__ import annotations

from typing import Any

from facts.chart_values import Values

CONFIG_MAP = "accelerapp-config"
FOLDER = "/etc/accelerapp"
PATH = f"{FOLDER}/accelerapp.toml"
DATA = "/var/lib/accelerapp"
_TOML = """\
[server]
host = "0.0.0.0"
# Under which address people reach the console.
url = "{url}"
names = ["accelerapp", "accelerapp.{namespace}", "accelerapp.{namespace}.svc"]
# Long enough for the cluster to stop sending requests here.
drain = "5s"

[data]
folder = "{data}"

[services.accelerapp]
platform = "kubernetes"
description = "Runs the operations of services, itself among them."
url = "http://accelerapp.{namespace}.svc:8000/health"
database = "env:DATABASE_URL"

[services.accelerapp.kubernetes]
namespace = "{namespace}"
workload = "deployment/accelerapp"{services}"""


def config_map(values: Values, labels: dict[str, str]) -> dict[str, Any]:
    """`kubectl edit configmap accelerapp-config`, then `kubectl rollout restart deployment/accelerapp`."""
    toml = _TOML.format(url=values.inline("url"), namespace=values.namespace, data=DATA, services=values.services)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, "labels": labels},
        "data": {"accelerapp.toml": toml},
    }
