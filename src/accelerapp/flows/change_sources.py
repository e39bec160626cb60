"""From what each source knows to changes: platforms, repositories, stores, logs, figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from accelerapp.alerts import matching
from accelerapp.alerts.model import Alert, Decision, DecisionKind, Integration, Silence
from accelerapp.alerts.rules.kinds import interface as kinds
from accelerapp.base import errors, text
from accelerapp.base.settings.model import Slo
from accelerapp.incidents import moves
from accelerapp.incidents.changes import Change, ChangeKind, Place, Question
from accelerapp.incidents.model import Evidence
from accelerapp.logs.comparison import Change as LogChange
from accelerapp.logs.comparison import ChangeKind as LogKind
from accelerapp.logs.comparison import LogComparison
from accelerapp.logs.model import Level
from accelerapp.metrics.model import Matrix
from accelerapp.oncall.model import Override
from accelerapp.platforms.interface import Config, Event, Revision

_LINE = 300
_NEAR = timedelta(hours=1)
_MOST = 30
"""Changes of one source: more of them would hide the others."""
_ACTS = frozenset({"Scaled", "Restarted", "Retired"})
"""Events of the local platform that somebody caused."""
_PLACES = ("node", "evict", "preempt", "taint")
_LOUD = (Level.CRITICAL, Level.ERROR, Level.WARNING)


@dataclass(frozen=True)
class Told:
    """What a source found; `note`: what it could not look at, as a sentence."""

    changes: tuple[Change, ...]
    note: str = ""


class Commit(Protocol):
    """A commit of a repository."""

    @property
    def hash(self) -> str:
        """Its name."""
        ...

    @property
    def at(self) -> datetime:
        """When it was committed."""
        ...

    @property
    def author(self) -> str:
        """Who wrote it."""
        ...

    @property
    def subject(self) -> str:
        """The first line of its message."""
        ...


# -- platforms ---------------------------------------------------------------------------------------------------------


def deployments(service: str, place: Place, revisions: Sequence[Revision], question: Question) -> Told:
    """Revisions within the time, each with the version before and what changed."""
    pairs = zip(revisions, [*revisions[1:], None], strict=True)
    found = [_deployment(service, place, one, before) for one, before in pairs if _is_within(one.at, question)]
    return _told(found)


def _deployment(service: str, place: Place, one: Revision, before: Revision | None) -> Change:
    came = f", instead of {before.version}" if before and before.version != one.version else ""
    config = "" if before is None or came else ", the same version with another configuration"
    told = f"{service}: version {one.version}{came}{config} (revision {one.number})."
    shown = (Evidence(f"revision {one.number} of {service}", f"/services/{service}"),)
    return _change(one.at, ChangeKind.DEPLOYMENT, service, told, one.by, place, one.changes, shown)


def of_release(revisions: Sequence[Revision], question: Question) -> tuple[datetime, datetime]:
    """From when to when the commits were made that can be in what runs: after the release before, until the newest.

    Without a release within the time it is the time itself.
    """
    within = sorted(each.at for each in revisions if _is_within(each.at, question))
    earlier = [each.at for each in revisions if each.at < question.since]
    until = within[-1] if within else question.until
    return (within[-2] if len(within) > 1 else max(earlier, default=question.since)), until


def last_deployment(moments: Iterable[datetime], question: Question) -> datetime | None:
    """The last of these in the hour before it began."""
    near = [each for each in moments if question.began_at - _NEAR <= each <= question.began_at]
    return max(near, default=None)


def configs(service: str, found: Sequence[Config], question: Question) -> Told:
    """ConfigMaps that were changed within the time; their values are not told, but a hash of them."""
    known = [
        _change(
            each.changed_at,
            ChangeKind.CONFIG,
            service,
            f"{service}: the ConfigMap {each.name} was changed (now {each.hash}, version {each.version}).",
            each.changed_by,
            evidence=(Evidence(f"ConfigMap {each.name}", f"/services/{service}"),),
        )
        for each in found
        if each.changed_at is not None and _is_within(each.changed_at, question)
    ]
    undated = [each.name for each in found if each.changed_at is None and each.version]
    return _told(known, f"When {', '.join(undated)} changed is not known." if undated else "")


def events(service: str, found: Sequence[Event], question: Question) -> Told:
    """Warnings of the platform, what became of its nodes, and what somebody did; the same ones together."""
    of_kind: dict[tuple[str, str], list[Event]] = {}
    for each in sorted(found, key=lambda each: each.at):
        if _is_within(each.at, question) and (kind := _kind_of(each)):
            of_kind.setdefault((kind, each.reason), []).append(each)
    oldest = min((each.at for each in found), default=question.since)
    note = f"Events are kept since {oldest:%H:%M} UTC only." if len(found) >= EVENTS and oldest > question.since else ""
    return _told([_event(service, ChangeKind(kind), some) for (kind, _), some in of_kind.items()], note)


EVENTS = 500
"""So many are asked for."""


def nodes(service: str, found: Sequence[Event], question: Question) -> Told:
    """What happened to the nodes that it runs on; starts and the like count too, as a node that is well is silent."""
    return events(service, [replace(each, kind="Warning") for each in found], question)


def _kind_of(event: Event) -> str:
    if event.reason in _ACTS:
        return ChangeKind.COMMAND
    is_of_node = any(word in event.reason.lower() for word in _PLACES)
    return ChangeKind.EVENT if event.kind == "Warning" or is_of_node else ""


def _event(service: str, kind: ChangeKind, some: Sequence[Event]) -> Change:
    first, times = some[0], sum(each.count for each in some)
    again = f" ({times} times until {some[-1].at:%H:%M:%S})" if times > 1 else ""
    told = f"{service}: {first.reason}: {first.message}{again}"
    shown = (Evidence(f"events of {service}", f"/services/{service}"),)
    return _change(first.at, kind, service, told, str(first.replica or ""), evidence=shown)


# -- repositories ------------------------------------------------------------------------------------------------------


def commits(service: str, found: Sequence[Commit], question: Question) -> Told:
    """Commits since the last release, together: which of them did it, only their text can tell."""
    if not found:
        return Told(())
    lines = [f"{each.hash[:10]} {each.at:%m-%d %H:%M} {each.author}: {each.subject}" for each in found[:_MOST]]
    newest, span = found[0], f"{found[-1].hash[:10]}..{found[0].hash[:10]}"
    at = min(max(newest.at, question.since), question.until)
    told = f"{service}: {text.count(len(found), 'commit')} since the last release; the newest: {newest.subject}"
    shown = (Evidence("commits", span if len(found) > 1 else newest.hash),)
    return _told([_change(at, ChangeKind.COMMIT, service, told, newest.author, details=lines, evidence=shown)])


# -- what the product keeps --------------------------------------------------------------------------------------------


def alerts(found: Sequence[Alert], services: Sequence[str], question: Question) -> Told:
    """Alerts that began within the time; those of one rule and service together."""
    of_rule: dict[tuple[str, str], list[Alert]] = {}
    for each in sorted(found, key=lambda each: each.starts_at):
        if _is_within(each.starts_at, question):
            of_rule.setdefault((each.service, each.rule or each.title), []).append(each)
    return _told(_alert(some, services) for some in of_rule.values())


def _alert(some: Sequence[Alert], services: Sequence[str]) -> Change:
    first = some[0]
    more = f" and {len(some) - 1} more of its kind" if len(some) > 1 else ""
    of = f"{first.service}: " if first.service else ""
    told = f"{of}{first.severity} {first.rule or 'alert'}: {first.title}{more}"
    place = Place.SERVICE if first.service in services else Place.OTHER
    shown = (Evidence("alert", first.id),)
    return _change(first.starts_at, ChangeKind.ALERT, first.service, told, first.source, place, evidence=shown)


def reported(sender: Integration, found: Sequence[Decision], services: Sequence[str], question: Question) -> Told:
    """Changes that a sender of alerts told of, such as the events that a pipeline sends."""
    is_mine = not sender.service or sender.service in services
    place = Place.SERVICE if is_mine else Place.OTHER
    return _told(
        _change(
            each.at,
            ChangeKind.REPORTED,
            sender.service,
            each.reason,
            sender.name,
            place,
            evidence=(Evidence("sender", sender.id),),
        )
        for each in found
        if each.kind is DecisionKind.CHANGE and _is_within(each.at, question)
    )


def together(some: Iterable[Told]) -> Told:
    """What several told, as one."""
    known = list(some)
    notes = " ".join(each.note for each in known if each.note)
    return _told((change for each in known for change in each.changes), notes)


def silences(found: Sequence[Silence], question: Question) -> Told:
    """Silences and maintenances that were made within the time: they hide rather than cause."""
    return _told(
        _change(
            each.created_at,
            ChangeKind.SILENCE,
            each.service,
            f"{each.kind} over {matching.written(each.matchers) or each.service or 'everything'}: {each.reason}",
            each.author,
            Place.PRODUCT,
            evidence=(Evidence(str(each.kind), each.id),),
        )
        for each in found
        if _is_within(each.created_at, question)
    )


def overrides(found: Sequence[Override], question: Question) -> Told:
    """Who is on call instead of whom, where that was said within the time."""
    return _told(
        _change(
            each.made_at,
            ChangeKind.ONCALL,
            "",
            f"{each.person or 'Nobody'} is on call of {each.schedule} from {each.starts_at:%m-%d %H:%M} "
            f"until {each.ends_at:%m-%d %H:%M} UTC.",
            each.made_by,
            Place.PRODUCT,
            evidence=(Evidence("override", each.id),),
        )
        for each in found
        if _is_within(each.made_at, question)
    )


# -- logs and figures --------------------------------------------------------------------------------------------------


def log(service: str, found: LogComparison, question: Question) -> Told:
    """What is new or grew among warnings and errors. Raises CannotTellError when there is nothing to compare."""
    if not found.before.record_count or not found.after.record_count:
        side = found.after if not found.after.record_count else found.before
        raise errors.CannotTellError(f"{side.name}: there are no records, so nothing can be compared.")
    loud = [each for each in (*found.changes, *found.unsure) if _is_loud(each)]
    unread = "; ".join(f"{each.source}: {each.reason}" for each in found.unread[:3])
    note = f"Not all could be read: {unread}." if unread else ""
    return _told((_log(service, each, question) for each in loud), note)


def _is_loud(change: LogChange) -> bool:
    return change.level in _LOUD and change.kind in (LogKind.NEW, LogKind.GROWN) and change.first_at is not None


def _log(service: str, change: LogChange, question: Question) -> Change:
    grew = f"{change.after} times" if change.kind is LogKind.NEW else f"{change.before} → {change.after} times"
    told = f"{service}: {change.kind} in the log ({change.level}, {grew}): {change.message}"
    at = change.first_at or question.until
    shown = (Evidence("log pattern", change.pattern_id),)
    return _change(at, ChangeKind.LOG, service, told, details=(change.example,), evidence=shown)


FIGURES = (
    moves.Figure("the share of failed requests", "%", floor=0.005, only_up=True),
    moves.Figure("the 95th percentile of latency", "s", floor=0.05, share=0.5, only_up=True),
    moves.Figure("traffic", "requests/s", floor=0.2, share=0.4),
)


def expressions(service: str, known: Sequence[Slo], window: str) -> Mapping[moves.Figure, str]:
    """What is asked for each figure, in PromQL: by the names in its objectives, or by the usual ones."""
    usual = Slo(kind="availability", objective_percent=99)
    slo = next((each for each in known if each.kind == "availability"), usual)
    histogram = next((each.histogram for each in known if each.kind == "latency"), usual.histogram)
    mine, failing = (kinds.all_of(service, slo.selector, *more) for more in ((), (slo.failed,)))
    total = f"sum(rate({slo.requests}{mine}[{window}]))"
    failed = f"sum(rate({slo.requests}{failing}[{window}]))"
    buckets = f"sum by (le) (rate({histogram}_bucket{mine}[{window}]))"
    asked = (f"({failed} or vector(0)) / {total}", f"histogram_quantile(0.95, {buckets})", total)
    return dict(zip(FIGURES, asked, strict=True))


def metrics(
    service: str, found: Mapping[moves.Figure, Matrix], asked: Mapping[moves.Figure, str], until: datetime
) -> Told:
    """When a figure left its usual range. Raises CannotTellError when none of them has values enough."""
    made: list[Change] = []
    silent: list[str] = []
    for figure, matrix in found.items():
        points = [(point.at_seconds, point.value) for line in matrix.lines for point in line.points]
        try:
            move = moves.latest(points, figure, until)
        except ValueError as error:
            silent.append(f"{figure.name}: {error}")
            continue
        if move is not None:
            shown = (Evidence("expression", asked[figure]),)
            told = moves.told(figure, move, service)
            made.append(_change(move.at, ChangeKind.METRIC, service, told, evidence=shown))
    if len(silent) == len(found):
        raise errors.CannotTellError(f"There is too little measured of {service}: {'; '.join(silent)}.")
    return _told(made, f"Too little is measured: {'; '.join(silent)}." if silent else "")


# -- shared ------------------------------------------------------------------------------------------------------------


def _is_within(at: datetime, question: Question) -> bool:
    return question.since <= at <= question.until


def _change(
    at: datetime,
    kind: ChangeKind,
    subject: str,
    told: str,
    by: str = "",
    place: Place = Place.SERVICE,
    details: Iterable[str] = (),
    evidence: tuple[Evidence, ...] = (),
) -> Change:
    shown = tuple(_line(each) for each in details)
    return Change(at, kind, subject, _line(told), _line(by), place, shown, evidence)


def _line(said: str) -> str:
    """One line, harmless and not too long."""
    return text.printable(" ".join(said.split()), _LINE)


def _told(found: Iterable[Change] | Iterator[Change], note: str = "") -> Told:
    """The newest, when there are many."""
    all_of_them = sorted(found, key=lambda each: each.at, reverse=True)
    left = len(all_of_them) - _MOST
    more = f"{text.count(left, 'older one')} left out." if left > 0 else ""
    return Told(tuple(all_of_them[:_MOST]), " ".join(each for each in (note, more) if each))
