"""Figures of incidents, of those that the viewer may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from accelerapp.base import errors
from accelerapp.base.clock import Clock
from accelerapp.flows.postmortems import Stores, Work
from accelerapp.incidents.model import Incident, Viewer
from accelerapp.incidents.service import may_see
from accelerapp.postmortems import statistics
from accelerapp.postmortems.model import Part, PostMortem
from accelerapp.postmortems.statistics import Case, Statistics

_MOST = 10_000
_ALERTS = 50
_LONGEST_DAYS = 3660


@dataclass(frozen=True)
class IncidentStatistics:
    """Wired to stores. Weeks are those of the calendar of `where`."""

    reading: Work
    clock: Clock
    where: tzinfo

    def of_days(self, days: int, viewer: Viewer) -> Statistics:
        """Of incidents that were opened in the last days. Raises WrongUseError."""
        if not 1 <= days <= _LONGEST_DAYS:
            raise errors.WrongUseError(f"{days} is no number of days from 1 to {_LONGEST_DAYS}.")
        now = self.clock.now()
        since = now - timedelta(days=days)
        with self.reading() as stores:
            found = stores.others.incidents.find(since=since, limit=_MOST + 1)
            seen = [each for each in found[:_MOST] if each.merged_into is None and may_see(each, viewer)]
            written = stores.postmortems.many([each.id for each in seen])
            cases = [_case(stores, each, written.get(each.id)) for each in seen]
        return statistics.make(cases, since, now, self.where, is_whole=len(found) <= _MOST)


def _case(stores: Stores, incident: Incident, written: PostMortem | None) -> Case:
    section = written.sections.get(Part.ROOT_CAUSE) if written else None
    return Case(
        incident=incident.id,
        title=incident.title,
        severity=incident.severity,
        services=incident.services,
        opened_at=incident.opened_at,
        began_at=incident.started_at or incident.opened_at,
        acknowledged_at=incident.acknowledged_at,
        resolved_at=incident.resolved_at,
        tags=incident.tags,
        rules=_rules(stores, incident),
        root_cause=section.text if section and section.text else incident.root_cause,
    )


def _rules(stores: Stores, incident: Incident) -> tuple[str, ...]:
    """Of the alerts of its pages that are still kept."""
    alerts = [each for page in incident.pages for each in stores.others.alerts.of_page(page, _ALERTS)]
    return tuple(dict.fromkeys(each.rule for each in alerts if each.rule))
