"""Live parts: one poll for everybody, each viewer sent what is new, everything ended when nobody looks."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator

import httpx
import pytest
from tests.console import scenes

from accelerapp.base import errors
from accelerapp.console import live, log_lines

NOW = scenes.fakes.NOON


class Source:
    """A page that changes each time it is loaded, unless it is told to be `still` or to fail."""

    def __init__(self) -> None:
        self.loads = 0
        self.still = False
        self.fails = False

    def __call__(self) -> live.Frame:
        self.loads += 1
        if self.fails:
            raise errors.CannotTellError("no")
        number = 0 if self.still else self.loads
        old = f'<p id="age"><time datetime="x">{self.loads} s ago</time></p>'
        return live.Frame(self.loads, {"a": f"<p>{number}</p>", "age": old}, {"usage": [number]})


def events(raw: bytes) -> list[tuple[str, object]]:
    """The events of a piece of a stream."""
    found = []
    for block in raw.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


async def take(stream: live.AsyncIterator[bytes], count: int) -> list[tuple[str, object]]:
    """The first so many events."""
    found: list[tuple[str, object]] = []
    while len(found) < count:
        found += events(await asyncio.wait_for(anext(stream), 20))
    return found


def test_fifty_viewers_share_one_poll() -> None:
    async def story() -> None:
        source = Source()
        board = live.Board(source, period=60)
        viewers = [live.stream(board) for _ in range(50)]
        for seen in await asyncio.gather(*(take(viewer, 2) for viewer in viewers)):
            assert seen[0][1]["parts"]["a"].startswith("<p>")
        assert board.viewers == 50
        assert source.loads == 1
        for viewer in viewers:
            await viewer.aclose()
        assert board.viewers == 0

    asyncio.run(story())


def test_nobody_who_looks_means_no_poll() -> None:
    async def story() -> None:
        source = Source()
        board = live.Board(source, period=0.01)
        viewer = live.stream(board)
        await take(viewer, 1)
        await viewer.aclose()
        await asyncio.sleep(0.05)
        loads = source.loads
        await asyncio.sleep(0.1)
        assert source.loads == loads
        again = live.stream(board)
        (_, first), *_ = await take(again, 1)
        assert first["at"] > loads  # not what was seen when the last one left
        await again.aclose()

    asyncio.run(story())


def test_a_viewer_is_sent_what_differs_and_ages_do_not_count() -> None:
    async def story() -> None:
        source = Source()
        source.still = True
        viewer = live.stream(live.Board(source, period=0.01))
        seen = await take(viewer, 4)
        assert [name for name, _ in seen] == ["parts", "usage", "parts", "parts"]
        assert set(seen[0][1]["parts"]) == {"a", "age"}
        assert seen[2][1]["parts"] == {}
        source.still = False
        while not (news := (await take(viewer, 1))[0][1])["parts"]:
            pass
        assert set(news["parts"]) == {"a"}
        await viewer.aclose()

    asyncio.run(story())


def test_a_page_that_cannot_be_made_is_tried_again() -> None:
    async def story() -> None:
        source = Source()
        source.fails = True
        viewer = live.stream(live.Board(source, period=0.01))
        waiting = asyncio.create_task(take(viewer, 1))
        while source.loads < 3:
            await asyncio.sleep(0.01)
        source.fails = False
        assert (await waiting)[0][0] == "parts"
        await viewer.aclose()

    asyncio.run(story())


def test_a_stream_ends_after_a_while_so_that_the_viewer_is_asked_who_it_is() -> None:
    async def story() -> None:
        board = live.Board(Source(), period=0.01)
        pieces = [piece async for piece in live.stream(board, longest=0.0)]
        assert pieces[0] == live.RETRY
        assert events(pieces[-1])
        assert board.viewers == 0

    asyncio.run(story())


def test_text_from_outside_cannot_end_an_event() -> None:
    assert events(live.event("x", "a\n\nevent: evil\ndata: 1")) == [("x", "a\n\nevent: evil\ndata: 1")]


# -- the log -----------------------------------------------------------------------------------------------------------


def test_a_traceback_has_the_level_of_its_record_and_each_replica_its_own() -> None:
    pieces = [
        b"a-1 2026-03-02T12:00:00Z ERROR no\nb-2 2026-03-02T12:00:00Z INFO fine\n",
        b"a-1 Traceback (most recent call last):\na-1   File x\nb-2   more\n",
        b"",
        b'a-1 {"level":"warning","message":"low"}\n',
    ]
    found = list(log_lines.lines(pieces, NOW))
    assert [(line.replica, line.level) for line in found] == [
        ("a-1", "error"),
        ("b-2", "info"),
        ("a-1", "error"),
        ("a-1", "error"),
        ("b-2", "info"),
        ("a-1", "warning"),
    ]


def test_a_structured_line_is_put_as_a_person_would_and_nothing_of_it_is_lost() -> None:
    line = b'a-1 {"time":"12:00","level":"INFO","user":{"id":7},"message":"paid","ok":true,"note":"a b"}\n'
    (shown,) = log_lines.lines([line], NOW)
    assert (shown.text, shown.rest) == ("12:00 INFO paid", 'user={"id": 7}  ok=true  note=a b')
    (as_it_is,) = log_lines.lines([line], NOW, raw=True)
    assert as_it_is.text == line[4:-1].decode()


@pytest.mark.parametrize("text", ["{", '{"a":1}', "{" * 50_000, '{"message":', "[1]", '{"level":{}}'])
def test_what_only_looks_structured_is_shown_too(text: str) -> None:
    (shown,) = log_lines.lines([f"a-1 {text}\n".encode()], NOW)
    assert (shown.text + shown.rest).startswith(text[:100]) or shown.text == "{}"


def test_a_broken_or_endless_line_is_shown_and_cut() -> None:
    broken, endless, bare = log_lines.lines([b"a-1 \xff\x1b[31m\na-1 " + b"x" * 100_000 + b"\nalone\n"], NOW)
    assert broken.text == "\ufffd\ufffd[31m"
    assert len(endless.text) == log_lines.LONGEST_LINE
    assert (bare.replica, bare.text) == ("alone", "")


def follow(pieces: object, count: int) -> list[tuple[str, object]]:
    async def story() -> list[tuple[str, object]]:
        stream = log_lines.Follower(pieces, NOW).events()
        found = await take(stream, count)
        await stream.aclose()
        return found

    return asyncio.run(story())


def test_what_is_there_replaces_what_the_viewer_has_and_what_comes_is_added() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a-1 first\n"
        time.sleep(3 * log_lines.BATCH_SECONDS)
        yield b"a-1 second\n"
        while True:
            time.sleep(0.01)
            yield b""

    first, second = follow(pieces, 2)
    assert first[1] == {"lines": [["a-1", "", "first", ""]], "trouble": "", "reset": True}
    assert second[1] == {"lines": [["a-1", "", "second", ""]], "trouble": "", "reset": False}


def test_a_log_that_cannot_be_followed_says_why() -> None:
    def pieces() -> Iterator[bytes]:
        raise errors.CannotTellError("The supervisor does not run.", mend="Start it.")
        yield b""

    def broken() -> Iterator[bytes]:
        raise OSError("gone")
        yield b""

    assert follow(pieces, 1)[0][1]["trouble"] == "The supervisor does not run. Start it."
    assert "failed" in follow(broken, 1)[0][1]["trouble"]


def test_more_than_a_page_can_hold_is_left_out_and_counted() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a-1 x\n" * (log_lines.MOST_LINES + 7)

    batch = follow(pieces, 1)[0][1]
    assert len(batch["lines"]) == log_lines.MOST_LINES + 1
    assert batch["lines"][0][2].startswith("7 lines came too fast")


# -- served ------------------------------------------------------------------------------------------------------------


def test_a_reader_of_a_log_who_leaves_is_let_go() -> None:
    app = scenes.well()
    with scenes.served(app) as address, httpx.Client(cookies={"accelerapp_session": "viewer"}) as client:
        with client.stream("GET", f"{address}/live/services/bookshop/logs", timeout=20) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            next(answer.iter_bytes())
            wait_until(lambda: app.following == 1)
        wait_until(lambda: app.following == 0)


@pytest.mark.parametrize("path", ["/live/services", "/live/services/bookshop", "/live/services/bookshop/logs"])
def test_a_stream_is_only_for_those_who_are_signed_in(path: str) -> None:
    with scenes.served(scenes.well()) as address:
        assert httpx.get(address + path, timeout=20).status_code == 401


def test_a_stream_of_an_unknown_service_or_of_a_wrong_filter_is_refused() -> None:
    with scenes.served(scenes.well()) as address, httpx.Client(cookies={"accelerapp_session": "viewer"}) as client:
        assert client.get(f"{address}/live/services/nothing").status_code == 404
        assert client.get(f"{address}/live/services/bookshop/logs?match=(").status_code == 400


def wait_until(holds: object) -> None:
    """Until it holds; gives up after a generous time."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
