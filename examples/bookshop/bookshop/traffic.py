"""Customers: `python -m bookshop.traffic http://127.0.0.1:8080 --rate 20`.

Sends requests at a bounded rate, to this machine only (no proxy, no redirect), and never has more than ten under way: a
shop that is slow or down gets fewer, not more.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import ipaddress
import logging
import random
import signal
import sys

import httpx

_AT_MOST = 10
_REPORT_EVERY = 10.0
_LAST_ANSWERS = 2.0
_WORDS = ("harbour", "winter", "letters", "tide", "atlas")
log = logging.getLogger("traffic")


def check_loopback(url: str) -> str:
    """The address if it is on this machine; ends the program otherwise."""
    try:
        host = httpx.URL(url).host  # the reading that the requests will use
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (ValueError, httpx.InvalidURL):
        local = False
    if not local:
        sys.exit(f"{url} is not on this machine: traffic goes to a loopback address only.")
    return url.rstrip("/")


def next_request(chance: random.Random) -> tuple[str, str, dict[str, int] | None]:
    """What a customer does next: method, path and body."""
    book = chance.randrange(1, 201)
    kind = chance.choices(("front", "list", "view", "search", "order"), (10, 10, 25, 15, 40))[0]
    if kind == "order":
        return "POST", "/orders", {"book": book, "quantity": chance.choice((1, 1, 1, 2, 3))}
    paths = {"front": "/", "list": "/books", "view": f"/books/{book}", "search": f"/search?q={chance.choice(_WORDS)}"}
    return "GET", paths[kind], None


class Traffic:
    """Sends requests and counts the answers."""

    def __init__(self, url: str, rate: float, seed: int | None = None) -> None:
        self.url = url
        self.pause = 1 / rate
        self.answers: collections.Counter[str] = collections.Counter()
        self._chance = random.Random(seed)  # noqa: S311 - customers, not keys
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is under way then may still be answered for a moment."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10, trust_env=False) as client:
            work = [asyncio.create_task(each) for each in (self._send_all(client), self._report(), stop.wait())]
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in work:
                task.cancel()
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=_LAST_ANSWERS)
            results = await asyncio.gather(*work, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):  # an error of ours, not the end that was asked for
                raise result

    async def _send_all(self, client: httpx.AsyncClient) -> None:
        await self._wait_for_shop(client)
        while True:
            if len(self._under_way) < _AT_MOST:
                task = asyncio.create_task(self._send(client))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            else:
                self.answers["held back"] += 1
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * self.pause)

    async def _wait_for_shop(self, client: httpx.AsyncClient) -> None:
        """Customers come when the shop is open."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get("/health")).is_success:
                    return
            await asyncio.sleep(0.5)

    async def _send(self, client: httpx.AsyncClient) -> None:
        method, path, body = next_request(self._chance)
        try:
            answer = await client.request(method, path, json=body)
            self.answers[str(answer.status_code)] += 1
        except httpx.HTTPError:
            self.answers["no answer"] += 1

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(_REPORT_EVERY)
            told = ", ".join(f"{count} x {what}" for what, count in sorted(self.answers.items()))
            log.info("last %d s: %s", int(_REPORT_EVERY), told or "nothing sent")
            self.answers.clear()


async def _main(url: str, rate: float) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Traffic(url, rate).run(stop)


def main() -> None:
    """Read the arguments and send."""
    parser = argparse.ArgumentParser(description="Customers for the bookshop.")
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=20, help="requests a second, at most 200")
    arguments = parser.parse_args()
    if not 0 < arguments.rate <= 200:
        parser.error("--rate must be above 0 and at most 200")
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(_main(check_loopback(arguments.url), arguments.rate))
    log.info("traffic ends")


if __name__ == "__main__":
    main()
