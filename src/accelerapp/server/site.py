"""The whole site as one ASGI application: API, hooks, console, sign-in, and the product's own health and metrics."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

import anyio
from fastapi import Depends, FastAPI, Request
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse, Response

from accelerapp import __version__
from accelerapp.access import service
from accelerapp.access.model import Action
from accelerapp.api import routes
from accelerapp.app import App
from accelerapp.base import jsons
from accelerapp.console import acknowledging, desk, frame, pages
from accelerapp.engine.runner import Engine
from accelerapp.hooks import routes as hooks
from accelerapp.public import forms, serving
from accelerapp.server import gate, reference, status
from accelerapp.server.metrics import Measured, Metrics
from accelerapp.server.streams import EndStreams, Stopping
from accelerapp.web import identity, problems, shield, sign_in


def build(app: App, engine: Engine) -> FastAPI:
    """The site. `state.stopping` is set when streams have to end."""
    site = problems.Site(
        title="Accelerapp", version=__version__, openapi_url="/api/openapi.json", docs_url=None, redoc_url=None
    )
    site.state.access = app.access
    site.state.stopping = Stopping()
    problems.install(site)
    site.include_router(routes.router(app))
    site.include_router(hooks.router(app))
    address = urlsplit(app.settings.server.url)
    site.include_router(sign_in.router(app.access, _render(app), behind_tls=address.scheme == "https"))
    site.include_router(acknowledging.router(app))
    site.include_router(forms.router(app))
    site.include_router(pages.router(app))
    site.mount("/static", pages.static())
    metrics = Metrics(app, engine)
    _add_health(site, status.Looker(app, engine))
    _add_own(site, metrics)
    site.add_middleware(GZipMiddleware, minimum_size=1024)
    site.add_middleware(serving.StatusSite, kept=serving.kept(app))
    site.add_middleware(Measured, metrics=metrics)
    site.add_middleware(EndStreams, stopping=site.state.stopping)
    site.add_middleware(gate.Gate, has_administrator=app.access.has_administrator)
    hosts = [address.hostname or "", app.settings.server.host, *app.settings.server.names]
    hosts.append(urlsplit(app.settings.status_page.url).hostname or "")
    site.add_middleware(shield.Shield, hosts=hosts, address=address.netloc)
    return site


def _render(app: App) -> sign_in.Render:
    def render(request: Request, template: str, status_code: int, **values: Any) -> Response:
        given = {
            "theme": desk.theme(request),
            "error": "",
            "mend": "",
            "name": "",
            "next": "/",
            "first": False,
            "token": "",
            **values,
        }
        return HTMLResponse(frame.render(template, given), status_code, {"Cache-Control": "no-store"})

    return render


def _from_loopback_or_known(request: Request) -> None:
    """Metrics are for this machine, and for whoever has a token."""
    if not gate.is_local(request.scope):
        service.need(identity.identify(request, ""), Action.READ)


def _add_health(site: FastAPI, looker: status.Looker) -> None:
    @site.get("/health", operation_id="product_health", responses={503: {"model": status.ProductHealth}})
    async def health() -> status.ProductHealth:
        """The product's own health. It has a thread of its own: busy threads are no reason to be taken for dead."""
        found = await anyio.to_thread.run_sync(looker.look, limiter=anyio.CapacityLimiter(1))
        return found if found.status != "unavailable" else _unavailable(found)

    @site.get("/health/live", operation_id="product_live")
    async def live() -> dict[str, str]:
        """Does the process answer? A database that is away is no reason to start it again."""
        return {"status": "alive"}

    @site.get("/health/ready", operation_id="product_ready", responses={503: {"model": status.Readiness}})
    async def ready() -> status.Readiness:
        """May requests be sent to this process? Not while its database does not answer, and not when it will stop."""
        is_stopping = site.state.stopping.is_announced
        found = await anyio.to_thread.run_sync(looker.ready, is_stopping, limiter=anyio.CapacityLimiter(1))
        return found if found.ready else _unavailable(found)


def _unavailable(found: object) -> Any:
    return Response(jsons.to_json(found), 503, media_type="application/json")


def _add_own(site: FastAPI, metrics: Metrics) -> None:
    @site.get("/metrics", include_in_schema=False)
    def product_metrics(allowed: Annotated[None, Depends(_from_loopback_or_known)]) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @site.get("/api/docs", include_in_schema=False)
    def docs(who: identity.Reader) -> HTMLResponse:
        return HTMLResponse(reference.page(site.openapi(), frame.static_url("console.css")))

    @site.get("/api", include_in_schema=False)
    def index(who: identity.Reader) -> JSONResponse:
        return JSONResponse({"version": __version__, "docs": "/api/docs", "openapi": "/api/openapi.json"})
