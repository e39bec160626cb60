"""Questions to platforms and stores, asked so that a page never hangs and a crowd asks only once.

Enters: a key and a function that may block, fail or hang. Leaves: an `Answer`, which is a value or the sentence that
says why there is none. Whoever asks the same while an answer is under way, or while it is still fresh, shares it; a
question that hangs therefore holds one thread, however many viewers wait.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from accelerapp.base import errors, text

T = TypeVar("T")
Key = tuple[str, ...]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What is known, or why it is not."""

    value: T | None = None
    trouble: str = ""
    """Why nothing is known, as a sentence; empty when `value` counts."""
    mend: str = ""
    is_pending: bool = False
    """Is it still being asked?"""

    @property
    def known(self) -> bool:
        """Does `value` count?"""
        return not self.trouble


@dataclass(frozen=True)
class Question:
    """Something to find out: `keep` seconds long the answer may be given to others too."""

    key: Key
    find: Callable[[], Any]
    keep: float = 1.0


@dataclass
class _Asked:
    future: Future[Answer[Any]]
    since: float
    """`time.monotonic()` when it was asked."""
    keep: float
    until: float = field(default=0.0)
    """Fresh until then; 0 while it is not answered."""


class Asker:
    """Asks in threads of its own and waits at most `timeout` seconds."""

    def __init__(self, timeout: float = 5.0) -> None:
        self._timeout = timeout
        self._asked: dict[Key, _Asked] = {}
        self._lock = threading.Lock()

    def ask(self, key: Key, find: Callable[[], T], *, keep: float = 1.0, timeout: float | None = None) -> Answer[T]:
        """One answer."""
        return self._wait(self._begin(Question(key, find, keep)), timeout)

    def ask_all(self, questions: Mapping[str, Question], timeout: float | None = None) -> dict[str, Answer[Any]]:
        """Answers to several questions at once, by the same names; all together take no longer than the slowest."""
        begun = {name: self._begin(question) for name, question in questions.items()}
        return {name: self._wait(asked, timeout) for name, asked in begun.items()}

    def forget(self, *start: str) -> None:
        """Keep no answer whose key starts so: something was just changed."""
        with self._lock:
            for key in [key for key in self._asked if key[: len(start)] == start]:
                del self._asked[key]

    def _begin(self, question: Question) -> _Asked:
        now = time.monotonic()
        with self._lock:
            asked = self._asked.get(question.key)
            if asked is not None and (not asked.future.done() or asked.until > now):
                return asked
            self._drop_stale(now)
            asked = self._asked[question.key] = _Asked(Future(), now, question.keep)
        # Daemon threads: a platform that hangs must not keep the process from ending.
        threading.Thread(target=_find, args=(asked, question), name=f"ask {question.key}", daemon=True).start()
        return asked

    def _drop_stale(self, now: float) -> None:
        for key in [key for key, asked in self._asked.items() if asked.future.done() and asked.until <= now]:
            del self._asked[key]

    def _wait(self, asked: _Asked, timeout: float | None) -> Answer[Any]:
        limit = self._timeout if timeout is None else timeout
        try:
            # Counted from when it was asked: what has hung for a minute is not waited for once more.
            return asked.future.result(max(0.0, asked.since + limit - time.monotonic()))
        except TimeoutError:
            told = f"No answer within {text.duration(limit)}."
            return Answer(trouble=told, mend="It is asked again by itself.", is_pending=True)


def _find(asked: _Asked, question: Question) -> None:
    answer = _answer(question)
    asked.until = time.monotonic() + asked.keep
    asked.future.set_result(answer)


def _answer(question: Question) -> Answer[Any]:
    try:
        return Answer(question.find())
    except errors.AccelerappError as error:
        return Answer(trouble=error.message, mend=error.mend)
    except Exception as error:  # one part that is broken must not take the whole page away at night
        _LOG.exception("The question %s failed", question.key)
        return Answer(trouble=f"This part failed: {type(error).__name__}.", mend="The server's log says more.")
