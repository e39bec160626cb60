"""Learning what is usual: each whole hour of a service's log once, soon after it is over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.logs import baseline
from accelerapp.logs.baseline import Baseline
from accelerapp.logs.model import LogReview
from accelerapp.logs.store import Baselines

Opened = Callable[[], AbstractContextManager[Baselines]]
Review = Callable[[datetime, datetime, Baseline], LogReview]
"""The review of a stretch, whose templates keep to those of the baseline."""


def learn(service: ServiceName, reading: Opened, writing: Opened, review: Review, now: datetime) -> bool:
    """Learn the hour that is over, if there is one: was there?

    Raises CannotTellError when a part of its log cannot be read: it is tried again until the next hour is over, and
    then that hour is not known. Two processes that learn the same hour write the same.
    """
    with reading() as store:
        known = store.get(service)
    due = baseline.due(known, now)
    found, trouble = None, ""
    if due.learn is not None:
        start = baseline.start_of(due.learn)
        found = review(start, start + timedelta(hours=1, milliseconds=-1), known)
        trouble = "; ".join(f"{one.source}: {one.reason}" for one in found.unread[:3])
    with writing() as store:
        before = store.get(service)
        after = baseline.miss(baseline.look(before, now), due.missed)
        if due.learn is not None and found is not None and not trouble:
            after = baseline.learn(after, due.learn, found, due.is_whole)
        store.put(service, before, after)
    if trouble:
        raise errors.CannotTellError(
            f"The last hour of {service} is not learned, as not all of it was read: {trouble}."
        )
    return found is not None
