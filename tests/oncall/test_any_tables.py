"""Whatever is given as the book is read, or refused with its mistakes; and what was read can be looked at."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.oncall.stories import at

from accelerapp.base import errors
from accelerapp.oncall import checking, filing, policies, service, tabling
from accelerapp.oncall.model import Book

NOW = at("2026-03-20 12:00")
WORDS = st.sampled_from(
    ["ann", "ben", "shop", "UTC", "Europe/Berlin", "5m", "0s", "366d", "1w", "Friday 17:00", "Mon-Fri 09:00-17:00", "00:00-00:00",
     "2026-03-29", "2200-12-31", "1970-01-01", "primary shop", "everyone", "person ann", "secondary shop", "lead ann", "P1", "off",
     "only", "sms", "+4915112345678", "ann@example.com", "secondary"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["title", "zone", "quiet", "methods", "rules", "lead", "members", "layers", "holidays", "name", "rank", "starts_on", "handoff",
     "turn", "hours", "steps", "call", "wait", "services", "severities", "repeat", "sms", "email", "kind", "address", "P1", "method"]
)  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
ENTRIES = st.dictionaries(st.sampled_from(["ann", "ben", "shop"]), ANY, max_size=3)
LAYERS = st.fixed_dictionaries(
    {"members": st.lists(st.sampled_from(["ann", "ben"]), max_size=2), "starts_on": st.dates().map(str)},
    optional={
        "handoff": st.sampled_from(["Friday 17:00", "Sun 02:30", "Mon 24:00"]),
        "turn": st.sampled_from(["1d", "1w", "366d"]),
        "hours": WORDS,
        "holidays": WORDS,
        "rank": WORDS,
    },
)
SCHEDULES = st.fixed_dictionaries({"zone": WORDS, "layers": st.lists(LAYERS, max_size=2)}, optional={"holidays": ANY})
PEOPLE = {"ann": {"methods": {"sms": "+4915112345678"}}, "ben": {}}


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(filing.KINDS, ENTRIES)))
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
def test_any_tables_are_read_or_refused(tables):
    try:
        found = filing.read(tables, Book(), "The book")
    except errors.InvalidInputError as error:
        assert error.problems
    else:
        assert filing.read(tabling.tables(found), Book(), "The book") == found


@given(SCHEDULES)
@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
def test_any_schedule_that_is_taken_can_be_looked_at(schedule):
    tables = {"people": PEOPLE, "schedules": {"shop": schedule}, "policies": {"p": {"steps": [{"call": "everyone"}]}}}
    try:
        book = filing.read(tables, Book(), "The book")
    except errors.InvalidInputError:
        return
    assert all(remark.text for remark in checking.remarks(book, (), NOW))
    for rank in service.ranks(book.schedules["shop"]):
        service.on_call(book.schedules["shop"], (), rank, NOW)
    assert set(policies.reachable(book.policies["p"].steps[0], book)) == {"ann"}
