"""The desk that all page groups share: the product, who may ask, and how a page is made."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from accelerapp.access import model as access
from accelerapp.access import service as access_service
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.console import frame, live
from accelerapp.console.asking import Asker
from accelerapp.flows.oncall import By
from accelerapp.services import model as services
from accelerapp.web import problems


@dataclass(frozen=True)
class Section:
    """An entry of the rail."""

    id: str
    """Also the name of its icon."""
    title: str
    href: str
    key: str
    """The key after `g` that goes there."""


@dataclass(frozen=True)
class Place:
    """An entry of the service switch: the same page of another service."""

    name: ServiceName
    href: str


@dataclass(frozen=True)
class Page:
    """What the frame of every page shows."""

    identity: access.Identity
    now: datetime
    theme: str
    csrf: str
    may_operate: bool
    section: str
    service: str
    sections: Sequence[Section]
    services: Sequence[Place]

    @property
    def names(self) -> list[str]:
        """The services, for the palette."""
        return [place.name for place in self.services]


def theme(request: Request) -> str:
    """The colours that the viewer chose."""
    chosen = request.cookies.get("theme", "auto")
    return chosen if chosen in frame.THEMES else "auto"


def by(identity: access.Identity) -> By:
    """Who does something of on-call, and whether they may do it for others."""
    return By(identity.name, access_service.allows(identity.role, access.Action.ADMINISTER))


_OF_SERVICE = {"service": "", "logs": "/logs", "review": "/review", "health": "/health"}


@dataclass(frozen=True)
class Desk:
    """One per process."""

    app: App
    asker: Asker = field(default_factory=Asker)
    boards: live.Boards = field(default_factory=live.Boards)

    def page(
        self,
        request: Request,
        identity: access.Identity,
        template: str,
        *,
        section: str = "",
        service: str = "",
        status: int = 200,
        **values: Any,
    ) -> HTMLResponse:
        """A whole page with its frame."""
        shown = Page(
            identity=identity,
            now=self.app.clock.now(),
            theme=theme(request),
            csrf=identity.session.csrf if identity.session else "",
            may_operate=access_service.allows(identity.role, access.Action.OPERATE),
            section=section,
            service=service,
            sections=self._sections(service),
            services=self._places(section),
        )
        html = frame.render(template, {"page": shown, "service": service, **values})
        return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})

    def service(self, name: str) -> services.Service:
        """The named service. Raises NotFoundError."""
        return self.app.service(name)

    def _sections(self, service: str) -> list[Section]:
        """The rail; the parts of a service are those of the service on the page, or of the default one."""
        sections = [
            Section("services", "Services", "/", "s"),
            Section("incidents", "Incidents", "/incidents", "i"),
            Section("alerts", "Alerts", "/alerts", "a"),
            Section("oncall", "On-call", "/oncall", "c"),
        ]
        if not self.app.services:
            return sections
        path = f"/services/{service or self.app.service().name}"
        return [
            *sections,
            Section("service", "Service", path, "o"),
            Section("logs", "Logs", f"{path}/logs", "l"),
            Section("review", "Review", f"{path}/review", "r"),
            Section("health", "Health", f"{path}/health", "h"),
            Section("rules", "Rules", "/rules", "u"),
        ]

    def _places(self, section: str) -> list[Place]:
        tail = _OF_SERVICE.get(section, "")
        return [Place(each.name, f"/services/{each.name}{tail}") for each in self.app.services]


class PageRoute(APIRoute):
    """A route whose errors are pages for people, not JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the route, with its errors answered as pages."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return problem(_wrong(error))
            except access_service.NotSignedInError:
                raise  # the web's own answer leads to the sign-in page
            except errors.AccelerappError as error:
                return problem(error)

        return answered


def _wrong(error: RequestValidationError) -> errors.AccelerappError:
    fields = [errors.FieldProblem(str(each["loc"][-1]), str(each["msg"])) for each in error.errors()]
    return errors.InvalidInputError("What was sent", fields)


def problem(error: errors.AccelerappError) -> HTMLResponse:
    """A small page that says what is wrong and how to mend it."""
    status = problems.status_of(error)
    return HTMLResponse(frame.render("problem.html", {"error": error, "status": status}), status_code=status)
