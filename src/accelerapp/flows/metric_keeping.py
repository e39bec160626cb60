"""Keeps the store of samples small: hours that are over are packed, old ones thinned, the oldest forgotten.

Each step is a unit of work of its own. Nothing is done unless there are scrapes between an hour and the retention ago
by the clock of now: a clock that jumps ahead for a moment takes no history with it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from accelerapp.metrics import head
from accelerapp.metrics.series_store import SeriesStore

ROLLUP = 120_000
"""The step (ms) of what is kept for long: less than half the look-back, so that a selector never misses a sample."""
_HOUR = 3_600_000
_UNPACKED = head.LENGTH + 300_000
"""What the head may need at a start stays unpacked."""
_ROUNDS = 1000

Opened = Callable[[], AbstractContextManager[SeriesStore]]


def tidy(reading: Opened, writing: Opened, retention: timedelta, rollup_retention: timedelta, now: datetime) -> int:
    """Do what is due; how many blocks and scrapes were forgotten."""
    at = round(now.timestamp() * 1000)
    with reading() as store:
        is_trusted = store.has_scrapes(at - _milliseconds(retention), at - _HOUR)
    if not is_trusted:
        return 0
    _pack(reading, writing, at - _UNPACKED)
    _thin(reading, writing, at - _milliseconds(retention))
    with writing() as store:
        return store.prune(at - _milliseconds(rollup_retention), at + _HOUR)


def _pack(reading: Opened, writing: Opened, before: int) -> None:
    """All hours of all targets, as often as one is found; the bound is against a store that packs nothing."""
    for _ in range(_ROUNDS):
        with reading() as store:
            due = store.hours_to_pack(before)
        if not due:
            return
        for target, hour in due:
            with writing() as store:
                store.pack(target, hour)


def _thin(reading: Opened, writing: Opened, before: int) -> None:
    for _ in range(_ROUNDS):
        with reading() as store:
            due = store.to_thin(before)
        if not due:
            return
        for target, start in due:
            with writing() as store:
                store.thin(target, start, ROLLUP)


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
