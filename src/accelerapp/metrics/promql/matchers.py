"""Which series a selector means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from accelerapp.base import errors
from accelerapp.metrics.model import Labels

_FLAGS = re.compile(r"\(\?([ims]+)\)")


@dataclass(frozen=True)
class Matcher:
    """`label op value` with op `=`, `!=`, `=~` or `!~`; a regular expression must match the whole value."""

    name: str
    op: str
    value: str

    def matches(self, labels: Labels) -> bool:
        """Does it hold for these labels? A missing label is an empty one."""
        return self.accepts(labels.get(self.name, ""))

    def accepts(self, value: str) -> bool:
        """Does it hold for this value of the label?"""
        if self.op == "=":
            return value == self.value
        if self.op == "!=":
            return value != self.value
        return (compiled(self.value).fullmatch(value) is not None) == (self.op == "=~")


def all_match(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Do all hold?"""
    return all(matcher.matches(labels) for matcher in matchers)


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression of Prometheus as one of Python. Raises WrongUseError for what Python does not know."""
    flags = _FLAGS.match(pattern)
    text = f"(?{flags[1]}:{pattern[flags.end() :]})" if flags else pattern
    try:
        return re.compile(text)
    except re.error as error:
        raise errors.WrongUseError(
            f"The regular expression '{pattern}' cannot be read here: {error}.",
            mend="Write it with what Prometheus' and Python's expressions have in common.",
        ) from error
