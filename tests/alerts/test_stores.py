"""What the stores do: in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.alerts.stories import HOUR, MINUTE
from tests.fakes import NOON

from accelerapp.alerts.model import (
    Alert,
    AlertState,
    Decision,
    DecisionKind,
    Integration,
    Kind,
    Matcher,
    Operator,
    Page,
    Silence,
    Verdict,
)
from accelerapp.alerts.store import Filter
from accelerapp.base.ids import AlertId, IncidentId, IntegrationId, PageId, SilenceId
from accelerapp.base.severity import Severity


def alert(number: int = 1, **changes: object) -> Alert:
    whole = Alert(
        id=AlertId(f"alr_{number}"),
        fingerprint=f"f{number}",
        labels={"alertname": "R", "service": "shop", "odd": 'ü"\n\t\\'},
        annotations={"summary": "s"},
        severity=Severity.P2,
        source="prometheus",
        state=AlertState.FIRING,
        starts_at=NOON - HOUR,
        opened_at=NOON + number * timedelta(seconds=1),
        seen_at=NOON,
        group="g",
        look_at=NOON + MINUTE,
        lapses_at=NOON + HOUR,
        openings=(NOON - MINUTE, NOON + timedelta(microseconds=5)),
        value=0.25,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def over(number: int, at: object = NOON, **changes: object) -> Alert:
    ended = {"state": AlertState.RESOLVED, "resolved_at": at, "look_at": None, "lapses_at": None}
    return alert(number, **{**ended, **changes})


def put(stores, *alerts: Alert) -> None:
    stores.alerts.put(alerts, {each.id for each in alerts})


def test_alerts_come_back_whole_and_change(work_anywhere):
    with work_anywhere() as stores:
        put(stores, alert(1), alert(2))
    with work_anywhere() as stores:
        assert stores.alerts.get(AlertId("alr_1")) == alert(1)
        changed = alert(
            1, state=AlertState.ACKNOWLEDGED, verdict=Verdict.PAGED, why="w", page=PageId("p"), severity=Severity.P1
        )
        stores.alerts.put([changed])
    with work_anywhere() as stores:
        assert stores.alerts.get(AlertId("alr_1")) == changed
        assert stores.alerts.get(AlertId("nobody")) is None
        assert [each.id for each in stores.alerts.find(Filter())] == ["alr_2", "alr_1"]
        assert stores.alerts.open_count() == 2


def test_a_decision_writes_nothing_else_of_an_alert(work_anywhere):
    with work_anywhere() as stores:
        put(stores, alert(1))
        seen = alert(1, verdict=Verdict.PAGED, why="w", page=PageId("p"), look_at=None, escalates_at=NOON)
        stores.alerts.put_decided([replace(seen, seen_at=NOON + HOUR, source="other")])
        stores.alerts.put_decided([])
    with work_anywhere() as stores:
        assert stores.alerts.get(AlertId("alr_1")) == seen


def test_the_latest_of_each_fingerprint_is_the_open_one_or_the_last_that_ended_lately(work_anywhere):
    with work_anywhere() as stores:
        put(
            stores,
            over(1, NOON - 3 * HOUR),
            over(2, NOON),
            over(3, NOON + MINUTE, fingerprint="f2"),
            alert(4, fingerprint="f2"),
        )
        put(stores, over(5, NOON, fingerprint="f5"), over(6, NOON + MINUTE, fingerprint="f5"))
        found = stores.alerts.latest({"f1", "f2", "f5", "f9"}, NOON - HOUR)
        assert {name: each.id for name, each in found.items()} == {"f2": "alr_4", "f5": "alr_6"}
        assert stores.alerts.latest(set(), NOON) == {}


def test_two_open_alerts_of_one_fingerprint_are_refused_by_the_store_itself(work_anywhere):
    with work_anywhere() as stores:
        put(stores, alert(1))
    with pytest.raises(Exception, match=r"f1|UNIQUE|uq_alerts_open"), work_anywhere() as stores:
        put(stores, alert(2, fingerprint="f1"))
    with work_anywhere() as stores:  # the end of one and the start of the next may come together
        stores.alerts.put([over(1), alert(3, fingerprint="f1")], {AlertId("alr_3")})


def test_what_is_due_lapsed_and_escalating_is_found_by_its_time(work_anywhere):
    with work_anywhere() as stores:
        put(
            stores, alert(1), alert(2, look_at=NOON, escalates_at=NOON), alert(3, look_at=None, lapses_at=NOON), over(4)
        )
        at = lambda found: [each.id for each in found]  # noqa: E731
        assert at(stores.alerts.due(NOON, 9)) == ["alr_2"]
        assert at(stores.alerts.due(NOON + HOUR, 9)) == ["alr_2", "alr_1"]
        assert at(stores.alerts.due(NOON + HOUR, 1)) == ["alr_2"]
        assert at(stores.alerts.lapsed(NOON, 9)) == ["alr_3"]
        assert at(stores.alerts.escalating(NOON, 9)) == ["alr_2"]


def test_filters_and_rules_and_holders(work_anywhere):
    with work_anywhere() as stores:
        put(
            stores,
            alert(1, held_by="sil_1"),
            alert(2, labels={"alertname": "Other"}, group="h"),
            over(3, held_by="sil_1"),
        )
        at = lambda found: sorted(each.id for each in found)  # noqa: E731
        assert at(stores.alerts.find(Filter(is_open=True))) == ["alr_1", "alr_2"]
        assert at(stores.alerts.find(Filter(is_open=False))) == ["alr_3"]
        assert at(stores.alerts.find(Filter(service="shop"))) == ["alr_1", "alr_3"]
        assert at(stores.alerts.find(Filter(group="h"))) == ["alr_2"]
        assert at(stores.alerts.open_of_rules({"R"})) == ["alr_1"]
        assert at(stores.alerts.held_by(["sil_1", "sil_2"])) == ["alr_1"]
        assert stores.alerts.look_at_held(NOON, "sil_1") == 1
        assert at(stores.alerts.due(NOON, 9)) == ["alr_1"]


def page(name: str, **changes: object) -> Page:
    return replace(Page(PageId(name), "g", "t", Severity.P2, "shop", NOON, NOON), **changes)  # type: ignore[arg-type]


def test_pages_belong_to_groups_by_their_open_alerts(work_anywhere):
    with work_anywhere() as stores:
        old, new = page("p1"), page("p2", at=NOON + MINUTE)
        storm = page("p3", group="", last_at=NOON + HOUR)
        stores.alerts.put_pages([old, new, storm])
        assert [each.id for each in sorted(stores.alerts.settled_pages(), key=lambda each: each.id)] == [
            "p1",
            "p2",
            "p3",
        ]
        put(
            stores,
            alert(1, page=old.id),
            alert(2, page=new.id),
            alert(3, page=storm.id, group="h"),
            over(4, page=new.id),
        )
        assert stores.alerts.pages_of_groups({"g", "h", "x"}) == {"g": new, "h": storm}
        assert stores.alerts.pages_of_groups(set()) == {}
        assert stores.alerts.settled_pages() == []
        assert stores.alerts.pages_since(NOON + MINUTE) == 1
        assert stores.alerts.storm_since(NOON + MINUTE) == storm
        assert stores.alerts.storm_since(NOON + 2 * HOUR) is None
        assert [each.id for each in stores.alerts.of_page(new.id)] == ["alr_2", "alr_4"]
        stores.alerts.put_pages([replace(storm, closed_at=NOON, incident=IncidentId("inc_1"), alerts=7)])
        assert stores.alerts.storm_since(NOON) is None
        assert stores.alerts.page(storm.id).alerts == 7
        assert stores.alerts.page(PageId("nobody")) is None


def test_history_keeps_its_order_and_the_last_lines(work_anywhere):
    lines = [Decision(DecisionKind.NOTICE, f"line {number}", NOON, "sil_1") for number in range(5)]
    with work_anywhere() as stores:
        stores.alerts.add_decisions(lines)
        stores.alerts.add_decisions([])
        assert stores.alerts.decisions("sil_1") == lines
        assert stores.alerts.decisions("sil_1", 2) == lines[-2:]
        assert stores.alerts.decisions("x") == []


def test_pruning_forgets_what_was_over_with_its_history_and_nothing_else(work_anywhere):
    with work_anywhere() as stores:
        put(stores, over(1, NOON - HOUR), over(2, NOON), alert(3))
        stores.alerts.add_decisions([Decision(DecisionKind.OPENED, "x", NOON, f"alr_{number}") for number in (1, 2)])
        stores.alerts.put_pages([page("p1", closed_at=NOON - HOUR), page("p2")])
        assert stores.alerts.prune(NOON) == 1
        assert [each.id for each in stores.alerts.find(Filter())] == ["alr_3", "alr_2"]
        assert stores.alerts.decisions("alr_1") == []
        assert len(stores.alerts.decisions("alr_2")) == 1
        assert (stores.alerts.page(PageId("p1")), stores.alerts.page(PageId("p2"))) == (None, page("p2"))


def test_silences(work_anywhere):
    matchers = (Matcher("service", Operator.EQUAL, "shop"), Matcher("i", Operator.UNLIKE, 'a"|ü'))
    one = Silence(SilenceId("sil_1"), matchers, "ann", "why", NOON, NOON + HOUR, NOON)
    two = replace(one, id=SilenceId("sil_2"), ends_at=NOON + MINUTE, is_closed=True)
    with work_anywhere() as stores:
        for each in (one, two):
            stores.silences.put(each)
        stores.silences.put(replace(one, noticed_at=NOON))
    with work_anywhere() as stores:
        assert stores.silences.get(one.id) == replace(one, noticed_at=NOON)
        assert stores.silences.unclosed() == [replace(one, noticed_at=NOON)]
        assert [each.id for each in stores.silences.all()] == ["sil_1", "sil_2"]
        assert stores.silences.prune(NOON + 2 * HOUR) == 1
        assert stores.silences.get(two.id) is None


def test_integrations(work_anywhere):
    one = Integration(IntegrationId("int_1"), "b", Kind.HEARTBEAT, "h1", "ann", NOON, every_seconds=60.0)
    two = replace(
        one, id=IntegrationId("int_2"), name="a", hash="h2", kind=Kind.GRAFANA, secret="env:X", service="shop"
    )
    with work_anywhere() as stores:
        stores.integrations.add(one)
        stores.integrations.add(two)
        stores.integrations.note(one.id, NOON + MINUTE)
        stores.integrations.note(IntegrationId("gone"), NOON)
    with work_anywhere() as stores:
        assert stores.integrations.all() == [two, replace(one, last_at=NOON + MINUTE)]
        assert stores.integrations.by_hash("h2") == two
        assert stores.integrations.by_hash("h3") is None
        assert stores.integrations.remove(one.id)
        assert not stores.integrations.remove(one.id)
