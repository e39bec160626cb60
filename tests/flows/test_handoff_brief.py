"""What the handoff notice says to whoever's shift begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.alerts.test_stores import alert
from tests.fakes import NOON
from tests.oncall.stories import at, book

from accelerapp.alerts.model import Matcher, Operator, Silence
from accelerapp.base.ids import IncidentId, SilenceId
from accelerapp.base.severity import Severity
from accelerapp.flows import handoff_brief
from accelerapp.incidents.model import Incident, Status
from accelerapp.oncall import service
from accelerapp.oncall.model import Rank

NOW = at("2026-03-27 17:00")
SHIFT = service.holder(book().schedules["shop"], (), Rank.PRIMARY, NOW)
HOUR = timedelta(hours=1)


def incident(number, **changes):
    whole = Incident(
        id=IncidentId(f"inc_{number}"),
        title=f"Trouble {number}",
        severity=Severity.P2,
        services=("shop",),
        status=Status.INVESTIGATING,
        opened_at=NOW - HOUR,
        opened_by="alerts",
        respond_by=NOW,
    )
    return replace(whole, **changes)


def silence(number, **changes):
    matchers = (Matcher("service", Operator.EQUAL, "shop"),)
    whole = Silence(SilenceId(f"sil_{number}"), matchers, "ben", "new disks", NOW - HOUR, NOW + 2 * HOUR, NOW - HOUR)
    return replace(whole, **changes)


def brief(incidents=(), silences=(), flaky=(), before="ben"):
    return handoff_brief.brief(SHIFT, "Europe/Berlin", before, incidents, silences, flaky, NOW)


def test_it_says_until_when_by_the_clock_of_the_schedule_across_its_change():
    assert brief().title == "ann, you are primary on call of shop until Fri 2026-04-03 17:00 CEST"


def test_open_incidents_come_worst_first_and_closed_ones_not_at_all():
    found = brief([incident(1), incident(2, severity=Severity.P1), incident(3, status=Status.RESOLVED)]).body
    assert found.index("P1 Trouble 2 (shop), open for 1 h") < found.index("P2 Trouble 1")
    assert "Trouble 3" not in found


def test_silences_that_hold_are_named_with_their_reason():
    found = brief(silences=[silence(1), silence(2, starts_at=NOW + HOUR, reason="later")]).body
    assert 'service="shop" until in 2 h, by ben: new disks' in found
    assert "later" not in found


def test_nothing_to_tell_is_said_as_such():
    assert brief(before="").body.count("- none") == 3
    assert "nobody: there was a gap before" in brief(before="").body


def test_long_lists_are_cut_and_hostile_names_made_harmless():
    found = brief([incident(number, title="\x1b[31mx\u202e") for number in range(12)]).body
    assert ("and 2 more" in found, "\x1b" in found, "\u202e" in found) == (True, False, False)


def test_alerts_that_opened_often_lately_are_flaky():
    often = [alert(number, annotations={"summary": "Disk"}) for number in range(1, 4)]
    rare = [alert(9, annotations={"summary": "Rare"}), alert(10, opened_at=NOON - timedelta(days=8))]
    (found,) = handoff_brief.flaky([*often, *rare], NOON + HOUR)
    assert found.times == 3
    assert f"{found.title}: 3 times" in brief(flaky=[found]).body
