"""Loki, spoken to over HTTP: pages, tenants, waits, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.commands import CommandLine
from tests.fakes import FakePlatform
from tests.logs import loki_server
from tests.logs.loki_server import Loki

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.settings.model import Data, Local, Service, Settings
from accelerapp.flows import log_review
from accelerapp.logs.model import Level, LogReview
from accelerapp.logs.sources import family, loki, loki_lines
from accelerapp.monitoring import LogAnalyzer

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = 10**9
END = int(NOW.timestamp()) * SECOND
SHOP = {"app": "shop"}


@pytest.fixture
def server() -> Iterator[Loki]:
    with loki_server.running(Loki()) as running:
        yield running


def source(server: Loki, query: str = '{app="shop"}', more: str = "") -> loki.LokiSource:
    address = server.address(query, more)
    return loki.LokiSource(address, loki.parse(address), NOW, MovingClock(NOW))


def review(server: Loki, query: str = '{app="shop"}', last: timedelta | None = timedelta(hours=1)) -> LogReview:
    return log_review.review([source(server, query)], NOW - last if last else None, NOW)


def reason(server: Loki) -> str:
    return review(server).unread[0].reason


def texts(server: Loki) -> list[str]:
    """The entries' texts as they come out, sorted."""
    out = b"".join(source(server).chunks(NOW - timedelta(hours=1)))
    return sorted(line.split(" ", 3)[3] for line in out.decode().splitlines())


