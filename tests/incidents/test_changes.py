"""What changed: ranked by what it is, where and when, and each place says why. A fresh release that hurts comes first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes import NOON

from accelerapp.incidents import changes
from accelerapp.incidents.changes import Change, ChangeKind, Place, Question, Source

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def change(minutes, kind=ChangeKind.DEPLOYMENT, place=Place.SERVICE, told="", **more):
    """So many minutes before it began."""
    return Change(NOON - minutes * MINUTE, kind, "shop", told or f"{kind} {minutes}", place=place, **more)


def order(*found, began=NOON):
    return [each.change.text for each in changes.rank(found, began)]


def test_of_all_that_changed_at_the_same_moment_the_release_comes_first():
    others = [change(5, kind) for kind in ChangeKind if kind is not ChangeKind.DEPLOYMENT]
    assert order(*others, change(5, told="the release"))[0] == "the release"


def test_of_two_causes_that_which_a_sign_follows_at_once_comes_first():
    found = [change(5, told="released"), change(2, ChangeKind.CONFIG, told="configured"), change(1.9, ChangeKind.LOG)]
    assert order(*found)[:2] == ["configured", "released"]


def test_of_two_alike_the_nearer_in_time_comes_first():
    assert order(change(60), change(3), change(20)) == ["deployment 3", "deployment 20", "deployment 60"]


def test_the_service_itself_comes_before_others_and_before_what_watches_it():
    found = [change(5, place=place, told=place) for place in (Place.OTHER, Place.PRODUCT, Place.SERVICE)]
    assert order(*found) == [Place.SERVICE, Place.PRODUCT, Place.OTHER]


def test_the_release_of_another_service_just_before_beats_an_old_one_of_the_service_itself():
    assert order(change(300, told="old"), change(1, place=Place.OTHER, told="other"))[0] == "other"


def test_what_came_after_the_beginning_is_hardly_its_cause():
    ranked = changes.rank([change(-3, told="undone"), change(60, told="released")], NOON)
    assert [each.change.text for each in ranked] == ["released", "undone"]
    assert "3 min after it began" in ranked[1].why


def test_clocks_scatter_so_that_a_cause_may_seem_to_come_a_moment_after_its_effect():
    (found,) = changes.rank([change(-0.3)], NOON)
    assert found.score > 0.9
    assert "at the moment when it began" in found.why


def test_a_cause_that_a_sign_follows_counts_more_and_says_so():
    sign = change(8, ChangeKind.LOG, told="shop: new in the log: KeyError.")
    ranked = changes.rank([change(10, told="A"), change(9, ChangeKind.CONFIG, told="B"), sign], NOON)
    assert ranked[0].change.text == "A"
    assert ranked[0].why.endswith("10 min before it began; 2 min after it: shop: new in the log: KeyError.")
    assert ranked[0].score > 1 / (1 + 10 / 30)


def test_a_sign_of_the_moment_before_does_not_follow_and_a_clear_one_is_told_rather():
    before = change(5.1, ChangeKind.EVENT, told="killed")
    (found,) = [each for each in changes.rank([change(5), before], NOON) if not each.change.is_sign]
    assert "killed" not in found.why
    clear = change(4, ChangeKind.LOG, told="new error")
    ranked = changes.rank([change(5), change(4.5, ChangeKind.EVENT, told="killed"), clear], NOON)
    assert ranked[0].why.endswith("1 min after it: new error.")
    (same, _) = changes.rank([change(5), change(5, ChangeKind.LOG, told="new error")], NOON)
    assert same.why.endswith("in the same second: new error.")


def test_each_place_says_why():
    (found,) = changes.rank([change(2)], NOON)
    assert found.why == "A change (deployment) of the service itself, 2 min before it began."
    (found,) = changes.rank([change(0, ChangeKind.ALERT, Place.OTHER)], NOON)
    assert found.why == "A sign (alert) of another service, at the moment when it began."


def test_the_beginning_is_the_first_figure_that_moved_not_the_alert_that_told_of_it_late():
    found = [change(20, ChangeKind.METRIC), change(9, ChangeKind.ALERT), change(21, told="released")]
    assert changes.onset(found, NOON) == NOON - 20 * MINUTE
    late = change(15, told="later")  # between the first sign and the alert: it cannot be the cause
    question = Question(("shop",), NOON - HOUR, NOON, NOON)
    told = changes.answer(question, [*found, late], ())
    places = [each.change.text for each in told.ranked]
    assert places[0] == "released"
    assert places[-1] == "later"


@pytest.mark.parametrize(
    "sign",
    [
        change(90, ChangeKind.METRIC),
        change(5, ChangeKind.METRIC, Place.OTHER),
        change(-1, ChangeKind.METRIC),
        change(5, ChangeKind.LOG),
        change(5),
    ],
)
def test_other_signs_do_not_move_the_beginning(sign):
    assert changes.onset([sign], NOON) == NOON


def test_only_what_lies_within_the_time_is_told_and_sources_stand_beside_it():
    question = Question(("shop",), NOON - HOUR, NOON + 10 * MINUTE, NOON)
    sources = (Source("events", 1), Source("commits", None, "git is not installed."))
    told = changes.answer(question, [change(61), change(59), change(-11)], sources)
    assert [each.change.text for each in told.ranked] == ["deployment 59"]
    assert [each.name for each in told.unknown] == ["commits"]


def test_nothing_and_very_much_are_ranked():
    assert changes.rank([], NOON) == []
    many = [change(n / 10, ChangeKind.EVENT) for n in range(5000)]
    assert len(changes.rank([*many, change(3)], NOON)) == 5001
