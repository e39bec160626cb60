"""Nouns to JSON values and back, without pydantic: the supervisor must stay small.

Reading forgives: fields that are unknown are passed over and missing ones take their default, so that a supervisor
and a client of neighbouring versions read each other's files.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, is_dataclass
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def write(noun: Any) -> dict[str, Any]:
    """A noun as JSON values."""
    return asdict(noun)


def read(kind: type[T], data: Any) -> T:
    """The noun of this kind. Raises TypeError or ValueError when the values don't fit."""
    return cast("T", _read(kind, data))


def _read(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if is_dataclass(kind):
        hints = _hints(cast("Hashable", kind))
        return cast("Any", kind)(**{name: _read(hints[name], value) for name, value in data.items() if name in hints})
    if origin is UnionType:
        return None if data is None else _read(get_args(kind)[0], data)
    if origin is tuple:
        return tuple(_read(get_args(kind)[0], item) for item in data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    return data


@lru_cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(cast("Any", kind))
