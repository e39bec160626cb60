"""What the platform and a probe know, as series; and what of a service can be scraped. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accelerapp.base.ids import ServiceName
from accelerapp.metrics.collector import Figures, Target
from accelerapp.metrics.model import NAME, Labels
from accelerapp.platforms.interface import Node, ReplicaUsage, Workload

Values = list[tuple[Labels, float]]
HELP = {
    "accelerapp_platform_up": "1 when the platform of the service could tell how it is.",
    "accelerapp_workload_desired": "Replicas that are wanted.",
    "accelerapp_workload_ready": "Replicas that are ready.",
    "accelerapp_replica_ready": "1 when the replica is ready.",
    "accelerapp_replica_restarts_total": "Restarts of the replica.",
    "accelerapp_replica_cpu_cores": "CPU in use, in cores.",
    "accelerapp_replica_memory_bytes": "Resident memory.",
    "accelerapp_replica_memory_limit_bytes": "Memory above which the replica is ended.",
    "probe_success": "1 when the address of the service answered 2xx.",
    "probe_duration_seconds": "Time to the head of the answer, or until it was given up.",
    "probe_http_status_code": "Status of the answer; 0: there was none.",
    "probe_ssl_earliest_cert_expiry": "When the first certificate of the chain expires, in seconds since 1970.",
    "accelerapp_node_cpu_cores": "Cores of the machine.",
    "accelerapp_node_cpu_used_cores": "Cores of the machine that are in use.",
    "accelerapp_node_memory_bytes": "Memory of the machine.",
    "accelerapp_node_memory_used_bytes": "Memory of the machine that is in use.",
    "accelerapp_disk_size_bytes": "Size of the disk.",
    "accelerapp_disk_used_bytes": "Used part of the disk.",
    "accelerapp_disk_free_bytes": "Free part of the disk.",
}
"""All that is measured here, with what it is."""


@dataclass(frozen=True)
class Probed:
    """What the address of a service answered."""

    url: str
    status: int
    """0: nothing."""
    seconds: float
    certificate_expires: datetime | None = None


def of_workload(service: ServiceName, workload: Workload | None, usages: Sequence[ReplicaUsage]) -> Figures:
    """What the platform says of a service; None: it could not tell, so that all but that has ended."""
    values: Values = [_value("accelerapp_platform_up", workload is not None)]
    if workload is not None:
        values += [
            _value("accelerapp_workload_desired", workload.desired),
            _value("accelerapp_workload_ready", workload.ready),
        ]
        for replica in workload.replicas:
            values.append(_value("accelerapp_replica_ready", replica.ready, replica=replica.name))
            values.append(_value("accelerapp_replica_restarts_total", replica.restarts, replica=replica.name))
    for usage in usages:
        values.append(_value("accelerapp_replica_cpu_cores", usage.cpu_cores, replica=usage.replica))
        values.append(_value("accelerapp_replica_memory_bytes", usage.memory_bytes, replica=usage.replica))
        if usage.memory_limit_bytes:
            limit = usage.memory_limit_bytes
            values.append(_value("accelerapp_replica_memory_limit_bytes", limit, replica=usage.replica))
    return Figures(f"{service}/platform", {"service": service}, values)


def of_probe(service: ServiceName, probed: Probed) -> Figures:
    """What the address of a service answered."""
    values = [
        _value("probe_success", 200 <= probed.status < 300),
        _value("probe_duration_seconds", probed.seconds),
        _value("probe_http_status_code", probed.status),
    ]
    if probed.certificate_expires is not None:
        values.append(_value("probe_ssl_earliest_cert_expiry", probed.certificate_expires.timestamp()))
    return Figures(f"{service}/probe", {"service": service, "instance": probed.url}, values)


def of_nodes(nodes: Sequence[Node]) -> Figures:
    """What the machines have and use."""
    values: Values = []
    for node in nodes:
        for name, value in (
            ("cpu_cores", node.cpu_cores),
            ("cpu_used_cores", node.cpu_used_cores),
            ("memory_bytes", node.memory_bytes),
            ("memory_used_bytes", node.memory_used_bytes),
        ):
            if value is not None:
                values.append(_value(f"accelerapp_node_{name}", value, node=node.name))
        for disk in node.disks:
            free = disk.total_bytes - disk.used_bytes
            for name, value in (("size", disk.total_bytes), ("used", disk.used_bytes), ("free", free)):
                values.append(_value(f"accelerapp_disk_{name}_bytes", value, node=node.name, mount=disk.mount))
    return Figures("nodes", {}, values)


def _value(name: str, value: float, **labels: str) -> tuple[Labels, float]:
    return {NAME: name, **labels}, float(value)


def targets(service: ServiceName, workload: Workload, path: str, more: Sequence[str]) -> list[Target]:
    """The replicas that listen, and the other addresses of the settings."""
    replicas = [each for each in workload.replicas if path and each.address]
    found = [
        Target(
            f"{service}/{each.name}",
            {"service": service, "replica": each.name, "instance": each.address},
            f"http://{each.address}{path}",
        )
        for each in replicas
    ]
    return found + [Target(f"{service}/{url}"[:512], {"service": service, "instance": url}, url) for url in more]
