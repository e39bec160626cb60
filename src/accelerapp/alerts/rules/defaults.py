"""The rules that every service has without any settings: the three alerts of the manual, down, and restarts. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from accelerapp.alerts.rules import building
from accelerapp.alerts.rules import model as rules
from accelerapp.alerts.rules.kinds import certificate_expiry, error_rate, latency, memory, restart_loop, service_down
from accelerapp.base.settings import model as settings


def of_service(name: str, service: settings.Service) -> Iterator[rules.Rule]:
    """Those that can have data: no error rate for what serves nothing, no memory against a limit that is not set."""
    tables = [service_down.ServiceDown(), restart_loop.RestartLoop()]
    if service.kubernetes or service.url or (service.local and service.local.port):
        tables = [error_rate.ErrorRate(), latency.Latency(), *tables]
    if service.kubernetes or (service.local and service.local.memory_limit):
        tables.append(memory.Memory())
    if service.url:
        tables.append(service_down.ServiceDown(name="AddressDown", seen_by="probe"))
    if service.url.startswith("https://"):
        tables.append(certificate_expiry.CertificateExpiry())
    return (building.rule(table, name, is_built_in=True) for table in tables)
