"""`accelerapp logs …`, as a person and as a script read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import CommandLine
from fakes import NOON, FakePlatform, replica, workload
from story import StoryApp, settings_of

from accelerapp.base import clock as clocks
from accelerapp.cli import log_lines
from accelerapp.logs.model import Level

NOW = datetime.now(UTC)
TRACE = "Traceback (most recent call last):\n  File 'shop.py', line 1\nKeyError: 1\n"


def line(minutes_ago: float, words: str) -> str:
    return f"{(NOW - timedelta(minutes=minutes_ago)).isoformat()} {words}\n"


@pytest.fixture
def accelerapp(monkeypatch, capsys):
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def failing(tmp_path: Path) -> str:
    path = tmp_path / "failing.log"
    fine = "".join(line(120 - n, f"INFO order {n} done") for n in range(119))
    path.write_text(fine + "".join(line(1, f"ERROR order {n} failed") + TRACE for n in range(7)))
    return str(path)


@pytest.fixture
def fine(tmp_path: Path) -> str:
    path = tmp_path / "fine.log"
    path.write_text("".join(line(60 - n, f"INFO order {n} done, 0 ERROR") for n in range(60)))
    return str(path)


def test_a_log_without_errors_ends_with_0(accelerapp, fine):
    ended = accelerapp("logs", "review", fine)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("60 records from 1 source: 0 critical, 0 errors, 0 warnings\n")


def test_errors_end_with_1_and_are_grouped_counted_and_plotted(accelerapp, failing):
    ended = accelerapp("logs", "review", failing)
    assert ended.code == 1
    assert "126 records from 1 source: 0 critical, 7 errors" in ended.out
    assert "  7 × error order <*> failed  " in ended.out
    assert "  - New error since " in ended.out
    (errors,) = [row for row in ended.out.splitlines() if row.startswith("  errors")]
    assert "█  at most 7 in" in errors


def test_errors_found_end_with_1_even_when_another_log_cannot_be_read(accelerapp, failing, fine):
    assert accelerapp("logs", "review", failing, "missing.log").code == 1
    ended = accelerapp("logs", "review", fine, "missing.log")
    assert ended.code == 3
    assert "Not read: missing.log: there is no such file." in ended.out


def test_the_errors_come_with_an_example_and_the_end_of_its_trace(accelerapp, failing):
    ended = accelerapp("logs", "errors", failing, "--last", "15m")
    assert ended.code == 1
    assert "      order 0 failed\n" in ended.out
    assert "      KeyError: 1\n" in ended.out


def test_json_has_counts_that_add_up(accelerapp, failing):
    found = json.loads(accelerapp("logs", "review", failing, "--json").out)
    assert found["record_count"] == sum(found["counts"].values()) == sum(one["count"] for one in found["patterns"])
    assert found["top_errors"][0]["message"] == "order <*> failed"


@pytest.mark.parametrize("length", ["nonsense", "0s", "-5m", "99999999w", "9" * 400 + "d"])
@pytest.mark.parametrize("command", ["review", "errors"])
def test_a_length_that_is_none_is_one_sentence_and_ends_with_2(accelerapp, fine, command, length):
    ended = accelerapp("logs", command, fine, f"--last={length}")
    assert (ended.code, ended.out) == (2, "")
    assert "Write it like 15m" in ended.err or "too long" in ended.err


def test_a_pattern_over_several_days_says_on_which(accelerapp, tmp_path):
    (tmp_path / "a.log").write_text("2026-03-01T23:00:00Z ERROR no\n2026-03-02T22:00:00Z ERROR no\n")
    assert "03-01 23:00 to 03-02 22:00" in accelerapp("logs", "errors", str(tmp_path / "a.log")).out


def test_nothing_from_a_log_steers_the_terminal(accelerapp, tmp_path):
    path = tmp_path / "a\x1b[2Jb.log"
    path.write_text(line(1, "ERROR \x1b]0;title\x07 \u202eevil") * 9)
    for command in ("review", "errors"):
        out = accelerapp("logs", command, str(path), str(tmp_path / "no\x1b[1m")).out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)


# -- tail --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(monkeypatch, capsys, tmp_path):
    """The command line on a service of two replicas."""
    one, two = replica(1).name, replica(2).name
    platform = FakePlatform(workload(replica(1), replica(2)))
    platform.log_lines = {
        one: [b"2026-03-02T11:00:00Z ERROR broken", b"Traceback (most recent call last):", b"KeyError: 1"],
        two: [b"2026-03-02T11:00:01Z INFO fine\rshop-1 2026-03-02T11:00:01Z ERROR made up"],
    }
    return CommandLine(monkeypatch, capsys, StoryApp(settings_of(tmp_path), platform, clocks.MovingClock(NOON)))


def test_the_tail_has_the_replica_in_front_and_no_colour_in_a_pipe(shop):
    ended = shop("logs", "tail")
    assert ended.code == 0
    assert ended.out.splitlines()[:2] == [
        "shop-1 2026-03-02T11:00:00Z ERROR broken",
        "shop-1 Traceback (most recent call last):",
    ]


def test_a_carriage_return_makes_no_line_of_another_replica(shop):
    found = shop("logs", "tail", "--match", "made up").out.splitlines()
    assert len(found) == 1
    assert found[0].startswith("shop-2 ")


def test_the_tail_as_json_gives_a_trace_the_level_of_its_error(shop):
    found = [json.loads(one) for one in shop("logs", "tail", "--json", "--level", "error").out.splitlines()]
    assert {(one["replica"], one["level"]) for one in found} == {("shop-1", "error")}
    assert [one["text"] for one in found][-1] == "KeyError: 1"


def test_a_wrong_expression_is_one_sentence_and_ends_with_2(shop):
    ended = shop("logs", "tail", "--match", "(")
    assert (ended.code, ended.out) == (2, "")
    assert "'(' is not a regular expression" in ended.err


def test_lines_are_put_together_from_pieces_cut_anywhere():
    data = "shop-1 2026-03-02T11:00:00Z WARN caf\u00e9\nshop-2 plain\nshop-1 last".encode()
    for size in range(1, len(data)):
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        found = [one for each in log_lines.lines(pieces, 0) for one in each]
        assert [(one.replica, one.level) for one in found] == [
            ("shop-1", Level.WARNING),
            ("shop-2", Level.NONE),
            ("shop-1", Level.NONE),
        ]
        assert found[0].text.endswith("café")


def test_colour_tells_the_level_on_a_terminal():
    shown = {level: log_lines.shown(log_lines.Line("shop-1", level, "x")) for level in Level}
    assert "\x1b[31m" in shown[Level.ERROR]
    assert "\x1b[33m" in shown[Level.WARNING]
    assert shown[Level.INFO].endswith("\x1b[0m x\x1b[0m")  # as it is
