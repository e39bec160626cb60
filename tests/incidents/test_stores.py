"""What the stores do: in memory, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy
from tests import databases
from tests.fakes import NOON

from accelerapp.base.ids import EntryId, IncidentId
from accelerapp.base.severity import Severity
from accelerapp.incidents import editing, joining, service, team, timeline
from accelerapp.incidents.model import EntryKind, Evidence, Impact, Role, Status, Wanted
from accelerapp.incidents.store_sql import SqlIncidents
from accelerapp.storage import tables

MINUTE = timedelta(minutes=1)
HOSTILE = '</script><b>ü\u202e\x1b[31m"\\\n\t {{7*7}}'


def opened(title="Nobody can pay", minutes=0, **changes):
    wanted = Wanted(title, Severity.P2, ("shop",), **changes)
    return service.open_by_person(wanted, "ann", NOON + minutes * MINUTE)


def everything():
    """An incident with each of its fields filled."""
    incident, _ = opened(tags=("pay",), components=("Checkout",), is_private=True)
    incident, _ = service.acknowledge(incident, "ann", NOON + MINUTE)
    incident, _ = team.assign(incident, Role.COMMANDER, "ann", "ann", NOON)
    incident, _ = team.assign(incident, Role.RESPONDER, "ben", "ann", NOON)
    incident, _ = editing.add_link(incident, "Plots", "https://plots.example/1", "ann", NOON)
    incident, _ = editing.add_task(incident, HOSTILE, "ann", NOON, owner="ben", due_at=NOON + MINUTE)
    incident, _ = editing.set_impact(incident, Impact(HOSTILE, NOON, None, 120), incident.version, "ann", NOON)
    fields = {"root_cause": HOSTILE, "resolution": "undone", "conference": "https://meet.example/1"}
    incident, _ = editing.edit(incident, fields, incident.version, "ann", NOON)
    incident, _ = service.change_status(incident, Status.IDENTIFIED, "a release", "ann", NOON)
    incident, _, _ = joining.relate(incident, opened("other")[0], "ann", NOON)
    return incident


def test_an_incident_comes_back_whole_and_changes(work):
    incident = everything()
    with work() as incidents:
        incidents.put(incident)
    with work() as incidents:
        assert incidents.get(incident.id) == incident
        ended, _ = service.resolve(incident, "undone", "ann", NOON)
        incidents.put(ended)
    with work() as incidents:
        assert incidents.get(incident.id, lock=True) == ended
        assert incidents.get(IncidentId("nobody")) is None


def test_they_are_found_newest_first_open_or_not(work):
    (old, _), (new, _) = opened("old"), opened("new", 1)
    over, _ = service.resolve(old, "", "ann", NOON)
    with work() as incidents:
        incidents.put(over)
        incidents.put(new)
    with work() as incidents:
        assert incidents.find() == [new, over]
        assert incidents.find(limit=1) == [new]
        assert (incidents.find(is_open=True), incidents.find(is_open=False)) == ([new], [over])
        assert incidents.find(since=NOON + MINUTE) == [new]
        assert incidents.find(since=NOON, is_open=False) == [over]


def test_duplicates_are_found(work):
    into, _ = opened("into")
    ended = [joining.merge(opened(f"{n}", n)[0], into, "ann", NOON)[0] for n in (1, 2)]
    with work() as incidents:
        for each in (into, *ended[::-1]):
            incidents.put(each)
    with work() as incidents:
        assert incidents.duplicates(into.id) == [each.id for each in ended]
        assert incidents.duplicates(ended[0].id) == []


def test_the_time_line_is_in_the_order_of_what_happened(work):
    id = opened()[0].id
    now = NOON + 10 * MINUTE
    late = timeline.note(id, "it began", "ann", now, at=NOON - MINUTE, evidence=[Evidence("plot", "https://p.example")])
    told = [timeline.note(id, HOSTILE, "ann", NOON), timeline.note(id, "2", "ben", NOON), late]
    with work() as incidents:
        incidents.add_entries(told)
        incidents.add_entries([])
    with work() as incidents:
        assert incidents.entries(id) == [late, *told[:2]]
        assert incidents.entries(id, 2) == [late, told[1]]
        assert incidents.entries(IncidentId("nobody")) == []


def test_a_correction_is_a_further_version_in_the_same_place(work):
    id = opened()[0].id
    told = [timeline.note(id, text, "ann", NOON) for text in ("one", "two", "three")]
    fixed = timeline.correct(told[1], 1, "ben", NOON + MINUTE, text="TWO", why="a slip")
    again = timeline.correct(fixed, 2, "ann", NOON + MINUTE, text="Two", why="not so loud")
    with work() as incidents:
        incidents.add_entries(told)
        assert incidents.correct(fixed)
        assert incidents.correct(again)
    with work() as incidents:
        assert incidents.entries(id) == [told[0], again, told[2]]
        assert incidents.entries(id, 1) == [told[2]]
        assert incidents.versions(told[1].id) == [told[1], fixed, again]
        assert incidents.versions(EntryId("ent_nobody")) == []


def test_of_two_corrections_of_one_version_the_second_is_not_kept(work):
    entry = timeline.note(opened()[0].id, "one", "ann", NOON)
    one, two = (timeline.correct(entry, 1, by, NOON, text=by, why="so") for by in ("ben", "cat"))
    with work() as incidents:
        incidents.add_entries([entry])
        assert incidents.correct(one)
        assert not incidents.correct(two)
        assert not incidents.correct(replace(one, id=EntryId("ent_nobody")))
        assert incidents.versions(entry.id) == [entry, one]


def test_the_mark_differs_after_every_change(work):
    incident, entries = opened()
    with work() as incidents:
        assert incidents.mark(incident.id) == ""
        marks = []
        incidents.put(incident)
        marks.append(incidents.mark(incident.id))
        incidents.add_entries(entries)
        marks.append(incidents.mark(incident.id))
        incidents.correct(timeline.correct(entries[0], 1, "ann", NOON, text="x", why="so"))
        marks.append(incidents.mark(incident.id))
        incidents.put(service.acknowledge(incident, "ann", NOON)[0])
        marks.append(incidents.mark(incident.id))
        assert incidents.mark(incident.id) == marks[-1]
    assert len(set(marks)) == 4


@pytest.mark.parametrize("kind", databases.KINDS)
def test_rows_of_before_there_was_more_are_read_and_corrected(request, tmp_path, kind):
    with databases.opened(request, kind, tmp_path) as database, database.write() as connection:
        row = {"title": "t", "severity": "P2", "service": "shop", "opened_at": NOON, "opened_by": "alerts"}
        insert = sqlalchemy.insert(tables.incidents)
        connection.execute(insert.values(id="inc_1", state="open", **row))
        connection.execute(insert.values(id="inc_2", state="closed", closed_at=NOON + MINUTE, **row))
        entry = {"incident": "inc_1", "at": NOON, "by": "alerts", "text": "over"}
        connection.execute(sqlalchemy.insert(tables.incident_entries).values(kind="closed", **entry))
        store = SqlIncidents(connection)
        one, two = store.get(IncidentId("inc_1")), store.get(IncidentId("inc_2"))
        assert (one.status, one.services, one.respond_by) == (Status.INVESTIGATING, ("shop",), NOON + 60 * MINUTE)
        assert (two.status, two.resolved_at, two.resolved_by) == (Status.RESOLVED, NOON + MINUTE, "alerts")
        (old,) = store.entries(one.id)
        assert (old.kind, old.text, old.version) == (EntryKind.RESOLVED, "over", 1)
        fixed = timeline.correct(old, 1, "ann", NOON, text="over it is", why="so")
        assert store.correct(fixed)
        assert not store.correct(fixed)
        assert store.entries(one.id) == [fixed]
        assert store.versions(old.id) == [old, fixed]
        store.put(service.acknowledge(one, "ann", NOON)[0])
        assert store.get(one.id).acknowledged_by == "ann"
