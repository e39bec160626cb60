"""One collection: ask the platform and the targets of a service side by side, keep what they say at one time.

What cannot be had is `up` 0, `accelerapp_platform_up` 0 or `probe_success` 0, and a sentence for the job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accelerapp.base import errors
from accelerapp.base.side_by_side import Answered, Failed, SideBySide
from accelerapp.metrics import collector, figures
from accelerapp.metrics.collector import Collector, Figures, Scraped, Target
from accelerapp.platforms.interface import Node, Platform, ReplicaUsage, Workload
from accelerapp.services.model import Service

_NO_METRICS = (404, 405, 501)


@dataclass(frozen=True)
class Doors:
    """What a collection needs from outside."""

    asker: SideBySide
    fetch: Callable[[str], tuple[int, bytes]]
    """Status and body of an address. Raises CannotTellError."""
    probe: Callable[[str], tuple[int, float]]
    """Status of an address and seconds until it was there. Raises CannotTellError."""
    expiry: Callable[[str], datetime | None]
    """When the first certificate of an address expires; None: it has none. Raises CannotTellError."""
    timeout: float


@dataclass
class Collection:
    """Collects; remembers which targets there were, to go on asking them when the platform cannot tell."""

    doors: Doors
    collector: Collector
    _targets: dict[str, list[Target]] = field(default_factory=dict)

    def collect(self, service: Service, platform: Platform, path: str, more: Sequence[str], now: datetime) -> list[str]:
        """Keep what there is of a service; a sentence for each thing that could not be had."""
        said: list[str] = []
        workload, usages = _asked(platform, service, said)
        if workload is not None:
            self._targets[service.name] = figures.targets(service.name, workload, path, more)
        found = self._targets.get(service.name, [])
        answers = self.doors.asker.ask(self._questions(service, found), self.doors.timeout * 1.2)
        known: list[Figures] = [figures.of_workload(service.name, workload, usages)]
        if service.url:
            known.append(figures.of_probe(service.name, _probed(service, answers)))
        scraped = [_scraped(target, answers) for target in found]
        return said + self.collector.take(service.name, scraped, known, _milliseconds(now))

    def collect_nodes(self, nodes: Callable[[], list[Node]], now: datetime) -> list[str]:
        """Keep what the machines have; a sentence when nobody can tell."""
        try:
            known = [figures.of_nodes(nodes())]
        except errors.AccelerappError as error:
            return [error.message, *self.collector.take("", [], [], _milliseconds(now))]
        return self.collector.take("", [], known, _milliseconds(now))

    def _questions(self, service: Service, targets: Sequence[Target]) -> Mapping[str, Callable[[], object]]:
        questions: dict[str, Callable[[], object]] = {
            f"scrape {each.name}": lambda url=each.url: self.doors.fetch(url)  # type: ignore[misc]
            for each in targets
        }
        if service.url:
            questions[f"probe {service.name}"] = lambda: self.doors.probe(service.url)
        if service.url.startswith("https://"):
            questions[f"certificate {service.name}"] = lambda: self.doors.expiry(service.url)
        return questions


def _asked(platform: Platform, service: Service, said: list[str]) -> tuple[Workload | None, Sequence[ReplicaUsage]]:
    """What the platform says; what it cannot tell is added to `said`."""
    try:
        workload = platform.workload(service.name)
    except errors.AccelerappError as error:
        said.append(f"{service.name}: {error.message}")
        return None, ()
    try:
        return workload, platform.usage(service.name)
    except errors.AccelerappError as error:
        said.append(f"{service.name}: {error.message}")
        return workload, ()


def _probed(service: Service, answers: Mapping[str, object]) -> figures.Probed:
    """No answer is status 0 and the time until that was clear."""
    expires = answers.get(f"certificate {service.name}")
    until = expires.value if isinstance(expires, Answered) and isinstance(expires.value, datetime) else None
    match answers.get(f"probe {service.name}"):
        case Answered(value=(int() as status, float() as seconds)):
            return figures.Probed(service.url, status, seconds, until)
        case silent:
            return figures.Probed(service.url, 0, getattr(silent, "seconds", 0.0), until)


def _scraped(target: Target, answers: Mapping[str, object]) -> Scraped:
    match answers.get(f"scrape {target.name}"):
        case Answered(value=(200, bytes() as body), seconds=seconds):
            return Scraped(target, seconds, body)
        case Answered(value=(int() as status, _), seconds=seconds):
            return Scraped(target, seconds, None, f"{target.url} answers {status}.", status in _NO_METRICS)
        case Failed(error=errors.AccelerappError() as error, seconds=seconds):
            return Scraped(target, seconds, None, collector.trouble_of(error))
        case Failed(error=error, seconds=seconds):
            return Scraped(target, seconds, None, f"{type(error).__name__}: {error}"[:300])
        case silent:
            return Scraped(target, getattr(silent, "seconds", 0.0), None, f"{target.url} did not answer in time.")


def _milliseconds(now: datetime) -> int:
    return round(now.timestamp() * 1000)
