"""What the pages show of a service, loaded part by part: each part is an answer that may be unknown by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from accelerapp.app import App
from accelerapp.console.asking import Answer, Asker, Question
from accelerapp.health import model as health
from accelerapp.metrics import model as metrics
from accelerapp.platforms import interface as platforms
from accelerapp.services import model as services

HISTORY_KEEP = 10.0
"""Seconds that a usage history is shared: samples are no closer together."""


@dataclass(frozen=True)
class Glance:
    """A service as the overview shows it."""

    service: services.Service
    workload: Answer[platforms.Workload]
    usage: Answer[list[platforms.ReplicaUsage]]
    health: Answer[health.HealthState | None]
    history: Answer[list[metrics.Series]]
    events: Answer[list[platforms.Event]]


@dataclass(frozen=True)
class Detail:
    """A service as its own page shows it."""

    glance: Glance
    revisions: Answer[list[platforms.Revision]]
    minutes: int
    """The stretch of time that `glance.history` covers."""


def glances(app: App, asker: Asker, minutes: int = 60) -> list[Glance]:
    """Every service of the settings; they are asked side by side."""
    questions = {
        f"{each.name} {part}": question for each in app.services for part, question in _parts(app, each, minutes)
    }
    answers = asker.ask_all(questions)
    return [_glance(each, answers) for each in app.services]


def detail(app: App, asker: Asker, service: services.Service, minutes: int = 60) -> Detail:
    """One service with its revisions, and its usage over the last `minutes`."""
    questions = {f"{service.name} {part}": question for part, question in _parts(app, service, minutes)}
    revisions = Question(("service", service.name, "revisions"), lambda: app.platform(service).revisions(service.name))
    answers = asker.ask_all({**questions, "revisions": revisions})
    return Detail(_glance(service, answers), answers["revisions"], minutes)


def _parts(app: App, service: services.Service, minutes: int) -> Sequence[tuple[str, Question]]:
    name = service.name

    def question(part: str, find: Any, keep: float = 1.0) -> tuple[str, Question]:
        return part.split()[0], Question(("service", name, part), find, keep)

    # The platform is found inside the question: a platform that cannot be made is an unknown part, not a lost page.
    return (
        question("workload", lambda: app.platform(service).workload(name)),
        question("usage", lambda: app.platform(service).usage(name)),
        question("events", lambda: app.platform(service).events(name, 20)),
        question("health", partial(app.latest_health, name)),
        question(f"history {minutes}", partial(app.usage_history, name, minutes), HISTORY_KEEP),
    )


def _glance(service: services.Service, answers: dict[str, Answer[Any]]) -> Glance:
    def part(name: str) -> Answer[Any]:
        return answers[f"{service.name} {name}"]

    return Glance(service, part("workload"), part("usage"), part("health"), part("history"), part("events"))
