"""One fingerprint, one open alert, in whatever order and however often signals come."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.alerts.stories import HOUR, MINUTE, SECOND, Story
from tests.fakes import NOON

from accelerapp.alerts import model, service
from accelerapp.alerts.model import AlertState, Signal, SignalState, Verdict
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.base.severity import Severity

FIRING = Signal({"alertname": "HighErrorRate", "service": "shop"}, starts_at=NOON - MINUTE, source="prometheus")
OVER = replace(FIRING, state=SignalState.RESOLVED, ends_at=NOON + MINUTE)


def test_a_signal_opens_an_alert_and_its_history_says_who_told(story):
    taken = story.fire(severity="critical")
    alert = story.alert()
    assert taken.opened == (alert.id,)
    assert (alert.state, alert.severity, alert.service) == (AlertState.FIRING, Severity.P1, "shop")
    assert alert.group == "service=shop alertname=HighErrorRate"
    assert story.told() == "opened: prometheus says that it is firing."


def test_the_same_delivery_again_changes_nothing(story):
    story.take(FIRING)
    before, history = story.alert(), story.history(story.alert().id)
    again = story.take(FIRING)
    assert (again.ignored, again.changed, again.opened) == (1, 0, ())
    assert story.alert() == before
    assert story.history(before.id) == history


def test_the_same_signal_twice_in_one_delivery_is_one_alert(story):
    assert len(story.take(FIRING, FIRING, replace(FIRING, annotations={"summary": "new"})).opened) == 1
    assert story.alert().annotations == {"summary": "new"}


def test_labels_in_another_order_are_the_same_thing_and_another_value_is_not():
    one = model.fingerprint({"a": "1", "b": "2"})
    assert one == model.fingerprint({"b": "2", "a": "1"})
    others = [{"a": "1"}, {"a": "1", "b": "3"}, {"a": "12", "b": ""}, {"ab": "12"}, {"a": "1\xffb\xfe2"}]
    assert one not in [model.fingerprint(labels) for labels in others[:-1]]
    assert len({model.fingerprint(labels) for labels in others}) == len(others)


def test_an_end_resolves_and_is_told_with_how_long_it_lasted(story):
    story.take(FIRING)
    story.wait(2 * MINUTE)
    assert story.take(OVER).resolved == 1
    assert story.alerts() == []
    alert = story.alert(is_open=None)
    assert (alert.state, alert.resolved_at, alert.ended_at) == (AlertState.RESOLVED, story.now, OVER.ends_at)
    assert story.told(is_open=None) == "resolved: prometheus says that it is over, after 2 min."


def test_an_end_before_anybody_was_to_be_paged_says_that_nobody_was(story):
    story.take(FIRING)
    story.take(OVER)
    assert story.kinds(story.alert(is_open=None).id) == ["opened", "not paged", "resolved"]
    story.wait(MINUTE)
    assert story.pages == []


def test_an_end_of_what_is_not_open_opens_nothing(story):
    assert story.take(replace(OVER, starts_at=None)).ignored == 1
    assert story.alerts(None) == []


def test_a_repeated_end_changes_nothing(story):
    story.take(FIRING)
    story.take(OVER)
    before = story.alert(is_open=None)
    assert story.take(OVER).ignored == 1
    assert story.alert(is_open=None) == before


def test_a_start_that_comes_after_its_end_opens_nothing(story):
    story.take(OVER)
    assert story.take(FIRING).opened == ()
    assert story.alerts() == []
    assert story.told(is_open=None).startswith("ignored: A delivery of before its end came late")


def test_what_starts_again_opens_again(story):
    story.take(FIRING)
    story.take(OVER)
    assert len(story.take(replace(FIRING, starts_at=NOON + 2 * MINUTE)).opened) == 1
    assert len(story.alerts(None)) == 2


def test_an_end_of_an_earlier_time_does_not_end_the_later_one(story):
    story.take(replace(FIRING, starts_at=NOON + 2 * MINUTE))
    assert story.take(OVER).ignored == 1
    assert story.alert().is_open
    assert story.told().startswith("ignored: An end of 2026-03-02 12:01:00 UTC came late")


def test_a_later_start_without_an_end_between_is_the_same_alert(story):
    story.take(FIRING)
    story.take(replace(FIRING, starts_at=NOON + 2 * MINUTE))
    assert len(story.alerts(None)) == 1
    story.take(OVER)  # of the first time, late
    assert story.alert().is_open


def test_what_still_fires_long_after_its_end_was_told_opens_again_though_its_start_is_the_old_one(story):
    story.take(FIRING)
    story.take(OVER)
    story.clock.move(service.LATE)
    assert len(story.take(FIRING).opened) == 1  # a sender that was restarted remembers the start


def test_a_repeated_signal_is_noted_now_and_then(story):
    story.take(FIRING)
    story.clock.move(10 * SECOND)
    assert story.take(FIRING).changed == 0
    story.clock.move(30 * SECOND)
    assert story.take(FIRING).changed == 1
    assert story.alert().seen_at == story.now


def test_new_annotations_and_values_are_kept(story):
    story.take(replace(FIRING, value=0.06))
    story.take(replace(FIRING, value=0.08, annotations={"summary": "8 % of requests fail"}))
    assert (story.alert().value, story.alert().title) == (0.08, "8 % of requests fail")


def test_a_severity_that_gets_worse_is_decided_anew_and_one_that_gets_better_stays(story):
    story.fire(severity="warning")
    keyed = replace(story.signal(severity="warning"), key="k")
    story.take(keyed)
    story.take(replace(keyed, labels={**keyed.labels, "severity": "critical"}))
    worst = [each for each in story.alerts() if each.severity is Severity.P1]
    assert len(worst) == 1
    assert story.history(worst[0].id)[-1].reason == "P3 became P1."
    story.take(keyed)
    assert [each.severity for each in story.alerts()].count(Severity.P1) == 1


def test_a_sender_that_cannot_tell_any_more_neither_opens_nor_ends(story):
    unknown = replace(FIRING, state=SignalState.UNKNOWN, annotations={"reason": "Prometheus does not answer."})
    story.take(unknown)
    assert story.alerts(None) == []
    story.take(FIRING)
    story.take(unknown)
    assert story.alert().state is AlertState.UNKNOWN
    assert story.told().endswith("whether it is there: Prometheus does not answer.")
    story.take(FIRING)
    assert story.alert().state is AlertState.FIRING
    assert story.told() == "known again: prometheus can tell again: it is still there."


def test_what_its_sender_acknowledges_pages_nobody(story):
    story.take(FIRING)
    story.take(replace(FIRING, state=SignalState.ACKNOWLEDGED))
    assert story.alert().state is AlertState.ACKNOWLEDGED
    story.wait(MINUTE)
    assert story.pages == []
    assert story.told() == "not paged: prometheus saw it before."


def test_an_acknowledgement_of_nothing_is_dropped(story):
    assert story.take(replace(FIRING, state=SignalState.ACKNOWLEDGED)).ignored == 1


def test_what_was_seen_and_gets_worse_pages(story):
    keyed = replace(story.signal(severity="warning"), key="k")
    story.take(keyed, replace(keyed, state=SignalState.ACKNOWLEDGED))
    story.take(replace(keyed, labels={**keyed.labels, "severity": "critical"}))
    story.turn()
    assert story.alert().verdict is Verdict.PAGED


# -- time --------------------------------------------------------------------------------------------------------------


def test_what_nobody_repeats_until_its_end_lapses_after_the_resolve_timeout(story):
    story.take(replace(FIRING, ends_at=NOON + 4 * MINUTE))
    story.wait(5 * MINUTE - SECOND)
    assert story.alert().is_open
    story.wait(5 * SECOND)
    assert story.is_resolved()
    assert story.told(is_open=None).startswith("resolved: Nothing was heard of it for 5 min")


def test_what_is_repeated_does_not_lapse(story):
    for _ in range(20):
        story.take(replace(FIRING, ends_at=story.now + 4 * MINUTE))
        story.wait(MINUTE)
    assert story.alert().is_open


def test_what_its_sender_ends_itself_is_forgotten_only_after_days(story):
    story.take(FIRING)
    story.wait(timedelta(days=3) - HOUR, 20 * MINUTE)
    assert story.alert().is_open
    story.wait(2 * HOUR, 20 * MINUTE)
    assert story.is_resolved()


def test_nothing_lapses_while_nobody_listened(story):
    story.take(replace(FIRING, ends_at=NOON + 4 * MINUTE))
    story.clock.move(HOUR)
    story.listening_since = story.now  # the process was down, and has just begun
    story.wait(MINUTE)
    assert story.alert().is_open
    story.wait(5 * MINUTE)
    assert story.is_resolved()


def test_what_lapsed_opens_again_when_its_sender_comes_back_with_the_old_start(story):
    story.take(replace(FIRING, ends_at=NOON + 4 * MINUTE))
    story.wait(6 * MINUTE)
    assert len(story.take(replace(FIRING, ends_at=story.now + 4 * MINUTE)).opened) == 1


@pytest.mark.parametrize("skew", [timedelta(hours=-3), timedelta(hours=3)])
def test_a_sender_whose_clock_is_wrong_opens_and_resolves_all_the_same(story, skew):
    story.take(replace(FIRING, starts_at=NOON + skew, ends_at=NOON + skew + 4 * MINUTE))
    assert story.alert().opened_at == NOON
    assert ("ahead of ours" in story.told()) == (skew > timedelta(0))
    story.turn()
    assert story.alert().is_open
    story.take(replace(OVER, starts_at=NOON + skew, ends_at=NOON + skew + MINUTE))
    assert story.is_resolved()


# -- bounds ------------------------------------------------------------------------------------------------------------


def test_a_million_label_values_are_bounded_and_said(work):
    story = Story(work, Policy(most_open=50))
    signals = [story.signal(user=str(number)) for number in range(200)]
    taken = story.take(*signals)
    assert (len(taken.opened), taken.unkept) == (51, 150)
    story.take(*signals)  # again: what is there stays, nothing is added
    assert len(story.alerts()) == 51
    told = story.alert("AlertsNotKept")
    assert told.title == "150 alerts of one delivery could not be kept"
    assert told.severity is Severity.P2
    story.resolve(user="7")
    assert story.take(story.signal(user="199")).unkept == 1  # 49 and the one that says so are open
    story.resolve(user="8")
    assert len(story.take(story.signal(user="199")).opened) == 1


STEPS = st.lists(
    st.tuples(st.sampled_from(["fire", "over", "late over", "unknown", "wait"]), st.integers(0, 2)), max_size=25
)


@given(STEPS)
def test_whatever_comes_in_whatever_order_at_most_one_alert_of_a_thing_is_open_and_none_changes_after_its_end(steps):
    policy, now, known, ended = Policy(), NOON, {}, {}
    counter = itertools.count()
    for what, thing in steps:
        now += SECOND * (90 if what == "wait" else 1)
        labels = {"alertname": f"Rule{thing}"}
        start = now - SECOND * (next(counter) % 3)
        state = {"fire": SignalState.FIRING, "unknown": SignalState.UNKNOWN}.get(what, SignalState.RESOLVED)
        ends_at = {"over": now, "late over": now - HOUR}.get(what)
        latest = {}
        for alert in known.values():
            if alert.fingerprint not in latest or alert.is_open:
                latest[alert.fingerprint] = alert
        count = sum(alert.is_open for alert in known.values())
        changes = service.take(
            [Signal(labels, state=state, starts_at=start, ends_at=ends_at)], latest, count, policy, now
        )
        assert not ended.keys() & changes.alerts.keys()
        known.update(changes.alerts)
        ended.update({id: alert for id, alert in changes.alerts.items() if not alert.is_open})
        open_ = [alert.fingerprint for alert in known.values() if alert.is_open]
        assert len(open_) == len(set(open_))
        assert all(decision.subject in known and decision.reason for decision in changes.decisions)
