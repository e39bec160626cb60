"""Test pages and drills: send them now, and see what came of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from accelerapp.access import model as access
from accelerapp.access import service as access_service
from accelerapp.api.oncall import by, need_self
from accelerapp.app import App
from accelerapp.base.severity import Severity
from accelerapp.flows.drilling import DRILLS, DrillPlan, Wanted
from accelerapp.flows.proving import ROUNDS
from accelerapp.paging.drills import Drill
from accelerapp.paging.exercises import Round
from accelerapp.web.identity import Administrator, Operator, Reader

Name = Annotated[str, Query(max_length=64)]


class WantedTest(BaseModel):
    """Whom to test: these people, or everyone who has a contact method."""

    people: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=1000)] = []
    everyone: bool = False


class WantedDrill(BaseModel):
    """The chain to try: of a policy by name, or the one that counts for the service and severity."""

    policy: Annotated[str, Field(max_length=64)] = ""
    service: Annotated[str, Field(max_length=64)] = ""
    severity: Severity = Severity.P1
    whole: bool = False
    """Everybody of the chain at once; each answers for themselves."""

    def as_wanted(self) -> Wanted:
        """For the flow."""
        return Wanted(self.policy, self.service, self.severity, self.whole)


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""
    _add_tests(router, app)
    _add_drills(router, app)


def _add_tests(router: APIRouter, app: App) -> None:
    @router.get("/oncall/tests", operation_id="list_test_pages")
    def rounds(who: Reader, limit: Annotated[int, Query(ge=1, le=100)] = ROUNDS) -> list[Round]:
        """The last rounds of test pages, newest first: who answered, how quickly and by which method."""
        return app.proving.rounds(limit)

    @router.post("/oncall/tests", operation_id="send_test_pages", status_code=201)
    def send(body: WantedTest, who: Operator) -> Round:
        """Send test pages now: to yourself, or as an administrator to anybody."""
        if body.everyone:
            access_service.need(who, access.Action.ADMINISTER)
        for name in body.people:
            need_self(who, name)
        return app.proving.send(body.people, body.everyone)

    @router.get("/oncall/tests/{id}", operation_id="get_test_pages")
    def one(id: str, who: Reader) -> Round:
        """One round."""
        return app.proving.round(id)


def _add_drills(router: APIRouter, app: App) -> None:
    @router.get("/oncall/drills", operation_id="list_drills")
    def drills(who: Reader, limit: Annotated[int, Query(ge=1, le=100)] = DRILLS) -> list[Drill]:
        """The last drills, newest first."""
        return app.drilling.drills(limit)

    @router.get("/oncall/drills/plan", operation_id="plan_drill")
    def plan(who: Reader, policy: Name = "", service: Name = "", severity: Severity = Severity.P1) -> DrillPlan:
        """Whom a drill would call now. Nobody is called."""
        return app.drilling.plan(Wanted(policy, service, severity))

    @router.post("/oncall/drills", operation_id="begin_drill", status_code=201)
    def begin(body: WantedDrill, who: Administrator) -> Drill:
        """Call the chain, as a page would."""
        return app.drilling.begin(body.as_wanted(), by(who).name)

    @router.get("/oncall/drills/{id}", operation_id="get_drill")
    def one(id: str, who: Reader) -> Drill:
        """One, with each message and its times."""
        return app.drilling.drill(id)

    @router.post("/oncall/drills/{id}/stop", operation_id="stop_drill")
    def stop(id: str, who: Operator) -> Drill:
        """Nobody else is called."""
        return app.drilling.stop(id, by(who).name)
