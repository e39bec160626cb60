"""A small HTTP/1.1 proxy before the replicas of a service.

Each request goes to the next ready replica. A request is tried elsewhere only when connecting failed, so that it cannot
have reached a handler. Framing on both sides is h11's, which refuses malformed and ambiguous messages. An upgraded
connection (WebSocket) is passed through as bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import h11

_HEAD_LIMIT = 64 * 1024
_HEAD_TIME = 10.0
_IDLE_TIME = 75.0
_CONNECT_TIME = 2.0
_PIECE = 64 * 1024
_HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade"}

Headers = list[tuple[bytes, bytes]]


class _Refusal(Exception):
    """We answer the client ourselves."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class _Peer:
    """One side of a request: a connection and its framing."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, role: type[h11.CLIENT] | type[h11.SERVER]
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.frames = h11.Connection(role, max_incomplete_event_size=_HEAD_LIMIT)

    async def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """The next part of a message, as it arrives."""
        while True:
            event = self.frames.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self.frames.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            self.frames.receive_data(await self.reader.read(_PIECE))

    async def send(self, event: h11.Event) -> None:
        """Send a part of a message."""
        data = self.frames.send(event)
        if data:
            self.writer.write(data)
            await self.writer.drain()

    def close(self) -> None:
        """Close the connection."""
        self.writer.close()


class Proxy:
    """Listens on one port. `targets` gives the ports of the replicas that are ready now."""

    def __init__(self, port: int, targets: Callable[[], Sequence[int]]) -> None:
        self.port = port
        self._targets = targets
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._open: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, reuse_address=True)

    async def stop(self) -> None:
        """Stop listening and cut what is open."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def connections(self, target: int) -> int:
        """How many requests and upgraded connections this replica serves now."""
        return self._open.get(target, 0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(_Peer(reader, writer, h11.SERVER))
        except (OSError, TimeoutError, h11.ProtocolError, asyncio.IncompleteReadError):
            pass  # the client is gone or speaks no HTTP: it was answered where that was possible
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, client: _Peer) -> None:
        """Requests of one client connection, one after the other."""
        patience = _HEAD_TIME
        while True:
            try:
                request = await self._request(client, patience)
                if request is None:
                    return
                await self._handle(client, request)
            except _Refusal as refusal:
                await _answer(client, refusal)
            if client.frames.our_state is not h11.DONE or client.frames.their_state is not h11.DONE:
                return
            client.frames.start_next_cycle()
            patience = _IDLE_TIME

    async def _request(self, client: _Peer, patience: float) -> h11.Request | None:
        try:
            async with asyncio.timeout(patience):
                event = await client.next_event()
        except TimeoutError:
            return None
        except h11.RemoteProtocolError as error:
            raise _Refusal(error.error_status_hint, "The request is not valid HTTP.") from error
        return event if isinstance(event, h11.Request) else None

    async def _handle(self, client: _Peer, request: h11.Request) -> None:
        target, replica = await self._connect()
        self._open[target] = self._open.get(target, 0) + 1
        try:
            await _exchange(client, replica, request)
        finally:
            self._open[target] -= 1
            replica.close()

    async def _connect(self) -> tuple[int, _Peer]:
        """A connection to the next ready replica; others are tried while connecting fails."""
        targets = list(self._targets())
        self._turn += 1
        for step in range(len(targets)):
            target = targets[(self._turn + step) % len(targets)]
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_TIME):
                    reader, writer = await asyncio.open_connection("127.0.0.1", target)
                return target, _Peer(reader, writer, h11.CLIENT)
        raise _Refusal(503, "No replica of the service is ready.")


async def _exchange(client: _Peer, replica: _Peer, request: h11.Request) -> None:
    """Pass one request on and its answer back."""
    upgrade = any(name == b"upgrade" for name, _ in request.headers)
    await replica.send(
        h11.Request(method=request.method, target=request.target, headers=_forwarded(client, request, upgrade))
    )
    sending = asyncio.create_task(_pass_body(client, replica))
    try:
        switched = await _pass_answer(replica, client)
    finally:
        if not sending.done():
            await asyncio.wait([sending], timeout=0.05)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError, h11.ProtocolError):
            await sending
    if switched:
        await _splice(client, replica)


async def _pass_body(client: _Peer, replica: _Peer) -> None:
    while True:
        event = await client.next_event()
        if isinstance(event, h11.Data | h11.EndOfMessage):
            await replica.send(event)
        if not isinstance(event, h11.Data):
            return


async def _pass_answer(replica: _Peer, client: _Peer) -> bool:
    """Pass the answer back; True when the connection was upgraded. A replica that dies before it answers is a 502."""
    started = False
    while True:
        try:
            event = await replica.next_event()
        except (OSError, h11.RemoteProtocolError) as error:
            if started:
                raise  # a part is sent: cutting the connection is the only honest end
            raise _Refusal(502, "The replica ended before it answered.") from error
        if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
            await client.send(event)
            return True
        if isinstance(event, h11.Response):
            started = True
            await client.send(
                h11.Response(status_code=event.status_code, reason=event.reason, headers=_kept(event.headers))
            )
        elif isinstance(event, h11.Data | h11.EndOfMessage):
            await client.send(event)
            if isinstance(event, h11.EndOfMessage):
                return False
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            raise _Refusal(502, "The replica ended before it answered.")


async def _splice(client: _Peer, replica: _Peer) -> None:
    """Bytes both ways until either side ends."""
    for source, sink in ((client, replica), (replica, client)):
        leftover = source.frames.trailing_data[0]
        if leftover:
            sink.writer.write(leftover)
    both = [asyncio.create_task(_copy(client, replica)), asyncio.create_task(_copy(replica, client))]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _copy(source: _Peer, sink: _Peer) -> None:
    while piece := await source.reader.read(_PIECE):
        sink.writer.write(piece)
        await sink.writer.drain()


async def _answer(client: _Peer, refusal: _Refusal) -> None:
    body = (refusal.text + "\n").encode()
    if client.frames.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("Connection", "close")]
    await client.send(h11.Response(status_code=refusal.status, headers=headers))
    await client.send(h11.Data(data=body))
    await client.send(h11.EndOfMessage())


def _kept(headers: object) -> Headers:
    return [(name, value) for name, value in headers if name not in _HOP_BY_HOP]  # type: ignore[attr-defined]


def _forwarded(client: _Peer, request: h11.Request, upgrade: bool) -> Headers:
    """The request's headers for the replica, with who asked and for which host."""
    peer = client.writer.get_extra_info("peername")
    address = str(peer[0] if peer else "unknown").encode()
    headers = list(request.headers) if upgrade else _kept(request.headers)
    before = b", ".join(value for name, value in headers if name == b"x-forwarded-for")
    headers = [(name, value) for name, value in headers if not name.startswith(b"x-forwarded-")]
    host = next((value for name, value in headers if name == b"host"), b"")
    headers += [
        (b"x-forwarded-for", before + b", " + address if before else address),
        (b"x-forwarded-proto", b"http"),
        (b"x-forwarded-host", host),
    ]
    return headers if upgrade else [*headers, (b"connection", b"close")]
