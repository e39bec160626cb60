"""The kernel: lines become records, traces stay together, long lines are cut, nothing is lost, however the bytes come."""

from __future__ import annotations

import json
import mmap
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from accelerapp.logs import service
from accelerapp.logs.kernel import binding
from accelerapp.logs.model import Level

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REFERENCE = service.milliseconds(NOW)
LINE_LIMIT = 1 << 20


def scan(data: bytes, size: int = 7, since: int | None = None) -> binding.Scanner:
    scanner = binding.Scanner(REFERENCE, since)
    for start in range(0, len(data), size):
        scanner.feed(data[start : start + size])
    scanner.finish()
    return scanner


def messages(data: bytes) -> list[tuple[Level, bytes, int]]:
    return [(entry.level, entry.message, entry.count) for entry in scan(data).entries()]


PYTHON = b"""\
2026-11-24 09:00:00,000 ERROR shop: order failed
Traceback (most recent call last):
  File "a.py", line 1, in order
    price(book)
KeyError: 'poetry'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 2, in main
OrderError: failed
2026-11-24 09:00:01,000 INFO shop: next
"""
JAVA = b"""\
2026-11-24 09:00:00,000 ERROR [main] c.e.App - failed
java.lang.IllegalStateException: no
\tat c.e.App.run(App.java:1)
Caused by: java.io.IOException: disk
\tat c.e.Disk.read(Disk.java:9)
\t... 12 more
2026-11-24 09:00:01,000 INFO [main] c.e.App - next
"""
GO = b"""\
panic: runtime error: index out of range [5]

goroutine 1 [running]:
main.main()
\t/src/main.go:8 +0x1d
exit status 2
2026-11-24T09:00:01Z INFO next
"""


def test_a_trace_is_one_record_with_the_line_before_it() -> None:
    for text, level in ((PYTHON, Level.ERROR), (JAVA, Level.ERROR), (GO, Level.CRITICAL)):
        first, second = scan(text).entries()
        assert (first.level, second.level) == (level, Level.INFO)
        assert second.message.endswith(b"next")
        assert first.trace.splitlines()[-1] == text.splitlines()[-2]


def test_lines_without_a_mark_are_records_of_their_own_with_the_time_before() -> None:
    scanner = scan(b"2026-11-24T09:00:00Z INFO one\nplain words\nmore words\n")
    assert [entry.message for entry in scanner.entries()] == [b"one", b"plain words", b"more words"]
    assert len({entry.first for entry in scanner.entries()}) == 1


def test_an_indented_object_with_a_level_is_a_record_and_one_without_is_not() -> None:
    data = b'2026-11-24T09:00:00Z INFO one\n  {"level":"error","msg":"lost?"}\n  {"detail":"of it"}\n  words\n'
    assert messages(data) == [(Level.INFO, b"one", 1), (Level.ERROR, b"lost?", 1)]


def test_messages_that_differ_in_digits_are_one_skeleton_by_level() -> None:
    data = b"".join(
        b"2026-11-24T09:00:00Z INFO order %d of 10.0.0.%d:80 took %dms\n" % (n, n % 250, n) for n in range(900)
    )
    data += b"2026-11-24T09:00:00Z ERROR order 1 of 10.0.0.1:80 took 3ms\n"
    assert [(level, count) for level, _, count in messages(data)] == [(Level.INFO, 900), (Level.ERROR, 1)]


def test_words_keep_messages_apart_wherever_they_stand() -> None:
    words = [
        "alpha",
        "alphabet",
        "beta" * 3,
        "beta" * 5,
        "x",
        "y",
        "longer-than-sixteen-bytes-a",
        "longer-than-sixteen-bytes-b",
    ]
    data = "".join(f"2026-11-24T09:00:00Z INFO {'pad ' * n}{word} end\n" for n in range(30) for word in words).encode()
    assert len(messages(data)) == 30 * len(words)


