"""Files as they are found in the wild; whatever cannot be read is named."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from accelerapp.base import errors
from accelerapp.base.ids import ReplicaName
from accelerapp.flows import log_review, log_tail
from accelerapp.logs.model import Level, LogReview
from accelerapp.logs.sources import files, interface, kept, streams
from accelerapp.monitoring import LogAnalyzer
from accelerapp.platforms.interface import LogChunk

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def lines(count: int, start: datetime = NOW - timedelta(hours=10), step: float = 1.0) -> bytes:
    return b"".join(
        f"{(start + timedelta(seconds=n * step)).isoformat()} {'ERROR' if n % 10 == 0 else 'INFO'} event {n}\n".encode()
        for n in range(count)
    )


def review(*patterns: Path | str, last: timedelta | None = None) -> LogReview:
    sources, unread = [], []
    since = NOW - last if last else None
    for pattern in patterns:
        found, missing = files.find(str(pattern))
        sources += found
        unread += missing
    return log_review.review(sources, since, NOW, unread)


def test_plain_packed_and_foldered_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(lines(10))
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(lines(20)))
    (tmp_path / "settings.json").write_text("{}")
    assert review(tmp_path / "a.log").record_count == 10
    assert review(tmp_path).record_count == 30
    assert review(tmp_path / "*.gz").record_count == 20


def test_a_broken_archive_gives_what_was_read_and_names_the_break(tmp_path: Path) -> None:
    whole = gzip.compress(lines(50_000), compresslevel=1)
    (tmp_path / "a.log.gz").write_bytes(whole[: len(whole) // 2])
    found = review(tmp_path / "a.log.gz")
    assert 1_000 < found.record_count < 50_000
    assert "broken" in found.unread[0].reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("a.log", bytes(range(256)) * 40, "binary"), ("missing.log", None, "no such file")],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    found = review(tmp_path / name)
    assert found.record_count == 0
    assert reason in found.unread[0].reason


def test_an_empty_file_and_an_empty_folder_are_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no logs" in review(tmp_path / "empty").unread[0].reason
    (tmp_path / "a.log").touch()
    found = review(tmp_path / "a.log")
    assert found.record_count == 0
    assert found.notes == ("There are no records in this window.",)


def test_utf_16_with_a_mark_and_a_few_nul_bytes_are_logs(tmp_path: Path) -> None:
    (tmp_path / "windows.log").write_bytes(lines(10).decode().encode("utf-16"))
    assert review(tmp_path / "windows.log").counts[Level.ERROR] == 1
    (tmp_path / "nul.log").write_bytes(lines(100) + b"\0\n" + lines(10))
    assert review(tmp_path / "nul.log").counts[Level.ERROR] == 11


@pytest.mark.parametrize(
    ("content", "reason", "records"),
    [
        (b"\0" * 5000, "nothing but NUL bytes, 5,000 of them", 0),
        (b"\xe4\xff\x80\n\x81\x82\n", "none of its 2 lines is in UTF-8", 2),
        (b"\xff" * 4000, "its only line is not in UTF-8", 1),
    ],
)
def test_bytes_that_are_no_log_are_counted_and_named(tmp_path: Path, content: bytes, reason: str, records: int) -> None:
    (tmp_path / "odd.log").write_bytes(content)
    (tmp_path / "packed.log").write_bytes(gzip.compress(content))
    for path in (tmp_path / "odd.log", tmp_path / "packed.log"):
        found = review(path)
        assert [one.source for one in found.unread] == [str(path)]
        assert reason in found.unread[0].reason
        assert found.record_count == records
        assert "There are no records in this window." not in found.notes


def test_a_hole_before_the_lines_is_said_and_does_not_hide_them(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"\0" * 5000 + lines(3))
    found = review(tmp_path / "a.log")
    assert (found.record_count, found.unread) == (3, ())
    assert any(note.startswith("5,000 NUL bytes") for note in found.notes)


def test_a_late_window_of_a_big_file_is_entered_and_not_read_from_the_start(tmp_path: Path) -> None:
    path = tmp_path / "big.log"
    path.write_bytes(lines(36_000) + lines(36_000, NOW, 0.001))
    since = NOW - timedelta(minutes=30)
    read = sum(len(chunk) for chunk in files.FileSource(path).chunks(since))
    assert read < path.stat().st_size * 0.75
    found = log_review.review([files.FileSource(path)], since, NOW + timedelta(hours=1), [])
    whole = log_review.review([streams.StreamSource("all", path.open("rb"))], since, NOW + timedelta(hours=1), [])
    assert found.record_count == whole.record_count == 1_800 + 36_000


def test_a_line_of_a_gigabyte_does_not_fill_the_memory() -> None:
    piece = b"x" * (1 << 20)

    class Endless(io.RawIOBase):
        left = 1024

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            return piece if self.left >= 0 else b""

    found = log_review.review([streams.StreamSource("stdin", Endless())], None, NOW, [])  # type: ignore[arg-type]
    assert found.record_count == 1
    assert "longer than 1 MiB" in found.notes[0]


def test_the_scripts_interface_keeps_its_words(tmp_path: Path) -> None:
    recent = datetime.now(UTC) - timedelta(minutes=5)
    (tmp_path / "a.log").write_bytes(lines(100, recent))
    stream = io.StringIO(f"{recent.isoformat()} CRITICAL gone\n{recent.isoformat()} WARNING careful\n")
    results = LogAnalyzer(sources=[tmp_path / "a.log", stream]).analyze_logs(hours=1)
    assert (results["error_count"], results["warning_count"], results["critical_count"]) == (10, 1, 1)
    assert results["top_errors"][0]["message"] == "event <*>"
    assert results["top_errors"][0]["count"] == 10
    assert results["anomalies"] == []


@pytest.mark.parametrize("hours", [0, -1, 1e12, float("inf"), float("nan")])
def test_hours_that_are_no_stretch_of_time_are_refused(hours: float) -> None:
    with pytest.raises(errors.WrongUseError, match="no stretch of time"):
        LogAnalyzer(sources=[]).analyze_logs(hours=hours)


def chunks(*parts: tuple[str, bytes]) -> list[LogChunk]:
    return [LogChunk(ReplicaName(name), data) for name, data in parts]


def tailed(parts: list[LogChunk], count: int = 100, level: Level | None = None, match: str | None = None) -> list[str]:
    pattern = log_tail.compile_match(match)
    return b"".join(log_tail.tail(parts, count, level, pattern, NOW)).decode().splitlines()


def test_the_tail_orders_replicas_by_time_and_keeps_the_last(tmp_path: Path) -> None:
    one = b"2026-11-24T09:00:00Z INFO a\n2026-11-24T09:00:02Z INFO c\n"
    two = b"2026-11-24T09:00:01Z INFO b\n"
    found = tailed(chunks(("x", one), ("y", two)))
    assert [line[-1] for line in found] == ["a", "b", "c"]
    assert tailed(chunks(("x", one), ("y", two)), 1) == ["x 2026-11-24T09:00:02Z INFO c"]


def test_the_tail_filters_whole_records_by_level_and_text() -> None:
    trace = b"2026-11-24T09:00:00Z ERROR no\nTraceback (most recent call last):\n  File\nKeyError: 1\n"
    trace += b"2026-11-24T09:00:01Z INFO ok\nplain\n"
    assert len(tailed(chunks(("x", trace)), level=Level.ERROR)) == 4
    assert tailed(chunks(("x", trace)), match="ok|plain") == ["x 2026-11-24T09:00:01Z INFO ok", "x plain"]
    with pytest.raises(errors.WrongUseError):
        log_tail.compile_match("(")


def test_a_line_cut_between_two_chunks_is_one() -> None:
    assert tailed(chunks(("x", b"2026-11-24T09:00:00Z IN"), ("x", b"FO a\n"))) == ["x 2026-11-24T09:00:00Z INFO a"]


class Counted:
    """A source that counts how often it is read; it breaks off when told to."""

    name = "far"

    def __init__(self, breaks: bool = False) -> None:
        self.reads = 0
        self.breaks = breaks

    def chunks(self, since):
        self.reads += 1
        yield b"2026-11-24T09:00:00Z ERROR early\n"
        if self.breaks:
            raise interface.SourceError("it is gone")
        yield b"2026-11-24T09:58:00Z ERROR late\n"


TEN = datetime(2026, 11, 24, 10, tzinfo=UTC)


def window(source, minutes: int):
    return log_review.review([source], TEN - timedelta(minutes=minutes), TEN)


def test_windows_that_end_together_are_read_once_the_widest_first():
    far = Counted()
    source = kept.KeptSource(far)
    assert [window(source, minutes).record_count for minutes in (70, 5, 1)] == [2, 1, 0]
    assert far.reads == 1
    assert window(source, 90).record_count == 2
    assert far.reads == 2, "a wider one is read anew"


def test_what_broke_off_or_is_too_long_is_not_kept():
    for source in (Counted(breaks=True), Counted()):
        limited = kept.KeptSource(source, limit=40 if not source.breaks else kept.LIMIT)
        first, second = window(limited, 70), window(limited, 70)
        assert source.reads == 2
        assert first.record_count == second.record_count == (1 if source.breaks else 2)
        assert bool(second.unread) is source.breaks
