"""Logs of replicas: rotation that loses and repeats nothing, and reading across it."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerapp.platforms.local import logfiles, rotation, segments

WRITER = """
import sys
for number in range(int(sys.argv[1])):
    sys.stdout.write(f"line {number:07d} " + "x" * (number % 90) + "\\n")
    if number % 50 == 0:
        sys.stdout.flush()
"""


@pytest.fixture
def log(tmp_path: Path) -> segments.Log:
    return segments.Log(tmp_path, "shop-1")


def write(log: segments.Log, data: bytes) -> None:
    with log.live.open("ab") as file:
        file.write(data)


def everything(log: segments.Log, **options: object) -> bytes:
    chunks = logfiles.read(log.folder, [log.replica], options.get("since"), options.get("tail"))  # type: ignore[arg-type]
    return b"".join(chunk.data for chunk in chunks)


def numbered(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, last))


def start_writer(log: segments.Log, lines: int) -> subprocess.Popen[bytes]:
    with log.live.open("ab") as output:
        return subprocess.Popen([sys.executable, "-c", WRITER, str(lines)], stdout=output)


def numbers_in(data: bytes) -> list[int]:
    return [int(line.split()[1]) for line in data.splitlines()]


def test_a_small_log_is_left_alone(log: segments.Log) -> None:
    write(log, b"one\n")
    assert rotation.rotate(log, 100, 3) is rotation.Outcome.SMALL
    assert log.numbers() == []


def test_rotated_lines_move_and_the_disk_space_is_free_again(log: segments.Log) -> None:
    write(log, b"y" * 99 + b"\n" + b"z" * 200_000 + b"\nunfinished")
    assert rotation.rotate(log, 1000, 3) is rotation.Outcome.PUNCHED
    assert log.rotated(1).read_bytes().endswith(b"z\n")
    assert log.live.stat().st_blocks * 512 <= 8192
    assert everything(log) == b"y" * 99 + b"\n" + b"z" * 200_000 + b"\nunfinished"


def test_only_so_many_rotated_files_are_kept(log: segments.Log) -> None:
    for round_ in range(6):
        write(log, numbered(round_ * 100, round_ * 100 + 100))
        rotation.rotate(log, 10, 3)
    assert log.numbers() == [1, 2, 3]
    assert everything(log) == numbered(300, 600)


def test_no_line_is_lost_or_repeated_under_a_fast_writer(log: segments.Log) -> None:
    writer = start_writer(log, 200_000)
    following = logfiles.follow(log.folder, [], None, None)
    seen, rotations = bytearray(), 0
    while writer.poll() is None or len(numbers_in(bytes(seen[seen.rfind(b"line") :]))) == 0:
        rotations += rotation.rotate(log, 100_000, 1000) is rotation.Outcome.PUNCHED
        seen += next(following).data
    while chunk := next(following).data:
        seen += chunk
    assert rotations
    assert numbers_in(bytes(seen)) == list(range(200_000))
    assert everything(log) == bytes(seen)


def test_a_slow_reader_loses_nothing_that_is_rotated_under_it(log: segments.Log) -> None:
    write(log, numbered(0, 300_000))
    reading = logfiles.read(log.folder, ["shop-1"], None, None)
    seen = next(reading).data
    rotation.rotate(log, 10, 5)
    write(log, numbered(300_000, 400_000))
    rotation.rotate(log, 10, 5)
    seen += b"".join(chunk.data for chunk in reading)
    assert seen == numbered(0, 300_000)


def rotate_and_die(log: segments.Log, operation: int) -> bool:
    """Rotate in a process that ends as if killed before its n-th file operation; False when it had fewer."""
    child = os.fork()
    if child == 0:
        left = operation

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in ("open", "os.rename", "os.remove", "os.truncate"):
                left -= 1
                if left == 0:
                    os._exit(9)

        sys.addaudithook(hook)
        try:
            rotation.rotate(log, 10, 1000)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def deaths(folder: Path) -> Iterator[tuple[segments.Log, int]]:
    """Logs whose third rotation died, each at a later operation, and their number of lines."""
    for operation in range(1, 100):
        log = segments.Log(folder / str(operation), "shop-1")
        log.folder.mkdir()
        for first in (0, 100, 200):
            write(log, numbered(first, first + 100))
            died = rotate_and_die(log, operation if first == 200 else 1000)
        if not died:
            assert operation > 8
            return
        yield log, 300


def test_a_rotation_that_dies_at_any_step_loses_and_repeats_nothing(tmp_path: Path) -> None:
    for log, number in deaths(tmp_path):
        assert everything(log) == numbered(0, number)
        write(log, numbered(number, number + 50))
        assert everything(log) == numbered(0, number + 50)
        rotation.rotate(log, 10, 9)
        assert everything(log) == numbered(0, number + 50)


def test_without_holes_a_rotation_that_dies_at_any_step_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file system without holes can't be had in a test: the call answers as it does there.
    monkeypatch.setattr(rotation, "_punch", lambda descriptor, length: False)
    for log, number in deaths(tmp_path):
        write(log, numbered(number, number + 50))
        rotation.rotate(log, 10, 9)
        assert set(everything(log).splitlines()) == set(numbered(0, number + 50).splitlines())


def test_where_the_file_system_frees_nothing_the_log_is_cut_and_positions_stay(
    log: segments.Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file system without holes can't be had in a test: the call answers as it does there.
    monkeypatch.setattr(rotation, "_punch", lambda descriptor, length: False)
    following = logfiles.follow(log.folder, [], None, None)
    seen = b""
    for round_ in range(4):
        write(log, numbered(round_ * 100, round_ * 100 + 100))
        if round_ != 2:
            seen += next(following).data
        assert rotation.rotate(log, 10, 9) is rotation.Outcome.TRUNCATED
    while chunk := next(following).data:
        seen += chunk
    assert seen == everything(log) == numbered(0, 400)


def test_a_full_disk_costs_the_oldest_rotated_file_and_no_newer_line(
    log: segments.Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    for round_ in range(3):
        write(log, numbered(round_ * 10, round_ * 10 + 10))
        rotation.rotate(log, 10, 9)
    write(log, numbered(30, 40))
    with monkeypatch.context() as full:  # a full disk needs a mount of its own
        full.setattr(rotation, "_copy", _no_space)
        assert rotation.rotate(log, 10, 9) is rotation.Outcome.FULL
    assert everything(log) == numbered(10, 40)
    assert rotation.rotate(log, 10, 9) is rotation.Outcome.PUNCHED
    assert everything(log) == numbered(10, 40)


def _no_space(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


lines = st.lists(st.binary(max_size=30).map(lambda text: text.replace(b"\n", b"").replace(b"\0", b"")), max_size=30)


@given(lines, st.integers(0, 40), st.lists(st.integers(0, 30), max_size=4), st.booleans())
def test_tail_gives_the_last_lines_wherever_they_lie(
    tmp_path_factory: pytest.TempPathFactory, texts: list[bytes], tail: int, cuts: list[int], whole: bool
) -> None:
    log = segments.Log(tmp_path_factory.mktemp("tail"), "shop-1")
    log.live.touch()
    for index, text in enumerate(texts):
        last = index == len(texts) - 1
        write(log, text + (b"" if last and not whole else b"\n"))
        if index in cuts and not last:
            rotation.rotate(log, 0, 50)
    ended = [text + b"\n" for text in texts]
    if texts and not whole:
        ended[-1] = texts[-1]
        ended = ended if texts[-1] else ended[:-1]
    assert everything(log, tail=tail) == b"".join(ended[len(ended) - min(tail, len(ended)) :])


def test_chunks_end_at_line_ends_except_the_very_last(log: segments.Log) -> None:
    write(log, numbered(0, 500_000) + b"unfinished")
    *chunks, last = logfiles.read(log.folder, ["shop-1"], None, None)
    assert all(chunk.data.endswith(b"\n") for chunk in chunks)
    assert last.data == b"unfinished"


def test_a_line_without_an_end_is_not_followed_until_it_is_whole(log: segments.Log) -> None:
    write(log, b"one\ntw")
    following = logfiles.follow(log.folder, [], None, None)
    assert next(following).data == b"one\n"
    assert next(following).data == b""
    write(log, b"o\n")
    assert next(following).data == b"two\n"


def test_following_sees_replicas_that_come_later_from_their_first_line(log: segments.Log) -> None:
    write(log, b"old\n")
    following = logfiles.follow(log.folder, [], 1, None)
    assert next(following).data == b"old\n"
    later = segments.Log(log.folder, "shop-2")
    write(later, b"first\nsecond\n")
    chunk = _next_with_data(following)
    assert (chunk.replica, chunk.data) == ("shop-2", b"first\nsecond\n")


def _next_with_data(chunks: Iterator[logfiles.LogChunk]) -> logfiles.LogChunk:
    return next(chunk for chunk in chunks if chunk.data)


def test_what_was_surely_written_before_is_skipped(log: segments.Log) -> None:
    write(log, numbered(0, 10))
    rotation.rotate(log, 1, 5)
    os.utime(log.rotated(1), (1_000_000, 1_000_000))
    write(log, numbered(10, 20))
    assert everything(log, since=datetime.now(UTC) - timedelta(minutes=5)) == numbered(10, 20)
    assert everything(log, since=datetime.now(UTC) + timedelta(minutes=5)) == b""


def test_a_log_that_somebody_else_cuts_goes_on_from_its_new_beginning(log: segments.Log) -> None:
    write(log, numbered(0, 100))
    following = logfiles.follow(log.folder, [], None, None)
    assert next(following).data == numbered(0, 100)
    os.truncate(log.live, 0)
    write(log, b"new\n")
    assert _next_with_data(following).data == b"new\n"


def test_logs_of_long_ended_replicas_go_with_all_their_files(tmp_path: Path) -> None:
    for number in range(5):
        log = segments.Log(tmp_path, f"shop-{number}")
        write(log, numbered(0, 10))
        rotation.rotate(log, 1, 5)
        os.utime(log.live, (1000 + number, 1000 + number))
    logfiles.prune(tmp_path, {"shop-0"}, 2)
    assert sorted(logfiles.replicas_in(tmp_path)) == ["shop-0", "shop-3", "shop-4"]
    assert not list(tmp_path.glob("*shop-1*"))


def test_the_last_line_tells_of_this_start_only(log: segments.Log) -> None:
    write(log, b"from an earlier start\n")
    start = logfiles.size(log.live)
    assert logfiles.last_line(log.live, start) == ""
    write(log, b"  it broke \n\n")
    assert logfiles.last_line(log.live, start) == "it broke"
    assert logfiles.last_line(log.folder / "none.log") == ""
