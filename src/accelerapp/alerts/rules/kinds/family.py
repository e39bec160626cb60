"""All kinds of rules, by the word that the settings use."""

from __future__ import annotations

from accelerapp.alerts.rules.kinds import (
    certificate_expiry,
    disk_filling,
    error_rate,
    heartbeat_missed,
    latency,
    log_anomaly,
    memory,
    promql,
    restart_loop,
    service_down,
)
from accelerapp.alerts.rules.kinds.interface import RuleTable

KINDS: dict[str, type[RuleTable]] = {
    "error_rate": error_rate.ErrorRate,
    "latency": latency.Latency,
    "memory": memory.Memory,
    "service_down": service_down.ServiceDown,
    "restart_loop": restart_loop.RestartLoop,
    "disk_filling": disk_filling.DiskFilling,
    "certificate_expiry": certificate_expiry.CertificateExpiry,
    "log_anomaly": log_anomaly.LogAnomaly,
    "heartbeat_missed": heartbeat_missed.HeartbeatMissed,
    "promql": promql.PromQl,
}
