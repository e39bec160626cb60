"""`/services/{name}/scale`, `/restart`, `/version`, `/undo`: a page that says what will happen, and the form for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from accelerapp.access import model as access
from accelerapp.base import errors
from accelerapp.console import acts
from accelerapp.console.desk import Desk
from accelerapp.platforms import interface as platforms
from accelerapp.services import model as services
from accelerapp.web import identity as identities


def add(router: APIRouter, desk: Desk) -> None:
    """Add a page and a verb for each act."""

    @router.get("/services/{name}/scale", response_class=HTMLResponse)
    def ask_scale(
        request: Request, name: str, identity: identities.Reader, replicas: int | None = None
    ) -> HTMLResponse:
        return _ask(desk, request, identity, acts.scale(_workload(desk, desk.service(name)), replicas))

    @router.post("/services/{name}/scale")
    def do_scale(name: str, replicas: Annotated[int, Form()], identity: identities.Operator) -> Response:
        service = desk.service(name)
        desk.app.platform(service).scale(service.name, replicas, identity.name)
        return _done(desk, service, "scale")

    @router.get("/services/{name}/restart", response_class=HTMLResponse)
    def ask_restart(request: Request, name: str, identity: identities.Reader) -> HTMLResponse:
        return _ask(desk, request, identity, acts.restart(_workload(desk, desk.service(name))))

    @router.post("/services/{name}/restart")
    def do_restart(name: str, identity: identities.Operator) -> Response:
        service = desk.service(name)
        desk.app.platform(service).restart(service.name, identity.name)
        return _done(desk, service, "restart")

    @router.get("/services/{name}/version", response_class=HTMLResponse)
    def ask_version(
        request: Request,
        name: str,
        identity: identities.Reader,
        version: Annotated[str, Query(max_length=200)] = "",
    ) -> HTMLResponse:
        return _ask(desk, request, identity, acts.version(_workload(desk, desk.service(name)), version.strip()))

    @router.post("/services/{name}/version")
    def do_version(
        request: Request,
        name: str,
        version: Annotated[str, Form(max_length=200)],
        identity: identities.Operator,
    ) -> Response:
        service = desk.service(name)
        try:
            desk.app.platform(service).set_version(service.name, version, identity.name)
        except errors.NotFoundError as error:
            again = acts.version(_workload(desk, service), "")
            return _ask(desk, request, identity, again, f"{error.message} {error.mend}", 404)
        return _done(desk, service, "version")

    @router.get("/services/{name}/undo", response_class=HTMLResponse)
    def ask_undo(request: Request, name: str, identity: identities.Reader, to: int | None = None) -> HTMLResponse:
        service = desk.service(name)
        revisions = desk.app.platform(service).revisions(service.name)
        return _ask(desk, request, identity, acts.undo(_workload(desk, service), revisions, to))

    @router.post("/services/{name}/undo")
    def do_undo(name: str, to: Annotated[int, Form()], identity: identities.Operator) -> Response:
        service = desk.service(name)
        desk.app.platform(service).undo(service.name, identity.name, to)
        return _done(desk, service, "undo")


def _workload(desk: Desk, service: services.Service) -> platforms.Workload:
    """How the service stands now. Raises CannotTellError: then nothing is offered to be confirmed."""
    return desk.app.platform(service).workload(service.name)


def _ask(
    desk: Desk, request: Request, identity: access.Identity, act: acts.Act, trouble: str = "", status: int = 200
) -> HTMLResponse:
    values = {"act": act, "trouble": trouble}
    return desk.page(request, identity, "act.html", section="service", service=act.service, status=status, **values)


def _done(desk: Desk, service: services.Service, kind: str) -> RedirectResponse:
    desk.asker.forget("service", service.name)
    return RedirectResponse(f"/services/{service.name}?did={kind}", status_code=303)
