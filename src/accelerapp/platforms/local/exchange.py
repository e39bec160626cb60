"""One HTTP/1.1 request passed to a replica and its answer passed back, with h11's framing on both sides."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

import h11

HEAD_LIMIT = 64 * 1024
_PIECE = 64 * 1024
_BODY_TIME = 60.0
_STALL_TIME = 300.0
_LINGER_TIME = 2.0
_HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade", b"expect"}
_NEVER_HOP_BY_HOP = {b"host", b"content-length", b"transfer-encoding"}

Headers = list[tuple[bytes, bytes]]


class Refusal(Exception):
    """We answer the client ourselves."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class ClientGone(Exception):
    """The client has closed its connection: nobody waits for the answer."""


class Peer:
    """One side of a request: a connection and its framing."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, role: type[h11.CLIENT] | type[h11.SERVER]
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.frames = h11.Connection(role, max_incomplete_event_size=HEAD_LIMIT)

    async def event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """The next part of a message, as it arrives."""
        while True:
            event = self.frames.next_event()
            if isinstance(event, h11.Event) or event is h11.PAUSED:
                return event
            if self.frames.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            await self.more()

    async def more(self) -> bool:
        """Take more bytes in; False at the end of the connection."""
        data = await self.reader.read(_PIECE)
        self.frames.receive_data(data)
        return bool(data)

    async def send(self, event: h11.Event) -> None:
        """Send a part of a message. Raises TimeoutError when the other side takes nothing for minutes."""
        data = self.frames.send(event)
        if data:
            self.writer.write(data)
            await drained(self.writer)


async def drained(writer: asyncio.StreamWriter) -> None:
    """Wait until there is room again for bytes that go out."""
    if writer.transport.get_write_buffer_size() < _PIECE:
        return
    async with asyncio.timeout(_STALL_TIME):
        await writer.drain()


async def pass_on(client: Peer, replica: Peer, request: h11.Request) -> None:
    """Pass one request on and its answer back; an upgraded connection until either side ends.

    Raises Refusal when the client is still to be answered, ClientGone when it does not wait any more.
    """
    upgrade = _is_upgrade(request)
    await replica.send(
        h11.Request(method=request.method, target=request.target, headers=_forwarded(client, request, upgrade))
    )
    up = asyncio.create_task(_pass_body(client, replica, watch=not upgrade))
    down = asyncio.create_task(_pass_answer(replica, client))
    try:
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        if up.done():
            up.result()  # raises what ends the exchange
        switched = await down
    finally:
        await _cancelled(up, down)
    if switched:
        await _splice(client, replica)


async def _cancelled(*tasks: asyncio.Task[object]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_body(client: Peer, replica: Peer, *, watch: bool) -> None:
    """Pass the body on, then watch whether the client stays. Raises ClientGone, Refusal."""
    listening = True
    while True:
        try:
            async with asyncio.timeout(_BODY_TIME):
                event = await client.event()
        except TimeoutError as error:
            raise Refusal(408, "The body of the request did not come.") from error
        except h11.RemoteProtocolError as error:
            if not client.frames.trailing_data[1]:
                raise Refusal(400, "The body of the request is not valid HTTP.") from error
            raise ClientGone from error
        if isinstance(event, h11.Data | h11.EndOfMessage) and listening:
            listening = await _try_send(replica, event)
        if isinstance(event, h11.EndOfMessage):
            break
        if not isinstance(event, h11.Data):
            return
    while watch and len(client.frames.trailing_data[0]) < HEAD_LIMIT:  # more is the client's next request
        if not await client.more():
            raise ClientGone


async def _try_send(replica: Peer, event: h11.Data | h11.EndOfMessage) -> bool:
    """False when the replica takes no more of the body: it may have answered already."""
    try:
        await replica.send(event if isinstance(event, h11.Data) else h11.EndOfMessage())
    except OSError:
        return False
    return True


async def _pass_answer(replica: Peer, client: Peer) -> bool:
    """Pass the answer back; True when the connection was upgraded.

    A replica that dies before it answers is a 502; in the middle of an answer, all that is left is to cut it off.
    """
    started = False
    while True:
        try:
            event = await replica.event()
        except (OSError, h11.RemoteProtocolError) as error:
            if started:
                raise
            raise Refusal(502, "The replica ended before it answered.") from error
        if isinstance(event, h11.InformationalResponse):
            if event.status_code == 101:
                await client.send(event)
                return True
        elif isinstance(event, h11.Response):
            started = True
            await client.send(
                h11.Response(status_code=event.status_code, reason=event.reason, headers=_kept(event.headers))
            )
        elif isinstance(event, h11.Data):
            await client.send(event)
        elif isinstance(event, h11.EndOfMessage):
            await client.send(h11.EndOfMessage())
            return False
        else:
            raise Refusal(502, "The replica ended before it answered.")


async def _splice(client: Peer, replica: Peer) -> None:
    """Bytes both ways until either side ends."""
    for source, sink in ((client, replica), (replica, client)):
        sink.writer.write(source.frames.trailing_data[0])
    both = [asyncio.create_task(_copy(client, replica)), asyncio.create_task(_copy(replica, client))]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancelled(*both)


async def _copy(source: Peer, sink: Peer) -> None:
    while piece := await source.reader.read(_PIECE):
        sink.writer.write(piece)
        await drained(sink.writer)


async def answer(client: Peer, refusal: Refusal) -> None:
    """Answer the client ourselves, unless an answer is already under way; the connection ends after it."""
    if client.frames.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return
    body = (refusal.text + "\n").encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("Connection", "close")]
    await client.send(h11.Response(status_code=refusal.status, headers=headers))
    await client.send(h11.Data(data=body))
    await client.send(h11.EndOfMessage())


async def linger(client: Peer) -> None:
    """Let a client that still sends read its answer: closing at once would destroy it on its way."""
    with contextlib.suppress(TimeoutError, OSError, RuntimeError):
        async with asyncio.timeout(_LINGER_TIME):
            client.writer.write_eof()
            while await client.reader.read(_PIECE):
                pass


def _is_upgrade(request: h11.Request) -> bool:
    names = {name for name, _ in request.headers}
    return b"upgrade" in names and b"upgrade" in _named_by_connection(request.headers)


def _named_by_connection(headers: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    values = b",".join(value for name, value in headers if name == b"connection")
    return {token.strip().lower() for token in values.split(b",")}


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers that are for the other end and not for this connection."""
    listed = list(headers)
    gone = _HOP_BY_HOP | (_named_by_connection(listed) - _NEVER_HOP_BY_HOP)
    return [(name, value) for name, value in listed if name not in gone]


def _forwarded(client: Peer, request: h11.Request, upgrade: bool) -> Headers:
    """The request's headers for the replica, with who asked and for which host."""
    peer = client.writer.get_extra_info("peername")
    address = str(peer[0] if peer else "unknown").encode()
    headers = _kept(request.headers)
    before = b", ".join(value for name, value in headers if name == b"x-forwarded-for")
    host = next((value for name, value in headers if name == b"host"), b"")
    if not host:  # HTTP/1.0 may leave it out, HTTP/1.1 must not
        headers = [(b"host", b"localhost"), *headers]
    wanted = next((value for name, value in request.headers if name == b"upgrade"), b"")
    return [
        *((name, value) for name, value in headers if not name.startswith(b"x-forwarded-")),
        (b"x-forwarded-for", before + b", " + address if before else address),
        (b"x-forwarded-proto", b"http"),
        (b"x-forwarded-host", host),
        *([(b"connection", b"upgrade"), (b"upgrade", wanted)] if upgrade else [(b"connection", b"close")]),
    ]
