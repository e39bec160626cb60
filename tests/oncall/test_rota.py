"""The verbs of on-call on a whole product: a fortnight with the change of the clock inside, swaps, codes, calendars."""

from __future__ import annotations

import tomllib
from datetime import timedelta

import pytest
from tests import sites
from tests.oncall.stories import BOOK_TOML, at

from accelerapp.access.passwords import digest
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.severity import Severity
from accelerapp.flows.oncall import By
from accelerapp.flows.oncall_links import Codes
from accelerapp.oncall import standing_in
from accelerapp.oncall.model import FeedKind, Rank, SwapState, Target, TargetKind

ANN, BEN, ROOT = By("ann"), By("ben"), By("root", is_admin=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class FakeChannel:
    """Keeps the codes that it was to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send_code(self, person, method, code):
        self.sent.append((method.address, code))


@pytest.fixture
def app(tmp_path):
    made = sites.product(tmp_path)
    made.clock = MovingClock(at("2026-03-20 12:00"))
    made.oncall.take(tomllib.loads(BOOK_TOML), ROOT)
    yield made
    made.database.engine.dispose()


def test_a_fortnight_with_the_change_of_the_clock_inside(app):
    """Hour by hour, who is on call is who the shifts name; each handoff is at 17:00 on the wall."""
    shifts = [each for each in app.oncall.shifts("shop") if each.rank is Rank.PRIMARY]
    seen = []
    while app.clock.now() < at("2026-04-03 18:00"):
        now = app.clock.now()
        found = next(each for each in app.oncall.now("shop") if each.rank is Rank.PRIMARY)
        (held,) = [each for each in shifts if each.starts_at <= now < each.ends_at]
        assert found.shift == held
        if not seen or seen[-1][0] != held.person:
            seen.append((held.person, now))
        app.clock.move(HOUR)
    assert seen == [
        ("ann", at("2026-03-20 12:00")),
        ("ben", at("2026-03-20 17:00")),
        ("ann", at("2026-03-27 17:00")),
        ("ben", at("2026-04-03 17:00")),
    ]
    assert seen[3][1] - seen[2][1] == 167 * HOUR


def test_the_load_of_both_ranks_is_counted_together(app):
    loads = app.oncall.loads("shop", at("2026-03-20 17:00"), 14 * DAY)
    assert {load.person for load in loads} == {"ann", "ben"}
    assert sum(load.hours for load in loads) == 14 * 24 + 10 * 8 + 4 * 4


def test_gaps_are_those_that_the_schedule_leaves(app):
    gaps = app.oncall.gaps("shop", 3 * DAY)
    assert {gap.rank for gap in gaps} == {Rank.SECONDARY}
    assert gaps[0].starts_at == at("2026-03-20 17:00")
    with pytest.raises(errors.NotFoundError, match="no schedule 'bar'"):
        app.oncall.gaps("bar")
    with pytest.raises(errors.WrongUseError):
        app.oncall.gaps("shop", 400 * DAY)


def test_an_override_counts_at_once_and_is_ended_early_without_changing_what_was(app):
    began = app.clock.now()
    made = app.oncall.add_override("shop", standing_in.Wanted("cy", began + DAY, "ann", reason="dentist"))
    assert app.oncall.called(Target(TargetKind.PRIMARY, "shop"), began) == ["cy"]
    app.clock.move(HOUR)
    app.oncall.end_override(made.id)
    assert app.oncall.called(Target(TargetKind.PRIMARY, "shop"), began + HOUR) == ["ann"]
    assert app.oncall.called(Target(TargetKind.PRIMARY, "shop"), began) == ["cy"]
    assert app.oncall.overrides() == []
    with pytest.raises(errors.WrongUseError, match="over already"):
        app.oncall.end_override(made.id)
    later = app.oncall.add_override("shop", standing_in.Wanted("cy", began + 3 * DAY, "ann", began + 2 * DAY))
    app.oncall.end_override(later.id)
    with pytest.raises(errors.NotFoundError):
        app.oncall.end_override(later.id)


def test_a_swap_is_asked_by_one_and_accepted_by_the_other(app):
    mine, yours = at("2026-03-27 17:00"), at("2026-04-03 17:00")
    swap = app.oncall.ask_swap("shop", "ben", mine, ANN, yours)
    for who in (ANN, By("zoe")):
        with pytest.raises(errors.ForbiddenError, match="Only ben"):
            app.oncall.answer_swap(swap.id, SwapState.ACCEPTED, who)
    assert app.oncall.called(Target(TargetKind.PRIMARY, "shop"), mine) == ["ann"]
    app.oncall.answer_swap(swap.id, SwapState.ACCEPTED, BEN)
    primary = Target(TargetKind.PRIMARY, "shop")
    assert [app.oncall.called(primary, moment) for moment in (mine, yours)] == [["ben"], ["ann"]]
    assert app.oncall.swaps(is_open=True) == []
    with pytest.raises(errors.WrongUseError, match="accepted already"):
        app.oncall.answer_swap(swap.id, SwapState.WITHDRAWN, ANN)


def test_nobody_gives_away_anothers_shift(app):
    with pytest.raises(errors.ForbiddenError, match="Only ann"):
        app.oncall.ask_swap("shop", "cy", at("2026-03-27 17:00"), BEN)
    assert app.oncall.ask_swap("shop", "cy", at("2026-03-27 17:00"), ROOT).asked_by == "root"


def test_who_stands_in_stays_in_the_book(app):
    """Somebody who is on call by an override and not in the book any more would be called by nobody."""
    spare = {"methods": {"email": "dee@example.com"}}
    app.oncall.take({"people": {"dee": spare}}, ROOT)
    made = app.oncall.add_override("shop", standing_in.Wanted("dee", app.clock.now() + DAY, "ann"))
    with pytest.raises(errors.WrongUseError, match="still on call by an override"):
        app.oncall.remove("people", "dee", ROOT)
    swap = app.oncall.ask_swap("shop", "dee", at("2026-03-27 17:00"), ANN)
    app.oncall.end_override(made.id)
    app.oncall.remove("people", "dee", ROOT)
    with pytest.raises(errors.InvalidInputError, match="there is no person 'dee'"):
        app.oncall.answer_swap(swap.id, SwapState.ACCEPTED, ROOT)
    assert app.oncall.overrides() == []


def test_a_policy_is_found_and_an_entry_is_removed_when_nothing_names_it(app):
    assert app.oncall.policy_for("shop", Severity.P1).name == "shop"
    assert app.oncall.policy_for("shop", Severity.P3) is None
    with pytest.raises(errors.InvalidInputError):
        app.oncall.remove("schedules", "shop", ROOT)
    app.oncall.remove("policies", "shop", ROOT)
    assert app.oncall.policy_for("shop", Severity.P1) is None
    assert app.oncall.take({"people": {"dee": {}}}, ROOT) == ["people dee"]
    assert app.oncall.take({"people": {"dee": {}}}, ROOT) == []


def test_a_contact_method_is_verified_by_the_code_that_its_channel_brought(app):
    channel = FakeChannel()
    codes = Codes(app.oncall, digest, channel)
    codes.send("ben", "sms")
    ((address, code),) = channel.sent
    assert address == "+4915112345679"
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(2):
        with pytest.raises(errors.WrongUseError, match="not the code"):
            codes.check("ben", "sms", wrong)
    with app.database.read() as work:
        assert "2" in {str(row.tries) for row in work.exec_driver_sql("SELECT tries FROM oncall_codes")}
    assert codes.check("ben", "sms", code).methods[0].verified_at == app.clock.now()
    assert app.oncall.book().people["ben"].methods[0].verified_at == app.clock.now()
    with pytest.raises(errors.WrongUseError, match="was used already"):
        codes.check("ben", "sms", code)


def test_guessing_ends_after_five_tries(app):
    channel = FakeChannel()
    codes = Codes(app.oncall, digest, channel)
    codes.send("ben", "sms")
    code = channel.sent[0][1]
    for _ in range(5):
        with pytest.raises(errors.WrongUseError, match="not the code"):
            codes.check("ben", "sms", "nothing")
    with pytest.raises(errors.WrongUseError, match="too often"):
        codes.check("ben", "sms", code)


def test_without_a_channel_no_code_is_made(app):
    with pytest.raises(errors.WrongUseError, match="No channel"):
        Codes(app.oncall, digest).send("ben", "sms")


def test_a_calendar_is_behind_its_link_until_that_is_revoked(app):
    made = app.oncall_feeds.add(FeedKind.PERSON, "ann", "ann")
    secret = made.path.removeprefix("/oncall/ical/").removesuffix(".ics")
    text = app.oncall_feeds.calendar(secret).decode()
    assert ("On call: ann (shop\\, primary)" in text, "On call: ben" in text) == (True, False)
    assert [each.path for each in app.oncall_feeds.all()] == [""]
    app.oncall_feeds.revoke(made.id)
    for gone in (secret, "", "x" * 5000):
        with pytest.raises(errors.NotFoundError):
            app.oncall_feeds.calendar(gone)
    with pytest.raises(errors.NotFoundError):
        app.oncall_feeds.revoke(made.id)
    with pytest.raises(errors.NotFoundError, match="no schedule 'bar'"):
        app.oncall_feeds.add(FeedKind.SCHEDULE, "bar", "ann")
