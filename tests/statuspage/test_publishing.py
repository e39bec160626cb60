"""From what somebody wants to say to what the public sees; components, and maintenances."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.statuspage import scenes
from tests.statuspage.scenes import CHECKOUT, DAY, HOUR, NOON, SHOP

from accelerapp.base import errors
from accelerapp.base.ids import IncidentId
from accelerapp.statuspage import components, maintenances, publishing
from accelerapp.statuspage.components import Edited
from accelerapp.statuspage.model import ComponentState, Follows, Impact, Progress, Stage
from accelerapp.statuspage.publishing import Wanted

INCIDENT = IncidentId("inc_now")
MAJOR, PARTIAL, SLOW = ComponentState.MAJOR_OUTAGE, ComponentState.PARTIAL_OUTAGE, ComponentState.DEGRADED
FINE = ComponentState.OPERATIONAL


def named(board, name):
    return next(each for each in board.components if each.name == name)


def test_an_update_changes_components_and_writes_the_outage():
    board = scenes.told(scenes.WELL, "Down.", NOON, components={"shop": MAJOR})
    assert named(board, "Shop").state is MAJOR
    assert [(each.component, each.state, each.starts_at, each.ends_at) for each in board.outages] == [
        (SHOP.id, MAJOR, NOON, None)
    ]
    better = scenes.told(board, "Better.", NOON + HOUR, components={"Shop": PARTIAL})
    spans = sorted((each.starts_at, each.ends_at, each.state) for each in better.outages)
    assert spans == [(NOON, NOON + HOUR, MAJOR), (NOON + HOUR, None, PARTIAL)]


def test_the_end_of_an_incident_makes_its_components_operational_but_for_those_of_others():
    board = scenes.told(scenes.WELL, "Down.", NOON, components={"Shop": MAJOR, "Checkout": MAJOR})
    other = replace(board.reports[0], id=IncidentId("inc_other"), components=(CHECKOUT.id,))
    board = replace(board, reports=(*board.reports, other))
    over = scenes.told(board, "Over.", NOON + HOUR, status=Progress.RESOLVED)
    assert (named(over, "Shop").state, named(over, "Checkout").state) == (FINE, MAJOR)
    assert over.reports[0].resolved_at == NOON + HOUR


def test_the_impact_is_the_worst_that_it_ever_was():
    board = scenes.told(scenes.WELL, "Down.", NOON, components={"Shop": MAJOR})
    board = scenes.told(board, "Better.", NOON, components={"Shop": SLOW})
    assert board.reports[0].impact is Impact.CRITICAL


def test_the_title_names_what_customers_know_and_nothing_of_the_team():
    board = scenes.told(scenes.WELL, "Down.", NOON, components={"Shop": MAJOR, "Checkout": SLOW})
    assert board.reports[0].title == "Problem with Shop and Checkout"
    assert scenes.told(scenes.WELL, "Down.", NOON).reports[0].title == "Service disruption"
    assert scenes.told(scenes.WELL, "Down.", NOON, title=" Our  words ").reports[0].title == "Our words"


def test_the_first_outage_began_when_the_harm_did():
    made = publishing.compose(
        scenes.WELL, INCIDENT, Wanted("Down.", components={"Shop": MAJOR}), "ann", NOON, NOON - HOUR
    )
    assert made.outages[0].starts_at == NOON - HOUR
    assert made.update.at == NOON


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Wanted("  \n "), "message: is missing"),
        (Wanted("x" * 25_001), "takes at most 25,000"),
        (Wanted("x", components={"Shop": ComponentState.UNDER_MAINTENANCE}), "what a maintenance says"),
        (Wanted("x", title="t" * 300), "title: takes at most"),
        (Wanted("x", components={"Shpo": MAJOR}), "no component 'Shpo'"),
    ],
)
def test_what_cannot_be_published_is_refused_with_the_field(wanted, reason):
    with pytest.raises(errors.WrongUseError, match=reason):
        publishing.compose(scenes.WELL, INCIDENT, wanted, "ann", NOON)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Investigating service disruption", "investigating"),
        ("Issue resolved", "resolved"),
        ("The issue has been resolved.", "resolved"),
        ("Resolved: all is well", "resolved"),
        ("Monitoring the fix", "monitoring"),
        ("Identified a bad release", "identified"),
        ("The issue is not resolved", None),
        ("Issue resolved for some customers", None),
        ("resolved", "resolved"),
        ("We resolved one of two problems", None),
        ("", None),
    ],
)
def test_a_message_says_the_status_only_when_that_is_plain(message, status):
    assert publishing.progress_of(message) == status


# -- components --------------------------------------------------------------------------------------------------------


def test_names_are_unique_whatever_their_case():
    with pytest.raises(errors.InvalidInputError, match="is there already"):
        components.add(scenes.WELL, " sHOP ", NOON)
    with pytest.raises(errors.InvalidInputError, match="no = and no comma"):
        components.add(scenes.WELL, "a=b", NOON)


def test_a_group_is_made_by_its_name_and_found_again():
    made, group = components.edit(scenes.WELL, SHOP, Edited(group="New head"), NOON)
    assert group is not None
    assert made.group == group.id
    again, none = components.edit(scenes.WELL, SHOP, Edited(group="for PARTNERS"), NOON)
    assert (again.group, none) == (scenes.BACK.id, None)


def test_to_follow_a_service_needs_one():
    with pytest.raises(errors.InvalidInputError, match="needs the service"):
        components.edit(scenes.WELL, SHOP, Edited(follows=Follows.SERVICE), NOON)


def test_what_is_not_known_is_a_stretch_of_its_own():
    down, first = components.set_state(SHOP, MAJOR, [], NOON)
    lost, outages = components.set_unknown(down, NOON + HOUR, first, NOON + 2 * HOUR)
    assert [(each.state, each.starts_at, each.ends_at) for each in outages] == [
        (MAJOR, NOON, NOON + HOUR),
        (None, NOON + HOUR, None),
    ]
    back, ended = components.set_state(lost, FINE, outages, NOON + 3 * HOUR)
    assert back.unknown_since is None
    assert [each.ends_at for each in ended] == [NOON + 3 * HOUR]


# -- maintenances ------------------------------------------------------------------------------------------------------

WORK = scenes.planned("New disks", NOON, 2 * HOUR)


def test_the_clock_tells_that_a_maintenance_began_and_ended():
    told = [each.status for each in maintenances.updates(WORK, NOON + 3 * HOUR)]
    assert told == [Stage.SCHEDULED, Stage.IN_PROGRESS, Stage.COMPLETED]
    assert [each.id for each in maintenances.updates(WORK, NOON)][-1] == f"{WORK.id}-begin"


def test_one_that_is_verified_lasts_until_people_complete_it():
    checked = maintenances.verify(WORK, "", "ann", NOON + HOUR)
    assert maintenances.stage(checked, NOON + 9 * DAY) is Stage.VERIFYING
    over = maintenances.complete(checked, "", "ann", NOON + 9 * DAY)
    assert maintenances.stage(over, NOON + 9 * DAY) is Stage.COMPLETED
    assert [each.status for each in maintenances.updates(over, NOON + 10 * DAY)] == list(Stage)


def test_one_can_begin_early_and_be_extended_but_not_after_its_end():
    early = maintenances.start(WORK, "", "ann", NOON - HOUR)
    assert maintenances.stage(early, NOON - HOUR) is Stage.IN_PROGRESS
    longer = maintenances.extend(early, NOON + 5 * HOUR, "", "ann", NOON)
    assert maintenances.stage(longer, NOON + 4 * HOUR) is Stage.IN_PROGRESS
    with pytest.raises(errors.WrongUseError, match="is over"):
        maintenances.extend(WORK, NOON + 5 * HOUR, "", "ann", NOON + 3 * HOUR)
    with pytest.raises(errors.WrongUseError, match="is not in progress"):
        maintenances.complete(WORK, "", "ann", NOON - HOUR)


def test_a_maintenance_that_ends_before_it_begins_is_refused():
    with pytest.raises(errors.InvalidInputError, match="not after the beginning"):
        maintenances.announce(maintenances.Planned("x", NOON, NOON), [], "ann", NOON)
