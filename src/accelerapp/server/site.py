"""The whole site as one ASGI application: API, console, sign-in, and the product's own health and metrics."""

from __future__ import annotations

import html
import threading
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse, Response

from accelerapp import __version__
from accelerapp.access import service
from accelerapp.access.model import Action
from accelerapp.api import routes
from accelerapp.app import App
from accelerapp.base import jsons
from accelerapp.console import desk, frame, pages
from accelerapp.engine.runner import Engine
from accelerapp.server import gate, status
from accelerapp.server.metrics import Measured, Metrics
from accelerapp.web import identity, problems, shield, sign_in


def build(app: App, engine: Engine) -> FastAPI:
    """The site. `state.stopping` is set when streams have to end."""
    site = FastAPI(
        title="Accelerapp", version=__version__, openapi_url="/api/openapi.json", docs_url=None, redoc_url=None
    )
    site.state.access = app.access
    site.state.stopping = threading.Event()
    problems.install(site)
    site.include_router(routes.router(app))
    site.include_router(sign_in.router(app.access, _render(app)))
    site.include_router(pages.router(app))
    site.mount("/static", pages.static())
    metrics = Metrics(app, engine)
    _add_own(site, app, engine, metrics)
    site.add_middleware(GZipMiddleware, minimum_size=1024)
    site.add_middleware(Measured, metrics=metrics)
    site.add_middleware(gate.Gate, has_administrator=app.access.has_administrator)
    site.add_middleware(shield.Shield, hosts=_hosts(app))
    return site


def _hosts(app: App) -> list[str]:
    server = app.settings.server
    return [urlsplit(server.url).hostname or "", server.host]


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


def _add_own(site: FastAPI, app: App, engine: Engine, metrics: Metrics) -> None:
    @site.get("/health", operation_id="product_health", responses={503: {"model": status.ProductHealth}})
    def health() -> status.ProductHealth:
        """The product's own health."""
        found = status.look(app, engine)
        if found.status != "unavailable":
            return found
        return Response(jsons.to_json(found), 503, media_type="application/json")  # type: ignore[return-value]

    @site.get("/metrics", include_in_schema=False)
    def product_metrics(allowed: Annotated[None, Depends(_from_loopback_or_known)]) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @site.get("/api/docs", include_in_schema=False)
    def docs(who: identity.Reader) -> HTMLResponse:
        return HTMLResponse(_reference(site.openapi()))

    @site.get("/api", include_in_schema=False)
    def index(who: identity.Reader) -> JSONResponse:
        return JSONResponse({"version": __version__, "docs": "/api/docs", "openapi": "/api/openapi.json"})


def _reference(schema: dict[str, Any]) -> str:
    """A page that lists every operation; it needs no script and no network."""
    rows = [
        f"<tr><td>{method.upper()}</td><td><code>{html.escape(path)}</code></td>"
        f"<td>{html.escape(operation.get('description') or operation.get('summary', ''))}</td></tr>"
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>API of Accelerapp</title>'
        f'<link rel="stylesheet" href="{frame.static_url("console.css")}"><main class="plain"><h1>API</h1>'
        "<p>Send a token as <code>Authorization: Bearer …</code>. The whole description is in "
        '<a href="/api/openapi.json">openapi.json</a>.</p>'
        f"<table><thead><tr><th>Method</th><th>Path</th><th>What it does</th></tr></thead><tbody>{''.join(rows)}"
        "</tbody></table></main></html>"
    )
