"""`/alerts`, `/alerts/{id}` and `/silences`: what is wrong, who would be paged, why not, and what holds it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from accelerapp.access import model as access
from accelerapp.alerts import matching, silencing
from accelerapp.alerts import model as alerts
from accelerapp.alerts.store import Filter
from accelerapp.base import errors, text
from accelerapp.base.severity import Severity
from accelerapp.console import frame, live
from accelerapp.console.desk import Desk
from accelerapp.console.looks import Look, Tone
from accelerapp.incidents.model import ANYBODY
from accelerapp.web import identity as identities
from accelerapp.web import problems

LENGTHS = ("30m", "1h", "2h", "4h", "8h", "1d", "7d")
MOST_SHOWN = 500
_TONES = {
    Severity.P1: Tone.CRITICAL,
    Severity.P2: Tone.CRITICAL,
    Severity.P3: Tone.WARNING,
    Severity.P4: Tone.NOTICE,
}
_Text = Annotated[str, Form(max_length=4000)]


@dataclass(frozen=True)
class Row:
    """An alert as a list shows it."""

    alert: alerts.Alert
    look: Look

    @property
    def why(self) -> str:
        """Whether it pages, and the reason."""
        return f"{self.alert.verdict}: {self.alert.why}" if self.alert.why else "waiting for others of its group"


def row(alert: alerts.Alert) -> Row:
    """Its look: how bad it is while it is there and known."""
    state = alert.state
    if state is alerts.AlertState.RESOLVED:
        return Row(alert, Look(Tone.OK, f"{alert.severity} resolved"))
    if state is alerts.AlertState.UNKNOWN:
        return Row(alert, Look(Tone.UNKNOWN, f"{alert.severity} unknown"))
    if state is alerts.AlertState.ACKNOWLEDGED:
        return Row(alert, Look(Tone.NOTICE, f"{alert.severity} seen"))
    return Row(alert, Look(_TONES[alert.severity], str(alert.severity)))


def around(alert: alerts.Alert) -> str:
    """Matchers that fit the alert and others of its rule and service: a start for a silence."""
    names = [name for name in (alerts.RULE, alerts.SERVICE) if alert.labels.get(name)] or sorted(alert.labels)[:4]
    chosen = [alerts.Matcher(name, alerts.Operator.EQUAL, alert.labels[name]) for name in names]
    return matching.written(chosen)


def _list(desk: Desk, *, is_open: bool) -> Any:
    """The alerts to show, as an answer: a database that does not answer is no empty list."""

    def find() -> list[Row]:
        return [row(each) for each in desk.app.alerting.alerts(Filter(is_open, limit=MOST_SHOWN))]

    return desk.asker.ask(("alerts", "open" if is_open else "resolved"), find)


def _incidents(desk: Desk) -> Any:
    return desk.asker.ask(("alerts", "incidents"), lambda: desk.app.incidents.find(ANYBODY, True, 50))


def load_frame(desk: Desk) -> live.Frame:
    """The live state of the list of open alerts."""
    now = desk.app.clock.now()
    parts = {
        "alerts": frame.part("alert_parts.html", "listed", _list(desk, is_open=True), now, True),
        "incidents": frame.part("alert_parts.html", "incidents", _incidents(desk), now),
    }
    return live.Frame(now.timestamp(), parts, {})


def add(router: APIRouter, desk: Desk) -> None:
    """Add the pages and their verbs."""
    _add_alerts(router, desk)
    _add_silences(router, desk)


def _add_alerts(router: APIRouter, desk: Desk) -> None:
    @router.get("/alerts", response_class=HTMLResponse)
    def alerts_page(request: Request, identity: identities.Reader, resolved: bool = False) -> HTMLResponse:
        found = _list(desk, is_open=not resolved)
        return desk.page(
            request,
            identity,
            "alerts.html",
            section="alerts",
            found=found,
            is_open=not resolved,
            incidents=_incidents(desk),
            most=MOST_SHOWN,
        )

    @router.get("/live/alerts")
    async def alerts_live(reader: identities.Reader) -> StreamingResponse:
        board = desk.boards.board("alerts", lambda: load_frame(desk))
        return live.response(live.stream(board))

    @router.get("/alerts/{id}", response_class=HTMLResponse)
    def alert_page(request: Request, id: str, identity: identities.Reader) -> HTMLResponse:
        found = desk.app.alerting.detail(id)
        values: dict[str, Any] = {"found": found, "row": row(found.alert), "around": around(found.alert)}
        values["called"] = desk.app.pager.of_page(found.alert.page)
        values["standing"] = desk.app.pager.standing()
        return desk.page(request, identity, "alert.html", section="alerts", **values)

    @router.post("/alerts/{id}/acknowledge")
    def acknowledge(id: str, identity: identities.Operator, note: _Text = "") -> Response:
        desk.app.alerting.acknowledge(id, identity.name, text.printable(note, 1000))
        desk.asker.forget("alerts")
        return RedirectResponse(f"/alerts/{id}", 303)


def _add_silences(router: APIRouter, desk: Desk) -> None:
    @router.get("/silences", response_class=HTMLResponse)
    def silences_page(
        request: Request,
        identity: identities.Reader,
        matchers: Annotated[str, Query(max_length=4000)] = "",
    ) -> HTMLResponse:
        return _silences(desk, request, identity, {"matchers": matchers})

    @router.post("/silences")
    def put(
        request: Request, identity: identities.Operator, matchers: _Text = "", length: _Text = "", reason: _Text = ""
    ) -> Response:
        def silence() -> None:
            ends_at = desk.app.clock.now() + text.parse_duration(length)
            wanted = silencing.Wanted(matching.parse(matchers), identity.name, text.printable(reason), ends_at)
            desk.app.alerting.silence(wanted)

        return _tried(desk, request, identity, silence, {"matchers": matchers, "reason": reason, "length": length})

    @router.post("/maintenance")
    def maintain(
        request: Request, identity: identities.Operator, service: _Text = "", length: _Text = "", reason: _Text = ""
    ) -> Response:
        def begin() -> None:
            name = desk.service(service).name if service else ""
            desk.app.alerting.maintain(name, text.parse_duration(length), identity.name, text.printable(reason))

        given = {"planned": reason, "service": service, "planned_length": length}
        return _tried(desk, request, identity, begin, given)

    @router.post("/silences/{id}/end")
    def end(id: str, identity: identities.Operator) -> Response:
        desk.app.alerting.end_silence(id, identity.name)
        return RedirectResponse("/silences", 303)


def _tried(desk: Desk, request: Request, identity: access.Identity, act: Any, given: dict[str, str]) -> Response:
    """Do it and show the list; or show the form again, filled in as it was, with what is wrong."""
    try:
        act()
    except errors.WrongUseError as error:
        told = f"{error.message} {error.mend}"
        return _silences(desk, request, identity, given, told, problems.status_of(error))
    return RedirectResponse("/silences", 303)


def _silences(
    desk: Desk,
    request: Request,
    identity: access.Identity,
    given: dict[str, str],
    trouble: str = "",
    status: int = 200,
) -> HTMLResponse:
    def find() -> Sequence[Any]:
        return [(each, matching.written(each.silence.matchers)) for each in desk.app.alerting.silences()]

    empty = {"matchers": "", "reason": "", "length": "2h", "planned": "", "service": "", "planned_length": "1h"}
    answer = desk.asker.ask(("silences",), find, keep=0.0)
    values: dict[str, Any] = {"found": answer, "given": {**empty, **given}, "trouble": trouble, "lengths": LENGTHS}
    return desk.page(request, identity, "silences.html", section="alerts", status=status, **values)
