"""What is done to services and told on the time lines of incidents, and what changed before one, wired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from accelerapp.app.incidents import Incidents
from accelerapp.app.watching import Watching
from accelerapp.base import errors
from accelerapp.flows.acting import ToldPlatform
from accelerapp.incidents.acts import Act
from accelerapp.services import model as services_model

if TYPE_CHECKING:
    from accelerapp.flows.change_telling import Told
    from accelerapp.flows.incident_acts import Acts
    from accelerapp.flows.incident_changes import Ask, WhatChanged
    from accelerapp.flows.incident_story import Story
    from accelerapp.incidents.changes import Question

_ALERTS = 5000
_SILENCES = 1000
_COMMITS = 100
_CHANGES = 200
_FIGURES = timedelta(hours=1)
"""So long before the beginning figures are looked at."""
_POINTS = 240
_AHEAD = timedelta(days=90)
"""An override that was made for later is a change as well."""
_LOG_BEFORE = timedelta(hours=1)
_LOG_AFTER = timedelta(minutes=15)
"""Without a deployment in the hour before: the last minutes of the log are compared with those before them."""


class Changing(Incidents, Watching):
    """What changed, and who did it."""

    # -- acts ------------------------------------------------------------------------------------------------------

    def platform(self, service: services_model.Service) -> ToldPlatform:
        """Where this service runs; what is done there is told to the service's open incidents."""
        return ToldPlatform(super().platform(service), self._tell, self.clock)

    def _tell(self, act: Act) -> None:
        if self.settings.data.has_database:  # without one there is no incident either
            self.acts.tell(act)

    @cached_property
    def acts(self) -> Acts:
        """Tells open incidents of what was done to their services."""
        from accelerapp.flows.incident_acts import Acts

        revisions = {str(each.name): partial(self.platform(each).revisions, each.name) for each in self.services}
        return Acts(self.pager.reading, self.pager.writing, self.clock, self._asker, revisions)

    @cached_property
    def story(self) -> Story:
        """Tells on the time lines what became of calls and alerts."""
        from accelerapp.flows.incident_story import Story

        return Story(self.pager.reading, self.pager.writing, self.clock)

    # -- what changed ----------------------------------------------------------------------------------------------

    @cached_property
    def what_changed(self) -> WhatChanged:
        """Asks everything that may know what changed before an incident."""
        from accelerapp.flows.incident_changes import WhatChanged

        return WhatChanged(self.pager.reading, self.clock, self._asker, self._sources)

    def _sources(self, question: Question) -> Mapping[str, Ask]:
        """By their names, those that are nearest first. Without a service all of them are meant."""
        known = {str(each.name): each for each in self.services}
        mine = question.services or tuple(known)
        found: dict[str, Ask] = {}
        for name in mine:
            found |= self._of_service(known[name], question) if name in known else {name: partial(_unknown, name)}
        for name, service in known.items():
            if name not in mine:
                found[f"deployments of {name}"] = self._deployments(service, question, is_mine=False)
        if self.settings.data.has_database:
            found |= self._kept(mine, question)
        return found

    def _of_service(self, service: services_model.Service, question: Question) -> dict[str, Ask]:
        from accelerapp.flows import change_sources as told

        name, used = service.name, self.platform(service)
        asked: dict[str, Ask] = {
            "deployments": self._deployments(service, question, is_mine=True),
            "events": lambda: told.events(name, used.events(name, told.EVENTS), question),
            "commits": lambda: self._commits(service, question),
            "log": lambda: self._log(service, question),
            "figures": lambda: self._figures(service, question),
        }
        if service.platform == "kubernetes":  # elsewhere the configuration is part of the revisions
            cluster = self.kubernetes_platform
            asked["ConfigMaps"] = lambda: told.configs(name, used.configs(name), question)
            asked["nodes"] = lambda: told.nodes(name, cluster.node_events(name, told.EVENTS), question)
        return {f"{what} of {name}": ask for what, ask in asked.items()}

    def _deployments(self, service: services_model.Service, question: Question, *, is_mine: bool) -> Ask:
        from accelerapp.flows import change_sources as told
        from accelerapp.incidents.changes import Place

        place = Place.SERVICE if is_mine else Place.OTHER
        used = self.platform(service)
        return lambda: told.deployments(service.name, place, used.revisions(service.name), question)

    def _commits(self, service: services_model.Service, question: Question) -> Told:
        from accelerapp.clients import git
        from accelerapp.flows import change_sources as told

        if not service.repository:
            raise errors.CannotTellError(
                f"The settings name no repository of {service.name}.",
                mend=f'Set `repository = "FOLDER"` in [services.{service.name}].',
            )
        since, until = told.of_release(self.platform(service).revisions(service.name), question)
        return told.commits(service.name, git.log(service.repository, since, until, _COMMITS), question)

    def _log(self, service: services_model.Service, question: Question) -> Told:
        """Since the last deployment within the hour before, compared with the hour before that."""
        from accelerapp.flows import change_sources as told
        from accelerapp.logs.stretches import Wanted

        split = told.last_deployment(self._revisions_of(service), question) or question.began_at - _LOG_AFTER
        since = max(min(question.since, split - _LOG_AFTER), split - _LOG_BEFORE)
        before, after = (
            Wanted(window=f"{one.isoformat()}/{two.isoformat()}")
            for one, two in ((since, split), (split, question.until))
        )
        return told.log(service.name, self.compare_logs(service.name, before, after), question)

    def _revisions_of(self, service: services_model.Service) -> list[datetime]:
        try:
            return [each.at for each in self.platform(service).revisions(service.name)]
        except errors.AccelerappError:  # then the log is divided by time alone
            return []

    def _figures(self, service: services_model.Service, question: Question) -> Told:
        from accelerapp.alerts.rules.kinds import interface as kinds
        from accelerapp.flows import change_sources as told
        from accelerapp.flows import request_figures

        start, end = max(question.since, question.began_at - _FIGURES), question.until
        step = max(self.settings.metrics.period, (end - start) / _POINTS)
        window = kinds.length(max(timedelta(minutes=1), 4 * self.settings.metrics.period))
        asked = request_figures.expressions(service.name, self.settings.services[service.name].slo, window)
        found = {figure: self.metric_source.range(expr, start, end, step) for figure, expr in asked.items()}
        return told.metrics(service.name, found, asked, end)

    def _kept(self, mine: tuple[str, ...], question: Question) -> dict[str, Ask]:
        """What the product's own database knows."""
        from accelerapp.alerts.store import Filter
        from accelerapp.flows import change_sources as told
        from accelerapp.flows import change_telling
        from accelerapp.flows.paging import Stores

        def read(look: Callable[[Stores], Told]) -> Ask:
            def ask() -> Told:
                with self.pager.reading() as stores:
                    return look(stores)

            return ask

        return {
            "alerts": read(lambda stores: told.alerts(stores.alerts.find(Filter(limit=_ALERTS)), mine, question)),
            "changes that senders told of": read(
                lambda stores: change_telling.together(
                    told.reported(each, stores.alerts.decisions(each.id, _CHANGES), mine, question)
                    for each in stores.integrations.all()
                )
            ),
            "silences": read(lambda stores: told.silences(stores.silences.all(_SILENCES), question)),
            "on-call overrides": read(
                lambda stores: told.overrides(
                    stores.oncall.overrides(question.since, question.until + _AHEAD), question
                )
            ),
        }


def _unknown(name: str) -> Told:
    raise errors.CannotTellError(f"The settings name no service {name}.")
