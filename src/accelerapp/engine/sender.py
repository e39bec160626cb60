"""The sender of this process: a thread that takes messages from the outbox, and a few that send them.

Woken as soon as something is committed here; it looks twice a second for what others left. Half of the threads at most
wait for one kind of channel, so that one that hangs holds up no other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from accelerapp.base import errors
from accelerapp.flows.sending import Sending
from accelerapp.paging.model import Outgoing

_LOG = logging.getLogger("accelerapp.paging")
_LOOK_SECONDS = 0.5
THREADS = 8


class Sender:
    """`start` once; `wake` at any time; `stop` before what it uses is closed."""

    def __init__(self, sending: Sending, threads: int = THREADS) -> None:
        self._sending = sending
        self._threads = threads
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="send")
        self._looker = threading.Thread(target=self._look, name="sender", daemon=True)
        self._trouble = ""

    def start(self) -> None:
        """Begin."""
        self._looker.start()

    def wake(self) -> None:
        """There may be something to send."""
        self._woken.set()

    def stop(self, grace: float = 5.0) -> bool:
        """Take nothing more and wait for what is being sent. False: something still is; its claim expires by itself."""
        self._stopping.set()
        self._woken.set()
        deadline = time.monotonic() + grace
        if self._looker.ident is not None:
            self._looker.join(grace)
        self._pool.shutdown(wait=False, cancel_futures=True)
        while self._busy.total() and time.monotonic() < deadline:
            time.sleep(0.02)
        return not self._busy.total()

    def _look(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            if not self._take():
                self._woken.wait(_LOOK_SECONDS)

    def _take(self) -> bool:
        """Hand what is due to the threads. False: there was nothing, or no thread for it."""
        with self._lock:
            free = self._threads - self._busy.total()
            full = [kind for kind, count in self._busy.items() if count >= max(1, self._threads // 2)]
        if free <= 0:
            return False
        try:
            claimed = self._sending.claim(free, full)
        except Exception as error:  # whatever the database says, it is asked again
            self._tell(error)
            return False
        self._trouble = ""
        for outgoing, until in claimed:
            with self._lock:
                self._busy[outgoing.kind] += 1
            self._pool.submit(self._send, outgoing, until)
        return bool(claimed)

    def _send(self, outgoing: Outgoing, until: float) -> None:
        try:
            if not self._sending.send(outgoing, until):
                _LOG.info("what became of %s was not written: another process has it, or it was cancelled", outgoing.id)
        except Exception as error:  # it was perhaps sent, but that could not be written: it is sent again
            self._tell(error)
        finally:
            with self._lock:
                self._busy[outgoing.kind] -= 1
            self._woken.set()

    def _tell(self, error: Exception) -> None:
        """Once, in the log."""
        sentence = error.message if isinstance(error, errors.AccelerappError) else f"{type(error).__name__}: {error}"
        if sentence != self._trouble:
            expected = isinstance(error, errors.AccelerappError)
            _LOG.warning("messages wait: %s", sentence, exc_info=None if expected else error)
        self._trouble = sentence
