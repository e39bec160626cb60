"""From what each source knows to changes: platforms, repositories, stores, logs, figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from accelerapp.alerts import matching
from accelerapp.alerts.model import Alert, Decision, DecisionKind, Integration, Silence
from accelerapp.base import errors, text
from accelerapp.flows.change_telling import Told, change, is_within, newest
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

_NEAR = timedelta(hours=1)
_MOST = 30
"""Commits that are named."""
_ACTS = frozenset({"Scaled", "Restarted", "Retired"})
"""Events of the local platform that somebody caused."""
_PLACES = ("node", "evict", "preempt", "taint")
_LOUD = (Level.CRITICAL, Level.ERROR, Level.WARNING)


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
    found = [_deployment(service, place, one, before) for one, before in pairs if is_within(one.at, question)]
    return newest(found)


def _deployment(service: str, place: Place, one: Revision, before: Revision | None) -> Change:
    came = f", instead of {before.version}" if before and before.version != one.version else ""
    config = "" if before is None or came else ", the same version with another configuration"
    told = f"{service}: version {one.version}{came}{config} (revision {one.number})."
    shown = (Evidence(f"revision {one.number} of {service}", f"/services/{service}"),)
    return change(one.at, ChangeKind.DEPLOYMENT, service, told, one.by, place, one.changes, shown)


def of_release(revisions: Sequence[Revision], question: Question) -> tuple[datetime, datetime]:
    """From when to when the commits were made that can be in what runs: after the release before, until the newest.

    Without a release within the time it is the time itself.
    """
    within = sorted(each.at for each in revisions if is_within(each.at, question))
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
        change(
            each.changed_at,
            ChangeKind.CONFIG,
            service,
            f"{service}: the ConfigMap {each.name} was changed (now {each.hash}, version {each.version}).",
            each.changed_by,
            evidence=(Evidence(f"ConfigMap {each.name}", f"/services/{service}"),),
        )
        for each in found
        if each.changed_at is not None and is_within(each.changed_at, question)
    ]
    undated = [each.name for each in found if each.changed_at is None and each.version]
    return newest(known, f"When {', '.join(undated)} changed is not known." if undated else "")


def events(service: str, found: Sequence[Event], question: Question) -> Told:
    """Warnings of the platform, what became of its nodes, and what somebody did; the same ones together."""
    of_kind: dict[tuple[str, str], list[Event]] = {}
    for each in sorted(found, key=lambda each: each.at):
        if is_within(each.at, question) and (kind := _kind_of(each)):
            of_kind.setdefault((kind, each.reason), []).append(each)
    oldest = min((each.at for each in found), default=question.since)
    note = f"Events are kept since {oldest:%H:%M} UTC only." if len(found) >= EVENTS and oldest > question.since else ""
    return newest([_event(service, ChangeKind(kind), some) for (kind, _), some in of_kind.items()], note)


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
    return change(first.at, kind, service, told, str(first.replica or ""), evidence=shown)


# -- repositories ------------------------------------------------------------------------------------------------------


def commits(service: str, found: Sequence[Commit], question: Question) -> Told:
    """Commits since the last release, together: which of them did it, only their text can tell."""
    if not found:
        return Told(())
    lines = [f"{each.hash[:10]} {each.at:%m-%d %H:%M} {each.author}: {each.subject}" for each in found[:_MOST]]
    last, span = found[0], f"{found[-1].hash[:10]}..{found[0].hash[:10]}"
    at = min(max(last.at, question.since), question.until)
    told = f"{service}: {text.count(len(found), 'commit')} since the last release; the newest: {last.subject}"
    shown = (Evidence("commits", span if len(found) > 1 else last.hash),)
    return newest([change(at, ChangeKind.COMMIT, service, told, last.author, details=lines, evidence=shown)])


# -- what the product keeps --------------------------------------------------------------------------------------------


def alerts(found: Sequence[Alert], services: Sequence[str], question: Question) -> Told:
    """Alerts that began within the time; those of one rule and service together."""
    of_rule: dict[tuple[str, str], list[Alert]] = {}
    for each in sorted(found, key=lambda each: each.starts_at):
        if is_within(each.starts_at, question):
            of_rule.setdefault((each.service, each.rule or each.title), []).append(each)
    return newest(_alert(some, services) for some in of_rule.values())


def _alert(some: Sequence[Alert], services: Sequence[str]) -> Change:
    first = some[0]
    more = f" and {len(some) - 1} more of its kind" if len(some) > 1 else ""
    of = f"{first.service}: " if first.service else ""
    told = f"{of}{first.severity} {first.rule or 'alert'}: {first.title}{more}"
    place = Place.SERVICE if first.service in services else Place.OTHER
    shown = (Evidence("alert", first.id),)
    return change(first.starts_at, ChangeKind.ALERT, first.service, told, first.source, place, evidence=shown)


def reported(sender: Integration, found: Sequence[Decision], services: Sequence[str], question: Question) -> Told:
    """Changes that a sender of alerts told of, such as the events that a pipeline sends."""
    is_mine = not sender.service or sender.service in services
    place = Place.SERVICE if is_mine else Place.OTHER
    return newest(
        change(
            each.at,
            ChangeKind.REPORTED,
            sender.service,
            each.reason,
            sender.name,
            place,
            evidence=(Evidence("sender", sender.id),),
        )
        for each in found
        if each.kind is DecisionKind.CHANGE and is_within(each.at, question)
    )


def silences(found: Sequence[Silence], question: Question) -> Told:
    """Silences and maintenances that were made within the time: they hide rather than cause."""
    return newest(
        change(
            each.created_at,
            ChangeKind.SILENCE,
            each.service,
            f"{each.kind} over {matching.written(each.matchers) or each.service or 'everything'}: {each.reason}",
            each.author,
            Place.PRODUCT,
            evidence=(Evidence(str(each.kind), each.id),),
        )
        for each in found
        if is_within(each.created_at, question)
    )


def overrides(found: Sequence[Override], question: Question) -> Told:
    """Who is on call instead of whom, where that was said within the time."""
    return newest(
        change(
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
        if is_within(each.made_at, question)
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
    return newest((_log(service, each, question) for each in loud), note)


def _is_loud(found: LogChange) -> bool:
    return found.level in _LOUD and found.kind in (LogKind.NEW, LogKind.GROWN) and found.first_at is not None


def _log(service: str, found: LogChange, question: Question) -> Change:
    grew = f"{found.after} times" if found.kind is LogKind.NEW else f"{found.before} → {found.after} times"
    told = f"{service}: {found.kind} in the log ({found.level}, {grew}): {found.message}"
    at = found.first_at or question.until
    shown = (Evidence("log pattern", found.pattern_id),)
    return change(at, ChangeKind.LOG, service, told, details=(found.example,), evidence=shown)


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
            made.append(change(move.at, ChangeKind.METRIC, service, told, evidence=shown))
    if len(silent) == len(found):
        raise errors.CannotTellError(f"There is too little measured of {service}: {'; '.join(silent)}.")
    return newest(made, f"Too little is measured: {'; '.join(silent)}." if silent else "")
