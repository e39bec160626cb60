"""On-call: who is and will be, the book, overrides, swaps, verified methods and calendars."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from accelerapp.access import model as access
from accelerapp.access import service as access_service
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.ids import PersonName
from accelerapp.base.severity import Severity
from accelerapp.flows.handoff_brief import Brief
from accelerapp.flows.oncall import By
from accelerapp.oncall import contacting, standing_in
from accelerapp.oncall.model import (
    FeedKind,
    Gap,
    Load,
    OnCall,
    Override,
    Person,
    Policy,
    Rank,
    Remark,
    Shift,
    ShownFeed,
    Swap,
    SwapState,
)
from accelerapp.web.identity import Administrator, Operator, Reader

Days = Annotated[int, Query(ge=1, le=366)]
Schedule = Annotated[str, Query(max_length=64)]
Name = Annotated[str, Field(max_length=64)]
Kind = Literal["people", "teams", "schedules", "policies"]


class WantedOverride(BaseModel):
    """Somebody in place of whoever the layers name; without a start from now on."""

    schedule: Name
    person: Name
    ends_at: AwareDatetime
    starts_at: AwareDatetime | None = None
    rank: Rank = Rank.PRIMARY
    reason: Annotated[str, Field(max_length=300)] = ""


class WantedSwap(BaseModel):
    """The shift at `gives_at` for `taker`, against the one at `takes_at` or against nothing."""

    schedule: Name
    taker: Name
    gives_at: AwareDatetime
    takes_at: AwareDatetime | None = None
    rank: Rank = Rank.PRIMARY


class SaidCode(BaseModel):
    """The code that the channel brought."""

    code: Annotated[str, Field(max_length=20)]


class WantedFeed(BaseModel):
    """Whose shifts the calendar shows."""

    kind: FeedKind
    name: Name


class Taken(BaseModel):
    """What changed, such as `people ann`."""

    changed: list[str]


def by(who: access.Identity) -> By:
    """Who does it. Only administrators make tokens: one that is named like a person acts for that person."""
    return By(who.name.removeprefix("token "), access_service.allows(who.role, access.Action.ADMINISTER))


def need_self(who: access.Identity, person: str) -> By:
    """Raises ForbiddenError for anybody but the person and administrators."""
    found = by(who)
    if not found.is_admin and found.name != person:
        raise errors.ForbiddenError(f"Only {person[:64]} or an administrator may do that.")
    return found


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""
    _add_looks(router, app)
    _add_book(router, app)
    _add_entries(router, app)
    _add_overrides(router, app)
    _add_swaps(router, app)
    _add_methods(router, app)
    _add_feeds(router, app)


def _add_looks(router: APIRouter, app: App) -> None:
    @router.get("/oncall/now", operation_id="who_is_on_call")
    def now(who: Reader, schedule: Schedule = "", at: AwareDatetime | None = None) -> list[OnCall]:
        """Who is on call, and who comes next, of each schedule and rank."""
        return app.oncall.now(schedule, at)

    @router.get("/oncall/shifts", operation_id="list_shifts")
    def shifts(
        who: Reader, schedule: Schedule = "", days: Days = 90, since: AwareDatetime | None = None, person: Schedule = ""
    ) -> list[Shift]:
        """The shifts of the next days."""
        return app.oncall.shifts(schedule, since, timedelta(days=days), person)

    @router.get("/oncall/gaps", operation_id="list_oncall_gaps")
    def gaps(who: Reader, schedule: Schedule = "", days: Days = 90) -> list[Gap]:
        """When nobody is on call."""
        return app.oncall.gaps(schedule, timedelta(days=days))

    @router.get("/oncall/fairness", operation_id="compare_oncall_load")
    def fairness(
        who: Reader, schedule: Annotated[str, Query(max_length=64)], since: AwareDatetime, days: Days = 90
    ) -> list[Load]:
        """Hours, nights and weekends of each."""
        return app.oncall.loads(schedule, since, timedelta(days=days))

    @router.get("/oncall/remarks", operation_id="check_oncall")
    def remarks(who: Reader) -> list[Remark]:
        """What should be known: gaps, overlaps, people who cannot be called."""
        return app.oncall.remarks()

    @router.get("/oncall/handoff", operation_id="show_handoff_brief")
    def handoff(who: Reader, schedule: Schedule = "") -> Brief:
        """What the next on call should know: open incidents, deployments, silences, alerts that open often."""
        return app.handoffs.brief(schedule)


def _add_book(router: APIRouter, app: App) -> None:
    @router.get("/oncall/people", operation_id="list_people")
    def people(who: Reader) -> list[Person]:
        """Everybody; the addresses of others are shown whole to administrators alone."""
        found = app.oncall.book().people.values()
        asks = by(who)
        return [each if asks.is_admin or asks.name == each.name else contacting.masked(each) for each in found]

    @router.get("/oncall/policies", operation_id="list_policies")
    def policies(who: Reader) -> list[Policy]:
        """All policies by name."""
        return list(app.oncall.book().policies.values())

    @router.get("/oncall/policy", operation_id="find_policy")
    def policy(who: Reader, severity: Severity, service: Schedule = "") -> Policy:
        """The policy that counts for an alert of a service."""
        found = app.oncall.policy_for(service, severity)
        if found is None:
            mend = "`accelerapp oncall policy add` makes one."
            raise errors.NotFoundError(f"No policy is for {severity} of {service or 'all services'}.", mend=mend)
        return found


def _add_entries(router: APIRouter, app: App) -> None:
    @router.get("/oncall/entries", operation_id="export_oncall")
    def export(who: Administrator) -> dict[str, Any]:
        """Everything, as the tables of a file."""
        return app.oncall.tables()

    @router.post("/oncall/entries", operation_id="import_oncall")
    def take(body: dict[str, Any], who: Administrator) -> Taken:
        """Put in what the tables name; every mistake is told at once."""
        return Taken(changed=app.oncall.take(body, by(who)))

    @router.get("/oncall/entries/{kind}/{name}", operation_id="get_oncall_entry")
    def entry(kind: Kind, name: str, who: Operator) -> dict[str, Any]:
        """One entry as its table; a person is shown to themselves and to administrators."""
        if kind == "people":
            need_self(who, name)
        found = app.oncall.tables().get(kind, {})
        if name not in found:
            raise errors.NotFoundError(f"There is no '{name[:64]}' among the {kind}.", mend="Look at the others.")
        table: dict[str, Any] = found[name]
        return table

    @router.put("/oncall/entries/{kind}/{name}", operation_id="put_oncall_entry")
    def put(kind: Kind, name: str, body: dict[str, Any], who: Operator) -> Taken:
        """Write one entry whole. Of people, their own is enough; the rest is for administrators."""
        asks = need_self(who, name) if kind == "people" else by(who)
        if kind != "people" or name not in app.oncall.book().people:
            access_service.need(who, access.Action.ADMINISTER)
        return Taken(changed=app.oncall.take({kind: {name: body}}, asks))

    @router.delete("/oncall/entries/{kind}/{name}", operation_id="remove_oncall_entry", status_code=204)
    def remove(kind: Kind, name: str, who: Administrator) -> None:
        """Take one out, when nothing names it any more."""
        app.oncall.remove(kind, name, by(who))


def _add_overrides(router: APIRouter, app: App) -> None:
    @router.get("/oncall/overrides", operation_id="list_overrides")
    def overrides(who: Reader, schedule: Schedule = "") -> list[Override]:
        """Those that are not over."""
        return app.oncall.overrides(schedule)

    @router.post("/oncall/overrides", operation_id="add_override", status_code=201)
    def add_override(body: WantedOverride, who: Operator) -> Override:
        """Somebody in place of whoever the layers name."""
        wanted = standing_in.Wanted(
            PersonName(body.person), body.ends_at, by(who).name, body.starts_at, body.rank, body.reason
        )
        return app.oncall.add_override(body.schedule, wanted)

    @router.delete("/oncall/overrides/{id}", operation_id="end_override", status_code=204)
    def end_override(id: str, who: Operator) -> None:
        """End one now."""
        app.oncall.end_override(id)


def _add_swaps(router: APIRouter, app: App) -> None:
    @router.get("/oncall/swaps", operation_id="list_swaps")
    def swaps(who: Reader, is_open: Annotated[bool | None, Query(alias="open")] = None) -> list[Swap]:
        """The last asked for first."""
        return app.oncall.swaps(is_open)

    @router.post("/oncall/swaps", operation_id="ask_swap", status_code=201)
    def ask(body: WantedSwap, who: Operator) -> Swap:
        """Ask somebody to take a shift of yours."""
        return app.oncall.ask_swap(body.schedule, body.taker, body.gives_at, by(who), body.takes_at, body.rank)

    @router.post("/oncall/swaps/{id}/{answer}", operation_id="answer_swap")
    def answer(id: str, answer: Literal["accepted", "declined", "withdrawn"], who: Operator) -> Swap:
        """Accept or decline what you were asked; withdraw what you asked."""
        return app.oncall.answer_swap(id, SwapState(answer), by(who))


def _add_methods(router: APIRouter, app: App) -> None:
    @router.post("/oncall/people/{name}/methods/{method}/code", operation_id="send_code", status_code=204)
    def send_code(name: str, method: str, who: Operator) -> None:
        """Send a code to a contact method."""
        need_self(who, name)
        app.oncall_codes.send(name, method)

    @router.post("/oncall/people/{name}/methods/{method}/verify", operation_id="verify_method")
    def verify(name: str, method: str, body: SaidCode, who: Operator) -> Person:
        """Prove the method by its code."""
        need_self(who, name)
        return app.oncall_codes.check(name, method, body.code)


def _add_feeds(router: APIRouter, app: App) -> None:
    @router.get("/oncall/feeds", operation_id="list_feeds")
    def feeds(who: Operator) -> list[ShownFeed]:
        """The calendars behind links, without the links."""
        return app.oncall_feeds.all()

    @router.post("/oncall/feeds", operation_id="add_feed", status_code=201)
    def add_feed(body: WantedFeed, who: Operator) -> ShownFeed:
        """A calendar; its link is shown this once."""
        return app.oncall_feeds.add(body.kind, body.name, by(who).name)

    @router.delete("/oncall/feeds/{id}", operation_id="revoke_feed", status_code=204)
    def revoke(id: str, who: Operator) -> None:
        """Make a link worthless."""
        app.oncall_feeds.revoke(id)
