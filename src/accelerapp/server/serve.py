"""Runs everything in one process: the lock, the database, the local platform, the engine and the site.

TERM or INT ends it in that order backwards; a second one ends it at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.engine.runner import Engine
from accelerapp.server import lock, site

_LOOPBACK = "127.0.0.1"
_STOP_TIME = 8
Say = Callable[[str], None]


def serve(app: App, say: Say) -> None:
    """Serve until told to end. `say` prints a line for whoever started it."""
    held = lock.hold(app.settings.data.folder)
    try:
        listening = _listen(app.settings.server.host, app.settings.server.port)
        engine = Engine(app)
        built = site.build(app, engine)  # opens the database
        uses_local = any(service.platform == "local" for service in app.services)
        try:
            if uses_local:
                app.local_platform.start()
            engine.start()
            _greet(app, say)
            asyncio.run(_run(built, listening))
        finally:
            say("Stopping.")
            engine.stop()
            if uses_local:
                app.local_platform.stop()
    finally:
        held.close()


def _is_public(app: App) -> bool:
    return app.settings.server.host not in (_LOOPBACK, "localhost", "::1")


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises WrongUseError when the port is taken or the host is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(512)
    except OSError as error:
        listening.close()
        taken = error.errno == errno.EADDRINUSE
        why = f"Port {port} of {host} is taken." if taken else f"{host}:{port} cannot be listened on: {error.strerror}."
        raise errors.WrongUseError(why, mend="Set server.port to another one, or end what listens there.") from error
    listening.setblocking(False)
    return listening


def _greet(app: App, say: Say) -> None:
    """What a person needs to know to begin."""
    server = app.settings.server
    base = server.url.rstrip("/") or f"http://{_LOOPBACK}:{server.port}"
    say(f"Accelerapp serves {base}")
    if not app.access.has_administrator():
        if _is_public(app):
            say("Until an administrator exists it answers this machine only.")
        local = f"http://{_LOOPBACK}:{server.port}/setup?token={app.access.new_setup_link()}"
        say(f"Make the first administrator (once, within an hour): {local}")
    names = ", ".join(service.name for service in app.services)
    say(f"Operates: {names}." if names else "No service yet: describe one in accelerapp.toml (`accelerapp init`).")
    say("In another terminal: accelerapp health, accelerapp logs review, accelerapp service list. Ctrl-C ends it.")


class _Quiet(uvicorn.Server):
    """A uvicorn server that leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


async def _run(built: FastAPI, listening: socket.socket) -> None:
    """Serve until TERM or INT; a second one ends the process at once."""
    config = uvicorn.Config(
        built,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOP_TIME,
    )
    server = _Quiet(config)

    def stop() -> None:
        if server.should_exit:
            os._exit(130)
        built.state.stopping.set()
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await server.serve(sockets=[listening])
