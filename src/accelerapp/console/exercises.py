"""`/oncall/tests`: do pages reach people, and does the chain answer? Test pages and drills, and how to begin them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from accelerapp.access import model as access
from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.console import frame
from accelerapp.console.desk import Desk, by
from accelerapp.console.looks import Look, Tone
from accelerapp.flows import access_check
from accelerapp.flows.drilling import DrillPlan, Wanted
from accelerapp.paging import drills as readings
from accelerapp.paging.drills import Drill
from accelerapp.paging.exercises import Outcome, Round
from accelerapp.paging.model import OutgoingState
from accelerapp.web import identity as identities
from accelerapp.web import problems

_ROUNDS, _DRILLS = 6, 10
_DONE = {
    "test": "The test page is on its way. This page shows the answer when it is loaded again.",
    "all": "The test pages are on their way. This page shows the answers when it is loaded again.",
    "drill": "The drill runs. This page shows how it goes on when it is loaded again.",
    "stopped": "Nobody else is called.",
}
OUTCOMES = {
    Outcome.WAITING: Look(Tone.NOTICE, "waiting"),
    Outcome.ANSWERED: Look(Tone.OK, "answered"),
    Outcome.UNANSWERED: Look(Tone.WARNING, "not answered"),
    Outcome.UNREACHED: Look(Tone.CRITICAL, "not reached"),
    Outcome.ENDED: Look(Tone.NOTICE, "ended by another"),
}
SENT = {
    OutgoingState.QUEUED: Look(Tone.NOTICE, "waits"),
    OutgoingState.SENDING: Look(Tone.NOTICE, "is being sent"),
    OutgoingState.DELIVERED: Look(Tone.OK, "delivered"),
    OutgoingState.FAILED: Look(Tone.CRITICAL, "failed"),
    OutgoingState.CANCELLED: Look(Tone.OK, "not needed"),
}
_Word = Annotated[str, Form(max_length=64)]
_Name = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True)
class View:
    """What the page shows."""

    look: Look
    said: str
    mend: str
    rounds: Sequence[Round]
    drills: Sequence[Drill]
    testable: Sequence[str]
    """People who have a contact method."""
    policies: Sequence[str]


def view(desk: Desk) -> View:
    """Everything of the page."""
    look, said, mend = _standing(desk)
    book = desk.app.oncall.book()
    return View(
        look,
        said,
        mend,
        desk.app.proving.rounds(_ROUNDS),
        desk.app.drilling.drills(_DRILLS),
        [each.name for each in book.people.values() if each.methods],
        list(book.policies),
    )


def _standing(desk: Desk) -> tuple[Look, str, str]:
    """What `doctor` says of it, as a state."""
    try:
        found = desk.app.proving.standing()
    except errors.WrongUseError as error:
        return Look(Tone.CRITICAL, "not reached"), error.message, error.mend
    except errors.CannotTellError as error:
        return Look(Tone.UNKNOWN, "cannot tell"), error.message, error.mend
    if isinstance(found, access_check.LeftOut):
        return Look(Tone.UNKNOWN, "not proven"), found.sentence, found.mend
    return Look(Tone.OK, "proven"), found, ""


def drill_look(drill: Drill) -> Look:
    """How a drill ended."""
    if drill.ended_at is None:
        return Look(Tone.NOTICE, "runs")
    if drill.is_stopped:
        return Look(Tone.NOTICE, "stopped")
    is_answered = drill.answers and not drill.silent
    return Look(Tone.OK, "answered") if is_answered else Look(Tone.WARNING, "not answered")


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its verbs."""
    _add_tests(router, desk)
    _add_drills(router, desk)


def _add_tests(router: APIRouter, desk: Desk) -> None:
    @router.get("/oncall/tests", response_class=HTMLResponse)
    def page(request: Request, identity: identities.Reader, did: _Name = "") -> HTMLResponse:
        return _page(desk, request, identity, done=_DONE.get(did, ""))

    @router.post("/oncall/tests")
    def test_me(request: Request, identity: identities.Operator) -> Response:
        return _tried(desk, request, identity, lambda: desk.app.proving.send([by(identity).name]), "test")

    @router.post("/oncall/tests/all")
    def test_all(request: Request, identity: identities.Administrator) -> Response:
        return _tried(desk, request, identity, lambda: desk.app.proving.send([], is_everyone=True), "all")


def _add_drills(router: APIRouter, desk: Desk) -> None:
    @router.get("/oncall/drill", response_class=HTMLResponse)
    def ask(
        request: Request,
        identity: identities.Administrator,
        policy: _Name = "",
        severity: Severity = Severity.P1,
        whole: bool = False,
    ) -> HTMLResponse:
        """Whom it would call: nobody is called by looking."""
        wanted = Wanted(policy, "", severity, whole)
        try:
            plan = desk.app.drilling.plan(wanted)
        except errors.WrongUseError as error:
            return _page(desk, request, identity, error=error)
        return _page(desk, request, identity, wanted=wanted, plan=plan)

    @router.post("/oncall/drill")
    def begin(
        request: Request,
        identity: identities.Administrator,
        policy: _Word = "",
        severity: Annotated[Severity, Form()] = Severity.P1,
        whole: Annotated[bool, Form()] = False,
    ) -> Response:
        wanted = Wanted(policy, "", severity, whole)
        return _tried(desk, request, identity, lambda: desk.app.drilling.begin(wanted, by(identity).name), "drill")

    @router.post("/oncall/drill/{id}/stop")
    def stop(request: Request, id: str, identity: identities.Operator) -> Response:
        return _tried(desk, request, identity, lambda: desk.app.drilling.stop(id, by(identity).name), "stopped")


def _tried(desk: Desk, request: Request, identity: access.Identity, act: Callable[[], object], did: str) -> Response:
    """Do it and show the page; or show with what is wrong that it was not done."""
    try:
        act()
    except errors.WrongUseError as error:
        return _page(desk, request, identity, error=error)
    return RedirectResponse(frame.address("/oncall/tests", did=did), 303)


def _page(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    *,
    error: errors.AccelerappError | None = None,
    done: str = "",
    wanted: Wanted | None = None,
    plan: DrillPlan | None = None,
) -> HTMLResponse:
    values: dict[str, Any] = {
        "found": desk.asker.ask(("exercises",), lambda: view(desk), keep=0.0),
        "error": error,
        "done": done,
        "wanted": wanted,
        "plan": plan,
        "by": by(identity),
        "outcomes": OUTCOMES,
        "drill_look": drill_look,
        "sent": SENT,
        "sentence": readings.sentence,
        "severities": list(Severity),
    }
    status = problems.status_of(error) if error else 200
    return desk.page(request, identity, "tests.html", section="oncall", status=status, **values)
