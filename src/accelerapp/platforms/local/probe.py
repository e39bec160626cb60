"""Asks a replica itself whether it is ready: one GET, a 2xx answer, within two seconds."""

from __future__ import annotations

import asyncio

_TIMEOUT = 2.0


async def ready(port: int, path: str) -> str:
    """Empty when it answered 2xx; else why not, as a sentence."""
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await _ask(port, path)
    except TimeoutError:
        return f"{path} did not answer within {_TIMEOUT:g} s."
    except ConnectionRefusedError:
        return f"Nothing listens on its port {port} yet."
    except OSError as error:
        return f"{path} cannot be asked: {error.strerror or error}."


async def _ask(port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: accelerapp\r\nConnection: close\r\n\r\n"
        )
        writer.write(request.encode())
        await writer.drain()
        line = await reader.readline()
        parts = line.split()
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or not parts[1].isdigit():
            return f"{path} did not answer in HTTP."
        status = int(parts[1])
        return "" if 200 <= status < 300 else f"{path} answered {status}."
    finally:
        writer.close()