def test_the_pieces_of_a_wrapped_line_are_one() -> None:
    cri = b"2026-11-24T09:00:00Z stdout P 2026-11-24 09:00:00 ERR\n2026-11-24T09:00:00Z stdout F OR broken\n"
    assert messages(cri) == [(Level.ERROR, b"broken", 1)]
    docker = b"".join(
        json.dumps({"log": text, "stream": "stdout", "time": "2026-11-24T09:00:00.1Z"}, separators=(",", ":")).encode()
        + b"\n"
        for text in ('{"level":"error","msg":"caf\u00e9 \\"', 'quoted\\""}\n', "2026-11-24 09:00:00 WARN careful\n")
    )
    found = list(scan(docker).entries())
    assert [entry.level for entry in found] == [Level.ERROR, Level.WARNING]
    assert found[0].message.decode() == 'café \\"quoted\\"'


def test_a_line_above_the_limit_is_cut_and_counted_and_the_next_one_is_whole() -> None:
    data = b"2026-11-24T09:00:00Z ERROR " + b"x" * (3 * LINE_LIMIT) + b"\n2026-11-24T09:00:01Z INFO next\n"
    for size in (1 << 16, 1 << 23):
        scanner = scan(data, size)
        assert [entry.level for entry in scanner.entries()] == [Level.ERROR, Level.INFO]
        assert scanner.totals().cut_lines == 1


UNCAUGHT = b"""\
2026-11-24 09:00:00,000 INFO shop: starting
Traceback (most recent call last):
  File "a.py", line 1, in main

    start()
shop.OutOfStock: no book 7

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 2, in main
KeyError: 'price'
2026-11-24 09:00:01,000 INFO shop: starting
Traceback (most recent call last):
  File "a.py", line 1, in main
2026-11-24 09:00:02,000 DEBUG shop: tried again
Traceback (most recent call last):
  File "a.py", line 1, in main
KeyError: 'x'
2026-11-24 09:00:03,000 INFO shop: starting
Exception in thread "main" java.lang.IllegalStateException: no
\tat c.e.App.run(App.java:1)
"""


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_exception_that_nobody_logged_is_an_error_by_its_own_name(size: int) -> None:
    scanner = scan(UNCAUGHT, size)
    entries = list(scanner.entries())
    assert [(entry.level, entry.message, entry.count) for entry in entries] == [
        (Level.INFO, b"shop: starting", 3),
        (Level.ERROR, b"shop.OutOfStock: no book 7", 1),
        (Level.ERROR, b"Traceback (most recent call last):", 1),
        (Level.DEBUG, b"shop: tried again", 1),
        (Level.ERROR, b"java.lang.IllegalStateException: no", 1),
    ]
    assert entries[1].trace.splitlines()[0] == b"Traceback (most recent call last):"
    assert entries[1].trace.splitlines()[-1] == b"KeyError: 'price'"
    assert scanner.totals().records == sum(entry.count for entry in entries)


def test_a_trace_that_breaks_off_at_the_end_or_is_very_long_is_counted() -> None:
    head = b"Traceback (most recent call last):"
    assert messages(head + b"\n  File") == [(Level.ERROR, head, 1)]
    assert messages(head + b" x" * 5000 + b"\n" + b"  File\n" * 5000 + b"KeyError: 1\n") == [
        (Level.ERROR, b"KeyError: 1", 1)
    ]


COLOURED = (
    b"\x1b[32m2026-11-24T09:00:00Z\x1b[0m \x1b[31mERROR\x1b[0m order \x1b[1m7\x1b[0m failed\n"
    b"\x1b[31mTraceback (most recent call last):\x1b[0m\n"
    b'  File "a.py", line 1\n'
    b"\x1b[31mKeyError\x1b[0m: 'x'\n"
    b"2026-11-24T09:00:00Z ERROR order 8 failed\n"
    b'{"level":"\\u001b[31merror\\u001b[39m","time":"2026-11-24T09:00:00Z","msg":"\\u001b[31mred\\u001b[0m \\\\u001b"}\n'
    b'{"log":"\\u001b[33mWARN\\u001b[0m \\u001b[1mcareful\\u001b[0m\\n","stream":"stderr","time":"2026-11-24T09:00:00Z"}\n'
)


def test_colours_change_nothing_and_are_in_no_example() -> None:
    for size in (1, 7, 1000):
        entries = list(scan(COLOURED, size).entries())
        assert [(entry.level, entry.message, entry.count) for entry in entries] == [
            (Level.ERROR, b"order 7 failed", 2),
            (Level.ERROR, rb"red \\u001b", 1),
            (Level.WARNING, b"careful", 1),
        ]
        assert entries[0].trace.splitlines()[-1] == b"KeyError: 'x'"


