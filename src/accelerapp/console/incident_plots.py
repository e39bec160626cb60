"""Errors, latency and traffic of an incident's services over the time around it, with marks for what happened.

Enters: an incident, and what the metrics of its services say. Leaves: what the browser draws, and the same in figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from accelerapp.alerts.rules.kinds import interface as kinds
from accelerapp.console import incident_looks, plots, rule_plots
from accelerapp.console.asking import Answer, Question
from accelerapp.console.desk import Desk
from accelerapp.flows import request_figures
from accelerapp.incidents.model import Incident
from accelerapp.metrics.model import Line, Matrix
from accelerapp.platforms import interface as platforms

_BEFORE, _AFTER = timedelta(minutes=30), timedelta(minutes=15)
_LONGEST = timedelta(days=7)
_POINTS = 240
_KEEP = 10.0
_WAIT = 2.0
MOST_SERVICES = 6
"""Lines of one plot; more would make a tangle."""
_SHOWN = (
    ("errors", "Failed requests", "%", 0.01),
    ("latency", "Latency, 95th percentile", "ms", 0.001),
    ("traffic", "Traffic", "requests/s", 1.0),
)
Figures = Sequence[Matrix]
"""Of one service, in the order of `_SHOWN`."""


@dataclass(frozen=True)
class Stretch:
    """From when until when is shown."""

    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True)
class Plot:
    """One figure of all services."""

    id: str
    title: str
    unit: str
    lines: tuple[tuple[str, Line], ...]
    """By service, in the figure's own unit."""
    scale: float

    @property
    def rows(self) -> list[plots.Row]:
        """Each line in figures, in the plot's unit."""
        return [plots.row(name, [point.value / self.scale for point in line.points]) for name, line in self.lines]


@dataclass(frozen=True)
class Shown:
    """What the page shows of figures."""

    plots: tuple[Plot, ...]
    document: Mapping[str, Any]
    answers: Mapping[str, Answer[Figures]]
    """By service: some may not be known."""


def stretch(incident: Incident, now: datetime) -> Stretch:
    """Half an hour before it began until now, or until it was over for a while; on whole ten seconds."""
    until = min(now, incident.resolved_at + _AFTER) if incident.resolved_at else now
    whole = datetime.fromtimestamp(-(-until.timestamp() // 10) * 10, until.tzinfo)
    return Stretch(max(incident_looks.began(incident) - _BEFORE, whole - _LONGEST), whole)


def load(desk: Desk, incident: Incident) -> Shown:
    """The figures of its services; each is asked by itself, and for no longer than two seconds."""
    shown = stretch(incident, desk.app.clock.now())
    mine = [each for each in desk.app.services if each.name in incident.services][:MOST_SERVICES]
    questions: dict[str, Question] = {}
    for each in mine:
        key = ("incident figures", each.name, incident.id)
        questions[each.name] = Question(key, partial(_figures, desk, each.name, shown), _KEEP)
        find = partial(lambda one: desk.app.platform(one).revisions(one.name), each)
        questions[f"{each.name} revisions"] = Question(("service", each.name, "revisions"), find)
    answers = desk.asker.ask_all(questions, _WAIT)
    found = {str(each.name): answers[each.name] for each in mine}
    revisions = {str(each.name): answers[f"{each.name} revisions"].value or () for each in mine}
    drawn = _plots(found)
    return Shown(drawn, document(drawn, shown, marks(incident, revisions, shown)), found)


def _figures(desk: Desk, service: str, shown: Stretch) -> Figures:
    app = desk.app
    period = app.settings.metrics.period
    asked = request_figures.expressions(
        service, app.settings.services[service].slo, kinds.length(max(timedelta(minutes=1), 4 * period))
    )
    step = max(period, timedelta(seconds=round(shown.seconds / _POINTS)))
    return [app.metric_source.range(expr, shown.since, shown.until, step) for expr in asked.values()]


def _plots(found: Mapping[str, Answer[Figures]]) -> tuple[Plot, ...]:
    made = []
    for index, (id, title, unit, scale) in enumerate(_SHOWN):
        lines = [
            (service, line) for service, answer in found.items() if answer.value for line in answer.value[index].lines
        ]
        made.append(Plot(id, title, unit, tuple(lines), scale))
    return tuple(made)


def marks(
    incident: Incident, revisions: Mapping[str, Iterable[platforms.Revision]], shown: Stretch
) -> list[dict[str, Any]]:
    """When it began and ended, and each deployment meanwhile: the newest first."""
    is_one = len(revisions) == 1
    found = [(incident_looks.began(incident), "incident")]
    if incident.resolved_at:
        found.append((incident.resolved_at, "resolved"))
    for service, all_of_it in revisions.items():
        found += [(each.at, each.version if is_one else f"{service} {each.version}") for each in all_of_it]
    inside = sorted((each for each in found if shown.since <= each[0] <= shown.until), reverse=True)
    return [{"t": round((at - shown.since).total_seconds()), "label": label} for at, label in inside]


def document(drawn: Sequence[Plot], shown: Stretch, marked: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the browser draws: times as whole seconds from `since`, values in the plot's unit."""
    line: Callable[..., dict[str, Any]] = rule_plots.line
    return {
        "since": round(shown.since.timestamp()),
        "span": round(shown.seconds),
        "marks": list(marked),
        "plots": [
            {
                "id": each.id,
                "unit": each.unit,
                "limit": None,
                "lines": [{**line(one, shown.since.timestamp(), each.scale), "name": name} for name, one in each.lines],
            }
            for each in drawn
        ],
    }
