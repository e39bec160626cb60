"""`/oncall`: the calendar of a schedule, overrides and swaps; and the calendars that phones subscribe to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from accelerapp.access import model as access
from accelerapp.base import errors, text
from accelerapp.base.ids import PersonName
from accelerapp.console import calendar, frame
from accelerapp.console.desk import Desk, by
from accelerapp.oncall import standing_in, zones
from accelerapp.oncall.model import OnCall, Override, Person, Rank, Remark, Schedule, Shift, Swap, SwapState
from accelerapp.web import identity as identities
from accelerapp.web import problems

_Text = Annotated[str, Form(max_length=400)]
_Name = Annotated[str, Query(max_length=64)]
_ANSWERS = {"accept": SwapState.ACCEPTED, "decline": SwapState.DECLINED, "withdraw": SwapState.WITHDRAWN}


@dataclass(frozen=True)
class View:
    """What the page shows; without a schedule there is nothing to draw."""

    standing: Sequence[OnCall]
    remarks: Sequence[Remark]
    people: Sequence[Person]
    schedules: Sequence[Schedule]
    schedule: Schedule | None = None
    month: calendar.Month | None = None
    coming: Sequence[Shift] = ()
    overrides: Sequence[Override] = ()
    swaps: Sequence[Swap] = ()
    silent: Sequence[str] = ()
    """Who did not answer their last test page."""


def view(desk: Desk, name: str, month: str) -> View:
    """Everything of the page. Raises NotFoundError, CannotTellError."""
    rota, now = desk.app.oncall, desk.app.clock.now()
    book = rota.book()
    common = (rota.now(), rota.remarks(), list(book.people.values()), list(book.schedules.values()))
    schedule = next((each for each in book.schedules.values() if name in ("", each.name)), None)
    if schedule is None:
        if name:
            raise errors.NotFoundError(f"There is no schedule '{name}'.", mend="The page of all lists them.")
        return View(*common)
    where = zones.zone(schedule.zone)
    first = calendar.month_of(month, now, where)
    start, end = calendar.span(first, where)
    shown = calendar.month(schedule, rota.shifts(schedule.name, start, end - start), first, now)
    coming = [each for each in rota.shifts(schedule.name) if each.starts_at > now]
    mine = [each for each in rota.swaps(is_open=True) if each.schedule == schedule.name]
    silent = [each.person for each in desk.app.proving.silent()]
    return View(*common, schedule, shown, coming, rota.overrides(schedule.name), mine, silent)


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page, its verbs, and the calendars behind links."""
    _add_page(router, desk)
    _add_swaps(router, desk)

    @router.get("/oncall/ical/{secret}.ics")
    def ical(secret: str) -> Response:
        """Whoever has the link may look: it cannot be guessed, and is revoked with one command."""
        found = desk.app.oncall_feeds.calendar(secret)
        headers = {"Cache-Control": "private, no-store", "Content-Disposition": 'inline; filename="oncall.ics"'}
        return Response(found, media_type="text/calendar; charset=utf-8", headers=headers)


def _add_page(router: APIRouter, desk: Desk) -> None:
    @router.get("/oncall", response_class=HTMLResponse)
    def page(request: Request, identity: identities.Reader, schedule: _Name = "", month: _Name = "") -> HTMLResponse:
        return _page(desk, request, identity, schedule, month)

    @router.post("/oncall/overrides")
    def override(
        request: Request,
        identity: identities.Operator,
        schedule: _Text = "",
        person: _Text = "",
        rank: _Text = "primary",
        starts: _Text = "",
        ends: _Text = "",
        reason: _Text = "",
    ) -> Response:
        given = {"person": person, "rank": rank, "starts": starts, "ends": ends, "reason": reason}

        def act() -> None:
            zone = _zone(desk, schedule)
            begins = _moment("starts", starts, zone) if starts else None
            until, level = _moment("ends", ends, zone), _rank(rank)
            wanted = standing_in.Wanted(
                PersonName(person), until, identity.name, begins, level, text.printable(reason, 300)
            )
            desk.app.oncall.add_override(schedule, wanted)

        return _tried(desk, request, identity, schedule, act, given)

    @router.post("/oncall/overrides/{id}/end")
    def end(id: str, identity: identities.Operator, schedule: _Text = "") -> Response:
        desk.app.oncall.end_override(id)
        return _back(schedule)


def _add_swaps(router: APIRouter, desk: Desk) -> None:
    @router.post("/oncall/swaps")
    def ask(
        request: Request,
        identity: identities.Operator,
        schedule: _Text = "",
        taker: _Text = "",
        gives: _Text = "",
        takes: _Text = "",
    ) -> Response:
        """`gives` and `takes` are `RANK MOMENT`, as the form lists the shifts."""

        def act() -> None:
            rank, _, at = gives.partition(" ")
            back = _moment("takes", takes.partition(" ")[2], "UTC") if takes else None
            asked = (schedule, taker, _moment("gives", at, "UTC"), by(identity), back, _rank(rank))
            desk.app.oncall.ask_swap(*asked)

        given = {"taker": taker, "gives": gives, "takes": takes}
        return _tried(desk, request, identity, schedule, act, given)

    @router.post("/oncall/swaps/{id}/{answer}")
    def answer(id: str, answer: str, identity: identities.Operator, schedule: _Text = "") -> Response:
        if answer not in _ANSWERS:
            raise errors.NotFoundError("There is no such answer.")
        desk.app.oncall.answer_swap(id, _ANSWERS[answer], by(identity))
        return _back(schedule)


def _zone(desk: Desk, name: str) -> str:
    found = next((each for key, each in desk.app.oncall.book().schedules.items() if key == name), None)
    if found is None:
        raise errors.NotFoundError(f"There is no schedule '{name[:64]}'.")
    return found.zone


def _moment(field: str, written: str, zone: str) -> datetime:
    try:
        return calendar.moment(written, zone)
    except (ValueError, OverflowError) as error:
        problem = errors.FieldProblem(field, f"'{written[:40]}' is not a time.", "Write it like 2026-12-04T17:00.")
        raise errors.InvalidInputError("The form", [problem]) from error


def _rank(written: str) -> Rank:
    if written not in list(Rank):
        raise errors.InvalidInputError("The form", [errors.FieldProblem("rank", "is primary or secondary.")])
    return Rank(written)


def _back(schedule: str) -> Response:
    return RedirectResponse(frame.address("/oncall", schedule=schedule), 303)


def _tried(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    schedule: str,
    act: Callable[[], None],
    given: Mapping[str, str],
) -> Response:
    """Do it and show the calendar; or show the form again, filled in as it was, with what is wrong."""
    try:
        act()
    except errors.WrongUseError as error:
        told = f"{error.message} {error.mend}"
        return _page(desk, request, identity, schedule, "", given, told, problems.status_of(error))
    return _back(schedule)


def _page(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    schedule: str,
    month: str,
    given: Mapping[str, str] | None = None,
    trouble: str = "",
    status: int = 200,
) -> HTMLResponse:
    empty = {
        "person": "",
        "rank": "primary",
        "starts": "",
        "ends": "",
        "reason": "",
        "taker": "",
        "gives": "",
        "takes": "",
    }
    values: dict[str, Any] = {
        "found": desk.asker.ask(("oncall", schedule, month), lambda: view(desk, schedule, month), keep=0.0),
        "given": {**empty, **(given or {})},
        "trouble": trouble,
        "wall": calendar.wall,
        "by": by(identity),
    }
    return desk.page(request, identity, "oncall.html", section="oncall", status=status, **values)
