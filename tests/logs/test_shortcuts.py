"""The kernel's short cuts change nothing: what it remembers of lines before, and how it makes a skeleton."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from accelerapp.logs import service
from accelerapp.logs.kernel import binding
from accelerapp.logs.model import Level

REFERENCE = service.milliseconds(datetime(2026, 11, 24, 12, tzinfo=UTC))
DATES = [
    "2026-11-24T",
    "2026-11-24 ",
    "2026/11/23 ",
    "26/11/24 ",
    "11-24 ",
    "Nov 24 ",
    "Nov  3 ",
    "Tue Nov 24 ",
    "24/Nov/2026:",
    "",
]
CLOCKS = [
    "09:00:00",
    "09:00:01",
    "23:59:59",
    "23:59:60",
    "24:00:00",
    "9:00:00 ",
    "09:00",
    "09:0x:00",
    "0a:00:00",
    "09;00:00",
]
FRACTIONS = ["", ".1", ".12", ".123", ",123", ":123", ".123456", ".1234567890", ".", ".12a", ".1;3"]
ZONES = [
    "",
    "Z",
    "+01:00",
    " +0100",
    "-0530",
    " UTC",
    " GMT",
    "Za",
    " 2026",
    " 2025",
    " Zoe",
    " -5 left",
    " +1",
    ":",
    " U",
    ".",
]
HEADS = [
    " INFO ",
    " INFO: ",
    " ERROR [a] ",
    " [error] ",
    " [error]",
    " [a] WARN  - ",
    " [a b] WARN x ",
    " [WARN ",
    " (INFO x) ",
    " INFO:root:",
    " ERROR:a.b ",
    " 12  34 E ",
    " host app[7]: error: ",
    " x.ERROR: ",
    " plain ",
    " INFO|",
    " <WARN>",
    "] [core:error] [pid 1] ",
    "  ",
    "",
]
TAILS = ["", "text", ": text", "] text", ":text", "-- text", '{"level":"error","msg":"x"}', "ä", "7"]
line = some.builds(
    "".join, some.tuples(*map(some.sampled_from, (["", "["], DATES, CLOCKS, FRACTIONS, ZONES, HEADS, TAILS)))
)


def alone(text: str) -> tuple[Level, bytes, int | None, bool] | None:
    found = binding.parse(text.encode(), REFERENCE)
    return None if found is None else (found.level, found.message, found.at, found.zoneless)


@settings(deadline=None, max_examples=400)  # a busy machine is not a finding
@given(some.lists(line, min_size=2, max_size=12))
@example(["2026-11-24T09:00:00.1Z INFO a", "2026-11-24T09:00:00.:Z INFO a"])
def test_a_line_says_the_same_whatever_came_before(lines: list[str]) -> None:
    known = [(text, found) for text in lines if (found := alone(text)) is not None and found[2] is not None]
    scanner = binding.Scanner(REFERENCE)
    scanner.feed("".join(f"{text}\n" for text, _ in known).encode())
    scanner.finish()
    totals = scanner.totals()
    assert totals.records == len(known)
    assert Counter({level: n for level, n in totals.levels.items() if n}) == Counter(found[0] for _, found in known)
    assert totals.zoneless == sum(found[3] for _, found in known)
    times = [found[2] for _, found in known if found[2] is not None]
    minutes = Counter(at // 60_000 for at in times)
    assert {minute: total for minute, total, _, _ in scanner.minutes()} == dict(minutes)
    if times:
        assert (totals.first, totals.last) == (min(times), max(times))


def test_the_day_turns_and_the_year_turns_in_the_middle_of_a_log() -> None:
    lines = ["Dec 31 23:59:59 h a: x", "Jan  1 00:00:01 h a: x", "Nov 25 11:59:59 h a: x", "Nov 25 12:00:01 h a: x"]
    scanner = binding.Scanner(REFERENCE)
    scanner.feed("\n".join(lines).encode())
    scanner.finish()
    years = sorted({service.time(minute * 60_000).year for minute, *_ in scanner.minutes()})
    assert (years, len(list(scanner.minutes()))) == ([2025, 2026], 4)


pieces = some.sampled_from(
    [
        "a",
        "word",
        "x1",
        "7",
        "10.0.0.1",
        " ",
        "  ",
        ", ",
        ": ",
        "[",
        "]",
        '="',
        "ä",
        "-",
        "/a/b",
        "\t",
        "w" * 70,
        " " * 70,
    ]
)


@pytest.mark.parametrize("way", [1, 2])
@settings(deadline=None, max_examples=300)
@given(some.lists(pieces, max_size=80))
def test_all_ways_make_the_same_skeleton(way: int, words: list[str]) -> None:
    message = "".join(words).encode()
    assert binding.skeleton(message, way) == binding.skeleton(message, 0)


@pytest.mark.parametrize(
    ("message", "skeleton"),
    [
        ("user 17 came", "user 0 came"),
        ("user   17   came", "user 0 came"),
        ("from 10.0.0.1:80, 10.0.0.2:81 to you", "from 0 to you"),
        ("size:   5 (KB)", "size:0 (KB)"),
        ("size: 512 (KB)", "size:0 (KB)"),
        ("[a] b=1 c=2", "[a]b=0 c=0"),
        ("x1", "0"),
        ("", ""),
        ("  x", "x"),
        ("ends. ", "ends. "),
    ],
)
def test_words_with_figures_are_one_mark(message: str, skeleton: str) -> None:
    assert {binding.skeleton(message.encode(), way).decode() for way in range(3)} == {skeleton}
