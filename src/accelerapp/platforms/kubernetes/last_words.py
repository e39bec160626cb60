"""The last line that a container wrote before it ended: often the very reason. Read once per end."""

from __future__ import annotations

from collections.abc import Iterable

from lightkube.resources.core_v1 import Pod

from accelerapp.base import errors
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.kubernetes import states

AT_ONCE = 3
"""No more pods of a workload are asked: they mostly die of the same."""
_KEPT = 1000


class LastWords:
    """Remembers what was read: an end does not change."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, int], str] = {}

    def of(self, cluster: clusters.Cluster, namespace: str, pods: Iterable[Pod]) -> states.Words:
        """Last lines of the containers that ended without saying why; what cannot be read is left out."""
        asked = 0
        for pod in pods:
            for key in states.needs_words(pod):
                if key not in self._known and asked < AT_ONCE:
                    asked += 1
                    self._learn(cluster, namespace, pod, key)
        return self._known

    def _learn(self, cluster: clusters.Cluster, namespace: str, pod: Pod, key: tuple[str, str, int]) -> None:
        if len(self._known) >= _KEPT:
            self._known.clear()
        try:
            lines = list(cluster.log_lines(states.name_of(pod), namespace, key[1], tail=1))
        except errors.AccelerappError:  # gone, forbidden or silent: the exit code still says something
            return
        self._known[key] = lines[-1].decode("utf-8", "replace").strip() if lines else ""
