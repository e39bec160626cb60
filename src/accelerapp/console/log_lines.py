"""Lines of a log for the page, and one viewer's log as it is written.

Enters: the pieces of `App.tail_logs`, `REPLICA LINE\\n` several times, or empty when nothing came. Leaves: lines with
their replica and level, at once or as server-sent events.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from accelerapp.base import errors, text
from accelerapp.console import live
from accelerapp.logs import model as logs
from accelerapp.logs import service as log_service
from accelerapp.logs.kernel import binding

MOST_LINES = 2000
LONGEST_LINE = 4000
BATCH_SECONDS = 0.25
_LEADING = (
    ("time", "timestamp", "@timestamp", "ts", "asctime", "t"),
    ("level", "levelname", "severity", "lvl"),
    ("message", "msg", "event"),
)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """One line of a log as it is shown; a level that it does not name is empty."""

    replica: str
    level: str
    text: str
    rest: str = ""
    """The other fields of a structured line."""


def lines(pieces: Iterable[bytes], reference: datetime, *, raw: bool = False) -> Iterator[Line]:
    """The lines in the pieces. What belongs to a record, as a traceback does, has its level.

    A structured line is put as a person would: time, level, message, then the other fields; with `raw` as it is.
    """
    levels: dict[str, str] = {}
    for piece in pieces:
        for line in piece.split(b"\n"):
            if line:
                shown = _line(line, reference, levels)
                levels[shown.replica] = shown.level
                yield shown if raw else readable(shown)


def readable(line: Line) -> Line:
    """A JSON line as `11:13:49.934 INFO request answered` and `method=GET path=/`; any other line as it is."""
    if not line.text.startswith("{"):
        return line
    try:
        fields = json.loads(line.text)
    except (ValueError, RecursionError):  # cut, broken, or nested on purpose
        return line
    leading = [next((key for key in names if key in fields), "") for names in _LEADING]
    text = " ".join(_value(fields[key]) for key in leading if key)
    rest = "  ".join(f"{key}={_value(value)}" for key, value in fields.items() if key not in leading)
    return replace(line, text=text or line.text, rest=rest if text else "")


def _value(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _line(raw: bytes, reference: datetime, levels: Mapping[str, str]) -> Line:
    replica, _, content = raw.partition(b" ")
    name = text.printable(replica.decode("utf-8", "replace"), 200)
    parsed = binding.parse(content, log_service.milliseconds(reference))
    if parsed is not None:
        level = "" if parsed.level is logs.Level.NONE else parsed.level.value
    else:
        level = levels.get(name, "") if binding.continues(content) else ""
    return Line(name, level, text.printable(content.decode("utf-8", "replace"), LONGEST_LINE))


class Follower:
    """One viewer's log: a thread reads, since the source blocks; the viewer takes what came in batches.

    The thread ends at the next piece, an empty one too, after the viewer has left.
    """

    def __init__(self, pieces: Callable[[], Iterator[bytes]], reference: datetime, *, raw: bool = False) -> None:
        self._pieces = pieces
        self._reference = reference
        self._raw = raw
        self._waiting: deque[Line] = deque()
        self._skipped = 0
        self._trouble = ""
        self._lock = threading.Lock()
        self._is_left = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="follow a log", daemon=True)

    async def events(self, longest: float = live.LONGEST) -> AsyncGenerator[bytes]:
        """The stream: what is there first (`reset`: in place of what the viewer has), then what comes."""
        yield live.RETRY
        self._thread.start()
        begun, said, is_first = time.monotonic(), 0.0, True
        try:
            while time.monotonic() - begun < longest:
                await asyncio.sleep(BATCH_SECONDS)
                is_over, batch = self._is_over.is_set(), self._take()
                if batch["lines"] or is_over or time.monotonic() - said > live.PERIOD:
                    said = time.monotonic()
                    yield live.event("lines", {**batch, "reset": is_first})
                    is_first = False
                if is_over:
                    await asyncio.sleep(live.PERIOD)  # the browser asks again: not in a tight circle
                    return
        finally:
            self._is_left.set()

    def _read(self) -> None:
        try:
            for shown in lines(self._until_left(), self._reference, raw=self._raw):
                self._add(shown)
        except errors.AccelerappError as error:
            self._trouble = f"{error.message} {error.mend}".strip()
        except Exception:  # whatever it is, the viewer must learn that no more lines come
            _LOG.exception("Following a log failed")
            self._trouble = "Reading the log failed; the server's log says why."
        finally:
            self._is_over.set()

    def _until_left(self) -> Iterator[bytes]:
        for piece in self._pieces():
            if self._is_left.is_set():
                return
            yield piece

    def _add(self, shown: Line) -> None:
        with self._lock:
            self._waiting.append(shown)
            if len(self._waiting) > MOST_LINES:
                self._waiting.popleft()
                self._skipped += 1

    def _take(self) -> dict[str, Any]:
        with self._lock:
            taken, skipped, trouble = list(self._waiting), self._skipped, self._trouble
            self._waiting.clear()
            self._skipped = 0
        if skipped:
            taken.insert(0, Line("", "", f"{text.count(skipped, 'line')} came too fast and were left out here."))
        return {"lines": [(each.replica, each.level, each.text, each.rest) for each in taken], "trouble": trouble}
