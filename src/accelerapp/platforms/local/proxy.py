"""A small HTTP/1.1 proxy before the replicas of a service.

Each request goes to the next ready replica on a connection of its own, so that no request meets a connection that the
replica is just closing. A request is tried elsewhere only when connecting failed: it cannot have reached a handler.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import h11

from accelerapp.platforms.local import exchange

_HEAD_TIME = 10.0
_IDLE_TIME = 75.0
_CONNECT_TIME = 2.0
_FAREWELL_TIME = 3.0
_BACKLOG = 512


class Proxy:
    """Listens on one port. `targets`, set from any thread, are the ports of the replicas that are ready now."""

    def __init__(self, port: int, most: int = 2000, head_time: float = _HEAD_TIME) -> None:
        self.port = port
        self.targets: Sequence[int] = ()
        self._most = most
        self._head_time = head_time
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._open: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port, reuse_address=True, backlog=_BACKLOG
        )

    async def stop(self) -> None:
        """Stop listening, give open requests a moment, then cut what is left."""
        if self._server is not None:
            self._server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_TIME):
                while any(self._open.values()):
                    await asyncio.sleep(0.05)
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
        client = exchange.Peer(reader, writer, h11.SERVER)
        try:
            await self._serve(client)
        except (OSError, TimeoutError, h11.ProtocolError, exchange.ClientGone):
            pass  # the client is gone, or was answered as far as that was possible
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, client: exchange.Peer) -> None:
        """Requests of one client connection, one after the other."""
        while True:
            try:
                if len(self._tasks) > self._most:
                    raise exchange.Refusal(503, "Too many connections are open.")
                request = await self._request(client)
                if request is None:
                    return
                await self._handle(client, request)
            except exchange.Refusal as refusal:
                await exchange.answer(client, refusal)
            if client.frames.our_state is not h11.DONE or client.frames.their_state is not h11.DONE:
                await exchange.linger(client)
                return
            client.frames.start_next_cycle()

    async def _request(self, client: exchange.Peer) -> h11.Request | None:
        """The head of the next request; None when the client has no more. Raises Refusal for a bad or slow one."""
        if not client.frames.trailing_data[0]:
            async with asyncio.timeout(_IDLE_TIME):
                if not await client.more():
                    return None
        try:
            async with asyncio.timeout(self._head_time):
                event = await client.event()
        except TimeoutError as error:
            raise exchange.Refusal(408, "The head of the request did not come in time.") from error
        except h11.RemoteProtocolError as error:
            raise exchange.Refusal(error.error_status_hint, "The request is not valid HTTP.") from error
        if not isinstance(event, h11.Request):
            return None
        if event.http_version not in (b"1.0", b"1.1"):
            raise exchange.Refusal(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        if event.method == b"CONNECT":
            raise exchange.Refusal(501, "CONNECT is not supported.")
        return event

    async def _handle(self, client: exchange.Peer, request: h11.Request) -> None:
        """Pass the request to the next ready replica; to others while connecting fails. Raises Refusal."""
        targets = list(self.targets)
        self._turn += 1
        for step in range(len(targets)):
            target = targets[(self._turn + step) % len(targets)]
            self._open[target] = self._open.get(target, 0) + 1  # before connecting: it must not end in between
            try:
                replica = await _connect(target)
                if replica is not None:
                    await self._pass_on(client, replica, request)
                    return
            finally:
                self._open[target] -= 1
                if not self._open[target]:
                    del self._open[target]
        raise exchange.Refusal(503, "No replica of the service is ready.")

    async def _pass_on(self, client: exchange.Peer, replica: exchange.Peer, request: h11.Request) -> None:
        try:
            await exchange.pass_on(client, replica, request)
        except (ConnectionError, h11.LocalProtocolError) as error:
            if client.frames.our_state is h11.SEND_RESPONSE:
                raise exchange.Refusal(502, "The replica ended before it answered.") from error
            raise
        finally:
            replica.writer.close()


async def _connect(target: int) -> exchange.Peer | None:
    try:
        async with asyncio.timeout(_CONNECT_TIME):
            reader, writer = await asyncio.open_connection("127.0.0.1", target)
    except (OSError, TimeoutError):
        return None
    return exchange.Peer(reader, writer, h11.CLIENT)
