"""Notices: what people should know and need not answer. They go out by the outbox, as pages do, and each goes once.

A notice goes to a person's first method for its severity, after their quiet hours; when that fails it goes to the next.
Whether it was sent before is told by its key, so that it may be sent again after a crash, or by two at once. One for
the whole team goes to channels of the settings in place of people's methods.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from accelerapp.base.ids import OutgoingId, PagingId, PersonName, new_id
from accelerapp.base.severity import Severity
from accelerapp.flows import calling
from accelerapp.flows.paging import Stores
from accelerapp.oncall.model import Book
from accelerapp.paging import following
from accelerapp.paging.failures import GIVES_WAY_AFTER
from accelerapp.paging.model import TEAM, Call, Called, Outgoing, OutgoingState, Purpose, Target

_TITLE, _BODY = 300, 20_000
_TEAM = PersonName("the team")
"""In place of a person; it has a blank, as no name of a person has."""
GENTLE = Severity.P4
"""By default nothing rings: no telephone call and no SMS, unless there is nothing else."""


@dataclass(frozen=True)
class Notice:
    """What is told. `key` says what it is about and when, such as `report 2026-11-24`: of one key there is one notice.

    The severity chooses the methods, and whether quiet hours hold.
    """

    key: str
    title: str
    body: str = ""
    severity: Severity = GENTLE
    service: str = ""
    about: str = ""
    """The incident that it is about; empty: it is about on-call."""

    @property
    def id(self) -> PagingId:
        """What its messages share; the same for the same key."""
        return PagingId(f"ntc_{hashlib.sha256(self.key.encode()).hexdigest()[:24]}")


# -- within a unit of work ---------------------------------------------------------------------------------------------


def send(stores: Stores, notice: Notice, people: Iterable[PersonName], now: datetime) -> list[PersonName]:
    """Put it into the outbox for each of these; who was put in by now, whether just now or before.

    Missing are those who are not known or have no contact method.
    """
    book = stores.oncall.book()
    found = {name: made for name in dict.fromkeys(people) if (made := _message(book, notice, name, now))}
    stores.outbox.add(found.values())
    return list(found)


def tell_team(stores: Stores, notice: Notice, targets: Iterable[str], now: datetime) -> list[str]:
    """Put it into the outbox for channels of the settings, `CHANNEL` or `CHANNEL:ADDRESS` each; those, each once."""
    found = list(dict.fromkeys(targets))
    stores.outbox.add([_to_channel(notice, rank, target, now) for rank, target in enumerate(found)])
    return found


def was_sent(stores: Stores, notice: Notice, person: PersonName) -> bool:
    """Is it in the outbox for this person, whatever became of it there?"""
    return any(each.person == person for each in stores.outbox.of_paging(notice.id))


def note(stores: Stores, after: Outgoing, now: datetime) -> bool:
    """Write what became of a try to send one; when it failed the next method of the person is due. False: refused.

    A method that does not answer gives way after the third try, unless it is the last: that one is tried on.
    """
    further = None if after.state is OutgoingState.DELIVERED else _following(stores.oncall.book(), after, now)
    if further is None:
        return stores.outbox.end(after)
    if after.state is OutgoingState.QUEUED and after.attempts < GIVES_WAY_AFTER:
        return stores.outbox.end(after)
    if not stores.outbox.end(replace(after, state=OutgoingState.FAILED, ended_at=now)):
        return False
    stores.outbox.add([further])
    return True


# -- whom, and by what -------------------------------------------------------------------------------------------------


def can_be_told(book: Book, person: PersonName, now: datetime) -> bool:
    """Is there any way to tell them?"""
    return _called(book, person, GENTLE, now) is not None


def leads(book: Book, now: datetime) -> list[PersonName]:
    """Who is told what is wrong with on-call: the leads of the teams; everyone, when no lead can be told."""
    heads = dict.fromkeys(team.lead for team in book.teams.values())
    told = [name for name in heads if can_be_told(book, name, now)]
    return told or [name for name in book.people if can_be_told(book, name, now)]


def _called(book: Book, person: PersonName, severity: Severity, now: datetime) -> Called | None:
    """The person with the calls in their order; None: not known, or without a method."""
    called = calling.Roster(book, ()).called([Target("person", person)], severity, now)
    return called[0] if called and called[0].calls else None


def _message(book: Book, notice: Notice, person: PersonName, now: datetime) -> Outgoing | None:
    called = _called(book, person, notice.severity, now)
    return _outgoing(notice, person, 0, called.calls[0], _key(notice.id, person, 0), now) if called else None


def _to_channel(notice: Notice, rank: int, target: str, now: datetime) -> Outgoing:
    key = f"{notice.id}/team/{hashlib.sha256(target.encode()).hexdigest()[:24]}"
    return _outgoing(notice, _TEAM, rank, Call(target, TEAM, target, now), key, now)


def _outgoing(notice: Notice, person: PersonName, rank: int, by: Call, key: str, now: datetime) -> Outgoing:
    return Outgoing(
        id=OutgoingId(new_id("out", 20)),
        paging=notice.id,
        subject=notice.about or notice.id,
        call=1,
        rank=rank,
        purpose=Purpose.NOTICE,
        person=person,
        method=by.method,
        kind=by.kind,
        address=by.address,
        key=key,
        severity=notice.severity,
        title=notice.title[:_TITLE],
        body=notice.body[:_BODY],
        service=notice.service,
        created_at=now,
        due_at=max(by.at, now),
    )


def _following(book: Book, failed: Outgoing, now: datetime) -> Outgoing | None:
    """The same by the person's next method, when they may be disturbed; None: there is no other."""
    if failed.kind == TEAM:
        return None
    called = _called(book, failed.person, failed.severity, now)
    rank = failed.rank + 1
    if called is None or rank >= len(called.calls):
        return None
    method = called.calls[rank]
    return replace(
        following.fresh(failed, _key(failed.paging, failed.person, rank), now),
        rank=rank,
        method=method.method,
        kind=method.kind,
        address=method.address,
        due_at=max(called.calls[0].at, now),
    )


def _key(id: PagingId, person: PersonName, rank: int) -> str:
    return f"{id}/{person}/{rank}"
