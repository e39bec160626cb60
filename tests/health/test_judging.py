"""The judging functions: from facts to a verdict with its reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import fakes
import pytest

from accelerapp.base.settings import model as settings
from accelerapp.clients import http, postgres
from accelerapp.health.checks import database, disk, errors, host, replicas, url, usage
from accelerapp.health.model import Verdict
from accelerapp.platforms.interface import Disk, LastExit, Node, ReplicaState, ReplicaUsage, RolloutPhase

LIMITS = settings.Health()
GIB = 1024**3


def crashing(number: int, reason: str = "ended with exit code 1, 4 times in a row.") -> object:
    return fakes.replica(number, state=ReplicaState.CRASH_LOOP, ready=False, reason=reason, restarts=4)


@pytest.mark.parametrize(
    ("workload", "verdict", "reasons"),
    [
        (fakes.workload(fakes.replica(1), fakes.replica(2)), Verdict.HEALTHY, []),
        (
            fakes.workload(fakes.replica(1), crashing(2)),
            Verdict.DEGRADED,
            ["1 of 2 replicas is ready.", "shop-2: CrashLoopBackOff, ended with exit code 1, 4 times in a row."],
        ),
        (
            fakes.workload(crashing(1, "")),
            Verdict.DOWN,
            ["The only wanted replica is not ready.", "shop-1: CrashLoopBackOff."],
        ),
        (fakes.workload(desired=2), Verdict.DOWN, ["None of 2 wanted replicas is ready."]),
        (fakes.workload(), Verdict.HEALTHY, []),
        (
            fakes.workload(fakes.replica(1), version="1.4.0", phase=RolloutPhase.FAILED, message="It crashes."),
            Verdict.DEGRADED,
            ["The rollout to version 1.4.0 failed: It crashes."],
        ),
        (fakes.workload(fakes.replica(1), fakes.replica(2), desired=1), Verdict.HEALTHY, []),
    ],
)
def test_replicas_are_judged_by_how_many_are_ready_and_by_the_rollout(workload, verdict, reasons):
    result = replicas.judge_replicas(workload)
    assert (result.verdict, list(result.reasons)) == (verdict, reasons)


def test_the_facts_of_replicas_say_how_the_last_one_ended():
    exited = fakes.replica(1, restarts=3, last_exit=LastExit(fakes.NOON, -9, "Killed by signal 9"))
    facts = replicas.judge_replicas(fakes.workload(exited)).facts
    assert facts["restarts"] == 3
    assert facts["replicas"][0]["last_exit"] == {
        "at": "2026-03-02T12:00:00+00:00",
        "exit_code": -9,
        "reason": "Killed by signal 9",
    }


def used(number: int, memory: int, limit: int | None = GIB) -> ReplicaUsage:
    return ReplicaUsage(fakes.replica(number).name, 0.25, memory, limit, fakes.NOON)


TWO = fakes.workload(fakes.replica(1), fakes.replica(2))


@pytest.mark.parametrize(
    ("workload", "usages", "verdict", "words"),
    [
        (TWO, [used(1, GIB // 2), used(2, GIB // 2)], Verdict.HEALTHY, "0.50 cores, 1 GiB in 2 replicas"),
        (TWO, [used(1, 95 * GIB // 100), used(2, 1)], Verdict.DEGRADED, "at most 95 % of a memory limit"),
        (TWO, [used(1, 50 * GIB, None), used(2, 1, None)], Verdict.HEALTHY, "50 GiB in 2 replicas"),
        (TWO, [used(1, 1)], Verdict.HEALTHY, "no figure yet of shop-2"),
        (TWO, [], Verdict.UNKNOWN, "no figures yet"),
        (fakes.workload(), [], Verdict.HEALTHY, "no replica runs"),
    ],
)
def test_usage_is_judged_by_memory_and_its_absence_is_unknown(workload, usages, verdict, words):
    result = usage.judge_usage(workload, usages, LIMITS)
    assert result.verdict is verdict
    assert words in result.summary
    assert bool(result.reasons) is (verdict is not Verdict.HEALTHY)


@pytest.mark.parametrize(
    ("nodes", "verdict", "reasons"),
    [
        ([Node("a", 2, 1, GIB, GIB // 2)], Verdict.HEALTHY, ()),
        ([Node("a", 2, 1.98, GIB, GIB // 2)], Verdict.DEGRADED, ("a uses 99 % of its CPU (reason from 95 %).",)),
        ([Node("a", 2, 0, GIB, GIB)], Verdict.DEGRADED, ("a uses 100 % of its memory (reason from 90 %).",)),
        ([Node("a", 0, 0, 0, 0)], Verdict.HEALTHY, ()),
        ([], Verdict.UNKNOWN, ("The platform names no machine.",)),
    ],
)
def test_hosts_are_judged_by_cpu_and_memory(nodes, verdict, reasons):
    result = host.judge_host(nodes, LIMITS)
    assert (result.verdict, result.reasons) == (verdict, reasons)


def test_a_full_disk_is_a_reason_and_no_disk_is_unknown():
    full = Node("a", 1, 0, 1, 0, (Disk("/", 100 * GIB, 50 * GIB), Disk("/data", 100 * GIB, 95 * GIB)))
    result = disk.judge_disks([full], LIMITS)
    assert result.verdict is Verdict.DEGRADED
    assert result.reasons == ("The disk /data of a is 95 % full, 5 GiB free (reason from 90 %).",)
    assert result.summary == "2 disks, the fullest: /data 95 % full, 5 GiB free"
    assert disk.judge_disks([replace(full, disks=())], LIMITS).verdict is Verdict.UNKNOWN


def log(count: int, records: int, *, minutes: int = 5, unread: tuple[str, ...] = ()) -> errors.LogWindow:
    top = (errors.TopError("order <*> failed", "error", count),) if count else ()
    return errors.LogWindow(timedelta(minutes=minutes), records, {"error": count, "info": records - count}, top, unread)


@pytest.mark.parametrize(
    ("windows", "verdict"),
    [
        ([log(0, 1000)], Verdict.HEALTHY),
        ([log(4, 5)], Verdict.HEALTHY),  # fewer than error_minimum
        ([log(5, 500)], Verdict.HEALTHY),  # exactly the share is not above it
        ([log(6, 500)], Verdict.DEGRADED),
        ([log(0, 10_000, minutes=60), log(6, 20)], Verdict.DEGRADED),  # only the short window burns
        ([log(0, 10, unread=("a.log could not be read: it is binary",))], Verdict.UNKNOWN),
        ([log(6, 20, unread=("a.log could not be read: it is binary",))], Verdict.DEGRADED),
    ],
)
def test_errors_in_the_log_count_by_share_and_number(windows, verdict):
    assert errors.judge_errors(windows, LIMITS).verdict is verdict


def test_the_reason_names_the_most_frequent_message_with_its_count():
    (reason,) = errors.judge_errors([log(60, 500)], LIMITS).reasons
    assert reason == (
        "12 % of the log records of the last 5 min are errors (60 of 500), most often 60 times: order <*> failed"
    )


def test_a_silent_log_is_neither_healthy_nor_unknown():
    result = errors.judge_errors([log(0, 0, minutes=60), log(0, 0)], LIMITS)
    assert result.skipped == "nothing was logged in the last 1 h"


CALM = postgres.PostgresState(0.002, 0.01, "18.6", False, 8 * 1024**2, 5, 100, 0)


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (CALM, Verdict.HEALTHY),
        (replace(CALM, connections=86), Verdict.DEGRADED),
        (replace(CALM, longest_seconds=301.0, longest_query="SELECT 1"), Verdict.DEGRADED),
        (replace(CALM, size_bytes=None, hidden_queries=2, max_connections=0), Verdict.HEALTHY),
    ],
)
def test_a_database_is_judged_by_connections_and_long_queries(state, verdict):
    result = database.judge_database(state, LIMITS)
    assert result.verdict is verdict
    assert bool(result.reasons) is (verdict is Verdict.DEGRADED)


@pytest.mark.parametrize(
    ("query", "masked"),
    [
        (
            "SELECT *\n  FROM people WHERE mail = 'a@b.c' AND age > 42",
            "SELECT * FROM people WHERE mail = ? AND age > ?",
        ),
        ("SELECT 'it''s', $$secret$$, $x$ a $$ b $x$, t1.c2", "SELECT ?, ?, ?, t1.c2"),
        ("SELECT 'cut off by the ser", "SELECT ?"),
        ("", ""),
    ],
)
def test_a_query_is_shown_without_its_literals(query, masked):
    assert database.mask_query(query) == masked


@pytest.mark.parametrize(
    ("probe", "verdict"),
    [
        (http.Probe(200, 0.1), Verdict.HEALTHY),
        (http.Probe(204, 2.0), Verdict.HEALTHY),
        (http.Probe(200, 2.1), Verdict.DEGRADED),
        (http.Probe(302, 0.1), Verdict.DOWN),
        (http.Probe(503, 0.1), Verdict.DOWN),
    ],
)
def test_an_address_is_judged_by_status_and_latency(probe, verdict):
    assert url.judge_url("http://shop/health", probe, LIMITS).verdict is verdict
