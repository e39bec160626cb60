"""From alert to incident, and back to rest."""

from __future__ import annotations

from tests.alerts.stories import HOUR, MINUTE, SECOND, Story

from accelerapp.alerts.model import Verdict
from accelerapp.base.severity import Severity
from accelerapp.incidents.model import EntryKind, Status


def texts(story: Story) -> list[str]:
    return [entry.text for entry in story.entries(story.incidents()[0])]


def test_an_alert_unresolved_after_15_minutes_opens_an_incident(story):
    story.fire()
    story.wait(15 * MINUTE - 5 * SECOND)
    assert story.incidents() == []
    story.wait(10 * SECOND)
    (incident,) = story.incidents()
    alert = story.alert()
    assert (incident.severity, incident.service, incident.status) == (Severity.P3, "shop", Status.INVESTIGATING)
    assert texts(story) == [f"HighErrorRate ({alert.id}): P3, unresolved for 15 min."]
    assert alert.incident == incident.id
    assert story.told() == f"incident: Part of the incident {incident.id}."


def test_a_p1_opens_an_incident_at_once(story):
    story.fire(severity="critical")
    story.turn()
    assert len(story.incidents()) == 1


def test_an_alert_that_is_over_in_time_opens_none(story):
    story.fire()
    story.wait(14 * MINUTE)
    story.resolve()
    story.wait(HOUR)
    assert story.incidents() == []


def test_later_ones_of_the_group_come_to_it_and_a_worse_one_makes_it_worse(story):
    story.fire(instance="a")
    story.wait(16 * MINUTE)
    story.fire(instance="b", severity="error")
    story.wait(15 * SECOND)
    (incident,) = story.incidents()
    assert incident.severity is Severity.P2
    assert [entry.kind for entry in story.entries(incident)] == [EntryKind.OPENED, EntryKind.ALERT, EntryKind.SEVERITY]
    assert {alert.incident for alert in story.alerts()} == {incident.id}


def test_resolves_are_noted_and_the_last_one_closes_it(story):
    story.fire(instance="a", severity="critical")
    story.fire(instance="b", severity="critical")
    story.turn()
    story.resolve(instance="a", severity="critical")
    story.wait(10 * SECOND)
    assert story.incidents()[0].is_open
    story.resolve(instance="b", severity="critical")
    story.wait(10 * SECOND)
    (incident,) = story.incidents()
    assert (incident.status, incident.resolved_at) == (Status.RESOLVED, story.now - 5 * SECOND)
    assert texts(story)[-1] == "All 2 alerts are resolved."
    assert [text.partition(":")[0] for text in texts(story)[1:3]] == ["Resolved", "Resolved"]


def test_what_is_silenced_opens_no_incident_until_it_is_let_through(story):
    story.silence(HOUR)
    story.fire(severity="critical")
    story.wait(59 * MINUTE)
    assert story.incidents() == []
    story.wait(2 * MINUTE)
    assert len(story.incidents()) == 1


def test_an_alert_that_somebody_saw_still_opens_an_incident_when_it_stays(story):
    story.fire()
    story.wait(MINUTE)
    with story.stores() as stores:
        from accelerapp.alerts import service

        changes = service.Changes()
        service.acknowledge(story.alert(), "ann", story.now, changes)
        stores.alerts.put(changes.alerts.values())
    story.wait(15 * MINUTE)
    assert story.alert().verdict is Verdict.PAGED
    assert len(story.incidents()) == 1


def test_a_storm_is_one_incident_and_its_end_is_one_entry(story):
    signals = [story.signal(f"Rule{number}", severity="critical") for number in range(300)]
    story.take(*signals)
    story.turn()
    assert len(story.incidents()) == 1
    story.take(*(story.signal(f"Rule{number}", "resolved", severity="critical") for number in range(300)))
    story.wait(10 * SECOND)
    assert story.incidents()[0].status is Status.RESOLVED
    assert texts(story)[1:] == ["300 alerts were resolved.", "All 300 alerts are resolved."]


def test_a_day_with_everything_reads_the_same_on_every_store(work_anywhere):
    """Silence, symptom, storm, flap and incident in one story: memory, SQLite and PostgreSQL come to the same end."""
    story = Story(work_anywhere)
    story.silence(10 * MINUTE, alertname="Noise")
    story.fire("Noise")
    story.fire("ServiceDown", severity="critical")
    story.turn()
    story.fire("Symptom", instance="a")
    story.take(*(story.signal(f"Rule{number}", service=f"s{number}") for number in range(30)))
    story.wait(12 * MINUTE, 15 * SECOND)
    story.resolve("ServiceDown", severity="critical")
    story.wait(20 * MINUTE, 15 * SECOND)
    found = [(each.rule, each.verdict.value, each.why.split("(")[0]) for each in story.alerts(None)]
    storm = [each for each in found if each[0].startswith("Rule")]
    assert [verdict for _, verdict, _ in storm].count("bundled") == 29
    assert [why for _, verdict, why in storm if verdict == "paged"] == ["one page for a storm of 30 alerts "]
    assert sorted(each for each in found if each not in storm) == [
        ("Noise", "paged", "first of service=shop alertname=Noise"),
        ("ServiceDown", "paged", "first of service=shop alertname=ServiceDown"),
        ("Symptom", "paged", "first of service=shop alertname=Symptom"),
    ]
    assert sorted(incident.is_open for incident in story.incidents()) == [False, True, True, True]
    with story.stores() as stores:
        assert stores.alerts.prune(story.now) == 1
        assert stores.alerts.prune(story.now) == 0
    assert all(alert.is_open for alert in story.alerts(None))
