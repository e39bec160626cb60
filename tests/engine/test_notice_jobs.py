"""Notices on the whole product: the engine's jobs, the sender, and a server that speaks ntfy's protocol."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import fakes
import pytest
from story import SHOP, StoryApp, settings_of
from tests.notifications import protocols, servers
from tests.oncall.stories import at
from tests.oncall.stories import book as read

from accelerapp.base import clock as clocks
from accelerapp.base.severity import Severity
from accelerapp.engine import jobs
from accelerapp.engine.runner import Engine
from accelerapp.flows import noticing
from accelerapp.flows.oncall import By
from accelerapp.oncall import tabling
from accelerapp.oncall.store import Changes
from accelerapp.platforms.interface import Revision

FRIDAY = at("2026-03-27 17:00")
CHANNEL = """
[channels.push]
kind = "ntfy"
url = "{url}"
token = "file:token"
"""
BOOK = """
[people.ann.methods]
ntfy = "ann-phone"
[people.ben.methods]
ntfy = "ben-phone"
[teams.platform]
lead = "ann"
members = ["ben"]
[schedules.shop]
zone = "Europe/Berlin"
[[schedules.shop.layers]]
name = "week"
members = ["ann", "ben"]
starts_on = 2026-03-20
[policies.all]
steps = [{ call = "primary shop" }]
"""


@pytest.fixture
def ntfy(tmp_path):
    with servers.serve(protocols.ntfy, tmp_path) as local:
        yield local


@pytest.fixture
def app(tmp_path, ntfy):
    (tmp_path / "token").write_text(protocols.NTFY_TOKEN)
    known = settings_of(tmp_path, SHOP + CHANNEL.format(url=ntfy.url))
    clock = clocks.MovingClock(FRIDAY - timedelta(hours=1))
    platform = fakes.FakePlatform()
    platform.history = [Revision(2, "1.1.0", FRIDAY - timedelta(hours=3), "ben")]
    platform.revisions = lambda service: platform.history
    made = StoryApp(known, platform, clock)
    made.oncall.take(tabling.tables(read(BOOK)), By("ann", is_admin=True))
    yield made
    made.database.engine.dispose()


def run(app, length):
    """The engine and the sender, minute by minute."""
    engine = Engine(app, [each for each in jobs.of_app(app) if each.name in ("tell_handoffs", "report_oncall")])
    until = app.clock.now() + length
    while app.clock.now() < until:
        engine.turn()
        for claimed, held in app.sending.claim(10):
            app.sending.send(claimed, held)
        app.clock.sleep(60)
    assert [each.last_error for each in engine.status()] == ["", ""]


def heard(ntfy, topic):
    return [each.json for each in ntfy.got if each.json["topic"] == topic]


def test_at_the_handoff_both_hear_of_it_with_the_brief(app, ntfy):
    run(app, timedelta(hours=2))
    [ben] = heard(ntfy, "ben-phone")
    assert ben["title"] == "[NOTICE] ben, you are primary on call of shop until Fri 2026-04-03 17:00 CEST"
    assert "Deployed in 7 days:\n- shop 1.1.0, 3 h ago, by ben" in ben["message"]
    assert [each["label"] for each in ben["actions"]] == ["Open on-call"]
    report, ann = heard(ntfy, "ann-phone")
    assert "ann, ben is now primary" in ann["title"]
    assert "2 things are wrong with on-call" in report["title"]
    assert "person ann: No contact method is verified" in report["message"]


def test_when_all_is_well_the_leads_hear_nothing(app, ntfy):
    book = app.oncall.book()
    with app.oncall.writing() as store:
        proven = {
            ("people", name): replace(each, methods=tuple(replace(one, verified_at=FRIDAY) for one in each.methods))
            for name, each in book.people.items()
        }
        store.save(Changes(proven, ()), "ann", FRIDAY)
    app.clock.sleep(24 * 3600)
    run(app, timedelta(minutes=30))
    assert heard(ntfy, "ann-phone") == []


def test_a_channel_that_fails_is_known_and_no_job_fails_of_it(app, ntfy):
    ntfy.mode = "revoked"
    run(app, timedelta(hours=2))
    with app.pager.reading() as stores:
        assert stores.outbox.waiting(app.clock.now()) == (0, None)
    assert app.pager.pages(is_open=None, kind=None) == []


def test_a_page_beside_it_goes_first(app):
    with app.pager.writing() as stores:
        now = app.clock.now()
        noticing.send(stores, noticing.Notice("a", "Gentle"), ["ann"], now)
        noticing.send(stores, noticing.Notice("b", "Urgent", severity=Severity.P1), ["ann"], now)
    [(first, _)] = app.sending.claim(1)
    assert first.title == "Urgent"
