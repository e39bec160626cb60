"""What the stores of on-call do: in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests import databases
from tests.fakes import NOON
from tests.oncall.stories import book, override

from accelerapp.base.ids import FeedId, SwapId
from accelerapp.oncall import store
from accelerapp.oncall.model import Book, Code, Feed, FeedKind, Rank, Span, Swap, SwapState
from accelerapp.oncall.store_sql import SqlOncall

HOUR = timedelta(hours=1)
LATE, EARLY = override("ben", NOON, NOON + HOUR, number=2), override("ann", NOON - HOUR, NOON, number=1)
SWAP = Swap(
    SwapId("swp_1"),
    "shop",
    Rank.SECONDARY,
    "ann",
    "ben",
    Span(NOON, NOON + HOUR),
    "ann",
    NOON,
    Span(NOON + HOUR, NOON + 2 * HOUR),
)
CODE = Code("ann", "sms", "+4915112345678", "h" * 64, NOON, NOON + HOUR)
FEED = Feed(FeedId("cal_1"), FeedKind.PERSON, "ann", "hash", "ann", NOON)


@pytest.fixture(params=["memory", *databases.KINDS])
def oncall(request, tmp_path):
    if request.param == "memory":
        yield store.MemoryOncall()
        return
    with databases.opened(request, request.param, tmp_path) as database, database.write() as work:
        yield SqlOncall(work)


def test_a_book_comes_back_whole_and_only_what_differs_is_written(oncall):
    oncall.lock()
    assert oncall.book() == Book()
    oncall.save(store.changes(Book(), book()), "ann", NOON)
    assert oncall.book() == book()
    ann = replace(
        book().people["ann"], title='"Ä"\\', methods=(replace(book().people["ann"].methods[0], verified_at=NOON),)
    )
    after = replace(book(), people={"ann": ann, "ben": book().people["ben"]}, policies={})
    changed = store.changes(oncall.book(), after)
    assert (set(changed.put), set(changed.removed)) == ({("people", "ann")}, {("people", "cy"), ("policies", "shop")})
    oncall.save(changed, "ann", NOON)
    assert oncall.book() == after


def test_overrides_are_found_by_the_span_that_they_reach_into(oncall):
    other = replace(LATE, id="ovr_3", schedule="bar", swap=SwapId("swp_1"), reason="r")
    oncall.put_overrides([LATE, EARLY, other])
    assert oncall.overrides(NOON - HOUR, NOON + HOUR, "shop") == [EARLY, LATE]
    assert oncall.overrides(NOON, NOON + HOUR, "shop") == [LATE]
    assert oncall.overrides(NOON - HOUR, NOON, "shop") == [EARLY]
    assert oncall.overrides(NOON, NOON + HOUR) == [LATE, other]
    oncall.put_overrides([replace(LATE, ends_at=NOON + timedelta(minutes=1))])
    assert oncall.override(LATE.id).ends_at == NOON + timedelta(minutes=1)
    oncall.remove_override(LATE.id)
    oncall.remove_override(LATE.id)
    assert oncall.override(LATE.id) is None


def test_swaps_change_and_are_listed_the_last_first(oncall):
    given = replace(SWAP, id=SwapId("swp_2"), takes=None, asked_at=NOON + HOUR)
    for each in (SWAP, given):
        oncall.put_swap(each)
    assert oncall.swaps() == [given, SWAP]
    answered = replace(SWAP, state=SwapState.ACCEPTED, answered_by="ben", answered_at=NOON)
    oncall.put_swap(answered)
    assert (oncall.swap(SWAP.id), oncall.swap(SwapId("nobody"))) == (answered, None)
    assert (oncall.swaps(is_open=True), oncall.swaps(is_open=False), oncall.swaps(limit=1)) == (
        [given],
        [answered],
        [given],
    )


def test_there_is_one_code_for_each_method(oncall):
    oncall.put_code(CODE)
    oncall.put_code(replace(CODE, method="voice"))
    oncall.put_code(replace(CODE, tries=3))
    assert oncall.code("ann", "sms") == replace(CODE, tries=3)
    oncall.remove_code("ann", "sms")
    assert (oncall.code("ann", "sms"), oncall.code("ann", "voice").tries) == (None, 0)


def test_a_feed_is_found_by_its_hash_until_it_is_removed(oncall):
    later = replace(FEED, id=FeedId("cal_2"), hash="other", kind=FeedKind.SCHEDULE, made_at=NOON + HOUR)
    for each in (later, FEED):
        oncall.add_feed(each)
    assert oncall.feeds() == [FEED, later]
    assert oncall.feed_by_hash("other") == later
    assert (oncall.remove_feed(FEED.id), oncall.remove_feed(FEED.id)) == (True, False)
    assert oncall.feed_by_hash("hash") is None
