"""Whatever comes in: refused with its reason or taken, never half of it, and nothing is lost that can be sent again."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import databases
from tests.fakes import NOON
from tests.hooks.senders import ALERT, TRIGGER, WEBHOOK

from accelerapp.alerts.intake import bodies, family
from accelerapp.alerts.intake.interface import Delivery, RefusedError
from accelerapp.alerts.model import Integration, Kind, Signal, SignalState
from accelerapp.base import errors
from accelerapp.base.ids import IntegrationId
from accelerapp.hooks.committing import MOST_OF_ONE, Committer, TooBusyError
from accelerapp.storage.engine import DatabaseUnavailableError
from accelerapp.web import shield

SENDER = Integration(IntegrationId("int_1"), "x", Kind.GENERIC, "h", "ann", NOON)
READERS = [*family.READERS.values(), family.API, family.CHANGES]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)
TIMES = JSON | st.sampled_from(
    ["2026-03-02T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "now", 1e300, -1]
)
ALERTS = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(st.text(max_size=5), JSON, max_size=3) | JSON,
        "annotations": JSON,
        "status": st.sampled_from(["firing", "resolved"]) | JSON,
        "startsAt": TIMES,
        "endsAt": TIMES,
        "values": JSON,
        "generatorURL": JSON,
        "state": st.sampled_from(["firing", "ok", "alerting"]) | JSON,
        "title": JSON,
        "summary": JSON,
        "key": JSON,
        "dedup": JSON,
        "meta": JSON,
        "action": JSON,
        "alert_uid": JSON,
        "value": JSON,
        "event_action": st.sampled_from(["trigger", "resolve"]) | JSON,
        "dedup_key": st.text(max_size=5) | JSON,
        "payload": JSON | st.just(TRIGGER["payload"]),
        "links": JSON,
    },
)


@settings(max_examples=150, deadline=None)
@given(
    body=JSON | ALERTS | st.lists(ALERTS, max_size=2) | st.fixed_dictionaries({"alerts": st.lists(ALERTS, max_size=2)})
)
@pytest.mark.parametrize(
    "reader", READERS, ids=lambda reader: type(reader).__module__.rpartition(".")[2] + type(reader).__name__
)
def test_any_json_is_read_or_refused_with_the_field(reader, body):
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    try:
        received = reader.read(Delivery(content, {}, SENDER, NOON))
    except RefusedError as error:
        assert error.problems
        assert all(problem.field and problem.reason for problem in error.problems)
        return
    assert 200 <= received.answer.status < 300
    for signal in received.signals:
        assert isinstance(signal.state, SignalState)
        for name, value in [*signal.labels.items(), *signal.annotations.items()]:
            assert "\x00" not in name + value
            (name + value).encode()  # no half of a character
        assert signal.fingerprint


@given(st.binary(max_size=50))
def test_any_bytes_are_read_or_refused(content):
    for reader in READERS:
        try:
            reader.read(Delivery(content, {"content-type": "application/x-www-form-urlencoded"}, SENDER, NOON))
        except RefusedError:
            continue


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "body: must be an object"),
        ({}, "alerts: must be a list"),
        ({"alerts": [1]}, "alerts.0: must be an object"),
        ({"alerts": [{"labels": {}}]}, "alerts.0.labels: needs at least one label"),
        ({"alerts": [{**ALERT, "status": "odd"}]}, "alerts.0.status: must be firing or resolved"),
        ({"alerts": [{**ALERT, "startsAt": "today"}]}, "alerts.0.startsAt: is not a time"),
        ({"alerts": [{"labels": {str(n): "x" for n in range(65)}}]}, "has 65 entries; at most 64"),
    ],
)
def test_what_is_wrong_is_said_with_its_field_and_nothing_is_taken(post, body, words):
    mixed = {"alerts": [ALERT, *body["alerts"]]} if isinstance(body, dict) and body else None
    answer = post.send(Kind.ALERTMANAGER, body)
    assert answer.status_code == 400
    assert words in json.dumps(answer.json()["problems"])
    if mixed:  # a good one beside a bad one is not half of a delivery
        assert post.send(Kind.ALERTMANAGER, mixed).status_code == 400
    assert post.alerts() == []


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(post):
    path = post.sender(Kind.ALERTMANAGER).path
    large = b"x" * (shield.HOOK_LIMIT + 1)
    assert post.site.post(path, content=large).status_code == 413
    assert post.site.post(path, content=iter([large[: 2**20]] * 9)).status_code == 413


def test_a_large_group_of_alertmanager_is_taken_whole(post):
    alerts = [{**ALERT, "labels": {**ALERT["labels"], "instance": f"shop-{n}", "pod": "x" * 200}} for n in range(2000)]
    assert post.send(Kind.ALERTMANAGER, {**WEBHOOK, "alerts": alerts}).status_code == 200
    assert len(post.alerts()) == 1000  # the list's own bound
    assert post.app.alerting.turn().decided == 2000


def test_labels_that_are_too_long_are_cut_and_stay_two_things(post):
    long = "x" * 5000
    alerts = [{"labels": {"alertname": "A", "sql": long + end}} for end in ("1", "2")]
    post.send(Kind.ALERTMANAGER, {"alerts": alerts})
    post.send(Kind.ALERTMANAGER, {"alerts": alerts})
    assert len(post.alerts()) == 2
    assert post.alerts()[0].labels["sql"].endswith("… (cut)")
    post.send(Kind.ALERTMANAGER, {"alerts": [{**each, "status": "resolved"} for each in alerts]})
    assert post.alerts(True) == []


def test_text_that_no_database_holds_is_replaced_on_both_databases(request, tmp_path):
    odd = json.dumps({"labels": {"alertname": "a\x00b\ud800"}, "title": "\ud83d\ude00 \x00"}).encode()
    (signal,) = family.READERS[Kind.GENERIC].read(Delivery(odd, {}, SENDER, NOON)).signals
    assert (signal.labels["alertname"], signal.annotations["summary"]) == ("a\ufffdb\ufffd", "😀 \ufffd")
    from accelerapp.alerts import service
    from accelerapp.alerts.store_sql import SqlAlerts
    from accelerapp.base.settings.model import Alerts

    changes = service.take([signal], {}, 0, Alerts(), NOON)
    for kind in databases.KINDS:
        with databases.opened(request, kind, tmp_path) as database, database.write() as work:
            SqlAlerts(work).put(changes.alerts.values(), changes.new)
            (kept,) = SqlAlerts(work).due(NOON + timedelta(minutes=1), 9)
            assert kept.labels == signal.labels


# -- committed before it is answered -----------------------------------------------------------------------------------


def test_until_the_database_has_it_the_answer_is_to_send_it_again(post, monkeypatch):
    take, calls = type(post.app.alerting).take, []

    def failing(self, *arguments):
        calls.append(arguments)
        if len(calls) < 3:
            raise DatabaseUnavailableError("The database does not answer.")
        return take(self, *arguments)

    monkeypatch.setattr(type(post.app.alerting), "take", failing)  # a database cannot be made to fail twice only
    for kind, body, status in (
        (Kind.ALERTMANAGER, WEBHOOK, 503),
        (Kind.PAGERDUTY, TRIGGER, 503),
        (Kind.ALERTMANAGER, WEBHOOK, 200),
    ):
        content = {**body, "routing_key": post.sender(kind).key}
        answer = post.send(kind, content)
        assert answer.status_code == status
        assert ("retry-after" in answer.headers) == (status == 503)
    assert len(post.alerts()) == 1


def committer(commit) -> Committer:
    return Committer(commit)


def some(count: int = 1) -> list[Signal]:
    return [Signal({"a": str(number)}) for number in range(count)]


ONE, OTHER = IntegrationId("one"), IntegrationId("other")


def test_deliveries_that_wait_are_committed_together_and_answered_after():
    entered, go_on, batches = threading.Event(), threading.Event(), []

    def commit(batch):
        entered.set()
        assert go_on.wait(30)
        batches.append(len(batch))

    async def story():
        made = committer(commit)
        first = asyncio.create_task(made.take(ONE, some()))
        await asyncio.to_thread(entered.wait, 30)
        others = [asyncio.create_task(made.take(ONE, some())) for _ in range(50)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in [first, *others])  # nobody is answered before the commit
        go_on.set()
        await asyncio.gather(first, *others)

    asyncio.run(story())
    assert batches == [1, 50]


def test_what_waits_is_bounded_for_one_sender_and_the_others_go_on():
    go_on = threading.Event()

    async def story():
        made = committer(lambda _batch: go_on.wait(30))
        first = asyncio.create_task(made.take(ONE, some()))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(made.take(ONE, some(MOST_OF_ONE)))
        await asyncio.sleep(0)
        with pytest.raises(TooBusyError):
            await made.take(ONE, some())
        other = asyncio.create_task(made.take(OTHER, some()))
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(first, waiting, other)
        await made.take(ONE, some())

    asyncio.run(story())


def test_a_delivery_that_breaks_the_commit_takes_no_other_with_it():
    held, written = threading.Event(), []

    def commit(batch):
        held.wait(30)
        if any(signal.labels["a"] == "13" for each in batch for signal in each.signals):
            raise ValueError("13")
        written.extend(signal.labels["a"] for each in batch for signal in each.signals)

    async def story():
        made = committer(commit)
        tasks = [asyncio.create_task(made.take(ONE, [Signal({"a": str(number)})])) for number in range(20)]
        await asyncio.sleep(0)
        held.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = asyncio.run(story())
    assert [type(result) for result in results if result is not None] == [ValueError]
    assert sorted(written, key=int) == [str(number) for number in range(20) if number != 13]


def test_a_database_that_fails_fails_all_that_wait_and_they_are_told():
    def commit(_batch):
        raise errors.CannotTellError("no")

    async def story():
        made = committer(commit)
        return await asyncio.gather(*(made.take(ONE, some()) for _ in range(5)), return_exceptions=True)

    assert {type(result) for result in asyncio.run(story())} == {errors.CannotTellError}


def test_bounds_are_where_they_are_said_to_be():
    assert len(bodies.as_text("x" * 9999)) == bodies.LONGEST_TEXT
    with pytest.raises(RefusedError, match="at most 20,000"):
        bodies.as_list([0] * 20_001, "alerts")
