"""Each sender is understood, and answered exactly as it expects."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from tests.fakes import NOON
from tests.hooks.senders import ALERT, RESOLVED, TRIGGER, WEBHOOK

from accelerapp.alerts.model import AlertState, Kind, Operator
from accelerapp.base.severity import Severity

MINUTE = timedelta(minutes=1)


# -- Alertmanager ------------------------------------------------------------------------------------------------------


def test_alertmanagers_webhook_opens_and_resolves(post):
    answer = post.send(Kind.ALERTMANAGER, WEBHOOK)
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    alert = post.alert
    assert (alert.rule, alert.service, alert.severity) == ("HighErrorRate", "shop", Severity.P1)
    assert alert.starts_at.isoformat() == "2026-03-02T11:58:07.123456+00:00"
    assert (alert.title, alert.source) == ("6 % of requests fail", "alertmanager")
    assert post.send(Kind.ALERTMANAGER, WEBHOOK).status_code == 200  # a retry
    assert post.alert == alert
    post.send(Kind.ALERTMANAGER, {**WEBHOOK, "status": "resolved", "alerts": [RESOLVED]})
    assert post.alert.state is AlertState.RESOLVED


def test_a_group_with_firing_and_resolved_ones_is_taken_alert_by_alert(post):
    other = {**RESOLVED, "labels": {"alertname": "Other"}}
    post.send(Kind.ALERTMANAGER, {**WEBHOOK, "alerts": [ALERT, other]})
    assert {alert.rule: alert.state.value for alert in post.alerts()} == {
        "HighErrorRate": "firing",
        "Other": "resolved",
    }


def test_prometheus_itself_posts_to_the_api_and_what_it_stops_to_repeat_lapses(post):
    key = post.sender(Kind.ALERTMANAGER).key
    firing = {k: ALERT[k] for k in ("labels", "annotations", "startsAt", "generatorURL")}
    body = [{**firing, "endsAt": "2026-03-02T12:04:00Z"}]
    answer = post.send(Kind.ALERTMANAGER, body, path="/hooks/alertmanager/api/v2/alerts", authorization=f"Bearer {key}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert post.alert.lapses_at == NOON + 5 * MINUTE
    post.send(Kind.ALERTMANAGER, body, path=f"/hooks/alertmanager/{key}/api/v2/alerts")
    assert len(post.alerts()) == 1
    post.send(
        Kind.ALERTMANAGER,
        [{**firing, "endsAt": "2026-03-02T11:59:59Z"}],
        path=f"/hooks/alertmanager/{key}/api/v2/alerts",
    )
    assert post.alert.state is AlertState.RESOLVED


def test_an_alert_without_an_end_lapses_after_the_resolve_timeout(post):
    path = f"/hooks/alertmanager/{post.sender(Kind.ALERTMANAGER).key}/api/v2/alerts"
    post.send(Kind.ALERTMANAGER, [{"labels": {"alertname": "A"}}], path=path)
    assert post.alert.lapses_at == NOON + 5 * MINUTE


def test_the_apis_errors_are_a_text_in_json(post):
    path = f"/hooks/alertmanager/{post.sender(Kind.ALERTMANAGER).key}/api/v2/alerts"
    for body, words in (({}, "must be a list"), ([{"labels": {}}], "at least one label"), (b"[", "is not JSON")):
        answer = post.send(Kind.ALERTMANAGER, body, path=path)
        assert answer.status_code == 400
        assert words in answer.json()
    backwards = [{"labels": {"a": "b"}, "startsAt": "2026-03-02T12:00:00Z", "endsAt": "2026-03-02T11:00:00Z"}]
    assert "is before startsAt" in post.send(Kind.ALERTMANAGER, backwards, path=path).json()


def test_amtools_silences_are_made_listed_replaced_and_ended(post):
    base = f"/hooks/alertmanager/{post.sender(Kind.ALERTMANAGER).key}/api/v2"
    wanted = {
        "matchers": [
            {"name": "service", "value": "shop", "isRegex": False, "isEqual": True},
            {"name": "instance", "value": "a|b", "isRegex": True, "isEqual": False},
        ],
        "startsAt": "2026-03-02T12:00:00Z",
        "endsAt": "2026-03-02T13:00:00Z",
        "createdBy": "ann",
        "comment": "new disks",
    }
    first = post.send(Kind.ALERTMANAGER, wanted, path=f"{base}/silences").json()["silenceID"]
    (listed,) = post.site.get(f"{base}/silences").json()
    assert (listed["id"], listed["status"], listed["matchers"]) == (first, {"state": "active"}, wanted["matchers"])
    kept = post.app.alerting.silence_detail(first).silence
    assert [matcher.operator for matcher in kept.matchers] == [Operator.EQUAL, Operator.UNLIKE]
    longer = {**wanted, "id": first, "endsAt": "2026-03-02T14:00:00Z"}
    second = post.send(Kind.ALERTMANAGER, longer, path=f"{base}/silences").json()["silenceID"]
    assert [each["id"] for each in post.site.get(f"{base}/silences").json()] == [second]
    assert post.site.delete(f"{base}/silence/{second}").status_code == 200
    assert post.site.get(f"{base}/silence/{second}").json()["status"] == {"state": "expired"}
    assert post.site.delete(f"{base}/silence/nobody").status_code == 404
    assert post.send(Kind.ALERTMANAGER, {"matchers": []}, path=f"{base}/silences").status_code == 400
    assert post.site.get("/hooks/alertmanager/api/v2/silences").status_code == 401


# -- Grafana -----------------------------------------------------------------------------------------------------------

GRAFANA = {
    **WEBHOOK,
    "orgId": 1,
    "title": "[FIRING:1] HighErrorRate",
    "state": "alerting",
    "message": "m",
    "alerts": [
        {**ALERT, "values": {"B": 0.0625}, "panelURL": "https://g/d/1?viewPanel=2", "silenceURL": "https://g/s"}
    ],
}


def test_grafanas_contact_point_is_understood(post):
    assert post.send(Kind.GRAFANA, GRAFANA).status_code == 200
    assert (post.alert.value, post.alert.annotations["panelURL"]) == (0.0625, "https://g/d/1?viewPanel=2")


def signed(body: bytes, secret: str = "s3cret") -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_a_sender_with_a_secret_is_believed_only_with_its_signature(post, monkeypatch):
    monkeypatch.setenv("GRAFANA_SECRET", "s3cret")  # the reference is resolved from the environment
    path = post.sender(Kind.GRAFANA, secret="env:GRAFANA_SECRET").path
    body = json.dumps(GRAFANA).encode()
    for header in ({}, {"x-grafana-alerting-signature": signed(body, "other")}, {"x-grafana-alerting-signature": "é"}):
        refused = post.site.post(path, content=body, headers={k: v.encode() for k, v in header.items()})
        assert refused.status_code == 401
    assert post.alerts() == []
    header = {"x-grafana-alerting-signature": signed(body)}
    assert post.site.post(path, content=body, headers=header).status_code == 200
    assert len(post.alerts()) == 1


@pytest.mark.parametrize(("sent", "status"), [(0, 200), (-299, 200), (-301, 401), (301, 401), (None, 401)])
def test_a_signature_with_a_time_is_good_for_five_minutes(post, monkeypatch, sent, status):
    monkeypatch.setenv("GRAFANA_SECRET", "s3cret")
    path = post.sender(Kind.GRAFANA, secret="env:GRAFANA_SECRET").path
    body = json.dumps(GRAFANA).encode()
    at = "soon" if sent is None else str(int(NOON.timestamp()) + sent)
    signature = signed(at.encode() + b":" + body)
    headers = {"x-grafana-alerting-signature": signature, "x-grafana-alerting-timestamp": at}
    assert post.site.post(path, content=body, headers=headers).status_code == status


def test_a_secret_that_is_nowhere_is_our_trouble_and_the_sender_tries_again(post):
    path = post.sender(Kind.GENERIC, secret="env:NOT_SET_ANYWHERE").path
    answer = post.site.post(path, content=b'{"title": "x"}')
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


# -- PagerDuty ---------------------------------------------------------------------------------------------------------


def pagerduty(post, body, path="/hooks/pagerduty/v2/enqueue", **changes):
    key = post.sender(Kind.PAGERDUTY).key
    return post.send(Kind.PAGERDUTY, {**body, "routing_key": key, **changes}, path=path)


def test_pagerdutys_trigger_acknowledge_and_resolve(post):
    assert len(post.sender(Kind.PAGERDUTY).key) == 32
    answer = pagerduty(post, TRIGGER)
    assert answer.status_code == 202
    assert answer.json() == {"status": "success", "message": "Event processed", "dedup_key": "srv01/disk"}
    alert = post.alert
    assert (alert.title, alert.severity, alert.rule) == ("Disk / is full on srv01", Severity.P2, "DiskFull")
    assert json.loads(alert.annotations["custom_details"])["mounts"] == ["/"]
    pagerduty(post, {"event_action": "acknowledge", "dedup_key": "srv01/disk"})
    assert post.alert.state is AlertState.ACKNOWLEDGED
    pagerduty(post, {"event_action": "resolve", "dedup_key": "srv01/disk"})
    assert post.alert.state is AlertState.RESOLVED
    pagerduty(post, TRIGGER)
    assert len(post.alerts()) == 2  # after the end the same key opens a new alert


def test_a_trigger_without_a_key_gets_one_and_orphans_are_dropped(post):
    body = {key: value for key, value in TRIGGER.items() if key != "dedup_key"}
    key = pagerduty(post, body).json()["dedup_key"]
    assert pagerduty(post, {"event_action": "resolve", "dedup_key": "nothing"}).status_code == 202
    assert post.alert.is_open
    pagerduty(post, {"event_action": "resolve", "dedup_key": key})
    assert not post.alert.is_open


def test_keys_belong_to_their_routing_key(post):
    pagerduty(post, TRIGGER)
    other = post.app.alerting.add_integration("other", Kind.PAGERDUTY, "ann").key
    pagerduty(post, TRIGGER, routing_key=other)
    assert len(post.alerts(True)) == 2


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"event_action": "boom"}, ["event_action: must be trigger, acknowledge or resolve."]),
        ({"event_action": ["trigger"]}, ["event_action: must be trigger, acknowledge or resolve."]),
        ({"event_action": "resolve", "dedup_key": None}, ["dedup_key: is needed to resolve."]),
        ({"dedup_key": "x" * 256}, ["dedup_key: must be text of at most 255 characters."]),
        ({"payload": None}, ["payload: must be an object with summary, source and severity."]),
        (
            {"payload": {"summary": "", "severity": "bad"}},
            [
                "payload.summary: must be text that is not empty.",
                "payload.source: must be text that is not empty.",
                "payload.severity: must be one of critical, error, warning, info.",
            ],
        ),
        ({"routing_key": "x" * 32}, ["Invalid routing key"]),
        ({"routing_key": None}, ["Invalid routing key"]),
        ({"routing_key": {"a": 1}}, ["Invalid routing key"]),
    ],
)
def test_an_invalid_event_is_answered_in_pagerdutys_form_with_all_that_is_wrong(post, changes, reasons):
    answer = pagerduty(post, TRIGGER, **changes)
    assert answer.status_code == 400
    assert answer.json()["status"] == "invalid event"
    assert answer.json()["errors"] == reasons
    assert post.alerts() == []


def test_an_event_is_at_most_512_kib(post):
    answer = pagerduty(post, TRIGGER, client="x" * 512 * 1024)
    assert answer.status_code == 413
    assert answer.json()["status"] == "error"


def test_changes_are_kept_as_lines_of_the_senders_history_and_open_nothing(post):
    change = {"payload": {"summary": "Deployed 1.2.0", "source": "ci", "timestamp": "2026-03-02T11:00:00Z"}}
    answer = pagerduty(post, change, path="/hooks/pagerduty/v2/change/enqueue")
    assert (answer.status_code, answer.json()["message"]) == (202, "Change event processed")
    (line,) = post.app.alerting.changes(post.sender(Kind.PAGERDUTY).id)
    assert (line.kind, line.reason) == ("change", "ci: Deployed 1.2.0")
    assert post.alerts() == []
    assert pagerduty(post, {}, path="/hooks/pagerduty/v2/change/enqueue").status_code == 400


# -- GoAlert, OnCall, generic, heartbeats ------------------------------------------------------------------------------


def test_goalerts_generic_api_by_form_query_and_json(post):
    path = post.sender(Kind.GOALERT).path
    form = {"summary": "Disk full", "details": "on db1", "dedup": "d1"}
    assert post.site.post(path, data=form).status_code == 204
    assert post.site.post(path, json={**form, "meta": {"team": "shop"}}).status_code == 204
    assert (post.alert.title, post.alert.annotations["description"]) == ("Disk full", "on db1")
    closing = post.site.post(f"{path}?summary=x&dedup=d1&action=close")
    assert (closing.status_code, closing.content, post.alert.state) == (204, b"", AlertState.RESOLVED)
    assert post.site.post(path, json={"summary": ""}).status_code == 400
    assert post.site.post(path, json={"summary": "x", "action": "open"}).status_code == 400


def test_goalerts_alert_without_a_key_is_known_by_what_it_says(post):
    key = post.sender(Kind.GOALERT).key
    for action in ("", "", "close"):
        post.site.post(f"/hooks/goalert?token={key}", json={"summary": "a", "details": "b", "action": action})
    assert len(post.alerts()) == 1
    assert not post.alert.is_open


def test_oncalls_formatted_webhook(post):
    body = {
        "alert_uid": "08d6891a-835c-e661-39fa-96b6a9e26552",
        "title": "The whole system is down",
        "image_url": "https://example.com/cat.jpg",
        "state": "alerting",
        "link_to_upstream_details": "https://example.com/why",
        "message": "Smth happened. Oh no!",
    }
    answer = post.send(Kind.ONCALL, body)
    assert (answer.status_code, answer.text) == (200, "Ok.")
    assert (post.alert.title, post.alert.generator_url) == (body["title"], "https://example.com/why")
    post.send(Kind.ONCALL, {"alert_uid": body["alert_uid"], "state": "ok"})
    assert not post.alert.is_open
    assert post.send(Kind.ONCALL, {"state": "ok"}).status_code == 400
    assert post.send(Kind.ONCALL, {"title": "x", "state": "on fire"}).status_code == 400


def test_our_own_shape_one_or_many(post):
    one = {
        "title": "Disk full",
        "service": "shop",
        "severity": "P2",
        "key": "d",
        "labels": {"host": "db1"},
        "value": "97.5",
    }
    answer = post.send(Kind.GENERIC, [one, {"title": "Another"}])
    assert (answer.status_code, answer.json()) == (202, {"status": "success", "taken": 2})
    disk = next(alert for alert in post.alerts() if alert.title == "Disk full")
    assert (disk.severity, disk.service, disk.value, disk.labels["host"]) == (Severity.P2, "shop", 97.5, "db1")
    post.send(Kind.GENERIC, {**one, "state": "resolved"})
    post.send(Kind.GENERIC, {"title": "Another", "state": "resolved"})
    assert post.alerts(True) == []


def test_two_titles_of_one_service_are_two_things(post):
    post.send(Kind.GENERIC, [{"title": "a", "service": "shop"}, {"title": "b", "service": "shop"}])
    assert len(post.alerts()) == 2


def test_our_own_signature(post, monkeypatch):
    monkeypatch.setenv("OWN_SECRET", "s3cret")
    path, body = post.sender(Kind.GENERIC, secret="env:OWN_SECRET").path, b'{"title": "x"}'
    assert post.site.post(path, content=body).status_code == 401
    header = {"x-hub-signature-256": f"sha256={signed(body)}"}
    assert post.site.post(path, content=body + b" ", headers=header).status_code == 401
    assert post.site.post(path, content=body, headers=header).status_code == 202


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
def test_a_heartbeat_that_comes_is_heard_by_any_method(post, method):
    path = post.sender(Kind.HEARTBEAT, every=timedelta(minutes=10)).path
    answer = post.site.request(method, path)
    assert answer.status_code == 200
    assert answer.text == ("" if method == "HEAD" else "ok\n")
    assert post.app.alerting.integrations()[0].last_at == NOON


def test_a_heartbeat_that_does_not_come_is_an_alert_until_it_does(post):
    path = post.sender(Kind.HEARTBEAT, every=timedelta(minutes=10), service_name="shop").path
    post.site.get(path)
    post.clock.move(10 * MINUTE)
    assert post.app.alerting.miss_heartbeats() == 0
    post.clock.move(MINUTE)
    assert post.app.alerting.miss_heartbeats() == 1
    assert post.app.alerting.miss_heartbeats() == 1
    alert = post.alert
    assert (alert.rule, alert.service, alert.severity) == ("HeartbeatMissed", "shop", Severity.P2)
    assert "last at 2026-03-02 12:00:00 UTC" in alert.annotations["description"]
    post.site.get(path)
    assert post.app.alerting.miss_heartbeats() == 0
    assert not post.alert.is_open


def test_a_heartbeat_that_never_came_is_missed_too_and_one_that_is_removed_is_not(post):
    made = post.sender(Kind.HEARTBEAT, every=timedelta(minutes=10))
    post.clock.move(11 * MINUTE)
    post.app.alerting.miss_heartbeats()
    assert "it never came" in post.alert.annotations["description"]
    post.app.alerting.remove_integration(made.id)
    assert not post.alert.is_open


# -- who sends ---------------------------------------------------------------------------------------------------------


def test_the_key_comes_in_the_path_a_header_or_the_query(post):
    key = post.sender(Kind.GENERIC).key
    basic = base64.b64encode(f"any:{key}".encode()).decode()
    ways = [
        {},
        {"authorization": f"Bearer {key}"},
        {"authorization": f"Token {key}"},
        {"authorization": f"Basic {basic}"},
    ]
    paths = [f"/hooks/generic/{key}", "/hooks/generic", "/hooks/generic", "/hooks/generic"]
    for path, headers in zip(paths, ways, strict=True):
        assert post.send(Kind.GENERIC, {"title": "x"}, path=path, **headers).status_code == 202
    assert post.send(Kind.GENERIC, {"title": "x"}, path=f"/hooks/generic?key={key}").status_code == 202


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic !", "Basic eA==", "Bearer " + "é" * 32, "Bearer " + "x" * 9000]
)
def test_a_key_that_is_none_is_refused(post, header):
    answer = post.site.post("/hooks/generic", content=b"{}", headers={"authorization": header.encode()})
    assert answer.status_code == 401


def test_a_key_of_another_kind_is_refused(post):
    key = post.sender(Kind.GRAFANA).key
    answer = post.send(Kind.GENERIC, {"title": "x"}, path=f"/hooks/generic/{key}")
    assert (answer.status_code, "grafana" in answer.json()["message"]) == (403, True)


def test_a_key_that_was_removed_is_worth_nothing(post):
    made = post.sender(Kind.GENERIC)
    post.app.alerting.remove_integration(made.id)
    assert post.send(Kind.GENERIC, {"title": "x"}).status_code == 401


def test_the_senders_service_is_set_where_the_alert_names_none(post):
    post.sender(Kind.GENERIC, service_name="blog")
    post.send(Kind.GENERIC, [{"title": "a"}, {"title": "b", "service": "shop"}])
    assert {alert.title: alert.service for alert in post.alerts()} == {"a": "blog", "b": "shop"}
