"""What changed, asked of everything that may know: real repositories and stores, a platform that fails, one that hangs."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from tests import sites
from tests.fakes import NOON, SHOP, FakePlatform, replica, workload

from accelerapp.access.model import Role
from accelerapp.alerts.model import Signal
from accelerapp.base import errors, side_by_side
from accelerapp.base.clock import MovingClock
from accelerapp.base.severity import Severity
from accelerapp.clients import git
from accelerapp.flows import change_sources, request_figures
from accelerapp.flows.change_telling import Told
from accelerapp.flows.incident_changes import WhatChanged
from accelerapp.incidents.changes import ChangeKind, Changes, Place, Question
from accelerapp.incidents.model import Viewer, Wanted
from accelerapp.logs.comparison import LogComparison, Side
from accelerapp.metrics.model import Line, Matrix, Point
from accelerapp.platforms.interface import Config, Event, Revision

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ANN = Viewer("ann")
HOSTILE = "\x1b]0;owned\x07 <script>alert(1)</script> \u202e $(reboot) 'x"
WINDOW = Question(("shop",), NOON - 6 * HOUR, NOON + 10 * MINUTE, NOON)


@pytest.fixture
def clock():
    return MovingClock(NOON)


@pytest.fixture
def platform():
    return FakePlatform(workload(replica(1), replica(2)), now=NOON - 2 * HOUR)


@pytest.fixture
def app(tmp_path, platform, clock):
    made = sites.product(tmp_path, platform)
    made.clock = clock
    return made


@pytest.fixture
def repository(tmp_path):
    """Two commits, an hour and ten minutes before noon, the second by somebody hostile."""
    folder = tmp_path / "code"
    folder.mkdir()
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def run(*words, at=NOON, name="Ann"):
        who = {f"GIT_{part}_{field}": value for part in ("AUTHOR", "COMMITTER") for field, value in
               (("NAME", name), ("EMAIL", "a@example.com"), ("DATE", at.isoformat()))}  # fmt: skip
        subprocess.run(("git", *words), cwd=folder, env={**os.environ, **quiet, **who}, check=True, capture_output=True)

    run("init", "-q")
    run("commit", "--allow-empty", "-m", "Discounts by category", at=NOON - HOUR)
    run("commit", "--allow-empty", "-m", HOSTILE, at=NOON - 10 * MINUTE, name=HOSTILE)
    return str(folder)


def with_repository(app, folder):
    app.settings.services["shop"] = app.settings.services["shop"].model_copy(update={"repository": folder})


def incident(app, **changes):
    return app.incidents.open(Wanted("Nobody can pay", Severity.P2, ("shop",), **changes), ANN)


# -- all together ------------------------------------------------------------------------------------------------------


def test_the_release_before_the_incident_comes_out_on_top(app, platform, clock, repository):
    with_repository(app, repository)
    platform.now = NOON
    platform.set_version(SHOP, "1.1.0", "ci")
    clock.move(3 * MINUTE)
    signal = Signal({"alertname": "HighErrorRate", "service": "shop", "severity": "critical"}, source="rules")
    app.alerting.take([signal])
    clock.move(MINUTE)
    found = app.what_changed.of_incident(incident(app).id, ANN)
    first = found.ranked[0]
    assert first.change.text == "shop: version 1.1.0, instead of 1.0.0 (revision 2)."
    assert (first.change.kind, first.change.by) == (ChangeKind.DEPLOYMENT, "ci")
    assert "3 min before it began; 3 min after it: shop: P1 HighErrorRate" in first.why
    assert found.onset_at == clock.now() - MINUTE
    kinds = [each.change.kind for each in found.ranked]
    assert {ChangeKind.ALERT, ChangeKind.COMMIT} < set(kinds)


def test_whoever_cannot_tell_is_named_with_the_reason_and_hides_nobody(app, platform):
    told = app.what_changed.of_services(("shop",), NOON)
    unknown = {each.name: each.said for each in told.unknown}
    assert unknown["commits of shop"].startswith("The settings name no repository of shop.")
    assert set(unknown) == {"commits of shop", "log of shop", "figures of shop"}
    platform.unreachable = True
    told = app.what_changed.of_services(("shop",), NOON)
    unknown = {each.name: each.said for each in told.unknown}
    assert unknown["deployments of shop"].startswith("The supervisor does not run.")
    assert unknown.keys().isdisjoint({"alerts", "silences", "on-call overrides"})


def test_a_source_that_hangs_is_named_and_the_others_are_told(app, clock):
    release = threading.Event()

    def hang():
        release.wait(60)
        return Told(())

    def sources(question):
        shown = Revision(2, "1.1.0", NOON, "ann")
        good = change_sources.deployments("shop", Place.SERVICE, [shown], question)
        return {"deployments": lambda: good, "events": hang}

    used = WhatChanged(app.pager.reading, clock, side_by_side.SideBySide(), sources, timeout=0.2)
    told = used.of_services(("shop",), NOON)
    release.set()
    assert [each.change.kind for each in told.ranked] == [ChangeKind.DEPLOYMENT]
    assert [(each.name, each.found) for each in told.sources] == [("deployments", 1), ("events", None)]
    assert "No answer within" in told.unknown[0].said


def test_a_service_that_the_settings_do_not_name_cannot_be_told_of(app):
    told = app.what_changed.of_services(("nonesuch",), NOON)
    assert told.unknown[0].said == "The settings name no service nonesuch."


def test_without_a_service_all_of_them_are_asked(app):
    told = app.what_changed.of_services((), NOON)
    assert "deployments of shop" in [each.name for each in told.sources]


@pytest.mark.parametrize("hours", [0, -1, 10**9, float("nan")])
def test_hours_that_make_no_sense_are_refused(app, hours):
    with pytest.raises(errors.WrongUseError, match="hours"):
        app.what_changed.of_services(("shop",), NOON, hours)


def test_over_the_api_it_is_the_same_and_a_private_incident_stays_so(app):
    client, one = sites.client(app), incident(app, is_private=True)
    admin, reader = sites.key(app, Role.ADMIN), sites.key(app, Role.VIEWER)
    found = client.get(f"/api/v1/incidents/{one.id}/changes?hours=2", headers=admin)
    assert found.status_code == 200
    assert found.json()["services"] == ["shop"]
    assert {each["found"] for each in found.json()["sources"]} >= {None, 0}
    assert client.get(f"/api/v1/incidents/{one.id}/changes", headers=reader).status_code == 404
    assert client.get("/api/v1/services/shop/changes?hours=0", headers=reader).status_code == 422
    assert client.get("/api/v1/services/shop/changes", headers=reader).json()["ranked"]


# -- one source each ---------------------------------------------------------------------------------------------------


def test_a_revision_says_what_was_before_and_what_changed():
    known = [
        Revision(3, "1.1.0", NOON - MINUTE, "ann", ("environment A changed",)),
        Revision(2, "1.1.0", NOON - HOUR, "ben"),
        Revision(1, "1.0.0", NOON - 9 * HOUR, "ben"),
    ]
    found = change_sources.deployments("shop", Place.SERVICE, known, WINDOW).changes
    assert [each.text for each in found] == [
        "shop: version 1.1.0, the same version with another configuration (revision 3).",
        "shop: version 1.1.0, instead of 1.0.0 (revision 2).",
    ]
    assert found[0].details == ("environment A changed",)


def test_only_commits_that_can_be_in_the_release_are_asked_for():
    known = [Revision(2, "1.1.0", NOON - MINUTE, ""), Revision(1, "1.0.0", NOON - 9 * HOUR, "")]
    assert change_sources.of_release(known, WINDOW) == (NOON - 9 * HOUR, NOON - MINUTE)
    assert change_sources.of_release(known[1:], WINDOW) == (NOON - 9 * HOUR, WINDOW.until)
    assert change_sources.of_release([], WINDOW) == (WINDOW.since, WINDOW.until)


def test_commits_of_a_real_repository_are_told_together_and_cannot_hurt(repository):
    found = git.log(repository, NOON - 6 * HOUR, NOON)
    assert [each.at for each in found] == [NOON - 10 * MINUTE, NOON - HOUR]
    (change,) = change_sources.commits("shop", found, WINDOW).changes
    assert change.text.startswith("shop: 2 commits since the last release; the newest:")
    assert change.at == NOON - 10 * MINUTE
    for said in (change.text, change.by, *change.details):
        assert not {"\x1b", "\x07", "\u202e"} & set(said)
    assert git.log(repository, NOON - MINUTE, NOON) == []


def test_a_folder_that_is_no_repository_cannot_tell(tmp_path):
    with pytest.raises(errors.CannotTellError, match="not a git repository"):
        git.log(str(tmp_path), NOON - HOUR, NOON)
    with pytest.raises(errors.CannotTellError, match="no folder of this machine"):
        git.log("https://git.example/shop", NOON - HOUR, NOON)


def test_the_same_warnings_are_told_once_and_what_is_usual_not_at_all():
    def event(minutes, kind="Warning", reason="BackOff", **more):
        return Event(NOON - minutes * MINUTE, kind, reason, "it ended again", replica(1).name, **more)

    known = [event(1), event(2, count=4), event(3), event(4, "Normal", "Started"), event(5, "Normal", "NodeNotReady")]
    found = change_sources.events("shop", [*known, event(6, "Normal", "Scaled")], WINDOW).changes
    assert [(each.kind, each.at) for each in found] == [
        (ChangeKind.EVENT, NOON - 3 * MINUTE),
        (ChangeKind.EVENT, NOON - 5 * MINUTE),
        (ChangeKind.COMMAND, NOON - 6 * MINUTE),
    ]
    assert "6 times" in found[0].text


def test_what_senders_told_of_counts_as_a_change(app, clock):
    from accelerapp.alerts.model import Decision, DecisionKind, Kind

    sender = app.alerting.add_integration("pipeline", Kind.PAGERDUTY, "ann", service_name="shop")
    told = Decision(DecisionKind.CHANGE, "ci: Build 12 of shop", NOON - MINUTE, sender.id)
    with app.alerting.writing() as stores:
        stores.alerts.add_decisions([told])
    (found,) = [
        each.change
        for each in app.what_changed.of_services(("shop",), NOON).ranked
        if each.change.kind is ChangeKind.REPORTED
    ]
    assert (found.text, found.by, found.place) == ("ci: Build 12 of shop", "pipeline", Place.SERVICE)


def test_config_maps_are_told_by_hash_and_when_is_not_known_is_said():
    known = Config("shop", "7", {"KEY": "hunter2"}, changed_at=NOON - MINUTE, changed_by="ann")
    told = change_sources.configs("shop", [known, replace(known, name="old", changed_at=None)], WINDOW)
    (change,) = told.changes
    assert known.hash in change.text
    assert "hunter2" not in repr(told)
    assert known.hash != replace(known, values={"KEY": "hunter3"}).hash
    assert told.note == "When old changed is not known."


def test_a_log_without_records_on_one_side_cannot_tell():
    side = Side("1h..now", None, None, 0, 0)
    with pytest.raises(errors.CannotTellError, match="no records"):
        change_sources.log("shop", LogComparison(replace(side, record_count=5), side, (), (), ()), WINDOW)


def test_a_figure_that_moved_is_told_and_one_without_values_is_said():
    asked = request_figures.expressions("shop", (), "1m")
    errors_, latency, traffic = asked
    start = (NOON - HOUR).timestamp()

    def matrix(*values):
        return Matrix((Line({}, tuple(Point(start + 30 * n, value) for n, value in enumerate(values))),))

    found = {errors_: matrix(*[0.0] * 100, *[0.2] * 10), latency: Matrix(), traffic: matrix(*[20.0] * 110)}
    told = change_sources.metrics("shop", found, asked, NOON)
    (change,) = told.changes
    assert change.at == NOON - 10 * MINUTE
    assert "up to 20 %" in change.text
    assert "95th percentile of latency: only 0 values" in told.note
    with pytest.raises(errors.CannotTellError, match="too little measured"):
        change_sources.metrics("shop", dict.fromkeys(found, Matrix()), asked, NOON)


def test_many_of_one_kind_are_cut_and_that_is_said():
    known = [Revision(n, "1.0.0", NOON - n * MINUTE, "") for n in range(100)]
    told = change_sources.deployments("shop", Place.SERVICE, known, WINDOW)
    assert (len(told.changes), told.note) == (30, "70 older ones left out.")


def test_what_is_told_comes_back_whole_over_json(app):
    from accelerapp.base import jsons

    told = app.what_changed.of_services(("shop",), NOON)
    assert jsons.from_json(Changes, jsons.to_json(told)) == told
