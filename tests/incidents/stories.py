"""A story of incidents with a moving clock: alerts, people who are called, people who work, on a real database."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.fakes import NOON
from tests.paging import stories as paging_stories

from accelerapp.alerts.model import Signal, SignalState
from accelerapp.base.clock import MovingClock
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.base.severity import Severity
from accelerapp.flows import paging as paging_flow
from accelerapp.flows.alerting import Alerting, Paging
from accelerapp.flows.incidents import Incidents
from accelerapp.incidents.model import Incident, IncidentDetail, Viewer, Wanted

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
ANN, BEN, ZOE, ROOT = Viewer("ann"), Viewer("ben"), Viewer("zoe"), Viewer("root", is_administrator=True)


class Story(paging_stories.Story):
    """Begins at noon. ann is called first, then ben, then cat; see `paging.stories.book`."""

    def __init__(self, work: paging_stories.Work, clock: MovingClock) -> None:
        super().__init__(work, clock)
        hooks = Paging(paging_flow.page, paging_flow.alert_acknowledged)
        self.alerting = Alerting(work, work, Policy(), str, clock, NOON - timedelta(hours=1), hooks)  # type: ignore[arg-type]
        self.incidents = Incidents(work, work, clock, lambda: None)

    def fire(self, rule: str = "ServiceDown", state: SignalState = SignalState.FIRING, **labels: str) -> None:
        named = {"alertname": rule, "service": "shop", "severity": "critical", **labels}
        self.alerting.take([Signal(named, state=state, source="prometheus")])
        self.alerting.turn()
        self.send()

    def end(self, rule: str = "ServiceDown", **labels: str) -> None:
        self.fire(rule, SignalState.RESOLVED, **labels)

    def wait(self, length: timedelta, step: timedelta = 30 * SECOND) -> None:
        until = self.now + length
        while self.now < until:
            self.clock.move(min(step, until - self.now))
            self.alerting.turn()
            self.pager.turn()
            self.send()

    def open(self, title: str = "Nobody can pay", severity: Severity = Severity.P2, **changes: object) -> Incident:
        made = self.incidents.open(Wanted(title, severity, ("shop",), **changes), ANN)  # type: ignore[arg-type]
        self.send()
        return made

    def only(self) -> Incident:
        """The one that there is."""
        (found,) = self.incidents.find(ROOT)
        return found

    def detail_of(self, incident: Incident) -> IncidentDetail:
        return self.incidents.detail(incident.id, ROOT)

    def line(self, incident: Incident) -> list[str]:
        """The time line: `12:00 opened ann: …`."""
        return [f"{each.at:%H:%M} {each.kind} {each.by}: {each.text}" for each in self.detail_of(incident).entries]

    def at(self, minutes: float) -> datetime:
        return NOON + minutes * MINUTE
