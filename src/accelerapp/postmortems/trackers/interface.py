"""What every tracker does: look for the issue of an action item, and make one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from accelerapp.base import errors
from accelerapp.base.ids import ActionId
from accelerapp.postmortems.model import Issue

SECONDS = 20.0
"""The time-out of one request."""
MOST_PAGES = 20
TITLE = 250
"""Characters that every tracker takes as a title."""


class RefusedError(errors.WrongUseError):
    """The tracker will not make it; surely there is none."""


class BusyError(errors.CannotTellError):
    """The tracker asks to come back later; surely there is none."""


@dataclass(frozen=True)
class Draft:
    """An issue to make."""

    action: ActionId
    title: str
    body: str
    """In Markdown, with the mark of the action item in it."""
    due_on: date | None = None


class Tracker(Protocol):
    """One project of one tool."""

    @property
    def name(self) -> str:
        """`github` or `gitlab`."""
        ...

    def find(self, action: ActionId, since: datetime) -> Issue | None:
        """The issue with the mark of this action item, made from `since` on. Raises CannotTellError, RefusedError."""
        ...

    def create(self, draft: Draft) -> Issue:
        """Make one.

        Raises RefusedError or BusyError when there surely is none, and CannotTellError when there may be one.
        """
        ...


def mark(action: ActionId) -> str:
    """By which an issue is found again; nobody sees it on the page."""
    return f"<!-- accelerapp:{action} -->"
