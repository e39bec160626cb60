"""What is read from JSON that others made: an object or a text in it, or none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def table(of: Any, name: str) -> Mapping[str, Any]:
    """The object of that name; empty when there is none, or nothing to look in."""
    found = of.get(name) if isinstance(of, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def text(of: Mapping[str, Any], name: str, longest: int = 2000) -> str:
    """The text of that name, cut to `longest` characters; empty when there is none."""
    found = of.get(name)
    return found[:longest] if isinstance(found, str) else ""
