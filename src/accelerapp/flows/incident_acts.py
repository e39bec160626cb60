"""What was done to services comes to the time line of their open incidents, once.

Acts through the product are told at once; what was not told then, as the database was away or somebody acted past the
product, is found in the platform's history a little later.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accelerapp.alerts import matching
from accelerapp.alerts.model import SERVICE, Matcher, Operator, Silence
from accelerapp.base import side_by_side, text
from accelerapp.base.clock import Clock
from accelerapp.base.ids import EntryId
from accelerapp.flows.alert_intake import Stores
from accelerapp.flows.paging import Work
from accelerapp.incidents import acts
from accelerapp.incidents.acts import Act
from accelerapp.incidents.model import Entry, EntryKind, Evidence, Incident
from accelerapp.platforms.interface import Revision

_LOG = logging.getLogger("accelerapp.incidents")
_ACT_WAITS = 10.0
_TIMEOUT = 10.0
_KEPT = 1000
_LINE = 1000
_OPEN = 1000


def tell(stores: Stores, some: Iterable[Act], now: datetime) -> int:
    """Write what is not on a time line yet; how many entries that were. The lock of alerts is held."""
    told, known = 0, list(some)
    open_ones = stores.incidents.find(is_open=True, limit=_OPEN) if known else []
    concerned = sorted(each.id for each in open_ones if any(acts.concerns(each, act) for act in known))
    for id in concerned:
        incident = stores.incidents.get(id, lock=True)
        if incident is None:
            continue
        entries = [acts.entry(id, each, now) for each in known if acts.concerns(incident, each)]
        told += add_missing(stores, entries)
    return told


def add_missing(stores: Stores, entries: Iterable[Entry]) -> int:
    """Write those that do not stand on the time line yet; how many. Whoever asks has locked the incident."""
    fresh = [each for each in entries if not stores.incidents.versions(each.id)]
    stores.incidents.add_entries(fresh)
    return len(fresh)


def of_silence(silence: Silence) -> list[Act]:
    """A silence or a maintenance of one service, as its incidents tell it."""
    over = silence.service or next((each.value for each in silence.matchers if _is_service(each)), "")
    if not over:
        return []
    told = f"{over}: a {silence.kind} over {matching.written(silence.matchers) or 'all of it'}"
    until = f"from {silence.starts_at:%m-%d %H:%M} until {silence.ends_at:%m-%d %H:%M} UTC"
    shown = (Evidence(f"{silence.kind} {silence.id}", silence.id),)
    return [
        Act(
            service=over,
            kind=EntryKind.COMMAND,
            text=text.printable(f"{told}, {until}: {silence.reason}", _LINE),
            by=silence.author,
            at=silence.created_at,
            key=silence.id,
            evidence=shown,
        )
    ]


def _is_service(matcher: Matcher) -> bool:
    return matcher.name == SERVICE and matcher.operator is Operator.EQUAL


def missing(incident: Incident, service: str, revisions: Sequence[Revision], known: Container[EntryId]) -> list[Act]:
    """What was wanted of a service and is not on the time line, though it belongs there."""
    found = [
        acts.revision(service, each.number, each.version, each.by, each.at, acts.named(each.changes))
        for each in revisions
    ]
    return [each for each in found if acts.concerns(incident, each) and acts.id_of_act(incident.id, each) not in known]


@dataclass(frozen=True)
class Acts:
    """Wired to stores and platforms; one per process."""

    reading: Work
    writing: Work
    clock: Clock
    asker: side_by_side.SideBySide
    revisions: Mapping[str, Callable[[], Sequence[Revision]]]
    """Of each service. Raises CannotTellError."""
    _untold: deque[Act] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def tell(self, act: Act) -> None:
        """Tell of an act that was done. Raises nothing: what cannot be written now is written by `follow`."""
        outcome = self.asker.ask({"incidents: acts": lambda: self._write([act])}, _ACT_WAITS)["incidents: acts"]
        if not isinstance(outcome, side_by_side.Answered):
            why = outcome.error if isinstance(outcome, side_by_side.Failed) else "no answer in time"
            _LOG.warning("Not yet on the time line of its incidents: %s (%s)", act.text, why)
            self._untold.append(act)

    def follow(self) -> int:
        """What was not told, and what the platforms' histories have; how many entries that were. Raises what the
        database raises; a platform that cannot tell is asked again the next time."""
        waiting = list(self._untold)
        with self.reading() as stores:
            open_ones = [each for each in stores.incidents.find(is_open=True, limit=_OPEN) if each.services]
            known = {each.id: {one.id for one in stores.incidents.entries(each.id)} for each in open_ones}
        found = self._histories({name for each in open_ones for name in each.services})
        fresh = [
            act
            for each in open_ones
            for name in each.services
            for act in missing(each, name, found.get(name, ()), known[each.id])
        ]
        told = self._write([*waiting, *fresh]) if waiting or fresh else 0
        for each in waiting:
            self._untold.remove(each)
        return told

    def _histories(self, services: Iterable[str]) -> dict[str, Sequence[Revision]]:
        asked = {f"revisions of {name}": self.revisions[name] for name in services if name in self.revisions}
        outcomes = self.asker.ask(asked, _TIMEOUT) if asked else {}
        return {
            key.removeprefix("revisions of "): each.value
            for key, each in outcomes.items()
            if isinstance(each, side_by_side.Answered)
        }

    def _write(self, some: Sequence[Act]) -> int:
        with self.writing() as stores:
            stores.alerts.lock()  # whoever locks several incidents holds it
            return tell(stores, some, self.clock.now())
