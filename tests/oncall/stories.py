"""Schedules to tell stories about: a week that ann, ben and cy take in turn, in Berlin."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from accelerapp.base.ids import OverrideId, ScheduleName
from accelerapp.oncall import filing
from accelerapp.oncall.model import Book, Layer, Override, Rank, Schedule

BERLIN = ZoneInfo("Europe/Berlin")


def at(wall: str) -> datetime:
    """The moment at which a clock in Berlin shows this."""
    return datetime.fromisoformat(wall).replace(tzinfo=BERLIN).astimezone(UTC)


def layer(*people: str, **changes: object) -> Layer:
    """A rotation of these, from the first of January 2026 on."""
    given = {"name": "week", "members": people, "starts_on": date(2026, 1, 1), "at": time(17), **changes}
    return Layer(**given)  # type: ignore[arg-type]


WEEKLY = layer("ann", "ben", "cy")


def schedule(*layers: Layer, **changes: object) -> Schedule:
    """The schedule `shop`, in Berlin."""
    given = {"name": ScheduleName("shop"), "zone": "Europe/Berlin", "layers": layers, **changes}
    return Schedule(**given)  # type: ignore[arg-type]


def override(person: str, starts: str | datetime, ends: str | datetime, number: int = 1) -> Override:
    """Somebody in place of the primary; those of a higher number were made later."""
    begins, over = (at(each) if isinstance(each, str) else each for each in (starts, ends))
    made = datetime(2026, 1, 1, 12, number, tzinfo=UTC)
    return Override(OverrideId(f"ovr_{number}"), ScheduleName("shop"), Rank.PRIMARY, person, begins, over, "ann", made)


BOOK_TOML = """
[people.ann]
title = "Ann Lee"
zone = "Europe/Berlin"
quiet = "22:00-07:00"
[people.ann.methods]
ntfy = "ann-phone"
mobile = { kind = "sms", address = "+4915112345678" }
voice = "+4915112345678"
email = "ann@example.com"
[people.ben.methods]
sms = "+4915112345679"
voice = "+4915112345679"
[people.cy.methods]
email = "cy@example.com"
[people.ben.rules]
P2 = [{ method = "voice" }, { method = "sms", after = "1m30s" }]

[teams.platform]
lead = "cy"
members = ["ann", "ben"]

[schedules.shop]
zone = "Europe/Berlin"
holidays = { 2026-12-25 = "Christmas Day" }
[[schedules.shop.layers]]
name = "week"
members = ["ann", "ben"]
starts_on = 2026-01-01
handoff = "Friday 17:00"
[[schedules.shop.layers]]
name = "backup"
rank = "secondary"
members = ["ben", "ann"]
starts_on = 2026-01-01
hours = ["Mon-Fri 09:00-17:00", "Sat,Sun 10:00-14:00"]
holidays = "off"

[policies.shop]
services = ["shop"]
severities = ["P1", "P2"]
steps = [
  { call = "primary shop", wait = "5m" },
  { call = ["secondary shop", "lead platform"], wait = "10m" },
  { call = "everyone" },
]
"""


def book(toml: str = BOOK_TOML, before: Book | None = None) -> Book:
    """Everything that the file says."""
    return filing.read(tomllib.loads(toml), before or Book(), "The book")
