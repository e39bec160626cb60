"""The series of one target, numbered: a scrape is one value for each number.

The bytes that name a series in an answer are looked up as they are, so that an answer whose series are all known
costs a look-up and a number each.
"""

from __future__ import annotations

import secrets
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping

from accelerapp.metrics import model
from accelerapp.metrics.model import Labels

LONGEST_VALUE = 1024
"""Characters of a label's value, and of a name."""
MOST_LABELS = 64


class Columns:
    """Grows by one number for each new series, up to `most`; what comes beyond is counted in `dropped`.

    `id` tells one run of a target from the next: after a restart its series are numbered anew.
    """

    def __init__(self, target: Labels, most: int) -> None:
        self.id = secrets.randbits(62)
        self.labels: list[Labels] = []
        self.written = 0
        """How many of the labels the store has."""
        self.dropped: Counter[str] = Counter()
        """What the last row left out, by reason."""
        self.alive = 0
        """How many series the last row had."""
        self._target = {key: value for key, value in target.items() if value}
        self._most = most
        self._numbers: dict[frozenset[tuple[str, str]], int] = {}
        self._raw: dict[bytes, int | None] = {}
        self._values = array("d")

    @property
    def is_worn(self) -> bool:
        """Is it full, and most of it of series that have ended? Then it is time for new ones."""
        return len(self.labels) >= self._most and self.alive < self._most / 2

    def begin(self) -> None:
        """A new row, in which every series has ended until a value is set."""
        self._values = array("d", [model.STALE]) * len(self.labels)
        self.dropped = Counter()

    def row(self) -> array[float]:
        """The row as set."""
        self.alive = sum(value == value or not model.is_stale(value) for value in self._values)
        return self._values

    def known(self, raw: bytes, value: float) -> bool:
        """Set the value of a series that is known by these bytes. False: they are new."""
        if raw not in self._raw:
            return False
        number = self._raw[raw]
        if number is None:
            self.dropped["too many series"] += 1
        else:
            self._values[number] = value
        return True

    def set(self, labels: Mapping[str, str], value: float, raw: bytes | None = None) -> None:
        """Set the value of a series by its own labels; those of the target come on top, as in Prometheus:
        a label of the same name is kept as `exported_NAME`.
        """
        reason = _refused(labels)
        if reason:
            self.dropped[reason] += 1
            return
        number = self._number(labels)
        if number is None:
            self.dropped["too many series"] += 1
        else:
            self._values[number] = value
        if raw is not None and len(self._raw) < 2 * self._most:
            self._raw[raw] = number

    def _number(self, own: Mapping[str, str]) -> int | None:
        labels = self._joined(own)
        key = frozenset(labels.items())
        number = self._numbers.get(key)
        if number is None and len(self.labels) < self._most:
            number = self._numbers[key] = len(self.labels)
            self.labels.append(labels)
            self._values.append(model.STALE)
        return number

    def _joined(self, own: Mapping[str, str]) -> dict[str, str]:
        joined = {name: value for name, value in own.items() if value}
        for name, value in self._target.items():
            if name in joined:
                joined[f"exported_{name}"] = joined[name]
            joined[name] = value
        return joined


def _refused(labels: Mapping[str, str]) -> str:
    """Why a series is not taken; empty: it is."""
    if len(labels) > MOST_LABELS:
        return f"more than {MOST_LABELS} labels"
    if any(len(text) > LONGEST_VALUE for pair in labels.items() for text in pair):
        return f"a label longer than {LONGEST_VALUE} characters"
    return ""


def told(dropped: Iterable[tuple[str, int]]) -> str:
    """`12 series left out: too many series; …`, empty when none was."""
    return "; ".join(f"{count:,} series left out: {reason}" for reason, count in dropped)
