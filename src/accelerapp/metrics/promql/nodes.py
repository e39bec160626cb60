"""What a PromQL expression is made of. Durations are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accelerapp.metrics.promql.matchers import Matcher


@dataclass(frozen=True)
class Number:
    """`0.5`."""

    value: float


@dataclass(frozen=True)
class Text:
    """`"le"`, as an argument of a function."""

    value: str


class Anchor(StrEnum):
    """What `@` may name instead of a time."""

    START = "start"
    END = "end"


@dataclass(frozen=True)
class Selector:
    """`name{label="value"} offset 5m`, with `range` also `[5m]`."""

    matchers: tuple[Matcher, ...]
    range: int | None = None
    offset: int = 0
    at: int | Anchor | None = None
    """Milliseconds since 1970, or the start or end of the query; None: the time of evaluation."""


@dataclass(frozen=True)
class Subquery:
    """`(expr)[1h:1m]`."""

    expr: Node
    range: int
    step: int | None
    offset: int = 0
    at: int | Anchor | None = None


@dataclass(frozen=True)
class Call:
    """`rate(…)`."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True)
class Aggregate:
    """`sum by (le) (…)`."""

    op: str
    expr: Node
    param: Node | None
    labels: tuple[str, ...]
    without: bool


class Cardinality(StrEnum):
    """How many elements of one side may match one of the other."""

    ONE_TO_ONE = "one-to-one"
    MANY_TO_ONE = "many-to-one"
    """`group_left`"""
    ONE_TO_MANY = "one-to-many"
    """`group_right`"""


@dataclass(frozen=True)
class Binary:
    """`left op right` with the way the elements of two vectors find one another."""

    op: str
    left: Node
    right: Node
    returns_bool: bool = False
    on: bool = False
    """True: `labels` are those that must be equal; False: those that are ignored."""
    labels: tuple[str, ...] = ()
    cardinality: Cardinality = Cardinality.ONE_TO_ONE
    include: tuple[str, ...] = ()
    """Labels that the result takes from the side of which there is one."""


@dataclass(frozen=True)
class Negative:
    """`-expr`."""

    expr: Node


Node = Number | Text | Selector | Subquery | Call | Aggregate | Binary | Negative
