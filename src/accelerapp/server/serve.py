"""Runs everything in one process: the lock, the database, the site, the local platform and the engine.

TERM or INT ends it in that order backwards; a second one ends it at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import uvicorn
from fastapi import FastAPI

from accelerapp.access import service as access
from accelerapp.app import App
from accelerapp.base import errors, text
from accelerapp.base.settings import load
from accelerapp.engine import sharing
from accelerapp.engine.runner import Engine
from accelerapp.server import listening, lock, site
from accelerapp.server.work import Work

_LOOPBACK = "127.0.0.1"
_STOP_TIME = 5
_LAST_RESORT = 5.0
_DATABASE_ASKED_EVERY = 2.0
_LINK = "setup link"
Say = Callable[[str], None]


def serve(app: App, say: Say, wait: timedelta = timedelta(0)) -> None:
    """Serve until told to end. `say` prints a line for whoever started it.

    A database that does not answer is waited for as long as `wait`. Raises CannotTellError when it still does not.
    """
    held = lock.hold(app.settings.data.folder)
    say = _whatever_happens(say)
    try:
        signal.signal(signal.SIGTERM, _leave)
        _await_database(app, wait, say)
        socket_ = listening.listen(app.settings.server.host, app.settings.server.port)
        engine = Engine(app, shared=sharing.Leased(app.leases) if app.leases else None)
        built = site.build(app, engine)
        work = Work(app, engine, say)
        try:
            _greet(app, say)
            work.begin()
            asyncio.run(_run(built, socket_, work, say, app.settings.server.drain))
        finally:
            work.end()
    finally:
        held.close()


def _await_database(app: App, wait: timedelta, say: Say) -> None:
    until, told = app.clock.now() + wait, False
    while True:
        try:
            app.database  # noqa: B018 - opens it and brings its schema up to date
            return
        except errors.CannotTellError as error:
            if app.clock.now() >= until:
                raise
            if not told:
                say(f"{error.message} It is waited for, at most {text.duration(wait.total_seconds())}.")
                told = True
            app.clock.sleep(_DATABASE_ASKED_EVERY)


def _whatever_happens(say: Say) -> Say:
    """Whoever read our lines may be gone: that is no reason to leave work unfinished."""

    def told(line: str) -> None:
        with contextlib.suppress(OSError):
            say(line)

    return told


def _leave(*_: object) -> NoReturn:
    """TERM before the site serves, or while it stops: what was begun is ended on the way out."""
    sys.exit(0)


def _greet(app: App, say: Say) -> None:
    """What a person needs to know to begin."""
    server = app.settings.server
    base = server.url.rstrip("/") or f"http://{_LOOPBACK}:{server.port}"
    say(f"Accelerapp serves {base}")
    if not app.access.has_administrator():
        if server.host not in (_LOOPBACK, "localhost", "::1"):
            say("Until an administrator exists it answers this machine only.")
        say(_way_in(app))
    names = ", ".join(service.name for service in app.services)
    say(f"Operates: {names}." if names else "No service yet: describe one in accelerapp.toml (`accelerapp init`).")
    command = _command(app)
    say(f"In another terminal: {command} health, or: logs review, service list. Ctrl-C ends it.")


def _command(app: App) -> str:
    """How a person calls the command for these settings from the present folder."""
    called = Path(sys.argv[0])
    words = [str(called) if called.name == "accelerapp" and not called.is_absolute() else "accelerapp"]
    source = app.settings.source
    by_environment = os.environ.get("ACCELERAPP_CONFIG") == str(source)
    if source is not None and source != Path(load.FILE_NAME).absolute() and not by_environment:
        words += ["--config", os.path.relpath(source)]
    return shlex.join(words)


def _way_in(app: App) -> str:
    """Of several processes that start at once one makes a link: a second link would make the first one worthless."""
    if app.leases is not None:
        found = app.leases.take({_LINK: timedelta(0)}, access.SETUP_LINK_LENGTH)[_LINK]
        if not found.is_mine:
            printed = f"{found.lease.holder} printed the one-time link for the first administrator"
            return f"{printed}; `accelerapp user link` prints a new one."
    link = f"http://{_LOOPBACK}:{app.settings.server.port}/setup?token={app.access.new_setup_link()}"
    return f"Make the first administrator (once, within an hour): {link}"


class _Quiet(uvicorn.Server):
    """A uvicorn server that leaves the signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


async def _run(built: FastAPI, socket_: socket.socket, work: Work, say: Say, drain: timedelta) -> None:
    """Serve until TERM or INT and `drain` after it, then end the work; a second signal ends the process at once."""
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

    loop, stopping = asyncio.get_running_loop(), built.state.stopping

    def finish() -> None:
        stopping.set()
        server.should_exit = True

    def stop() -> None:
        if stopping.is_announced:
            os._exit(130)
        say("Stopping. A second signal ends it at once.")
        stopping.is_announced = True
        loop.call_later(drain.total_seconds(), finish)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await server.serve(sockets=[socket_])
    await asyncio.to_thread(work.end)
    _leave_soon()


def _leave_soon() -> None:
    """All is ended. A thread that still asks somebody who does not answer does not hold up the end of the process."""
    last_resort = threading.Timer(_LAST_RESORT, os._exit, (0,))
    last_resort.daemon = True
    last_resort.start()
