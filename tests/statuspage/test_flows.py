"""Updates in one unit of work with the incident, components that follow services, files that stand without us."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from tests import object_stores, sites
from tests.statuspage import scenes
from tests.statuspage.scenes import HOUR, NOON, SHOP

from accelerapp.base import clock, errors
from accelerapp.base.ids import ServiceName
from accelerapp.base.severity import Severity
from accelerapp.clients import folders, object_store
from accelerapp.flows import status_export, status_page
from accelerapp.health.model import HealthReport, HealthState, Verdict
from accelerapp.incidents.model import EntryKind, Status, Viewer, Wanted
from accelerapp.statuspage import publishing
from accelerapp.statuspage.components import Edited
from accelerapp.statuspage.model import Board, ComponentState, Follows, Progress

ANN, BEN = Viewer("ann", is_administrator=True), Viewer("ben", is_administrator=True)
MAJOR = ComponentState.MAJOR_OUTAGE
MINUTE = timedelta(minutes=1)


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    made.clock = clock.MovingClock(NOON)
    made.status_editing.add_component("Shop", Edited(service="shop"))
    return made


def opened(app, **given):
    return app.incidents.open(Wanted("Team words", Severity.P1, calls=False, **given), ANN)


def say(message, **given):
    return publishing.Wanted(message, **given)


def test_a_preview_shows_what_is_published_and_publishes_nothing(app):
    incident = opened(app)
    wanted = say("**Down.**", components={"shop": MAJOR})
    seen = app.status_updates.preview(incident.id, wanted, ANN)
    assert (seen.title, seen.html, seen.is_published) == ("Problem with Shop", "<p><strong>Down.</strong></p>", False)
    assert [(each.component, each.after) for each in seen.changes] == [("Shop", MAJOR)]
    assert app.status_standing().open_incidents == ()
    done = app.status_updates.publish(incident.id, wanted, ANN)
    assert replace(done, is_published=False) == seen


def test_with_an_update_goes_the_incident_and_its_time_line_says_what_was_told(app):
    incident = opened(app)
    app.status_updates.publish(incident.id, say("A release is the cause.", status=Progress.IDENTIFIED), ANN)
    detail = app.incidents.detail(incident.id, ANN)
    assert detail.incident.status is Status.IDENTIFIED
    told = [each for each in detail.entries if each.kind is EntryKind.UPDATE]
    assert [(each.text, each.by) for each in told] == [("Published as identified: A release is the cause.", "ann")]
    assert told[0].evidence[0].target.endswith(f"/status/incidents/{incident.id}.html")


def test_without_a_status_an_update_has_the_one_that_the_incident_has_by_now(app):
    incident = opened(app)
    app.status_updates.publish(incident.id, say("Looking."), ANN)
    app.incidents.change_status(incident.id, ANN, Status.MONITORING)
    assert app.status_updates.publish(incident.id, say("Watching."), ANN).status is Progress.MONITORING


def test_what_is_told_to_be_over_is_over_and_nothing_more_is_told_of_it(app):
    incident = opened(app, components=("Shop",))
    app.status_updates.publish(incident.id, say("Down."), ANN)
    assert app.status_standing().components[0].state is MAJOR  # named in the incident, as bad as a P1
    app.status_updates.publish(incident.id, say("Over.", status=Progress.RESOLVED), ANN)
    assert not app.incidents.get(incident.id, ANN).is_open
    assert app.status_standing().overall == "All systems are operational"
    with pytest.raises(errors.WrongUseError) as refused:
        app.status_updates.publish(incident.id, say("One more."), ANN)
    assert f"accelerapp incident reopen {incident.id}" in refused.value.mend
    app.incidents.reopen(incident.id, ANN, "It is back.")
    assert app.status_updates.publish(incident.id, say("It is back."), ANN).status is Progress.INVESTIGATING


def test_when_the_team_has_ended_an_incident_the_last_word_can_still_be_told(app):
    incident = opened(app)
    app.status_updates.publish(incident.id, say("Down."), ANN)
    app.incidents.resolve(incident.id, ANN)
    assert incident.id in app.status_standing().remarks[0]
    app.status_updates.publish(incident.id, say("Over.", status=Progress.RESOLVED), ANN)
    assert app.status_standing().remarks == ()


def test_a_word_without_an_incident_opens_one_and_two_open_ones_have_to_be_told_apart(app):
    first = app.status_updates.say(say("Investigating service disruption"), ANN)
    assert (first.opened, app.incidents.get(first.incident, ANN).severity) == (True, Severity.P1)
    assert app.incidents.get(first.incident, ANN).acknowledged_by == "ann"
    opened(app)
    assert app.status_updates.say(say("Still."), ANN).incident == first.incident  # the one that is public
    other = opened(app)
    app.status_updates.publish(other.id, say("This too."), ANN)
    with pytest.raises(errors.WrongUseError, match="3 open incidents") as refused:
        app.status_updates.say(say("Which?"), ANN)
    assert "--incident ID" in refused.value.mend


def test_to_resolve_nothing_is_refused(app):
    with pytest.raises(errors.WrongUseError, match="nothing to resolve"):
        app.status_updates.say(say("Issue resolved", status=Progress.RESOLVED), ANN)


def test_what_was_published_can_be_taken_back_and_the_time_line_keeps_it(app):
    incident = opened(app)
    app.status_updates.publish(incident.id, say("Wrong customer name."), ANN)
    app.status_updates.withdraw(incident.id, ANN)
    assert app.status_updates.reports() == []
    assert "Wrong customer name." in str(app.incidents.detail(incident.id, ANN).entries)


def test_two_who_publish_at_once_are_both_heard(app):
    incident = opened(app)
    ready = threading.Barrier(2)

    def tell(viewer):
        ready.wait(30)
        app.status_updates.publish(incident.id, say(f"From {viewer.name}."), viewer)

    threads = [threading.Thread(target=tell, args=(viewer,)) for viewer in (ANN, BEN)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    (report,) = app.status_updates.reports()
    assert sorted(each.body for each in report.updates) == ["From ann.", "From ben."]


# -- components that follow a service ----------------------------------------------------------------------------------


def health(verdict, since):
    report = HealthReport(ServiceName("shop"), NOON, verdict, (), ())
    return {"shop": HealthState(ServiceName("shop"), verdict, since, NOON, report)}


FOLLOWED = replace(SHOP, service=ServiceName("shop"), follows=Follows.SERVICE, looked_at=NOON - MINUTE)


def follow(board, healths):
    return [(after, outages) for _, after, outages in status_page.followed(board, healths, NOON)]


def test_a_service_that_is_down_for_a_while_is_an_outage_and_a_restart_is_none():
    board = Board(components=(FOLLOWED,))
    ((after, outages),) = follow(board, health(Verdict.DOWN, NOON - MINUTE))
    assert (after.state, outages) == (ComponentState.OPERATIONAL, [])
    ((after, outages),) = follow(board, health(Verdict.DOWN, NOON - 3 * MINUTE))
    assert (after.state, after.looked_at) == (MAJOR, NOON)
    assert outages[0].state is MAJOR


def test_a_service_of_which_nothing_is_known_is_not_operational():
    lost = replace(FOLLOWED, looked_at=NOON - HOUR)
    for healths in ({}, health(Verdict.UNKNOWN, NOON - HOUR)):
        ((after, outages),) = follow(Board(components=(lost,)), healths)
        assert after.unknown_since == NOON - HOUR
        assert [(each.state, each.starts_at) for each in outages] == [(None, NOON - HOUR)]


def test_while_an_incident_or_a_maintenance_tells_of_it_people_say_how_it_is():
    board = replace(scenes.WELL, components=(FOLLOWED,))
    told = scenes.told(board, "We know.", NOON - HOUR, components={"Shop": ComponentState.DEGRADED})
    ((after, outages),) = follow(told, health(Verdict.DOWN, NOON - HOUR))
    assert (after.state, outages) == (ComponentState.DEGRADED, [])
    work = replace(scenes.planned("Disks", NOON - HOUR, 2 * HOUR), components=(SHOP.id,))
    ((after, outages),) = follow(replace(board, maintenances=(work,)), health(Verdict.DOWN, NOON - HOUR))
    assert (after.state, outages) == (ComponentState.OPERATIONAL, [])


def test_without_a_component_that_follows_nothing_is_written(app):
    before = app.status_page.mark()
    assert app.status_page.follow() == []
    assert app.status_page.mark() == before


def test_the_health_of_a_service_is_a_suggestion_where_people_decide(app):
    (shown,) = app.status_page.standing(app.status_scene).components
    assert shown.suggested is None
    assert status_page.suggestion(replace(SHOP, service=ServiceName("shop")), health(Verdict.DOWN, NOON)) is MAJOR


# -- files that stand without us ---------------------------------------------------------------------------------------


@pytest.fixture(params=["folder", "moto"])  # rclone over a folder without a cache hangs when it is written to
def place(request, tmp_path, monkeypatch):
    if request.param == "folder":
        yield folders.Folder(tmp_path / "public"), lambda path: (tmp_path / "public" / path).read_bytes()
        return
    (tmp_path / "objects").mkdir()
    with object_stores.running(request.param, tmp_path / "objects") as store:
        for name, value in store.environment().items():
            monkeypatch.setenv(name, value)
        store.put("pages", "unrelated.txt", b"mine")
        bucket = object_store.Bucket("pages")
        yield object_store.Shelf(bucket, "/status/"), lambda path: b"".join(bucket.read(f"status/{path}"))


def test_the_page_is_written_and_only_what_changed_is_written_again(place):
    shelf, read = place
    known: dict[str, str] = {}
    board = scenes.broken()
    count = status_export.write(scenes.scene(board, written_at=NOON), None, shelf, known)
    assert len(known) == count
    assert b"Some systems" in read("index.html")
    assert b"inc_now" in read("incidents/inc_now.html")
    fewer = replace(board, reports=tuple(each for each in board.reports if each.id != "inc_now"))
    status_export.write(scenes.scene(fewer, written_at=NOON), None, shelf, known)
    assert not [path for path in shelf.names("incidents") if "inc_now" in path]
    assert b"inc_now" not in read("history.html")


def test_only_our_own_pages_are_removed_from_a_folder(tmp_path):
    (tmp_path / "incidents").mkdir()
    (tmp_path / "incidents" / "notes.html").write_text("mine")
    (tmp_path / "incidents" / "inc_gone.html").write_text("ours")
    status_export.write(scenes.scene(scenes.WELL), None, folders.Folder(tmp_path))
    assert {each.name for each in (tmp_path / "incidents").iterdir()} == {"notes.html"}


def test_a_file_is_there_whole_or_not_at_all_and_a_folder_that_cannot_be_written_says_so(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(errors.WrongUseError, match="cannot be written"):
        folders.Folder(blocked).put("index.html", b"x", "text/html")
    folders.Folder(tmp_path).put("a/b.html", b"x", "text/html")
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["b.html"]


class Counting:
    """A place that counts, and fails when told to."""

    def __init__(self) -> None:
        self.puts: list[str] = []
        self.is_away = False

    def put(self, path, body, kind):
        if self.is_away:
            raise errors.CannotTellError("The store cannot be reached.")
        self.puts.append(path)

    def names(self, folder):
        return []

    def remove(self, path):
        raise AssertionError(path)


def test_the_files_are_renewed_at_each_change_and_every_few_minutes_and_after_a_failure(app):
    counting = Counting()
    export = status_export.StatusExport(app.status_page.mark, app.load_status, lambda: None, counting, app.clock)
    assert export.renew()
    assert counting.puts[-1] == "index.html"
    assert not export.renew()
    app.clock.move(5 * MINUTE)
    counting.puts.clear()
    assert export.renew()
    assert counting.puts == ["index.html"]
    counting.is_away = True
    app.status_editing.set_component("Shop", MAJOR)
    with pytest.raises(errors.CannotTellError):
        export.renew()
    counting.is_away = False
    assert export.renew()
    assert "api/v2/summary.json" in counting.puts
