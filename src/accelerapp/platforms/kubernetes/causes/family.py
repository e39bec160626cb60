"""All kinds of causes, in the order in which equals are shown: from the cluster to the container, then what follows."""

from __future__ import annotations

from collections.abc import Mapping

from accelerapp.platforms.causes import Cause, Unread
from accelerapp.platforms.kubernetes.causes import (
    autoscalers,
    claims,
    configmaps,
    crashes,
    creation,
    cronjobs,
    daemonsets,
    database,
    deployments,
    disruption_budgets,
    endings,
    images,
    ingresses,
    init_containers,
    jobs,
    leftovers,
    network_policies,
    nodes,
    probes,
    quotas,
    references,
    replicasets,
    scheduling,
    services,
    statefulsets,
    volumes,
    webhooks,
)
from accelerapp.platforms.kubernetes.causes.interface import Finder
from accelerapp.platforms.kubernetes.snapshot import Snapshot

FINDERS: Mapping[str, Finder] = {
    "nodes": nodes.find,
    "what is missing": references.find,
    "pods that cannot be made": creation.find,
    "images": images.find,
    "volume claims": claims.find,
    "scheduling": scheduling.find,
    "databases": database.find,
    "containers that end": crashes.find,
    "probes": probes.find,
    "volumes": volumes.find,
    "init containers": init_containers.find,
    "pods that were ended": endings.find,
    "webhooks": webhooks.find,
    "services": services.find,
    "ingresses": ingresses.find,
    "deployments": deployments.find,
    "replica sets": replicasets.find,
    "stateful sets": statefulsets.find,
    "daemon sets": daemonsets.find,
    "jobs": jobs.find,
    "cron jobs": cronjobs.find,
    "autoscalers": autoscalers.find,
    "disruption budgets": disruption_budgets.find,
    "network policies": network_policies.find,
    "config maps": configmaps.find,
    "quotas": quotas.find,
}


def find_all(snapshot: Snapshot) -> tuple[list[Cause], list[Unread]]:
    """Every cause that the snapshot holds, and what could not be judged.

    An object in a shape that nobody foresaw (a newer API, a hand-made status) costs the causes of one kind, not all.
    """
    found: list[Cause] = []
    failed: list[Unread] = []
    for title, find in FINDERS.items():
        try:
            found += find(snapshot)
        except Exception as error:  # see above: said, never hidden
            failed.append(Unread(title, f"they could not be judged ({type(error).__name__}: {error})"))
    explained = {subject for each in found for subject in (each.subject, *each.also)}
    return [*found, *leftovers.find(snapshot, explained)], failed
