"""The annotations by which who did what can be read again, here and with kubectl."""

from __future__ import annotations

from datetime import datetime

BY = "accelerapp.io/changed-by"
"""On the workload: who wanted its present revision. Its controller copies it to the object that keeps the revision."""
AT = "accelerapp.io/changed-at"
CAUSE = "kubernetes.io/change-cause"
"""What `kubectl rollout history` shows."""
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""In the pod template, as `kubectl rollout restart` does: another value is another revision."""
SCALED_BY = "accelerapp.io/scaled-by"
CONFIG_BY = "accelerapp.io/config-changed-by"


def of_change(cause: str, by: str, now: datetime) -> dict[str, str]:
    """Annotations of a workload whose template changes."""
    return {BY: by, AT: stamp(now), CAUSE: f"{by}: {cause}"}


def stamp(now: datetime) -> str:
    """RFC 3339, to the second."""
    return now.isoformat(timespec="seconds").replace("+00:00", "Z")
