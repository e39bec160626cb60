"""What the handoff notice says to whoever's shift begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.alerts.test_stores import alert
from tests.fakes import NOON
from tests.oncall.stories import at, book

from accelerapp.alerts.model import Matcher, Operator, Silence
from accelerapp.base.ids import SilenceId
from accelerapp.base.severity import Severity
from accelerapp.flows import handoff_brief
from accelerapp.flows.handoff_brief import Facts
from accelerapp.oncall import service
from accelerapp.oncall.model import Rank
from accelerapp.platforms.interface import Revision

NOW = at("2026-03-27 17:00")
SHIFT = service.holder(book().schedules["shop"], (), Rank.PRIMARY, NOW)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Open:
    """What the brief reads of an incident."""

    title: str
    severity: Severity = Severity.P2
    service: str = "shop"
    opened_at: datetime = NOW - HOUR
    is_open: bool = True
    is_private: bool = False


def silence(number, **changes):
    matchers = (Matcher("service", Operator.EQUAL, "shop"),)
    whole = Silence(SilenceId(f"sil_{number}"), matchers, "ben", "new disks", NOW - HOUR, NOW + 2 * HOUR, NOW - HOUR)
    return replace(whole, **changes)


def brief(*incidents, before="ben", now=NOW, **facts):
    return handoff_brief.comes(SHIFT, "Europe/Berlin", before, Facts(incidents=incidents, **facts), now)


def test_it_says_until_when_by_the_clock_of_the_schedule_across_its_change():
    assert brief().title == "ann, you are primary on call of shop until Fri 2026-04-03 17:00 CEST"


def test_before_the_handoff_it_says_from_when_on():
    assert brief(now=NOW - HOUR).title.endswith("until Fri 2026-04-03 17:00 CEST, from Fri 2026-03-27 17:00 CET on")


def test_whoever_goes_hears_who_has_come():
    assert handoff_brief.goes(SHIFT, "Europe/Berlin", "ben", Facts(), NOW).title == (
        "ben, ann is now primary on call of shop in your place"
    )


def test_open_incidents_come_worst_first_and_those_that_are_over_or_private_not_at_all():
    hidden = [Open("Trouble 3", is_open=False), Open("Trouble 4", is_private=True)]
    found = brief(Open("Trouble 1"), Open("Trouble 2", Severity.P1), *hidden).body
    assert found.index("P1 Trouble 2 (shop), open for 1 h") < found.index("P2 Trouble 1")
    assert "Trouble 3" not in found and "Trouble 4" not in found


def test_what_was_deployed_lately_is_told_newest_first():
    old = Revision(6, "1.0.0", NOW - timedelta(days=8), "ann")
    new, newer = Revision(7, "1.1.0", NOW - 2 * HOUR, "ann"), Revision(8, "2.0", NOW - HOUR, "", ("4 replicas",))
    found = brief(revisions={"shop": [new, old], "api": [newer]}).body
    assert found.index("- api 2.0, 1 h ago: 4 replicas") < found.index("- shop 1.1.0, 2 h ago, by ann")
    assert "1.0.0" not in found


def test_what_cannot_be_told_is_said_before_all_that_can():
    many = [Revision(number, f"1.{number}", NOW - HOUR, "ann") for number in range(12)]
    found = brief(revisions={"shop": many}, unknown={"api": "The cluster does not answer."}).body
    assert "Deployed in 7 days:\n- api: cannot tell: The cluster does not answer." in found
    assert "and 3 more" in found


def test_silences_that_hold_are_named_with_their_reason():
    found = brief(silences=[silence(1), silence(2, starts_at=NOW + HOUR, reason="later")]).body
    assert 'service="shop" until in 2 h, by ben: new disks' in found
    assert "later" not in found


def test_nothing_to_tell_is_said_as_such():
    assert brief(before="").body.count("- none") == 4
    assert "nobody: there was a gap before" in brief(before="").body


def test_long_lists_are_cut_and_hostile_names_made_harmless():
    found = brief(*[Open("\x1b[31mx\u202e") for _ in range(12)]).body
    assert ("and 2 more" in found, "\x1b" in found, "\u202e" in found) == (True, False, False)


def test_alerts_that_opened_often_lately_are_flaky():
    often = [alert(number, annotations={"summary": "Disk"}) for number in range(1, 4)]
    rare = [alert(9, annotations={"summary": "Rare"}), alert(10, opened_at=NOON - timedelta(days=8))]
    (found,) = handoff_brief.flaky([*often, *rare], NOON + HOUR)
    assert found.times == 3
    assert f"{found.title}: 3 times" in brief(flaky=[found]).body
