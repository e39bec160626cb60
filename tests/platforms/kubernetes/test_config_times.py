"""When a ConfigMap was last changed and by whom: by the API server's record, with the person where we noted one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lightkube.models.meta_v1 import ManagedFieldsEntry, ObjectMeta
from lightkube.resources.core_v1 import ConfigMap
from tests.fakes import NOON

from accelerapp.platforms.kubernetes import configmaps, marks

HOUR = timedelta(hours=1)


def last_change(*written, at="", by=""):
    """`written`: the program and when."""
    fields = [ManagedFieldsEntry(manager=name, time=when) for name, when in written]
    notes = {marks.AT: at, marks.CONFIG_BY: by} if at or by else None
    metadata = ObjectMeta(name="shop", creationTimestamp=NOON - 9 * HOUR, managedFields=fields, annotations=notes)
    found = configmaps.config(ConfigMap(metadata=metadata, data={"A": "1"}), ())
    return found.changed_at, found.changed_by


def test_the_last_who_wrote_it_counts():
    assert last_change(("helm", NOON - HOUR), ("kubectl-edit", NOON)) == (NOON, "kubectl-edit")


def test_the_person_is_told_where_the_change_came_through_us():
    assert last_change(("accelerapp", NOON), at=marks.stamp(NOON), by="ann") == (NOON, "ann")


def test_a_later_change_past_us_is_not_the_persons():
    found = last_change(("accelerapp", NOON - HOUR), ("helm", NOON), at=marks.stamp(NOON - HOUR), by="ann")
    assert found == (NOON, "helm")


@pytest.mark.parametrize("at", ["", "not a time", "2026-03-02T12:00:00"])
def test_notes_that_make_no_sense_are_not_believed(at):
    assert last_change(("helm", NOON), at=at, by="ann") == (NOON, "helm")


def test_without_a_record_it_is_as_old_as_the_object():
    assert last_change() == (NOON - 9 * HOUR, "")
    assert last_change(("helm", None)) == (NOON - 9 * HOUR, "")
