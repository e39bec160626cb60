"""When a figure left its usual range: lasting moves are found, single odd values and noise are not."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import pytest

from accelerapp.incidents import moves

ERRORS = moves.Figure("the share of failed requests", "%", floor=0.005, only_up=True)
TRAFFIC = moves.Figure("traffic", "requests/s", floor=0.2, share=0.4)
STEP = 15.0


def points(*values):
    return [(n * STEP, value) for n, value in enumerate(values)]


def end(known):
    return datetime.fromtimestamp(known[-1][0], UTC)


def moved(known, figure=ERRORS):
    """At which value it moved."""
    found = moves.latest(known, figure, end(known))
    return found and found.at.timestamp() / STEP


def test_errors_that_rise_and_stay_are_found_where_they_rose():
    known = points(*[0.0] * 100, *[0.2] * 20)
    assert moved(known) == 100
    found = moves.latest(known, ERRORS, end(known))
    assert moves.told(ERRORS, found, "shop") == (
        "shop: the share of failed requests left its usual range: 0 % before, up to 20 %."
    )


def test_a_single_odd_value_and_noise_are_no_move():
    noise = random.Random(4)
    assert moved(points(*[0.0] * 50, 0.5, *[0.0] * 50)) is None
    assert moved(points(*[20 + noise.gauss(0, 2) for _ in range(200)]), TRAFFIC) is None


def test_good_news_is_no_move_where_only_the_rise_is_bad():
    assert moved(points(*[0.3] * 50, *[0.0] * 50)) is None


def test_traffic_that_falls_away_is_a_move():
    known = points(*[20.0] * 60, *[1.0] * 30)
    assert moved(known, TRAFFIC) == 60
    assert "down to 1 requests/s" in moves.told(TRAFFIC, moves.latest(known, TRAFFIC, end(known)), "shop")


def test_the_last_of_several_excursions_counts_and_short_recoveries_do_not_divide_it():
    earlier = [0.0] * 40 + [0.4] * 5 + [0.0] * 40
    assert moved(points(*earlier, 0.2, 0.0, 0.2, 0.0, 0.0, 0.2, 0.2)) == 85


def test_half_the_time_may_be_bad_without_being_taken_for_usual():
    assert moved(points(*[0.0] * 30, *[0.2] * 70)) == 30


def test_what_comes_after_the_end_is_not_looked_at():
    known = points(*[0.0] * 50, *[0.3] * 50)
    assert moves.latest(known, ERRORS, datetime.fromtimestamp(49 * STEP, UTC)) is None


@pytest.mark.parametrize("values", [(), (1.0,) * 8, (math.nan,) * 50, (math.inf,) * 50])
def test_too_few_values_say_nothing(values):
    with pytest.raises(ValueError, match="only"):
        moves.latest(points(*values), ERRORS, datetime(2026, 1, 1, tzinfo=UTC))
