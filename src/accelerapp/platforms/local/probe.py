"""Asks a replica itself whether it is ready, again and again: one GET, a 2xx answer, within two seconds."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

_TIMEOUT = 2.0
_FIRST_EVERY = 0.1
_EVERY = 1.0
_BODY_LIMIT = 1 << 16
_BODY_TIME = 0.25


@dataclass(frozen=True)
class Answers:
    """What a replica has answered so far."""

    asked: int = 0
    failed: int = 0
    """How many of the last answers in a row were bad."""
    problem: str = ""
    """Why the last answer was bad; empty when it was good."""

    @property
    def good(self) -> bool:
        """Was the last answer good?"""
        return self.asked > 0 and not self.problem

    def and_(self, problem: str) -> Answers:
        """With one answer more."""
        return Answers(self.asked + 1, self.failed + 1 if problem else 0, problem)


class Watch:
    """Asks one replica until it is cancelled; `answers` may be read from any thread."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self._path = path
        self.answers = Answers()

    async def run(self) -> None:
        """Ask ten times a second until the first good answer, then once a second."""
        ever = False
        while True:
            self.answers = self.answers.and_(await ready(self.port, self._path))
            ever = ever or self.answers.good
            await asyncio.sleep(_EVERY if ever else _FIRST_EVERY)


async def ready(port: int, path: str) -> str:
    """Empty when it answered 2xx; else why not, as a sentence."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await _ask(port, path)
    except TimeoutError:
        return f"{path} did not answer within {_TIMEOUT:g} s."
    except ConnectionRefusedError:
        return f"Nothing listens on its port {port} yet."
    except (OSError, ValueError) as error:  # ValueError: a first line without an end
        return f"{path} cannot be asked: {getattr(error, 'strerror', None) or 'the answer is not HTTP'}."


async def _ask(port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: accelerapp\r\nConnection: close\r\n\r\n"
        )
        writer.write(request.encode())
        await writer.drain()
        parts = (await reader.readline()).split()
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or not parts[1].isdigit():
            return f"{path} did not answer in HTTP."
        await _read_rest(reader)
        status = int(parts[1])
        return "" if 200 <= status < 300 else f"{path} answered {status}."
    finally:
        writer.close()


async def _read_rest(reader: asyncio.StreamReader) -> None:
    """Take the body too, so that the replica does not see its answer refused."""
    left = _BODY_LIMIT
    with contextlib.suppress(TimeoutError, OSError):
        async with asyncio.timeout(_BODY_TIME):
            while left > 0 and (piece := await reader.read(left)):
                left -= len(piece)
