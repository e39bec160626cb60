"""When people are reminded."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.fakes import NOON

from accelerapp.postmortems import reminders

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DUE = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("after_due", "stage"),
    [
        (-2 * DAY, "asked"),
        (-23 * HOUR, "soon"),
        (0 * HOUR, "overdue"),
        (23 * HOUR, "overdue"),
        (DAY, "escalated"),
        (14 * DAY, None),
    ],
)
def test_a_post_mortem_is_told_of_in_stages(after_due, stage):
    told = reminders.of_postmortem(NOON, NOON + after_due)
    assert (told and told.stage) == stage


@pytest.mark.parametrize(
    ("days", "stage"), [(-2, None), (-1, "soon"), (0, "today"), (1, "overdue"), (3, "escalated"), (9, "escalated")]
)
def test_an_action_item_is_told_of_before_on_and_after_its_day(days, stage):
    told = reminders.of_action(DUE, DUE + days * DAY, DAY, 3 * DAY)
    assert (told and told.stage) == stage


def test_each_stage_is_one_key_and_lateness_is_told_each_week():
    keys = [reminders.of_action(DUE, DUE + days * DAY, DAY, 3 * DAY).key for days in (1, 2, 3, 9, 10, 16, 17)]
    assert len(dict.fromkeys(keys)) == 4
    assert keys[0] == keys[1]
    assert keys[2] == keys[3] != keys[4] == keys[5] != keys[6]


def test_another_day_is_told_of_anew():
    assert reminders.of_action(DUE, DUE, DAY, None).key != reminders.of_action(DUE + DAY, DUE + DAY, DAY, None).key


def test_what_is_switched_off_or_has_no_day_is_not_told():
    assert reminders.of_action(None, DUE, DAY, DAY) is None
    assert reminders.of_action(DUE, DUE - DAY, None, DAY) is None
    assert reminders.of_action(DUE, DUE + 30 * DAY, DAY, None).stage == "overdue"