@pytest.mark.parametrize(
    ("step", "burst"), [(1, 1), (SECOND // 1000, 7), (1, 4999), (SECOND, 1)], ids=["dense", "bursts", "huge", "seconds"]
)
def test_every_entry_comes_once_however_many_share_a_nanosecond(server: Loki, step: int, burst: int) -> None:
    count = 3000 if step == SECOND else 12_001
    server.entries = [
        (END - 3500 * SECOND + n // burst * step, {"pod": str(n % 3)}, f"event {n}") for n in range(count)
    ]
    assert texts(server) == sorted(f"event {n}" for n in range(count))
    assert all(asked["direction"] == "forward" and asked["limit"] == "5000" for asked in server.asked)


def test_more_at_one_nanosecond_than_a_page_holds_is_named(server: Loki) -> None:
    at = END - 100 * SECOND
    server.entries = [(at, SHOP, f"event {n}") for n in range(6000)] + [(at + 1, SHOP, "after")]
    found = review(server)
    assert found.record_count == 5001
    assert "1 nanosecond with as many entries as a page holds (5,000)" in found.unread[0].reason


def test_the_window_holds_its_begin_and_its_end_and_nothing_else(server: Loki) -> None:
    hour = 3600 * SECOND
    server.entries = [(END + d, SHOP, f"{d}") for d in (-hour - 1, -hour, -1, 0, 1)]
    assert texts(server) == sorted([f"{-hour}", "-1", "0"])


def test_without_a_window_the_last_day_is_read_and_a_long_one_is_asked_day_by_day(server: Loki) -> None:
    day = 24 * 3600 * SECOND
    server.entries = [(END - n * day // 2, SHOP, f"event {n}") for n in range(1, 20)]
    assert review(server, last=None).record_count == 2
    server.asked.clear()
    assert review(server, last=timedelta(days=7)).record_count == 14
    assert all(int(asked["end"]) - int(asked["start"]) <= day + 1 for asked in server.asked)


def test_a_server_with_shorter_pages_gets_shorter_questions(server: Loki) -> None:
    server.longest = 1000
    server.entries = [(END - n - 1, SHOP, f"event {n}") for n in range(3000)]
    assert len(texts(server)) == 3000
    assert {asked["limit"] for asked in server.asked} == {"5000", "1000"}


def test_an_answer_too_large_for_the_memory_is_asked_for_in_smaller_pages(
    server: Loki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loki, "_ANSWER_AT_MOST", 1_000_000)  # a patch: the real bound takes long to reach
    server.entries = [(END - 10 * SECOND + n // 3, SHOP, f"{n:04} " + "x" * (n % 7) * 3000) for n in range(700)]
    assert [text[:4] for text in texts(server)] == [f"{n:04}" for n in range(700)]
    server.entries.append((END - SECOND, SHOP, "x" * 1_000_000))
    assert "answered more than 1,000,000 bytes" in reason(server)


def test_the_level_of_a_label_counts_where_the_text_names_none(server: Loki) -> None:
    at = END - 60 * SECOND
    server.entries = [
        (at, {"level": "error"}, "no stock left"),
        (at, {"level": "error"}, "2026-11-24T11:59:00Z INFO came from the text"),
        (at, {"severity": "warn"}, '{"msg": "slow", "took": 3}'),
        (at, {"level": "critical"}, "msg=gone code=7"),
        (at, {"detected_level": "error"}, "finished with 0 errors"),
    ]
    found = review(server)
    counts = {level: count for level, count in found.counts.items() if count}
    assert counts == {Level.ERROR: 1, Level.INFO: 1, Level.WARNING: 1, Level.CRITICAL: 1, Level.NONE: 1}
    assert {pattern.message for pattern in found.patterns} >= {"slow", "gone", "no stock left"}


def test_structured_metadata_gives_the_level_too(server: Loki) -> None:
    server.metadata = {"severity_text": "ERROR"}
    server.entries = [(END - SECOND, SHOP, "no stock left")]
    assert review(server).counts[Level.ERROR] == 1


def test_an_entry_of_many_lines_is_one_record_and_keeps_its_time(server: Loki) -> None:
    trace = "ERROR checkout failed\nTraceback (most recent call last):\n  File x\nKeyError: 1\nplain end"
    server.entries = [(END - 90 * SECOND, SHOP, trace), (END - 80 * SECOND, SHOP, "INFO fine")]
    found = review(server)
    assert found.record_count == 2
    assert found.top_errors[0].example.endswith("plain end")
    assert found.top_errors[0].first_at == NOW - timedelta(seconds=90)


def test_a_busy_server_is_waited_for_as_it_asks(server: Loki) -> None:
    server.entries = [(END - SECOND, SHOP, "INFO fine")]
    server.scripted = [(429, {"Retry-After": "20"}, b""), (503, {}, b""), (429, {"Retry-After": "soon"}, b"")]
    watch = MovingClock(NOW)
    address = loki.parse(server.address())
    found = log_review.review([loki.LokiSource("loki", address, NOW, watch)], NOW - timedelta(hours=1), NOW)
    assert found.record_count == 1
    assert watch.now() - NOW >= timedelta(seconds=20)


@pytest.mark.parametrize("after", ["3600", "Tue, 24 Nov 2026 13:00:00 GMT", ""])
def test_the_wait_is_bounded_and_the_refusal_named(server: Loki, after: str) -> None:
    server.scripted = [(429, {"Retry-After": after}, b"too many outstanding requests")] * 50
    assert "busy (429)" in (said := reason(server))
    assert "too many outstanding requests" in said
    assert len(server.asked) < 20


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, b"parse error at line 1, col 2: syntax error", "parse error at line 1"),
        (401, b"no org id", "LOKI_ORG_ID"),
        (404, b"404 page not found", "no Loki at this address"),
        (200, b"<html>", "not Loki's"),
        (200, b'{"data": {"resultType": "streams", "result": [{"stream": {}, "values": [["x", 1]]}]}}', "not Loki's"),
        (
            200,
            b'{"data": {"resultType": "streams", "result": [{"stream": {}, "values": [["9e99", ""]]}]}}',
            "not Loki's",
        ),
        (200, b'{"data": {"resultType": "matrix", "result": []}}', "figures, not log lines"),
        (200, b"[" * 100_000, "not Loki's"),
    ],
)
def test_a_refusal_or_a_strange_answer_is_named(server: Loki, status: int, body: bytes, said: str) -> None:
    server.scripted = [(status, {}, body)]
    assert said in reason(server)


def test_what_was_read_before_a_failure_counts(server: Loki) -> None:
    server.entries = [(END - 100 * SECOND + n, SHOP, f"event {n}") for n in range(8000)]
    whole = server.answer(
        "/loki/api/v1/query_range", {"limit": "5000", "start": "0", "end": str(END), "direction": "forward"}
    )
    server.scripted = [(200, {}, whole[1]), (500, {"Retry-After": "99"}, b"ingester gone")]
    found = review(server)
    assert found.record_count == 4999
    assert "ingester gone" in found.unread[0].reason
    assert found.unread[0].bytes > 0


def test_an_empty_answer_is_said(server: Loki) -> None:
    assert "no entry for this query" in reason(server)


def test_a_server_that_hangs_and_one_that_is_not_there_are_named(server: Loki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loki, "_ANSWER_WITHIN", 0.3)  # a patch: a minute is too long for a test
    server.is_hanging = True
    assert "did not answer in time" in reason(server)
    address = "loki+http://127.0.0.1:1/?query={a=%22b%22}"
    found, unread = family.find(address)
    assert unread == []
    assert "cannot be reached" in log_review.review(found, None, NOW).unread[0].reason


def test_tenant_and_credentials_come_from_the_address_or_the_environment(
    server: Loki, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.entries = [(END - SECOND, SHOP, "INFO fine")]
    monkeypatch.setenv("LOKI_ORG_ID", "team-a")
    monkeypatch.setenv("LOKI_USERNAME", "me")
    monkeypatch.setenv("LOKI_PASSWORD", "secret")
    list(source(server).chunks(None))
    list(source(server, more="&org=team-b").chunks(None))
    assert [one["x-scope-orgid"] for one in server.headers] == ["team-a", "team-b"]
    assert server.headers[0]["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ('{app="shop"}', '{app="shop"}'),
        ("%7Bapp%3D%22shop%22%7D", '{app="shop"}'),
        ('{app=~".+"} |= "a&b" != "c#d?"', '{app=~".+"} |= "a&b" != "c#d?"'),
    ],
)
def test_a_query_may_be_written_as_it_is_or_encoded(written: str, query: str) -> None:
    assert loki.parse(f"loki+https://host/prefix/?query={written}&org=a") == loki.Address(
        "https://host/prefix", query, "a"
    )


@pytest.mark.parametrize(
    "address", ["loki+http://", "loki+http://host/", "loki+http://host/?query=x", "loki+http://h/?q={}"]
)
def test_an_address_that_is_not_understood_is_named_with_an_example(address: str) -> None:
    found, unread = family.find(address)
    assert found == []
    assert "{app=" in unread[0].reason
    with pytest.raises(errors.WrongUseError):
        loki.parse(address)


def test_credentials_in_an_address_are_refused_and_not_repeated() -> None:
    _, unread = family.find('loki+http://me:secret@host/?query={a="b"}')
    assert "LOKI_PASSWORD" in unread[0].reason
    assert "secret" not in str(unread)


def test_the_command_and_the_scripts_read_it(
    server: Loki, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.entries = [(loki_server.nanos(n), SHOP, "ERROR no stock") for n in range(1, 31)]
    ran = CommandLine(monkeypatch, capsys)("logs", "review", server.address(), "--json")
    assert (ran.code, json.loads(ran.out)["record_count"]) == (1, 30)
    assert LogAnalyzer(sources=[server.address()]).analyze_logs(hours=1)["error_count"] == 30


def test_the_logs_of_the_settings_may_be_addresses(server: Loki, tmp_path: Path) -> None:
    server.entries = [(END - SECOND, SHOP, "ERROR no stock"), (END - 7200 * SECOND, SHOP, "ERROR long ago")]
    local = Local(releases=tmp_path, release="1.0.0", command=("true",))
    shop = Service(local=local, logs=(server.address(), "gs://elsewhere"))
    app = App(Settings(data=Data(folder=tmp_path), services={"shop": shop}))
    app.__dict__["local_platform"] = FakePlatform()
    found = app.review_logs("shop", timedelta(hours=1), NOW)
    assert found.sources == {server.address(): 1}
    assert [one.source for one in found.unread] == ["gs://elsewhere"]


def test_the_settings_check_asks_an_address(server: Loki) -> None:
    with pytest.raises(errors.CannotTellError, match="no entry for this query"):
        family.try_out(server.address(), NOW)
    server.entries = [(END - SECOND, SHOP, "INFO fine")]
    assert "answers and holds 1 log" in family.try_out(server.address(), NOW)
    with pytest.raises(errors.CannotTellError, match="no logs of this kind"):
        family.try_out("gs://bucket", NOW)


def test_a_line_inside_a_runtimes_wrapping_is_unwrapped() -> None:
    entry = loki_lines.Entry(END, "2026-11-24T11:00:00.5Z stderr F ERROR no", {})
    assert loki_lines.render([entry]) == b"2026-11-24T12:00:00.000000000Z stdout F ERROR no\n"
