"""Finds where a service is: reaches its cluster, and picks its workload among what is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from lightkube.resources.core_v1 import Namespace

from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings.model import Kubernetes
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.kubernetes import facts, live, places

Connect = Callable[[str, str], clusters.Cluster]
_Key = tuple[str, str]


class Finder:
    """Knows the places of services, and keeps one connection and one source of facts per cluster."""

    def __init__(self, services: Mapping[ServiceName, Kubernetes], connect: Connect) -> None:
        self.places = {name: places.of(name, said) for name, said in services.items()}
        self._connect = connect
        self._connecting = threading.Lock()
        self._connected: dict[_Key, tuple[clusters.Cluster, facts.Facts]] = {}
        self._is_live = False

    def place(self, service: ServiceName) -> places.Place:
        """Where the settings say that the service is. Raises NotFoundError."""
        if service not in self.places:
            raise errors.NotFoundError(f"There is no service '{service}' on Kubernetes.")
        return self.places[service]

    def reach(self, place: places.Place) -> tuple[clusters.Cluster, facts.Facts]:
        """Its cluster, and what gives the cluster's objects. Raises WrongUseError: no kubeconfig, no such context."""
        key = (place.kubeconfig, place.context)
        with self._connecting:
            if key not in self._connected:
                cluster = self._connect(*key)
                self._connected[key] = (cluster, self._facts_of(key, cluster))
            return self._connected[key]

    def _facts_of(self, key: _Key, cluster: clusters.Cluster) -> facts.Facts:
        if not self._is_live:
            return facts.Listed(cluster)
        return live.Live(cluster, is_wide=len(self.namespaces(key)) >= live.WIDE_FROM)

    def namespaces(self, key: _Key) -> set[str]:
        """The namespaces of services in the cluster of this kubeconfig and context."""
        return {place.namespace for place in self.places.values() if (place.kubeconfig, place.context) == key}

    def every_cluster(self) -> dict[_Key, clusters.Cluster]:
        """Every cluster that has a service, by kubeconfig and context."""
        found = {(place.kubeconfig, place.context): place for place in self.places.values()}
        return {key: self.reach(place)[0] for key, place in found.items()}

    def keep_live(self) -> None:
        """From now on answer from watches: for a process that is asked again and again."""
        with self._connecting:
            self._is_live = True
            self._connected.clear()

    def stop(self) -> None:
        """End the watches."""
        with self._connecting:
            for _, known in self._connected.values():
                if isinstance(known, live.Live):
                    known.stop()
            self._connected.clear()

    def find(self, place: places.Place, known: facts.Facts) -> places.AnyWorkload:
        """The workload that is meant. Raises NotFoundError, and WrongUseError when two kinds have the name."""
        try:
            return places.pick(place, self._candidates(place, known))
        except errors.NotFoundError:
            self._insist_on_namespace(place)
            raise

    def _candidates(self, place: places.Place, known: facts.Facts) -> list[places.AnyWorkload]:
        """What may be meant. Kinds that may not be read are passed over as long as another one has the name."""
        found: list[places.AnyWorkload] = []
        refused: errors.ForbiddenError | None = None
        for kind in place.kinds:
            try:
                found += known.objects(kind, place.namespace)
            except errors.ForbiddenError as error:
                refused = error
            except errors.NotFoundError:  # an old cluster does not know the kind
                continue
        if refused and not any(places.name_of(one) == place.name for one in found):
            raise refused
        return found

    def _insist_on_namespace(self, place: places.Place) -> None:
        """A namespace that does not exist has nothing in it, and the API server does not tell the difference."""
        try:
            self.reach(place)[0].get(Namespace, place.namespace)
        except errors.NotFoundError as error:
            raise errors.NotFoundError(
                f"There is no namespace '{place.namespace}' for the service '{place.service}'.",
                mend="Set `namespace` in the service's table, or create it.",
            ) from error
        except errors.ForbiddenError:  # then the workload is what we can speak of
            return
