"""Instant vectors while an expression is evaluated: pairs of labels and a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from accelerapp.base import errors
from accelerapp.metrics.model import NAME, Labels

Sample = tuple[Labels, float]
Samples = list[Sample]


def bare(labels: Labels) -> Labels:
    """The labels without the metric's name."""
    if NAME not in labels:
        return labels
    return {key: value for key, value in labels.items() if key != NAME}


def mapped(function: Callable[[float], float], samples: Samples) -> Samples:
    """The function of every value; what comes out is no longer the metric of that name."""
    return unique([(bare(labels), function(value)) for labels, value in samples])


def identity(labels: Labels) -> frozenset[tuple[str, str]]:
    """What makes two label sets the same."""
    return frozenset(labels.items())


def unique(samples: Samples) -> Samples:
    """The samples. Raises WrongUseError when two have the same labels."""
    if len(samples) > 1 and len({identity(labels) for labels, _ in samples}) < len(samples):
        raise errors.WrongUseError(
            "The expression gives two values with the same labels.",
            mend="Name one metric, or put together what belongs together with an aggregation such as `sum by (…)`.",
        )
    return samples


def only(labels: Labels, names: Iterable[str]) -> Labels:
    """These labels of all, as far as they are there."""
    return {name: labels[name] for name in names if labels.get(name)}


def without(labels: Labels, names: Iterable[str]) -> Labels:
    """All labels but these."""
    gone = frozenset(names)
    return {name: value for name, value in labels.items() if name not in gone}
