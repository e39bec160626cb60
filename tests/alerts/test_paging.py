"""Who would be paged, and why the others are not: grouping, inhibition, silences, maintenance, flapping, storms."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.alerts.stories import HOUR, MINUTE, SECOND, Story

from accelerapp.alerts.model import LET_THROUGH, AlertState, Verdict
from accelerapp.base import errors
from accelerapp.base.settings.model import Alerts as Policy
from accelerapp.base.settings.model import Inhibition
from accelerapp.base.severity import Severity


def verdicts(story: Story) -> list[str]:
    return [alert.verdict.value for alert in story.alerts()]


# -- groups ------------------------------------------------------------------------------------------------------------


def test_an_alert_waits_for_others_of_its_group_and_they_are_one_page(story):
    story.fire(instance="a")
    story.clock.move(5 * SECOND)
    story.turn()
    assert story.pages == []
    story.fire(instance="b")
    story.wait(20 * SECOND)
    assert len(set(story.pages)) == 1
    assert verdicts(story) == ["paged", "grouped"]
    assert {alert.page for alert in story.alerts()} == {story.pages[0]}
    assert story.told() == (
        f"not paged: of the page of 12:00 UTC for service=shop alertname=HighErrorRate ({story.pages[0]})."
    )


def test_the_worst_alert_of_the_group_is_the_one_that_pages(story):
    story.fire(instance="a", severity="warning")
    story.fire(instance="b", severity="error")
    story.wait(11 * SECOND)
    assert {alert.labels["instance"]: alert.verdict for alert in story.alerts()} == {
        "a": Verdict.GROUPED,
        "b": Verdict.PAGED,
    }


def test_a_p1_waits_for_nothing(story):
    story.fire(severity="critical")
    story.turn()
    assert story.alert().verdict is Verdict.PAGED
    assert story.told() == "incident: Part of the incident " + f"{story.incidents()[0].id}."


def test_alerts_of_other_services_and_rules_page_for_themselves(story):
    story.fire()
    story.fire(service="blog")
    story.fire("HighLatency")
    story.wait(15 * SECOND)
    assert verdicts(story) == ["paged"] * 3


def test_what_joins_a_page_later_and_is_worse_pages_again(story):
    story.fire(instance="a", severity="warning")
    story.wait(15 * SECOND)
    story.fire(instance="b", severity="critical")
    story.turn()
    assert verdicts(story) == ["paged", "paged"]
    assert len(set(story.pages)) == 1
    told = [each.reason for each in story.history(story.alerts()[1].id) if each.kind.value == "paged"]
    assert told == ["P1, worse than the page of 12:00 UTC for service=shop alertname=HighErrorRate."]


def test_a_group_that_was_over_is_a_new_page(story):
    story.fire()
    story.wait(15 * SECOND)
    story.resolve()
    story.wait(MINUTE)
    story.fire()
    story.wait(15 * SECOND)
    assert len(set(story.pages)) == 2


def test_grouping_can_be_set(work):
    story = Story(work, Policy(group_by=("service",)))
    story.fire()
    story.fire("HighLatency")
    story.wait(15 * SECOND)
    assert verdicts(story) == ["paged", "grouped"]


def test_alerts_without_a_rule_have_nothing_in_common(story):
    story.fire("", host="a")
    story.fire("", host="b")
    story.wait(15 * SECOND)
    assert verdicts(story) == ["paged", "paged"]


# -- inhibition --------------------------------------------------------------------------------------------------------


def test_a_service_that_is_down_explains_its_symptoms_and_they_page_when_they_outlive_it(story):
    story.fire("HighErrorRate")
    story.fire("ServiceDown", severity="critical")
    story.wait(15 * SECOND)
    down = story.alert("ServiceDown")
    assert (down.verdict, story.alert().verdict) == (Verdict.PAGED, Verdict.INHIBITED)
    assert story.told() == f"not paged: explained by ServiceDown of shop ({down.id})."
    story.wait(10 * MINUTE)
    assert story.kinds(story.alert().id) == ["opened", "not paged"]  # said once, not at every look
    story.resolve("ServiceDown", severity="critical")
    story.wait(20 * SECOND)
    assert story.alert().verdict is Verdict.PAGED


def test_another_service_that_is_down_explains_nothing(story):
    story.fire("ServiceDown", service="blog", severity="critical")
    story.fire()
    story.wait(15 * SECOND)
    assert story.alert().verdict is Verdict.PAGED


def test_two_that_could_explain_each_other_both_page(story):
    story.fire("ServiceDown", instance="a", severity="critical")
    story.fire("ServiceDown", instance="b", severity="critical")
    story.turn()
    assert set(verdicts(story)) == {"paged", "grouped"}


def test_alerts_without_a_service_are_not_explained_by_one_without(story):
    story.fire("ServiceDown", service="", severity="critical")
    story.fire(service="")
    story.wait(15 * SECOND)
    assert story.alert().verdict is Verdict.PAGED


def test_inhibition_can_be_set_and_a_source_without_a_rule_is_refused(work):
    rule = Inhibition(source='alertname="NodeDown"', target='tier=~"web|db"', equal=("node",))
    story = Story(work, Policy(inhibit=(rule,)))
    story.fire("NodeDown", node="n1")
    story.fire(node="n1", tier="web")
    story.fire("HighLatency", node="n1", tier="batch")
    story.wait(15 * SECOND)
    assert (story.alert().verdict, story.alert("HighLatency").verdict) == (Verdict.INHIBITED, Verdict.PAGED)
    story.policy = Policy(inhibit=(Inhibition(source='tier="web"'),))
    story.fire("Other")
    with pytest.raises(errors.WrongUseError, match="names no rule"):
        story.wait(15 * SECOND)


# -- silences ----------------------------------------------------------------------------------------------------------


def test_a_silence_says_by_whom_until_when_and_why_and_what_outlives_it_pages(story):
    silence = story.silence(2 * HOUR)
    story.fire()
    story.wait(HOUR)
    assert story.told() == "not paged: silenced by ann until 14:00 UTC: moving the database."
    assert story.incidents() == []
    story.wait(HOUR + MINUTE)
    assert story.alert().verdict is Verdict.PAGED
    kinds = story.kinds(silence.id)
    assert kinds == ["silenced", "notice", "ended"]
    notice = story.history(silence.id)[1]
    assert notice.reason == "It ends in 15 min, at 14:00 UTC. 1 alert may page then: HighErrorRate."
    assert notice.at == silence.ends_at - 15 * MINUTE


def test_a_silence_that_is_ended_early_lets_its_alerts_page_at_once(story):
    silence = story.silence(2 * HOUR)
    story.fire()
    story.wait(MINUTE)
    story.end_silence(silence.id)
    story.turn()
    assert story.alert().verdict is Verdict.PAGED
    assert story.history(silence.id)[-1].reason == "ann ended it."
    with pytest.raises(errors.WrongUseError, match="over already"):
        story.end_silence(silence.id)


def test_a_silence_over_other_labels_holds_nothing_back(story):
    story.silence(HOUR, service="blog")
    story.fire()
    story.wait(15 * SECOND)
    assert story.alert().verdict is Verdict.PAGED


def test_of_two_silences_the_longer_one_is_named_and_the_end_of_the_shorter_changes_nothing(story):
    story.silence(10 * MINUTE, reason="short")
    story.silence(HOUR, reason="long")
    story.fire()
    story.wait(30 * MINUTE)
    assert story.told().endswith("until 13:00 UTC: long.")
    assert story.pages == []


def test_a_short_silence_is_not_announced(story):
    silence = story.silence(20 * MINUTE)
    story.wait(21 * MINUTE)
    assert story.kinds(silence.id) == ["silenced", "ended"]
    assert story.history(silence.id)[-1].reason == "Its time is over. It holds nothing back."


def test_a_silence_put_after_the_page_takes_nothing_back(story):
    story.fire()
    story.wait(15 * SECOND)
    story.silence(HOUR)
    story.wait(16 * MINUTE)
    assert story.alert().verdict is Verdict.PAGED
    assert len(story.incidents()) == 1


def test_a_maintenance_to_come_begins_when_it_begins(story):
    story.maintain(HOUR, after=30 * MINUTE)
    story.fire("Early")
    story.wait(15 * SECOND)
    story.wait(31 * MINUTE)
    story.fire("Within")
    story.wait(15 * SECOND)
    assert story.alert("Early").verdict is Verdict.PAGED
    assert story.told("Within") == "not paged: maintenance of shop by ben until 13:30 UTC: new disks."
    story.wait(HOUR)
    assert story.alert("Within").verdict is Verdict.PAGED


def test_a_maintenance_of_everything_holds_every_service_back(story):
    story.maintain(HOUR, service="")
    story.fire(service="blog")
    story.wait(15 * SECOND)
    assert story.alert().verdict is Verdict.IN_MAINTENANCE


# -- flapping ----------------------------------------------------------------------------------------------------------


def flap(story: Story, times: int) -> None:
    for _ in range(times):
        story.fire()
        story.wait(30 * SECOND)
        story.resolve()
        story.wait(90 * SECOND)


def test_what_flaps_pages_a_few_times_and_then_only_when_it_stays(story):
    flap(story, 8)
    assert len(set(story.pages)) == 3
    story.fire()
    story.wait(MINUTE)
    assert story.told().startswith("not paged: flapping, it opened 9 times within 1 h: pages if it stays until")
    story.wait(5 * MINUTE)
    assert story.alert().verdict is Verdict.PAGED


def test_what_flapped_long_ago_pages_as_ever(story):
    flap(story, 6)
    story.wait(2 * HOUR, MINUTE)
    story.fire()
    story.wait(15 * SECOND)
    assert story.alert().verdict is Verdict.PAGED


# -- storms ------------------------------------------------------------------------------------------------------------


def test_a_thousand_alerts_are_one_page_with_a_list(story):
    story.take(*(story.signal(f"Rule{number}", severity="critical") for number in range(1000)))
    story.turn()
    assert len(set(story.pages)) == 1
    with story.stores() as stores:
        page = stores.alerts.page(story.pages[0])
        listed = stores.alerts.of_page(page.id)
    assert (page.alerts, len(listed), page.severity) == (1000, 1000, Severity.P1)
    assert page.title.startswith("Storm of 1,000 alerts: Rule")
    assert verdicts(story).count("paged") == 1
    assert verdicts(story).count("bundled") == 999
    assert len(story.incidents()) == 1
    assert story.entries(story.incidents()[0])[0].text.endswith(
        "and 997 more: P1, at once. The page lists 1,000 alerts."
    )


def test_a_storm_that_goes_on_stays_one_page(story):
    for second in range(30):
        story.take(*(story.signal(f"Rule{second}-{number}") for number in range(20)))
        story.wait(SECOND, SECOND)
    story.wait(15 * SECOND)
    assert len(set(story.pages)) == 1
    assert verdicts(story).count("paged") == 1


def test_what_trickles_in_is_a_storm_from_the_eleventh_page_on(story):
    for number in range(30):
        story.fire(f"Rule{number}", severity="critical")
        story.wait(SECOND, SECOND)
    assert len(set(story.pages)) == 11
    assert verdicts(story) == ["paged"] * 11 + ["bundled"] * 19


def test_a_storm_in_which_something_worse_comes_pages_again(story):
    story.take(*(story.signal(f"Rule{number}") for number in range(50)))
    story.wait(11 * SECOND)
    story.fire("Worse", severity="critical")
    story.turn()
    assert story.alert("Worse").verdict is Verdict.PAGED
    assert len(set(story.pages)) == 1


def test_after_a_storm_alerts_page_for_themselves_again(story):
    story.take(*(story.signal(f"Rule{number}") for number in range(50)))
    story.wait(2 * MINUTE)
    story.fire("Later")
    story.wait(15 * SECOND)
    assert story.alert("Later").verdict is Verdict.PAGED
    assert len(set(story.pages)) == 2


# -- every decision ----------------------------------------------------------------------------------------------------


def test_everybody_that_is_not_paged_for_has_a_reason_that_is_shown(story):
    story.silence(HOUR, alertname="Silenced")
    story.fire("ServiceDown", severity="critical")
    for rule in ("Silenced", "Symptom", "Symptom2"):
        story.fire(rule)
    story.fire("Other", service="blog")
    story.fire("Other", service="blog", instance="b")
    story.wait(30 * SECOND)
    for alert in story.alerts():
        assert alert.why, alert
        told = [each for each in story.history(alert.id) if each.kind.value in ("paged", "not paged")]
        assert told[-1].reason == f"{alert.why}."
        assert (alert.look_at is None) == (alert.verdict in LET_THROUGH)
        assert alert.state is AlertState.FIRING


@pytest.mark.parametrize("length", [timedelta(minutes=1), timedelta(hours=3)])
def test_nothing_that_stays_open_is_forgotten(story, length):
    """Whatever held it back, once nothing does any more it has paged."""
    story.silence(length)
    story.maintain(length / 2)
    story.fire("ServiceDown", severity="critical")
    flap(story, 5)
    story.fire()
    story.resolve("ServiceDown", severity="critical")
    story.wait(length + 10 * MINUTE, 15 * SECOND)
    assert story.alert().verdict is Verdict.PAGED
