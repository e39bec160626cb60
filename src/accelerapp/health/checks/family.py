"""All checks of one service, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from accelerapp.base import clock as clocks
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings import model as settings
from accelerapp.health.checks.certificate import CertificateCheck
from accelerapp.health.checks.database import DatabaseCheck
from accelerapp.health.checks.database_inside import DatabaseInsideCheck
from accelerapp.health.checks.disk import DiskCheck
from accelerapp.health.checks.errors import ErrorsCheck, LogWindow
from accelerapp.health.checks.host import HostCheck
from accelerapp.health.checks.interface import Check
from accelerapp.health.checks.replicas import ReplicasCheck
from accelerapp.health.checks.url import UrlCheck
from accelerapp.health.checks.usage import UsageCheck
from accelerapp.platforms.interface import Platform

# What a client waits for is shorter than what a check may take, so that silence reads as "did not answer: down".
_CLIENT_SHARE = 0.8


def of_service(
    name: ServiceName,
    service: settings.Service,
    limits: settings.Health,
    platform: Platform,
    read_log: Callable[[timedelta], LogWindow],
    clock: clocks.Clock,
) -> tuple[Check, ...]:
    """The checks of the service `name`; nothing is asked yet."""
    wait = limits.timeout.total_seconds() * _CLIENT_SHARE
    return (
        ReplicasCheck(platform, name),
        UsageCheck(platform, name, limits),
        ErrorsCheck(read_log, limits),
        _database(name, service, limits, platform, wait),
        UrlCheck(service.url, wait, limits),
        CertificateCheck(service.url, wait, limits, clock),
        HostCheck(platform, limits, clock),
        DiskCheck(platform, limits),
    )


def _database(
    name: ServiceName, service: settings.Service, limits: settings.Health, platform: Platform, wait: float
) -> Check:
    """Its own address says more than a command does."""
    url = service.database.get_secret_value()
    if service.database_command and not url:
        return DatabaseInsideCheck(platform, name, service.database_command, wait)
    return DatabaseCheck(url, wait, limits)
