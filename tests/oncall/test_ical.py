"""Calendar feeds: what RFC 5545 asks for, read by another's parser, and stable from one look to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import icalendar
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oncall.stories import at, book

from accelerapp.oncall import ical, service
from accelerapp.oncall.model import Rank, Shift

NOW = at("2026-03-20 12:00")
SHOP = book().schedules["shop"]
SHIFTS = service.shifts(SHOP, (), Rank.PRIMARY, NOW, NOW + ical.AHEAD)
SHIFT = SHIFTS[0]


def events(feed: bytes):
    return icalendar.Calendar.from_ical(feed).walk("VEVENT")


def test_another_parser_reads_the_shifts_of_a_year():
    feed = ical.calendar("On call: shop", SHIFTS, NOW)
    whole = icalendar.Calendar.from_ical(feed)
    assert (whole["METHOD"], whole["VERSION"], whole["X-WR-CALNAME"]) == ("PUBLISH", "2.0", "On call: shop")
    found = events(feed)
    assert [(each["DTSTART"].dt, each["DTEND"].dt) for each in found] == [
        (each.starts_at, each.ends_at) for each in SHIFTS
    ]
    assert found[-1]["DTEND"].dt > NOW + timedelta(days=365)
    assert len({each["UID"] for each in found}) == len(SHIFTS)
    (alarm,) = found[0].walk("VALARM")
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(hours=-1))
    assert b"TZID" not in feed
    assert feed.count(b"DTSTART:20260313T160000Z\r\n") == 1


def test_an_event_keeps_its_uid_when_only_its_start_moves_and_no_two_people_share_one():
    again = ical.calendar(
        "x", [replace(SHIFT, starts_at=SHIFT.starts_at + timedelta(hours=1))], NOW + timedelta(days=1)
    )
    assert events(again)[0]["UID"] == ical.uid(SHIFT)
    others = [replace(SHIFT, person="zoe"), replace(SHIFT, rank=Rank.SECONDARY), replace(SHIFT, schedule="bar")]
    assert len({ical.uid(each) for each in [SHIFT, *others]}) == 4


def test_lines_end_with_crlf_and_hold_at_most_75_octets():
    long = replace(SHIFT, person="ä" * 100, source="layer " + "東" * 60)
    for line in ical.calendar("t" * 200, [long], NOW).split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
        line.decode()  # no letter is cut in two
    assert events(ical.calendar("x", [long], NOW))[0]["SUMMARY"].startswith("On call: " + "ä" * 100)


@given(st.text(max_size=120), st.text(max_size=120))
@settings(deadline=None, max_examples=60)
def test_no_name_breaks_out_of_its_line(title, person):
    feed = ical.calendar(title, [replace(SHIFT, person=person)], NOW)
    (event,) = events(feed)
    printable = "".join(letter for letter in person if letter.isprintable())
    assert event["SUMMARY"] == f"On call: {printable} (shop, primary)"
    assert feed.count(b"BEGIN:VEVENT\r\n") == 1


def test_a_calendar_without_shifts_is_one():
    assert events(ical.calendar("x", [], NOW)) == []
    assert isinstance(SHIFT, Shift)
