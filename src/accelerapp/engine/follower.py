"""The follower of this process: a thread that decides about alerts as soon as they are committed as due.

The engine's job does the same once a second, and everything that is due later; two at once are as good as one. A burst
wakes it as often as it likes: it rests far longer than a turn took, so that taking alerts comes before deciding about
them, and takes all that came meanwhile together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_LOG = logging.getLogger("accelerapp.alerts")
REST_SECONDS = 0.1
_RESTS = 4


class Follower:
    """`start` once; `wake` at any time; `stop` before what `turn` uses is closed."""

    def __init__(self, turn: Callable[[], object], rest: float = REST_SECONDS) -> None:
        self._turn = turn
        self._rest = rest
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something is due now."""
        self._woken.set()

    def stop(self, grace: float = 5.0) -> bool:
        """Begin no turn any more and wait for the one that runs. False: it still does."""
        self._stopping.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join(grace)
        return not self._thread.is_alive()

    def _follow(self) -> None:
        while self._woken.wait() and not self._stopping.is_set():
            self._woken.clear()
            begun = time.monotonic()
            try:
                self._turn()
            except Exception as error:  # whatever the database says, the engine's job asks again and tells it
                _LOG.debug("alerts wait for the engine: %s", error)
            self._stopping.wait(max(self._rest, _RESTS * (time.monotonic() - begun)))
