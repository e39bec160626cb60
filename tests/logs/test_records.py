"""Lines become records: traces stay together, long lines are cut, nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as some

from accelerapp.logs import records, service
from accelerapp.logs.model import Level, Record

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def read(data: bytes, size: int = 7) -> tuple[list[Record], records.Oddities]:
    oddities = records.Oddities()
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    return list(records.read("log", chunks, NOW, oddities)), oddities


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
        first, second = read(text)[0]
        assert (first.level, second.level) == (level, Level.INFO)
        assert second.message.endswith("next")
        lines = text.decode().splitlines()
        assert first.trace.splitlines()[-1] == lines[-2]


def test_lines_without_a_mark_are_records_of_their_own() -> None:
    found = read(b"2026-11-24T09:00:00Z INFO one\nplain words\nmore words\n")[0]
    assert [record.message for record in found] == ["one", "plain words", "more words"]
    assert len({record.at for record in found}) == 1  # they take the time of the one before


def test_the_pieces_of_a_wrapped_line_are_one() -> None:
    cri = b"2026-11-24T09:00:00Z stdout P 2026-11-24 09:00:00 ERR\n2026-11-24T09:00:00Z stdout F OR broken\n"
    (record,) = read(cri)[0]
    assert (record.level, record.message) == (Level.ERROR, "broken")


def test_a_line_above_the_limit_is_cut_and_counted_and_the_next_one_is_whole() -> None:
    data = b"2026-11-24T09:00:00Z ERROR " + b"x" * (3 * records.LINE_LIMIT) + b"\n2026-11-24T09:00:01Z INFO next\n"
    found, oddities = read(data, 1 << 16)
    assert [record.level for record in found] == [Level.ERROR, Level.INFO]
    assert len(found[0].message) <= records.LINE_LIMIT
    assert oddities.cut_lines == 1


def test_odd_bytes_are_replaced_and_counted() -> None:
    found, oddities = read(b"2026-11-24T09:00:00Z ERROR caf\xe9\n")
    assert found[0].message == "caf\ufffd"
    assert oddities.undecodable_lines == 1


def test_windows_line_ends_and_a_missing_last_end_are_fine() -> None:
    found = read(b"2026-11-24T09:00:00Z INFO one\r\n2026-11-24T09:00:00Z INFO two")[0]
    assert [record.message for record in found] == ["one", "two"]


SEED_LINES = [
    *PYTHON.splitlines(),
    *JAVA.splitlines(),
    *GO.splitlines(),
    b'{"level":"error","msg":"x"}',
    b"\0\0",
    b"\xff\xfe",
]
hostile = some.lists(some.one_of(some.sampled_from(SEED_LINES), some.binary(max_size=60)), max_size=30)


@given(hostile, some.integers(1, 50))
def test_counts_always_add_up_however_the_bytes_come(lines: list[bytes], size: int) -> None:
    data = b"\n".join(lines)
    found, _ = read(data, size)
    again, _ = read(data, 10_000)
    assert found == again  # where the chunks end changes nothing
    summary = service.Summary()
    service.summarise(found, None, None, summary)
    review = service.review(summary, None, NOW)
    assert review.record_count == len(found)
    assert sum(review.counts.values()) == len(found)
    assert sum(pattern.count for pattern in review.patterns) == len(found)
    assert sum(review.sources.values()) == len(found)
