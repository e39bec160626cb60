"""A product with a book of on-call, a channel for mail, and somebody who is called, for tests of its pages."""

from __future__ import annotations

import tomllib
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient
from tests import sites
from tests.oncall.stories import BOOK_TOML, at

from accelerapp.access import model as access
from accelerapp.access.model import Role
from accelerapp.alerts.model import Signal
from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.ids import AccountName, SessionId
from accelerapp.base.settings.channels import Email
from accelerapp.flows.oncall import By
from accelerapp.oncall import store
from accelerapp.oncall.model import Book, ContactMethod, Person

ROOT = By("root", is_admin=True)
CSRF = "token"


class CookieAccess:
    """Who is signed in, and as what, stands in the cookie: `responder.ann`."""

    def has_administrator(self) -> bool:
        return True

    def identify_cookie(self, cookie: str) -> access.Identity | None:
        role, _, name = cookie.partition(".")
        if role not in set(Role):
            return None
        now = at("2026-03-20 11:00")
        session = access.Session(SessionId("id"), AccountName(name), CSRF, now, now + timedelta(hours=11))
        return access.Identity(name, Role(role), session)


class Codes:
    """Keeps the codes that were sent; `trouble` is raised instead."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.trouble: Exception | None = None

    def send_code(self, person: Person, method: ContactMethod, code: str) -> None:
        if self.trouble:
            raise self.trouble
        self.sent.append((person.name, method.name, code))


class Desk:
    """One product and its site for all tests of a file: each begins with the book, and knows of no code."""

    def __init__(self, folder: Path) -> None:
        self.app = product(folder)
        self.full = self.app.oncall.book()
        self.site = sites.client(self.app).app

    def begin(self, book: Book | None = None) -> App:
        """The product with this book, or with the usual one."""
        with self.app.oncall.writing() as kept:
            before = kept.book()
            for person in before.people.values():
                for method in person.methods:
                    kept.remove_code(person.name, method.name)
            kept.save(store.changes(before, self.full if book is None else book), "root", self.app.clock.now())
        return self.app

    def browser(self, name: str, role: Role = Role.RESPONDER) -> TestClient:
        """A browser in which this person is signed in."""
        return browser(self.site, name, role)


def browser(site: Any, name: str, role: Role) -> TestClient:
    """A browser of a site whose access is in the cookie."""
    cookies = {"accelerapp_session": f"{role}.{name}"}
    return TestClient(site, base_url="http://127.0.0.1:8000", cookies=cookies, follow_redirects=False)


def post(browser: TestClient, path: str, **form: object) -> Any:
    """A form of ours, sent."""
    return browser.post(path, data={"csrf": CSRF, **form})


def unreachable() -> AbstractContextManager[Any]:
    """A unit of work while the database is away."""
    raise errors.CannotTellError("The database does not answer.", mend="Look whether it runs.")


def product(folder: Path) -> App:
    """The product on a Friday in March, shortly before the handoff."""
    made = sites.product(folder)
    made.settings.channels["mail"] = Email(kind="email", host="127.0.0.1", sender="a@example.com")
    made.clock = MovingClock(at("2026-03-20 12:00"))
    made.__dict__["access"] = CookieAccess()
    made.oncall.take(tomllib.loads(BOOK_TOML), ROOT)
    return made


def alarm(app: App, title: str = "6 % of requests fail", severity: str = "critical") -> str:
    """An alert that pages; the id of the page's escalation."""
    app.alerting.take([Signal({"alertname": title, "service": "shop", "severity": severity}, {"summary": title})])
    app.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
    app.alerting.turn()
    return next(each.id for each in app.pager.pages() if title in each.title)
