"""What every kind of sender has: it reads a delivery, and answers as that sender expects. Pure.

A delivery is answered when its signals are committed, and not before: until then the answer is one that makes the
sender try again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from accelerapp.alerts.model import Decision, Integration, Signal
from accelerapp.base import errors

RETRY_SECONDS = 2


@dataclass(frozen=True)
class Delivery:
    """What came in. `headers` by their names in small letters, `query` by name."""

    body: bytes
    headers: Mapping[str, str]
    sender: Integration
    now: datetime
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """Signals, and the answer once they are committed."""

    signals: Sequence[Signal]
    answer: Answer
    notes: Sequence[Decision] = ()
    """Further lines for the sender's history, such as changes."""


class RefusedError(errors.InvalidInputError):
    """The delivery cannot be understood: sending it again would not help."""

    def __init__(self, *problems: errors.FieldProblem) -> None:
        super().__init__("The delivery", problems)


class Reader(Protocol):
    """One kind of sender."""

    def read(self, delivery: Delivery) -> Received:
        """Raises RefusedError with everything that is wrong."""
        ...

    def refusal(self, status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
        """An answer that is not the good one, in the form that this sender reads."""
        ...


def json_answer(status: int, value: object, **headers: str) -> Answer:
    """An answer in JSON."""
    return Answer(status, json.dumps(value).encode(), headers=headers)


def problem_answer(status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
    """What went wrong, as our API says it."""
    told: dict[str, object] = {"message": message}
    if reasons:
        told["problems"] = list(reasons)
    return json_answer(status, told)
