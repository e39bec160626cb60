"""Asks clusters what the credentials of the settings allow; one connection for each cluster."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from accelerapp.base.settings.model import Kubernetes
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.kubernetes import access


def asker(connect: Callable[[str, str], clusters.Cluster] = clusters.connect) -> Callable[..., bool]:
    """Gives `may(place, asked, namespace)`, an empty namespace for what belongs to the whole cluster.

    That raises CannotTellError, and WrongUseError when there is no such cluster.
    """
    reach = lru_cache(maxsize=None)(connect)

    def may(place: Kubernetes, asked: access.Asked, namespace: str) -> bool:
        cluster = reach(place.kubeconfig, place.context)
        return cluster.can_i(asked.verb, asked.resource, namespace, asked.group, asked.subresource)

    return may
