"""The Helm chart, rendered by Helm itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import helm_python
import yaml

DEPLOY = Path(__file__).parents[1] / "deploy" / "kubernetes"
CHART = DEPLOY / "chart"
Objects: TypeAlias = dict[tuple[str, str, str], Any]
"""By kind, namespace (empty when it is not said) and name."""


def by_name(found: Iterable[Any]) -> Objects:
    """Kubernetes' objects by what they are called."""
    return {(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in found if one}


def rendered(values: dict[str, Any], namespace: str = "accelerapp") -> Objects:
    """What the chart makes with these values."""
    with helm_python.Chart.load(str(CHART)) as chart:
        files = chart.render(values, name="accelerapp", namespace=namespace)
    return by_name(one for path, text in files.items() if path.endswith(".yaml") for one in yaml.safe_load_all(text))
