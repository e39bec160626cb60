"""`accelerapp service forward SERVICE [LOCAL:]REMOTE`: a port of this machine leads into a pod, until ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

import click

from accelerapp.base import errors
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.clients.processes import Child

_PAUSE = 1.0


@click.command("forward")
@click.argument("name")
@click.argument("ports", metavar="[LOCAL:]REMOTE")
def forward(name: str, ports: str) -> None:
    """Forward a port of this machine to a ready pod, by kubectl; to its successor when it is replaced.

    \b
    accelerapp service forward shop 8000         127.0.0.1:8000 to the container's port 8000
    accelerapp service forward shop 8080:8000    another port here; `:8000` takes any free one
    """
    asked = target()
    if asked.is_remote:
        raise errors.WrongUseError(
            "A port is forwarded from this machine to the cluster, not by a server.",
            mend="Unset ACCELERAPP_URL; the settings and a kubeconfig are needed here.",
        )
    service = asked.app.service(name)
    if service.platform != "kubernetes":
        address = asked.app.platform(service).workload(service.name).address
        raise errors.WrongUseError(
            f"{service.name} runs on this machine: there is nothing to forward.", mend=f"It is reached at {address}."
        )
    from accelerapp.clients import machine
    from accelerapp.platforms.kubernetes import forwarding

    wanted = forwarding.ports(ports)
    if not wanted.local:  # chosen once: it stays the same when the pod is replaced
        wanted = replace(wanted, local=machine.free_port())
    platform = asked.app.kubernetes_platform
    with _ended_by_signals():
        keep(
            choose=lambda: forwarding.choose(platform.pods(service.name)),
            is_there=lambda pod: forwarding.is_there(platform.pods(service.name), pod),
            command=lambda pod: forwarding.command(platform.place(service.name), pod, wanted),
            say=lambda line: click.echo(line, err=True),
        )


def keep(
    choose: Callable[[], str | None],
    is_there: Callable[[str], bool],
    command: Callable[[str], tuple[str, ...]],
    say: Callable[[str], None],
    pause: float = _PAUSE,
) -> None:
    """Forward to one pod after the other until interrupted; the child never outlives this.

    Raises what `choose` raises first, and AccelerappError when kubectl cannot forward at all, such as for a port that
    is taken. Later a cluster that cannot be asked changes nothing: what is forwarded goes on.
    """
    from accelerapp.clients import processes

    pod, tries = _first(choose), 0
    while True:
        with processes.started(command(pod)) as child:
            say(f"Forwarding to {pod}.")
            ended = _watch(child, pod, is_there, pause)
        tries = 0 if ended is None else tries + 1
        if tries > 2:
            raise errors.AccelerappError(f"kubectl cannot forward: {ended}.")
        pod = _next(choose, say, pause)


def _first(choose: Callable[[], str | None]) -> str:
    pod = choose()
    if pod is None:
        raise errors.CannotTellError(
            "No replica is ready, so there is nothing to forward to.", mend="`accelerapp service show` says why."
        )
    return pod


def _watch(child: Child, pod: str, is_there: Callable[[str], bool], pause: float) -> str | None:
    """Wait until the pod is gone (None), or until kubectl ends: its last words, or None when it had worked before."""
    worked = False
    while not child.wait(pause):
        worked = True
        try:
            if not is_there(pod):
                return None
        except errors.CannotTellError:
            continue
    return None if worked else child.last_words() or f"it ended with exit code {child.exit_code}"


def _next(choose: Callable[[], str | None], say: Callable[[str], None], pause: float) -> str:
    """Wait for a ready pod."""
    import time

    said = False
    while True:
        try:
            pod, why = choose(), "no replica is ready"
        except errors.CannotTellError as error:
            pod, why = None, error.message
        if pod is not None:
            return pod
        if not said:
            said = True
            say(f"Waiting: {why}.")
        time.sleep(pause)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """TERM and HUP end it as ctrl-C does, so that the child ends with it."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
