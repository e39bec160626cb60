"""Two people do the same at once: one of them does it, the other is told, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import tomllib
from contextlib import contextmanager

import pytest
from tests import databases
from tests.oncall.stories import BOOK_TOML, at

from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.flows.oncall import By, Rota
from accelerapp.oncall.model import SwapState
from accelerapp.oncall.store_sql import SqlOncall

BEN, ROOT = By("ben"), By("root", is_admin=True)


@pytest.fixture(params=databases.KINDS)
def rota(request, tmp_path):
    with databases.opened(request, request.param, tmp_path) as database:

        @contextmanager
        def work(opened):
            with opened as connection:
                yield SqlOncall(connection)

        made = Rota(lambda: work(database.read()), lambda: work(database.write()), MovingClock(at("2026-03-20 12:00")))
        made.take(tomllib.loads(BOOK_TOML), ROOT)
        yield made


def at_once(*acts):
    """What each raised, or None; all begin together."""
    begin, raised = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index, act):
        begin.wait(30)
        try:
            act()
        except errors.AccelerappError as error:
            raised[index] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return raised


def test_a_swap_that_is_accepted_twice_at_once_counts_once(rota):
    swap = rota.ask_swap("shop", "ben", at("2026-03-27 17:00"), By("ann"))
    raised = at_once(*[lambda: rota.answer_swap(swap.id, SwapState.ACCEPTED, BEN)] * 4)
    assert sum(error is None for error in raised) == 1
    assert all("accepted already" in error.message for error in raised if error)
    assert len(rota.overrides("shop")) == 1


def test_nobody_is_removed_while_somebody_else_names_them(rota):
    rota.take({"people": {"dee": {"methods": {"email": "dee@example.com"}}}}, ROOT)
    named = {"teams": {"platform": {"lead": "dee"}}}
    raised = at_once(lambda: rota.remove("people", "dee", ROOT), lambda: rota.take(named, ROOT))
    assert sum(error is None for error in raised) == 1
    book = rota.book()
    assert ("dee" in book.people) == (book.teams["platform"].lead == "dee")
