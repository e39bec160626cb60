"""`/services/{name}/health`: the whole last health report, and a check now."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from accelerapp.console.desk import Desk
from accelerapp.web import identity as identities


def add(router: APIRouter, desk: Desk) -> None:
    """Add the page and its verb."""

    @router.get("/services/{name}/health", response_class=HTMLResponse)
    def health_page(request: Request, name: str, identity: identities.Reader) -> HTMLResponse:
        service = desk.service(name)
        answer = desk.asker.ask(("service", service.name, "health"), lambda: desk.app.latest_health(service.name))
        return desk.page(request, identity, "health.html", section="health", service=service.name, answer=answer)

    @router.post("/services/{name}/health")
    def check_now(name: str, reader: identities.Reader) -> Response:
        service = desk.service(name)
        # Each check is bounded by itself; two people who ask at once share one run.
        key = ("check", service.name)
        desk.asker.ask(key, lambda: desk.app.keep_health(service.name), timeout=60)
        desk.asker.forget("service", service.name)
        return RedirectResponse(f"/services/{service.name}/health", status_code=303)
