"""What is done to a service comes to the time line of its open incidents: once, and without ever failing the act."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from tests import sites
from tests.fakes import NOON, SHOP, FakePlatform, replica, workload

from accelerapp.base import errors, side_by_side
from accelerapp.base.clock import MovingClock
from accelerapp.base.severity import Severity
from accelerapp.flows.acting import ToldPlatform
from accelerapp.flows.incident_acts import Acts
from accelerapp.incidents import acts
from accelerapp.incidents.model import EntryKind, Viewer, Wanted
from accelerapp.platforms.interface import Config

HOUR = timedelta(hours=1)
ANN = Viewer("ann")
HOSTILE = "\x1b[31m\u202e" + "x" * 100_000


@pytest.fixture
def clock():
    return MovingClock(NOON)


@pytest.fixture
def platform():
    return FakePlatform(workload(replica(1), replica(2)))


@pytest.fixture
def app(tmp_path, platform, clock):
    made = sites.product(tmp_path, platform)
    made.clock = clock
    return made


def opened(app, *services, **changes):
    return app.incidents.open(Wanted("Nobody can pay", Severity.P2, services or ("shop",), **changes), ANN)


def told(app, incident):
    """What the time line has of acts."""
    kinds = (EntryKind.DEPLOYMENT, EntryKind.CONFIG, EntryKind.COMMAND)
    return [each for each in app.incidents.detail(incident.id, ANN).entries if each.kind in kinds]


def lines(app, incident):
    return [f"{each.kind} {each.by}: {each.text}" for each in told(app, incident)]


def test_every_act_on_the_service_is_told_with_who_and_evidence(app, platform):
    incident, used = opened(app), app.platform(app.service())
    platform.config_maps = [Config("shop-config", "7", {"A": "1"})]
    used.set_version(SHOP, "1.1.0", "ann")
    used.undo(SHOP, "ben")
    used.scale(SHOP, 5, "ann")
    used.restart(SHOP, "ben")
    used.set_config(SHOP, "shop-config", "7", {"A": "secret", "B": None}, "ann")
    used.run_by(SHOP, replica(1).name, ["ls", "-l"], 10, "cat")
    assert lines(app, incident) == [
        "deployment ann: shop: version 1.1.0 is wanted, as revision 2.",
        "deployment ben: shop: version 1.0.0 is wanted, as revision 3 (rolled back).",
        "command ann: shop: scaled to 5 replicas.",
        "command ben: shop: every replica is replaced (restart).",
        "config ann: shop: the ConfigMap shop-config was changed: A set, B removed.",
        "command cat: shop: `ls -l` was run beside shop-1 and ended with exit code 0.",
    ]
    assert told(app, incident)[0].evidence[0].target == "/services/shop"


def test_a_silence_over_the_service_is_told_in_the_same_unit_of_work(app):
    incident = opened(app)
    app.alerting.maintain("shop", HOUR, "ben", "the disk is replaced")
    app.alerting.maintain("books", HOUR, "ben", "not ours")
    (line,) = lines(app, incident)
    assert line.startswith("command ben: shop: a maintenance over ")
    assert line.endswith("from 03-02 12:00 until 03-02 13:00 UTC: the disk is replaced")


def test_the_products_own_checks_are_no_acts(app):
    incident = opened(app)
    app.platform(app.service()).run(replica(1).name, ["true"], 10)
    assert told(app, incident) == []


def test_only_open_incidents_of_that_service_are_told(app):
    open_one, other, over = opened(app), opened(app, "books"), opened(app)
    app.incidents.resolve(over.id, ANN)
    app.platform(app.service()).restart(SHOP, "ann")
    assert [len(told(app, each)) for each in (open_one, other, over)] == [1, 0, 0]


def test_an_act_that_fails_is_not_told_and_fails_as_before(app):
    incident = opened(app)
    with pytest.raises(errors.NotFoundError):
        app.platform(app.service()).set_version(SHOP, "9.9.9", "ann")
    assert told(app, incident) == []


def test_without_a_database_an_act_makes_none(app, tmp_path):
    app.platform(app.service()).restart(SHOP, "ann")
    assert not list(tmp_path.glob("*.sqlite*"))


def test_a_deployment_past_the_product_is_found_once_and_one_through_it_is_not_told_twice(app, platform):
    incident = opened(app)
    platform.set_version(SHOP, "1.1.0", "ci")
    app.platform(app.service()).undo(SHOP, "ann")
    assert app.acts.follow() == 2  # the revision that was running an hour before belongs to it as well
    assert app.acts.follow() == 0
    assert sorted(lines(app, incident)) == [
        "deployment ann: shop: version 1.0.0 is wanted, as revision 3 (rolled back).",
        "deployment ci: shop: version 1.1.0 is wanted, as revision 2 (version 1.1.0).",
        "deployment settings: shop: version 1.0.0 is wanted, as revision 1.",
    ]


def test_what_is_much_older_than_the_incident_is_not_part_of_its_story(app, clock):
    clock.move(2 * HOUR)
    opened(app)
    assert app.acts.follow() == 0


def test_a_platform_that_cannot_tell_delays_nothing_else(app, platform):
    opened(app)
    platform.unreachable = True
    assert app.acts.follow() == 0


def test_the_act_stands_when_the_database_is_away_and_is_told_later(app, platform, clock, caplog):
    incident, is_away = opened(app), [True]

    @contextmanager
    def writing():
        if is_away[0]:
            raise errors.CannotTellError("The database does not answer.")
        with app.pager.writing() as stores:
            yield stores

    used = Acts(app.pager.reading, writing, clock, side_by_side.SideBySide(), {})
    ToldPlatform(platform, used.tell, clock).scale(SHOP, 4, "ann")
    assert platform.workload(SHOP).desired == 4
    assert "Not yet on the time line" in caplog.text
    with pytest.raises(errors.CannotTellError):
        used.follow()
    is_away[0] = False
    assert (used.follow(), used.follow()) == (1, 0)
    assert lines(app, incident) == ["command ann: shop: scaled to 4 replicas."]


def test_hostile_words_are_shortened_and_cannot_steer_a_terminal():
    act = acts.command("shop", HOSTILE, HOSTILE, NOON)
    assert len(act.text) <= 1000
    assert "\x1b" not in act.text
    entry = acts.entry("inc_1", act, NOON)
    assert entry == replace(acts.entry("inc_1", act, NOON + HOUR), noted_at=None)
