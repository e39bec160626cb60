"""Questions asked side by side, each in a daemon thread of its own with a time-out.

One that hangs delays no other, holds up no exit, and is not asked a second time while its thread still waits, so that
a check repeated for days over a dead disk or a frozen server keeps one thread and not thousands.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Answered(Generic[T]):
    """What the question returned."""

    value: T
    seconds: float


@dataclass(frozen=True)
class Failed:
    """What the question raised."""

    error: BaseException
    seconds: float


@dataclass(frozen=True)
class Silent:
    """It did not answer in time, or an earlier asking of it still waits: `seconds` since that one was asked."""

    seconds: float


Outcome: TypeAlias = Answered[T] | Failed | Silent


class SideBySide:
    """Asks; remembers per key which threads still wait. One per process is enough; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, list[tuple[threading.Thread, float]]] = {}

    def ask(self, questions: Mapping[str, Callable[[], T]], timeout: float) -> dict[str, Outcome[T]]:
        """The outcome of every question, in their order, after at most `timeout` seconds."""
        started = time.monotonic()
        answers: SimpleQueue[tuple[str, Outcome[T]]] = SimpleQueue()
        hanging = {key: age for key in questions if (age := self._age_of_hanging(key, timeout)) is not None}
        for key, question in questions.items():
            if key not in hanging:
                self._start(key, question, answers)
        told = _collect(answers, len(questions) - len(hanging), started + timeout)
        return {key: told.get(key, Silent(hanging.get(key, timeout))) for key in questions}

    def _age_of_hanging(self, key: str, timeout: float) -> float | None:
        with self._lock:
            alive = [each for each in self._waiting.get(key, []) if each[0].is_alive()]
            self._waiting[key] = alive
        age = max((time.monotonic() - since for _, since in alive), default=0.0)
        return age if age > timeout else None

    def _start(self, key: str, question: Callable[[], T], answers: SimpleQueue[tuple[str, Outcome[T]]]) -> None:
        thread = threading.Thread(target=_answer, args=(key, question, answers), name=f"ask {key}", daemon=True)
        with self._lock:
            self._waiting[key].append((thread, time.monotonic()))
            thread.start()


def _answer(key: str, question: Callable[[], T], answers: SimpleQueue[tuple[str, Outcome[T]]]) -> None:
    started = time.monotonic()
    try:
        value = question()
    except BaseException as error:  # nobody above sees it: it is handed to whoever asked
        answers.put((key, Failed(error, time.monotonic() - started)))
    else:
        answers.put((key, Answered(value, time.monotonic() - started)))


def _collect(answers: SimpleQueue[tuple[str, Outcome[T]]], count: int, deadline: float) -> dict[str, Outcome[T]]:
    told: dict[str, Outcome[T]] = {}
    while len(told) < count:
        try:
            key, outcome = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        told[key] = outcome
    return told
