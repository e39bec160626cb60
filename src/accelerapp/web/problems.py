"""How errors read over HTTP: a problem document for programs, a sign-in page or a plain page for people."""

from __future__ import annotations

import html
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from accelerapp.access import service
from accelerapp.base import errors

_log = logging.getLogger("accelerapp.web")
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/console.css">
<main class="plain"><h1>{title}</h1><p>{mend}</p><p><a href="/">To the console</a></p></main></html>"""


class Problem(BaseModel):
    """What went wrong, what to do about it, and each wrong field."""

    message: str
    mend: str = ""
    problems: list[dict[str, str]] = []


def described() -> dict[str, Any]:
    """An answer with a problem, for the description of the API.

    By reference: a model for every status of every route would take most of the time of a start, and of its memory.
    """
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}}


class Site(FastAPI):
    """Describes problems once."""

    def openapi(self) -> dict[str, Any]:
        """The description of the API, made when it is first asked for."""
        found = super().openapi()
        found.setdefault("components", {}).setdefault("schemas", {})[Problem.__name__] = Problem.model_json_schema()
        return found


def install(app: FastAPI) -> None:
    """Answer every error in the form that fits whoever asked."""
    for kind in (errors.AccelerappError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer)


def answer(request: Request, error: Exception) -> Response:
    """What is said about an error; one that nobody foresaw is logged with the number that the answer names."""
    if isinstance(error, errors.AccelerappError):
        return _explained(request, error)
    if isinstance(error, RequestValidationError):
        return _invalid(request, error)
    return _http(request, error) if isinstance(error, HTTPException) else _unexpected(request, error)


def status_of(error: errors.AccelerappError) -> int:
    """The HTTP status that says the same."""
    kinds: list[tuple[type[errors.AccelerappError], int]] = [
        (service.TooManyTriesError, 429),
        (service.NotSignedInError, 401),
        (errors.ForbiddenError, 403),
        (errors.NotFoundError, 404),
        (errors.InvalidInputError, 422),
        (errors.WrongUseError, 400),
        (errors.CannotTellError, 503),
    ]
    return next((status for kind, status in kinds if isinstance(error, kind)), 500)


def headers_of(error: errors.AccelerappError) -> dict[str, str]:
    """When to come back, where that is known."""
    return {"Retry-After": str(error.wait_seconds)} if isinstance(error, service.TooManyTriesError) else {}


def _explained(request: Request, error: errors.AccelerappError) -> Response:
    if isinstance(error, service.NotSignedInError) and not _is_api(request):
        query = f"?{request.url.query}" if request.url.query else ""
        here = request.url.path + query if request.method == "GET" else "/"
        return RedirectResponse(f"/login?next={quote(here)}", 303)
    fields = error.problems if isinstance(error, errors.InvalidInputError) else ()
    problem = Problem(
        message=error.message,
        mend=error.mend,
        problems=[{"field": field.field, "reason": field.reason} for field in fields],
    )
    made = _answer(request, status_of(error), problem)
    made.headers.update(headers_of(error))
    return made


def _invalid(request: Request, error: RequestValidationError) -> Response:
    return _explained(
        request, errors.InvalidInputError("The request", [_field_problem(each) for each in error.errors()])
    )


def _field_problem(item: Mapping[str, Any]) -> errors.FieldProblem:
    """Where and why, from one of pydantic's findings."""
    where = [str(part) for part in item["loc"][1:]]
    if item["type"] == "json_invalid":  # the place is a position in the text
        return errors.FieldProblem("body", f"is not JSON: {item['ctx']['error']} at character {where[0]}.")
    return errors.FieldProblem(".".join(where) or "body", str(item["msg"]))


def _http(request: Request, error: HTTPException) -> Response:
    message = "There is nothing here." if error.status_code == 404 else str(error.detail)
    made = _answer(request, error.status_code, Problem(message=message))
    for name, value in (error.headers or {}).items():
        made.headers[name] = value
    return made


def _unexpected(request: Request, error: Exception) -> Response:
    number = getattr(request.state, "request_id", "-")
    _log.error("%s: %s %s failed", number, request.method, quote(request.url.path), exc_info=error)
    mend = f"The server's log says what, under {number}."
    return _answer(request, 500, Problem(message="Something went wrong on our side.", mend=mend))


def _answer(request: Request, status: int, problem: Problem) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if _is_api(request):
        return JSONResponse(problem.model_dump(exclude_defaults=True), status, headers)
    page = _PAGE.format(title=html.escape(problem.message), mend=html.escape(problem.mend))
    return HTMLResponse(page, status, headers)


def _is_api(request: Request) -> bool:
    own = request.url.path.startswith(("/api/", "/hooks/", "/live/")) or request.url.path in ("/health", "/metrics")
    return own or "authorization" in request.headers
