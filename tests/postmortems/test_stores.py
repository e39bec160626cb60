"""What the stores do: in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.fakes import NOON

from accelerapp.base.ids import ActionId, IncidentId, TaskId
from accelerapp.postmortems import actions, service
from accelerapp.postmortems.model import Issue, Part, PostMortem, State

ONE, TWO = IncidentId("inc_1"), IncidentId("inc_2")
HOSTILE = '</script><b>ü\u202e\x1b[31m"\\\n\t {{7*7}}'
MINUTE = timedelta(minutes=1)


def everything(incident=ONE):
    """A post-mortem with each of its fields filled."""
    made = service.give(PostMortem(incident), "ann")
    for part in Part:
        made = service.write(made, part, HOSTILE, 0, "ben", NOON)
    return service.move(made, State.IN_REVIEW, "ann", NOON)


def action(text="Test the roll back", minutes=0, incident=ONE, **changes):
    made = actions.add(incident, [], actions.Wanted(text), "ann", NOON + minutes * MINUTE)
    return replace(made, **changes)


def test_a_post_mortem_comes_back_whole_and_changes(work):
    known = everything()
    with work() as kept:
        kept.put(known)
    after = service.move(known, State.PUBLISHED, "ann", NOON)
    with work() as kept:
        assert kept.get(ONE) == known
        kept.put(after)
    with work() as kept:
        assert kept.get(ONE) == after
        assert kept.get(TWO) is None


def test_several_are_read_at_once(work):
    with work() as kept:
        kept.put(everything(ONE))
        kept.put(everything(TWO))
    with work() as kept:
        assert set(kept.many([ONE, TWO, IncidentId("nobody")])) == {ONE, TWO}
        assert kept.many([]) == {}


def test_an_action_item_comes_back_whole_and_changes(work):
    known = action(HOSTILE, owner="ben", due_on=date(2026, 3, 9), task=TaskId("tsk_1"))
    known = actions.begin_export(known, "ann", NOON)
    with work() as kept:
        kept.put_action(known)
    after = actions.finish(actions.end_export(known, Issue("github", "7", "https://x.example/7")), "ben", NOON)
    with work() as kept:
        assert kept.action(known.id) == known
        kept.put_action(after)
    with work() as kept:
        assert kept.action(known.id) == after
        assert kept.action(ActionId("nobody")) is None


def test_action_items_of_an_incident_are_in_the_order_of_their_making(work):
    late, early, other = action(minutes=2), action(minutes=1), action(incident=TWO)
    with work() as kept:
        for each in (late, early, other):
            kept.put_action(each)
    with work() as kept:
        assert kept.of_incident(ONE) == [early, late]


def test_action_items_are_found_the_soonest_due_first(work):
    some_day, later = action(), action(due_on=date(2026, 3, 10), owner="ben")
    sooner = action(due_on=date(2026, 3, 9))
    over = actions.finish(action(due_on=date(2026, 3, 1)), "ann", NOON)
    with work() as kept:
        for each in (some_day, later, sooner, over):
            kept.put_action(each)
    with work() as kept:
        assert kept.actions() == [over, sooner, later, some_day]
        assert kept.actions(is_done=False) == [sooner, later, some_day]
        assert kept.actions(is_done=True, limit=5) == [over]
        assert kept.actions(owner="ben") == [later]
        assert kept.actions(limit=1) == [over]
