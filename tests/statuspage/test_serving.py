"""The page over HTTP: who may see it, entity tags, packing, the moment a change is seen, a database that is away."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from tests import sites
from tests.statuspage import scenes
from tests.statuspage.scenes import NOON

from accelerapp.base import clock, errors
from accelerapp.incidents.model import Viewer, Wanted
from accelerapp.public.kept import Kept, Source
from accelerapp.statuspage import publishing
from accelerapp.statuspage.components import Edited
from accelerapp.statuspage.model import ComponentState, Progress

ANN = Viewer("ann", is_administrator=True)
SECOND = timedelta(seconds=1)
NAMES = [
    "summary.json",
    "status.json",
    "components.json",
    "incidents.json",
    "incidents/unresolved.json",
    "scheduled-maintenances.json",
    "scheduled-maintenances/upcoming.json",
    "scheduled-maintenances/active.json",
]


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    made.status_editing.add_component("Shop", Edited(service="shop"))
    return made


def test_everybody_may_look_and_nobody_may_change(app):
    anybody = sites.client(app)
    for path in (
        "/status",
        "/status/",
        "/status/history",
        "/status/status.css",
        "/history.rss",
        "/status/history.atom",
    ):
        assert anybody.get(path).status_code == 200, path
    for name in NAMES:
        for root in ("/status", ""):
            answer = anybody.get(f"{root}/api/v2/{name}")
            assert answer.headers["content-type"].startswith("application/json"), name
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.json()["page"]["name"] == "shop"
    assert anybody.get("/status/nothing").status_code == 404
    assert anybody.get("/status/incidents/inc_1").status_code == 404
    assert anybody.post("/api/v1/status/components", json={"name": "Mine"}).status_code == 401
    assert anybody.post("/status").status_code in (404, 405)


def test_a_change_is_seen_at_once_and_changes_the_tag(app):
    anybody = sites.client(app)
    first = anybody.get("/status")
    again = anybody.get("/status", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    told = app.status_updates.say(publishing.Wanted("Down.", components={"Shop": ComponentState.MAJOR_OUTAGE}), ANN)
    after = anybody.get("/status", headers={"If-None-Match": first.headers["etag"]})
    assert after.status_code == 200
    assert "Some systems are down" in after.text
    assert anybody.get(f"/status/incidents/{told.incident}").status_code == 200


@pytest.mark.parametrize("form", ['"x", {tag}', "W/{tag}", "*"])
def test_tags_are_compared_in_all_their_forms(app, form):
    anybody = sites.client(app)
    tag = anybody.get("/status").headers["etag"]
    assert anybody.get("/status", headers={"If-None-Match": form.format(tag=tag)}).status_code == 304


def test_packed_and_plain_bodies_are_the_same_and_have_tags_of_their_own(app):
    anybody = sites.client(app)
    plain = anybody.get("/status", headers={"Accept-Encoding": "identity"})
    with anybody.stream("GET", "/status", headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert gzip.decompress(packed) == plain.content
    assert answer.headers["etag"] != plain.headers["etag"]
    head = anybody.head("/status", headers={"Accept-Encoding": "identity"})
    assert (head.content, head.headers["content-length"]) == (b"", str(len(plain.content)))


def test_nothing_of_an_incident_is_public_but_what_was_published(app):
    anybody = sites.client(app)
    incident = app.incidents.open(
        Wanted("Secret title", sites_severity(), calls=False, description="Secret cause"), ANN
    )
    app.incidents.note(incident.id, ANN, "Secret note")
    app.status_updates.publish(incident.id, publishing.Wanted("We are on it."), ANN)
    seen = "".join(
        anybody.get(path).text
        for path in (
            "/status",
            "/status/history",
            f"/status/incidents/{incident.id}",
            "/history.rss",
            "/status/history.atom",
        )
    )
    seen += "".join(anybody.get(f"/api/v2/{name}").text for name in NAMES)
    assert "We are on it." in seen
    assert "Secret" not in seen
    assert "ann" not in seen.replace("announc", "").replace("plann", "").replace("cannot", "").replace("channel", "")


def sites_severity():
    from accelerapp.base.severity import Severity

    return Severity.P2


def test_a_private_incident_is_never_published_and_vanishes_when_it_becomes_one(app):
    hidden = app.incidents.open(Wanted("x", sites_severity(), is_private=True, calls=False), ANN)
    with pytest.raises(errors.WrongUseError, match="is private"):
        app.status_updates.publish(hidden.id, publishing.Wanted("Hello."), ANN)
    known = app.incidents.open(Wanted("x", sites_severity(), calls=False), ANN)
    app.status_updates.publish(known.id, publishing.Wanted("Told too much."), ANN)
    after = app.incidents.get(known.id, ANN)
    app.incidents.edit(known.id, ANN, {"is_private": True}, after.version)
    anybody = sites.client(app)  # a process of its own would see it within a minute
    assert "Told too much" not in anybody.get("/status").text
    assert anybody.get(f"/status/incidents/{known.id}").status_code == 404


# -- what is kept in a process -----------------------------------------------------------------------------------------


@dataclass
class FakePage:
    """A database that a test changes, silences and holds up."""

    clock: clock.MovingClock = field(default_factory=lambda: clock.MovingClock(NOON))
    number: int = 1
    is_away: bool = False
    board: object = scenes.WELL
    loads: int = 0
    looks: int = 0
    gate: threading.Event | None = None

    def mark(self) -> int:
        self.looks += 1
        self._wait()
        return self.number

    def load(self):
        self.loads += 1
        self._wait()
        return self.number, scenes.Scene(scenes.PAGE, self.board, self.clock.now())

    def _wait(self) -> None:
        if self.gate is not None:
            self.gate.wait(30)
        if self.is_away:
            raise errors.CannotTellError("The database does not answer.")

    def kept(self) -> Kept:
        return Kept(Source(self.mark, self.load, lambda id: None, lambda: None, self.clock))


def test_the_database_is_looked_at_once_a_second_and_read_when_it_has_changed():
    page = FakePage()
    kept = page.kept()
    for _ in range(50):
        kept.get("")
    assert (page.looks, page.loads) == (0, 1)
    page.clock.move(2 * SECOND)
    kept.get("")
    assert (page.looks, page.loads) == (1, 1)
    page.number, page.board = 2, scenes.broken()
    page.clock.move(2 * SECOND)
    assert b"Some systems" in kept.get("").body
    assert page.loads == 2


def test_what_the_clock_changes_is_seen_without_a_change_of_the_database():
    work = scenes.planned("Disks", NOON + 10 * SECOND, timedelta(hours=1))
    page = FakePage(board=replace(scenes.WELL, maintenances=(work,)))
    kept = page.kept()
    assert b"Maintenance is in progress" not in kept.get("").body
    page.clock.move(11 * SECOND)
    assert b"Maintenance is in progress" in kept.get("").body


def test_while_the_database_is_away_the_last_page_is_given_and_after_a_minute_says_so():
    page = FakePage()
    kept = page.kept()
    kept.get("")
    page.is_away = True
    page.clock.move(30 * SECOND)
    assert b"All systems are operational" in kept.get("").body
    page.clock.move(45 * SECOND)
    told = kept.get("").body
    assert b"All systems are operational" not in told
    assert b"24 Nov 2026, 12:00 UTC" in told
    page.is_away = False
    page.clock.move(2 * SECOND)
    assert b"All systems are operational" in kept.get("").body


def test_before_the_first_answer_of_the_database_nothing_is_said():
    page = FakePage(is_away=True)
    with pytest.raises(errors.CannotTellError):
        page.kept().get("")


def test_a_database_that_hangs_holds_up_one_and_not_the_others():
    page = FakePage()
    kept = page.kept()
    kept.get("")
    page.gate = threading.Event()
    page.clock.move(2 * SECOND)
    held_up = threading.Thread(target=kept.get, args=("",))
    held_up.start()
    while not page.looks:
        held_up.join(0.01)
    assert kept.at_hand("") is not None
    assert kept.get("history") is not None
    page.gate.set()
    held_up.join(30)


def test_a_change_whose_look_failed_is_looked_for_again():
    page = FakePage()
    kept = page.kept()
    kept.get("")
    page.board, page.is_away = scenes.broken(), True
    kept.change()
    kept.get("")
    page.is_away = False
    page.clock.move(2 * SECOND)
    assert b"Some systems" in kept.get("").body


@contextmanager
def two_processes(tmp_path):
    yield sites.product(tmp_path), sites.product(tmp_path)


def test_what_another_process_published_is_seen_within_a_second_or_so(tmp_path):
    with two_processes(tmp_path) as (one, two):
        one.clock = two.clock = clock.MovingClock(NOON)
        one.status_editing.add_component("Shop", Edited())
        anybody = sites.client(one)
        assert "All systems" in anybody.get("/status").text
        two.status_updates.say(publishing.Wanted("Down.", components={"Shop": ComponentState.MAJOR_OUTAGE}), ANN)
        one.clock.move(2 * SECOND)
        assert "Some systems are down" in anybody.get("/status").text
        two.status_updates.say(publishing.Wanted("Over.", status=Progress.RESOLVED), ANN)
        one.clock.move(2 * SECOND)
        assert "All systems are operational" in anybody.get("/status").text
