"""Who is called when, until somebody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes import NOON
from tests.paging import stories
from tests.paging.stories import HOUR, MINUTE, QUIET, SECOND, failing, person

from accelerapp.base.severity import Severity
from accelerapp.oncall.model import Book, MethodKind, PolicyStep, Target, TargetKind
from accelerapp.paging import service
from accelerapp.paging.model import OutgoingState, PagingState, Purpose


def test_the_primary_is_called_at_once_then_the_secondary_the_lead_and_everyone(anywhere):
    anywhere.page()
    anywhere.wait(17 * MINUTE)
    assert anywhere.told() == [
        "0:00:00 ann",
        "0:05:00 ben",
        "0:10:00 cat",
        "0:15:00 ann",
        "0:15:00 ben",
        "0:15:00 cat",
    ]


def test_an_acknowledgement_stops_everything(anywhere):
    anywhere.describe(stories.book(person("ann", MethodKind.NTFY, MethodKind.SMS, MethodKind.VOICE), person("ben")))
    anywhere.page()
    anywhere.wait(MINUTE)
    assert anywhere.acknowledge().acknowledged_by == "ann"
    anywhere.wait(50 * MINUTE)
    assert anywhere.used() == ["0:00:00 ann ntfy"]
    assert [each.method for each in anywhere.outbox(OutgoingState.CANCELLED)] == ["sms", "voice"]


def test_the_steps_are_gone_through_as_often_as_the_policy_says_then_everyone_is_called_and_it_begins_anew(story):
    story.describe(stories.book(repeat=1, repage_after=HOUR))
    story.page()
    story.wait(40 * MINUTE)
    assert story.told()[6:9] == ["0:20:00 ann", "0:25:00 ben", "0:30:00 cat"]
    story.wait(2 * MINUTE)
    found = story.detail().paging
    assert found.state is PagingState.EXHAUSTED
    assert found.repage_at == NOON + 100 * MINUTE
    story.wait(HOUR)
    assert "1:40:00 ann" in story.told()


def test_acknowledged_and_not_resolved_it_calls_again_after_a_while(anywhere):
    anywhere.page()
    anywhere.acknowledge()
    anywhere.wait(HOUR + MINUTE)
    assert anywhere.told() == ["0:00:00 ann", "1:00:00 ann"]
    assert "was acknowledged before" in anywhere.sent[-1][1].body
    anywhere.resolve()
    anywhere.wait(3 * HOUR, MINUTE)
    assert len(anywhere.sent) == 2


def test_when_the_alerts_are_over_nobody_is_called_any_more(anywhere):
    anywhere.page()
    anywhere.close()
    anywhere.wait(20 * MINUTE)
    assert anywhere.told() == ["0:00:00 ann"]
    assert anywhere.detail().paging.resolved_by == "alerts"


def test_the_second_to_acknowledge_is_told_who_was_quicker(anywhere):
    anywhere.page()
    anywhere.acknowledge("ann")
    with pytest.raises(service.Answered, match="acknowledged already, by ann"):
        anywhere.acknowledge("ben")


def test_a_step_that_reaches_nobody_gives_way_at_once(story):
    story.describe(stories.book(person("ann", methods=()), person("ben"), person("cat")))
    story.page()
    assert story.told() == ["0:00:00 ben"]


def test_when_no_step_reaches_anybody_everyone_is_called(story):
    nobody = (PolicyStep((Target(TargetKind.PERSON, "gone"),), 5 * MINUTE),)
    story.describe(stories.book(steps=nobody))
    story.page()
    assert story.told() == ["0:00:00 ann", "0:00:00 ben", "0:00:00 cat"]


def test_without_a_policy_everyone_is_called(story):
    known = stories.book()
    story.describe(Book(known.people))
    story.page()
    assert story.told() == ["0:00:00 ann", "0:00:00 ben", "0:00:00 cat"]


def test_without_people_nobody_is_paged_and_that_is_said(story):
    story.describe(Book())
    story.page()
    standing = story.pager.standing()
    assert (story.sent, standing.is_configured) == ([], False)
    assert "Nobody is paged" in standing.said


def test_a_policy_that_changes_does_not_change_what_was_triggered(story):
    story.page()
    story.describe(stories.book(person("dan"), person("eve"), person("ben"), steps=()))
    story.wait(6 * MINUTE)
    assert story.told() == ["0:00:00 ann", "0:05:00 ben"]


# -- methods -----------------------------------------------------------------------------------------------------------


def test_a_person_is_pushed_then_texted_then_telephoned(story):
    story.describe(stories.book(person("ann", MethodKind.NTFY, MethodKind.SMS, MethodKind.VOICE), person("ben")))
    story.page()
    story.wait(6 * MINUTE)
    assert story.used() == ["0:00:00 ann ntfy", "0:02:00 ann sms", "0:05:00 ann voice", "0:05:00 ben ntfy"]


def test_a_method_that_fails_gives_way_to_the_next_at_once(anywhere):
    anywhere.describe(stories.book(person("ann", MethodKind.NTFY, MethodKind.SMS), person("ben")))
    anywhere.answers = failing("ntfy")
    anywhere.page()
    assert anywhere.used()[:2] == ["0:00:00 ann ntfy", "0:00:00 ann sms"]
    assert [each.reason for each in anywhere.outbox(OutgoingState.FAILED)][:1] == ["The token was revoked."]


def test_a_person_whose_methods_all_fail_gives_way_to_the_next_step_at_once(anywhere):
    anywhere.describe(stories.book(person("ann", MethodKind.NTFY, MethodKind.EMAIL), person("ben", MethodKind.SMS)))
    anywhere.answers = failing("ntfy", "email")
    anywhere.page()
    anywhere.wait(SECOND)
    assert anywhere.used()[-1] == "0:00:01 ben sms"


def test_a_last_method_that_does_not_answer_is_tried_on_while_the_next_is_called(story):
    story.describe(stories.book(person("ann"), person("ben", MethodKind.SMS), person("cat", MethodKind.SMS)))
    story.answers = failing("ntfy", retry=True)
    story.page()
    story.wait(20 * SECOND, SECOND)
    assert story.used() == [
        "0:00:00 ann ntfy",
        "0:00:02 ann ntfy",
        "0:00:06 ann ntfy",
        "0:00:07 ben sms",
        "0:00:14 ann ntfy",
    ]
    story.acknowledge("ben")
    story.wait(10 * MINUTE)
    assert len(story.sent) == 5


def test_a_message_that_is_never_taken_has_failed_in_the_end_with_its_reason(story):
    story.answers = failing(retry=True)
    story.page()
    story.wait(2 * HOUR)
    failed = story.outbox(OutgoingState.FAILED)
    assert failed[0].reason == "It answers 500."
    assert failed[0].attempts == 12


# -- time --------------------------------------------------------------------------------------------------------------


def test_quiet_hours_wait_but_not_for_p1(story):
    story.describe(stories.book(person("ann", quiet=QUIET), person("ben", quiet=QUIET), steps=_only("ann")))
    story.page(Severity.P2)
    assert story.sent == []
    story.page(Severity.P1, "pag_2")
    assert story.told() == ["0:00:00 ann"]


def _only(name):
    return (PolicyStep((Target(TargetKind.PERSON, name),), 5 * MINUTE),)


def test_what_waits_for_the_end_of_quiet_hours_comes_once(story):
    story.describe(stories.book(person("ann", quiet=QUIET), steps=_only("ann"), repeat=50))
    story.page(Severity.P2)
    story.wait(2 * HOUR + SECOND, MINUTE)
    assert [each.purpose for _, each in story.sent if each.purpose is Purpose.STEP] == [Purpose.STEP]


def test_p4_waits_for_working_hours(story):
    story.clock.move(7 * HOUR)
    story.page(Severity.P4)
    story.wait(2 * HOUR, 10 * MINUTE)
    assert story.sent == []
    story.wait(12 * HOUR + 5 * MINUTE, 5 * MINUTE)
    assert story.told()[0] == "21:00:00 ann"


@pytest.mark.parametrize(
    ("severity", "warned", "target"),
    [
        (Severity.P1, 12 * MINUTE, 15 * MINUTE),
        (Severity.P2, 48 * MINUTE, HOUR),
        (Severity.P3, 192 * MINUTE, 4 * HOUR),
        (Severity.P4, 1152 * MINUTE, 24 * HOUR),
    ],
)
def test_before_the_time_to_respond_is_over_a_warning_goes_out(story, severity, warned, target):
    story.page(severity)
    story.wait(warned + MINUTE, MINUTE)
    warnings = [(at, each.title) for at, each in story.sent if each.purpose is Purpose.WARNING]
    assert warnings[0] == (str(warned), "Still unanswered: High error rate")
    assert story.detail().paging.respond_by == NOON + target


def test_the_time_to_acknowledge_is_recorded(story):
    story.page(Severity.P1)
    story.page(Severity.P1, "pag_2")
    story.wait(4 * MINUTE)
    story.acknowledge()
    story.wait(14 * MINUTE)
    story.pager.act("pag_2", stories.Verb.ACKNOWLEDGE, "ben")
    [found] = story.pager.responses()
    assert (found.pages, found.acknowledged, found.breached) == (2, 2, 1)
    assert (found.mean_seconds, found.slowest_seconds, found.target_seconds) == (660, 1080, 900)


# -- storms ------------------------------------------------------------------------------------------------------------


def test_more_alerts_of_a_page_call_nobody_anew(story):
    story.page()
    for count in range(2, 100):
        story.page(alerts=count)
    assert story.told() == ["0:00:00 ann"]


def test_a_page_that_gets_worse_calls_from_the_first_step_again(anywhere):
    anywhere.page(Severity.P3)
    anywhere.acknowledge()
    anywhere.wait(10 * MINUTE)
    anywhere.page(Severity.P1)
    assert anywhere.told() == ["0:00:00 ann", "0:10:00 ann"]
    assert anywhere.detail().paging.state is PagingState.TRIGGERED


def test_pages_of_one_incident_reach_a_person_once_a_minute_and_none_is_lost(anywhere):
    for number in range(4):
        anywhere.page(Severity.P2, f"pag_{number}", incident="inc_1")
    anywhere.wait(4 * MINUTE)
    mine = [at for at, each in anywhere.sent if each.person == "ann"]
    assert mine == ["0:00:00", "0:01:00", "0:02:00", "0:03:00"]


def test_p1_is_never_put_off(story):
    for number in range(4):
        story.page(Severity.P1, f"pag_{number}", incident="inc_1")
    assert story.told() == ["0:00:00 ann"] * 4


def test_a_page_whose_trigger_was_lost_is_found_by_the_auditor(anywhere):
    with anywhere.work() as stores:
        made = stories.Page("pag_9", "g", "t", Severity.P2, "shop", NOON, NOON)
        stores.alerts.put_pages([made])
        if hasattr(stores.pagings, "pages"):
            stores.pagings.pages[made.id] = (NOON, None)
    anywhere.clock.move(timedelta(minutes=2))
    assert [each.duty for each in anywhere.pager.audit()] == ["page without escalation"]
    anywhere.send()
    assert anywhere.told() == ["0:02:00 ann"]
    assert anywhere.pager.audit() == []


def test_the_auditor_finds_timers_that_did_not_fire(anywhere):
    anywhere.page()
    anywhere.clock.move(7 * MINUTE)
    assert [each.duty for each in anywhere.pager.audit()] == ["escalation"]
    assert anywhere.pager.standing().oldest_due_seconds == 120
