"""What this product finds out itself, as series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from accelerapp.alerts.model import Integration, Kind
from accelerapp.alerts.rules import building
from accelerapp.alerts.rules.kinds import family
from accelerapp.base import errors
from accelerapp.base.ids import IntegrationId
from accelerapp.flows import own_figures
from accelerapp.metrics.model import NAME

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rule(kind, service="", **fields):
    return building.rule(family.KINDS[kind](**fields), service)


def sender(name, kind=Kind.HEARTBEAT, last=NOON):
    return Integration(IntegrationId("int_1"), name, kind, "hash", "test", NOON, last_at=last)


@dataclass
class Review:
    anomalies: tuple[str, ...]


def find(*rules, anomalies=(), senders=(), services=("shop", "bakery")):
    asked = []

    def review(service, length, now):
        asked.append(service)
        if anomalies is None:
            raise errors.CannotTellError("The log cannot be read.")
        return Review(anomalies)

    found, said = own_figures.find(rules, services, review, lambda: list(senders), NOON)
    return (
        {(labels[NAME], labels.get("service") or labels.get("heartbeat")): value for labels, value in found.values},
        said,
        asked,
    )


def test_a_log_is_reviewed_only_where_a_rule_asks_for_it():
    assert find(rule("error_rate", "shop"), anomalies=("a",)) == ({}, [], [])
    found, said, asked = find(rule("log_anomaly", "shop"), anomalies=("a", "b"))
    assert (found, said, asked) == ({("accelerapp_log_anomalies", "shop"): 2.0}, [], ["shop"])


def test_a_log_that_cannot_be_read_has_no_figure_and_is_said():
    assert find(rule("log_anomaly", "shop"), anomalies=None) == ({}, ["shop: The log cannot be read."], ["shop"])


def test_heartbeats_tell_when_they_last_came_and_one_that_never_came_tells_nothing():
    beats = [sender("nightly"), sender("never", last=None), sender("other", kind=Kind.GENERIC)]
    found, _, _ = find(rule("heartbeat_missed", heartbeat="nightly", within="10m"), senders=beats)
    assert found == {("accelerapp_heartbeat_last_seconds", "nightly"): NOON.timestamp()}
