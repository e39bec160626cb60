"""What 50 people who watch an incident cost, and how soon they see what is new.

`python benchmarks/war_room.py [VIEWERS] [SECONDS]` from the root of the source. One process serves the console on SQLite;
another one writes a note every two seconds, as a second replica of the product or the command line would. CPU is that
of the serving process, over the time that passes; "soon" counts from the commit to the last of the viewers.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from tests import sites  # noqa: E402
from tests.console import books  # noqa: E402

from accelerapp.app import App  # noqa: E402
from accelerapp.base.clock import SystemClock  # noqa: E402
from accelerapp.base.severity import Severity  # noqa: E402
from accelerapp.incidents.model import Viewer, Wanted  # noqa: E402

ANN = Viewer("ann")
EVERY = 2.0
KNOWN = 60
"""Entries of the time line at the beginning: more than the page shows."""


def product(folder: Path) -> App:
    """The tests' product, with the clock of the machine."""
    made = books.product(folder)
    made.clock = SystemClock()
    return made


def serve(folder: Path) -> None:
    """The serving process: its address on the standard output, until it is ended."""
    with sites.served(product(folder)) as address:
        print(address, flush=True)
        sys.stdin.read()


def cpu_seconds(pid: int) -> float:
    """Of the whole process, so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def watch(port: int, id: str, seen: dict[str, list[float]]) -> None:
    """One viewer: notes when each note arrived."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    writer.write(
        f"GET /live/incidents/{id} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Cookie: accelerapp_session=responder.ben\r\n\r\n".encode()
    )
    while line := await reader.readline():
        for name in [name for name in seen if name.encode() in line]:
            seen[name].append(time.monotonic())


async def measure(app: App, pid: int, port: int, viewers: int, seconds: float) -> tuple[float, list[float]]:
    """The share of a core, and for each note how long it took to the last viewer."""
    one = app.incidents.open(Wanted("Nobody can pay", Severity.P1, ("shop",), calls=False), ANN)
    for number in range(KNOWN):
        app.incidents.note(one.id, ANN, f"what happened, number {number}, with some words about it")
    seen: dict[str, list[float]] = {}
    watching = [asyncio.create_task(watch(port, one.id, seen)) for _ in range(viewers)]
    await asyncio.sleep(5)
    begun, spent, lasted = time.monotonic(), cpu_seconds(pid), list[float]()
    number = 0
    while time.monotonic() - begun < seconds:
        number += 1
        name = f"note-{number:04}-{pid}"
        seen[name] = []
        await asyncio.to_thread(app.incidents.note, one.id, ANN, f"{name}: something happened")
        written = time.monotonic()
        await asyncio.sleep(EVERY)
        arrived = seen.pop(name)
        if len(arrived) < viewers:
            raise SystemExit(f"{name} came to {len(arrived)} of {viewers} within {EVERY} s")
        lasted.append(max(arrived) - written)
    used = (cpu_seconds(pid) - spent) / (time.monotonic() - begun)
    for each in watching:
        each.cancel()
    return used, lasted


def main(viewers: int = 50, seconds: float = 30.0) -> None:
    """Prints both figures."""
    with tempfile.TemporaryDirectory() as name:
        app = product(Path(name))
        command = [sys.executable, __file__, "serve", name]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            port = int(child.stdout.readline().rpartition(":")[2])  # type: ignore[union-attr]
            used, lasted = asyncio.run(measure(app, child.pid, port, viewers, seconds))
        finally:
            child.stdin.close()  # type: ignore[union-attr]
            child.wait(30)
    print(
        f"{viewers} viewers: {used:.1%} of a core; seen by the last after {median(lasted):.2f} s, at most {max(lasted):.2f} s"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]))
    else:
        main(*(int(each) for each in sys.argv[1:]))
