"""Pages: who was called, what became of each message, acknowledge, resolve."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from accelerapp.app import App
from accelerapp.paging.model import Paging, PagingDetail, Response, Standing, Unreached, Verb
from accelerapp.web.identity import Operator, Reader


class Note(BaseModel):
    """A word about it, or none."""

    note: Annotated[str, Field(max_length=1000)] = ""


def add(router: APIRouter, app: App) -> None:
    """Add the routes."""

    @router.get("/pages", operation_id="list_pages")
    def pages(
        who: Reader,
        is_open: Annotated[bool | None, Query(alias="open")] = True,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> list[Paging]:
        """Open pages, newest first; with `open=false` those that are over."""
        return app.pager.pages(is_open, limit)

    @router.get("/pages/standing", operation_id="paging_standing")
    def standing(who: Reader) -> Standing:
        """How paging stands: can anybody be called, what is on the way, how old is the oldest due work?"""
        return app.pager.standing()

    @router.get("/pages/unreached", operation_id="unreached_people")
    def unreached(who: Reader) -> list[Unreached]:
        """Ways by which people were to be reached within the last day and were not, with the reason and the mend."""
        return app.pager.unreached()

    @router.get("/pages/responses", operation_id="page_responses")
    def responses(who: Reader) -> list[Response]:
        """How quickly the pages of the last 30 days were acknowledged (MTTA), by severity."""
        return app.pager.responses()

    @router.get("/pages/{id}", operation_id="get_page")
    def page(id: str, who: Reader) -> PagingDetail:
        """A page with every message that went out for it."""
        return app.pager.detail(id)

    @router.post("/pages/{id}/acknowledge", operation_id="acknowledge_page")
    def acknowledge(id: str, body: Note, who: Operator) -> Paging:
        """Somebody sees to it: nobody else is called."""
        return app.pager.act(id, Verb.ACKNOWLEDGE, who.name, body.note)

    @router.post("/pages/{id}/resolve", operation_id="resolve_page")
    def resolve(id: str, body: Note, who: Operator) -> Paging:
        """It is over."""
        return app.pager.act(id, Verb.RESOLVE, who.name, body.note)
