"""Nouns to JSON and back. The same frozen dataclasses are what the API answers, `--json` prints and a client reads."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, TypeVar, cast

T = TypeVar("T")


@lru_cache(maxsize=256)
def _adapter(kind: Hashable) -> Any:
    import pydantic  # 80 ms: only who reads or writes JSON pays for it

    return pydantic.TypeAdapter(cast("Any", kind))


def to_json(value: Any, kind: Any = None, indent: int | None = None) -> bytes:
    """Any noun, or list of nouns, as JSON: times in ISO 8601 with offset, enums by value, durations in ISO 8601."""
    return cast("bytes", _adapter(cast("Hashable", kind or type(value))).dump_json(value, indent=indent))


def from_json(kind: type[T] | Any, data: bytes | str) -> T:
    """The noun that `to_json` wrote. Raises ValueError with every wrong field."""
    return cast("T", _adapter(cast("Hashable", kind)).validate_json(data))