def test_a_hole_of_nul_bytes_is_counted_and_the_line_behind_it_is_whole() -> None:
    data = b"\0" * (2 * LINE_LIMIT) + b"2026-11-24T09:00:00Z ERROR here\n"
    for size in (1000, 1 << 23):
        scanner = scan(data, size)
        assert [entry.message for entry in scanner.entries()] == [b"here"]
        assert scanner.totals().nul_bytes == 2 * LINE_LIMIT
        assert scanner.totals().cut_lines == 0


def test_odd_bytes_are_counted_and_nul_and_line_ends_are_fine() -> None:
    assert scan(b"2026-11-24T09:00:00Z ERROR caf\xe9\n").totals().undecodable_lines == 1
    assert scan("2026-11-24T09:00:00Z ERROR café\n".encode()).totals().undecodable_lines == 0
    assert messages(b"\0\0\x002026-11-24T09:00:00Z INFO one\r\n2026-11-24T09:00:00Z INFO two")[0][1] == b"one"


def test_a_full_table_counts_the_rest_together_and_stays_exact() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    data = "".join(
        f"2026-11-24T09:00:00Z INFO {a}{b}{c}{d} came\n"
        for a in letters
        for b in letters
        for c in letters
        for d in "abcd"
    ).encode()
    entries = list(scan(data, 1 << 20).entries())
    assert len(entries) == 20_001
    assert sum(entry.count for entry in entries) == 26**3 * 4
    assert [entry.count for entry in entries if entry.hash == 0] == [26**3 * 4 - 20_000]


def test_the_window_and_the_minutes_go_by_the_records_time() -> None:
    data = b"2026-11-24T08:59:59Z ERROR old\n" + PYTHON + b"2026-11-24T09:01:00Z WARN late\n"
    scanner = scan(data, since=service.milliseconds(datetime(2026, 11, 24, 9, tzinfo=UTC)))
    nine = service.milliseconds(datetime(2026, 11, 24, 9, tzinfo=UTC)) // 60_000
    assert sorted(scanner.minutes()) == [(nine, 2, 1, 0), (nine + 1, 1, 0, 1)]


def test_a_mapped_file_is_read_in_place(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(PYTHON * 100)
    with (tmp_path / "a.log").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        scanner = binding.Scanner(REFERENCE)
        view = memoryview(mapped)
        scanner.feed(view)
        view.release()
        scanner.finish()
    assert scanner.totals().records == 200


SEED_LINES = [*(PYTHON + JAVA + GO + COLOURED).splitlines(), b'{"level":"error","msg":"x"}', b"\0\0", b"\xff\xfe"]
hostile = some.lists(some.one_of(some.sampled_from(SEED_LINES), some.binary(max_size=60)), max_size=30)


def facts(scanner: binding.Scanner) -> object:
    return scanner.totals(), list(scanner.entries()), sorted(scanner.minutes())


@settings(deadline=None)  # a busy machine is not a finding
@given(hostile, some.integers(1, 50))
def test_counts_always_add_up_however_the_bytes_come(lines: list[bytes], size: int) -> None:
    data = b"\n".join(lines)
    scanner = scan(data, size)
    assert facts(scanner) == facts(scan(data, 100_000))  # where the chunks end changes nothing
    totals = scanner.totals()
    assert sum(totals.levels.values()) == totals.records == sum(entry.count for entry in scanner.entries())
    summary = service.Summary()
    summary.add("log", scanner)
    found = service.review(summary, None, NOW)
    assert sum(found.counts.values()) == sum(pattern.count for pattern in found.patterns) == totals.records
    assert sum(found.sources.values()) == totals.records


@settings(deadline=None)  # a busy machine is not a finding
@given(some.lists(hostile, max_size=4))
def test_merged_summaries_are_the_same_as_one(parts: list[list[bytes]]) -> None:
    at_once, merged = service.Summary(), service.Summary()
    for number, lines in enumerate(parts):
        scanner = scan(b"\n".join(lines), 1000)
        at_once.add(f"log {number}", scanner)
        one = service.Summary()
        one.add(f"log {number}", scanner)
        merged.merge(one)
    assert service.review(at_once, None, NOW) == service.review(merged, None, NOW)
