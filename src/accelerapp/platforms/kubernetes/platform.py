"""Services that are workloads of Kubernetes clusters, behind the interface that every platform has.

Reading goes through `facts`; acting is `acts`', logs are `logs`' and `following`'s work.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from lightkube.resources.apps_v1 import ControllerRevision, ReplicaSet
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Event, Pod

from accelerapp.base import clock as clocks
from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName, ServiceName
from accelerapp.base.settings.model import Kubernetes
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms import interface
from accelerapp.platforms.kubernetes import (
    acts,
    configmaps,
    events,
    execs,
    facts,
    finding,
    following,
    last_words,
    logs,
    measuring,
    owning,
    places,
    reading,
    revisions,
    runs,
)

_OF_NODES = "default"
"""The namespace that has the events of what is in no namespace."""
_SAME_MOMENT = 0.5
"""Seconds."""


class KubernetesPlatform:
    """Services on Kubernetes. Safe to use from several threads."""

    def __init__(
        self,
        services: Mapping[ServiceName, Kubernetes],
        connect: finding.Connect = clusters.connect,
        clock: clocks.Clock | None = None,
    ) -> None:
        self._finder = finding.Finder(services, connect)
        self._clock = clock or clocks.SystemClock()
        self._words = last_words.LastWords()
        self._measuring = threading.Lock()
        self._nodes: tuple[float, list[interface.Node]] = (-math.inf, [])

    # -- where things are ------------------------------------------------------------------------------------------

    def place(self, service: ServiceName) -> places.Place:
        """Where the settings say that the service is. Raises NotFoundError."""
        return self._finder.place(service)

    def cluster(self, service: ServiceName) -> clusters.Cluster:
        """The cluster that the service is in. Raises WrongUseError: no kubeconfig, or no such context."""
        return self._finder.reach(self.place(service))[0]

    def found(self, service: ServiceName) -> places.AnyWorkload:
        """The service's workload as it is now. Raises NotFoundError, and WrongUseError when two kinds have its name."""
        place = self.place(service)
        return self._finder.find(place, self._finder.reach(place)[1])

    def keep_live(self) -> None:
        """From now on answer from watches: for a process that is asked again and again."""
        self._finder.keep_live()

    def stop(self) -> None:
        """End the watches."""
        self._finder.stop()

    # -- questions -------------------------------------------------------------------------------------------------

    def workloads(self) -> list[interface.Workload]:
        """Every service of the settings, with one list per kind and namespace."""
        return [self.workload(service) for service in self._finder.places]

    def workload(self, service: ServiceName) -> interface.Workload:
        """One service. Raises NotFoundError."""
        place = self.place(service)
        cluster, known = self._finder.reach(place)
        found = self._finder.find(place, known)
        jobs = self._jobs(found, place, known)
        pods = owning.pods_of(found, known.objects(Pod, place.namespace), jobs)
        now = self._clock.now()
        wanted = reading.needs_kept(found, now)
        kept: Sequence[ReplicaSet | ControllerRevision] = known.objects(wanted, place.namespace) if wanted else ()
        warnings = self._warnings(pods, place, known)
        words = self._words.of(cluster, place.namespace, pods)
        return reading.workload(place, found, pods, kept, jobs, warnings, words, now)

    def _jobs(self, found: places.AnyWorkload, place: places.Place, known: facts.Facts) -> list[Job]:
        return known.objects(Job, place.namespace) if isinstance(found, CronJob) else []

    def _warnings(self, pods: Iterable[Pod], place: places.Place, known: facts.Facts) -> Mapping[str, Sequence[Event]]:
        """Events say why a pod is not ready where its status does not; while all are well nobody asks for them."""
        if all(reading.is_well(pod) for pod in pods):
            return {}
        try:
            return events.by_pod(known.objects(Event, place.namespace))
        except errors.ForbiddenError:  # the status still says much
            return {}

    def pods(self, service: ServiceName) -> list[Pod]:
        """The pods of a service, oldest first."""
        return self._pods(service)[2]

    def _pods(self, service: ServiceName) -> tuple[places.Place, clusters.Cluster, list[Pod]]:
        place = self.place(service)
        cluster, known = self._finder.reach(place)
        found = self._finder.find(place, known)
        jobs = self._jobs(found, place, known)
        return place, cluster, owning.pods_of(found, known.objects(Pod, place.namespace), jobs)

    def usage(self, service: ServiceName) -> list[interface.ReplicaUsage]:
        """CPU and memory of each replica. Raises CannotTellError when nothing measures."""
        place, cluster, pods = self._pods(service)
        return measuring.usage(cluster, place.namespace, pods)

    def nodes(self) -> list[interface.Node]:
        """The nodes of every cluster that has a service, with disks, and volumes of the services' namespaces.

        Those who ask at the same moment share an answer: kubelets take their time for it.
        """
        with self._measuring:
            at, found = self._nodes
            if time.monotonic() - at > _SAME_MOMENT:
                found = []
                for key, cluster in self._finder.every_cluster().items():
                    found += measuring.nodes(cluster, self._finder.namespaces(key))
                self._nodes = time.monotonic(), found
            return list(found)

    def events(self, service: ServiceName, limit: int = 100) -> list[interface.Event]:
        """What happened, newest first: of the workload, of what it made and of its pods."""
        place = self.place(service)
        known = self._finder.reach(place)[1]
        found = self._finder.find(place, known)
        pods = known.objects(Pod, place.namespace)
        own = owning.pods_of(found, pods, self._jobs(found, place, known))
        about = owning.events_of(found, known.objects(Event, place.namespace), own, pods)
        return [events.told(event) for event in events.newest_first(about)[:limit]]

    def node_events(self, service: ServiceName, limit: int = 100) -> list[interface.Event]:
        """What happened to the nodes that the service runs on, newest first. Raises ForbiddenError."""
        _, cluster, pods = self._pods(service)
        about = owning.events_of_nodes(cluster.list(Event, _OF_NODES), pods)
        return [events.told(event) for event in events.newest_first(about)[:limit]]

    def revisions(self, service: ServiceName) -> list[interface.Revision]:
        """The revisions that the cluster keeps, newest first; none of what runs to its end."""
        place = self.place(service)
        known = self._finder.reach(place)[1]
        found = self._finder.find(place, known)
        keeper = reading.keeper(found)
        return revisions.told(found, known.objects(keeper, place.namespace), place.container) if keeper else []

    # -- logs ------------------------------------------------------------------------------------------------------

    def log_names(self, service: ServiceName) -> list[ReplicaName]:
        """Replicas whose logs can be read, and `POD/previous` for what ran before the last restart."""
        return [run.name for run in self._runs(service)]

    def logs(self, request: interface.LogRequest) -> Iterator[interface.LogChunk]:
        """The logs of all replicas, oldest first per replica; see `logs` and `following`."""
        place = self.place(request.service)
        cluster = self.cluster(request.service)
        if request.follow:
            return following.follow(
                cluster, place.namespace, lambda: runs.chosen(self._runs(request.service), request), request
            )
        return logs.read(cluster, place.namespace, runs.chosen(self._runs(request.service), request), request)

    def _runs(self, service: ServiceName) -> list[runs.Run]:
        place, _, pods = self._pods(service)
        return runs.of_pods(pods, place.container)

    # -- verbs -----------------------------------------------------------------------------------------------------

    def set_version(self, service: ServiceName, version: str, by: str) -> interface.Revision:
        """Want this tag, digest or image. Raises NotFoundError."""
        with self._acting(service) as (place, cluster, found):
            return acts.set_version(cluster, found, place.container, version, by, self._clock.now())

    def undo(self, service: ServiceName, by: str, to: int | None = None) -> interface.Revision:
        """Want the revision before, or number `to`, again. Raises NotFoundError."""
        with self._acting(service) as (place, cluster, found):
            return acts.undo(cluster, found, place.container, to, by, self._clock.now())

    def scale(self, service: ServiceName, replicas: int, by: str) -> None:
        """Want so many replicas. Raises WrongUseError."""
        with self._acting(service) as (_, cluster, found):
            acts.scale(cluster, found, replicas, by)

    def restart(self, service: ServiceName, by: str) -> None:
        """Replace every replica, one after the other. Raises WrongUseError."""
        with self._acting(service) as (_, cluster, found):
            acts.restart(cluster, found, by, self._clock.now())

    @contextmanager
    def _acting(self, service: ServiceName) -> Iterator[tuple[places.Place, clusters.Cluster, places.AnyWorkload]]:
        """What an act needs: the workload as it is at this moment. What is read after it is read anew."""
        place = self.place(service)
        cluster, known = self._finder.reach(place)
        known.forget()
        try:
            yield place, cluster, self._finder.find(place, known)
        finally:
            known.forget()

    def run(self, replica: ReplicaName, command: Sequence[str], timeout: float) -> interface.CommandResult:
        """Run a command in the replica's container. Raises CannotTellError on time-out, NotFoundError."""
        for service in self._finder.places:
            place, cluster, pods = self._pods(service)
            pod = next((pod for pod in pods if pod.metadata and pod.metadata.name == replica), None)
            if pod is not None:
                return execs.run(cluster, pod, place.container, command, timeout)
        raise errors.NotFoundError(f"There is no replica '{replica}'.")

    def configs(self, service: ServiceName) -> list[interface.Config]:
        """The ConfigMaps that the service's pods use."""
        place = self.place(service)
        cluster, known = self._finder.reach(place)
        template = places.pod_template(self._finder.find(place, known))
        return configmaps.of_pods(cluster, place.namespace, template.spec) if template and template.spec else []

    def set_config(
        self, service: ServiceName, name: str, version: str, changes: Mapping[str, str | None], by: str
    ) -> interface.Config:
        """Set keys of a ConfigMap that the service uses, or remove them (None). Raises WrongUseError, NotFoundError."""
        used = next((one for one in self.configs(service) if one.name == name), None)
        if used is None:
            raise errors.NotFoundError(f"The service '{service}' uses no ConfigMap '{name}'.")
        place, cluster = self.place(service), self.cluster(service)
        return configmaps.change(cluster, place.namespace, used, version, changes, by, self._clock.now())
