"""Ask every platform what the replicas use, for the plots. A platform that cannot tell gives a gap, never a zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from accelerapp.base import errors
from accelerapp.metrics import model as metrics
from accelerapp.metrics import service as metrics_service
from accelerapp.platforms.interface import Platform
from accelerapp.services import model as services


def sample(
    described: Sequence[services.Service], platform_of: Callable[[services.Service], Platform]
) -> tuple[list[metrics.Sample], tuple[str, ...]]:
    """What could be measured of all services, and a sentence for each service whose platform cannot tell."""
    samples: list[metrics.Sample] = []
    silent: list[str] = []
    for service in described:
        try:
            samples += metrics_service.samples_of(service.name, platform_of(service).usage(service.name))
        except errors.AccelerappError as error:
            silent.append(f"{service.name}: {error.message}")
    return samples, tuple(silent)
