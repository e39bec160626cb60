"""Plain data as YAML for people: block style, texts of several lines as blocks. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./ -]*[A-Za-z0-9_./]|[A-Za-z]|\d+(?:ms|[smhdw])")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def dump(document: dict[str, Any]) -> str:
    """The document; every reader of YAML 1.1 and 1.2 reads the same from it."""
    return "\n".join(_block(document, 0)) + "\n"


def _block(value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(f"{indent}{_scalar(key)}:", item, depth)
    elif isinstance(value, list):
        for item in value:
            lines = (
                list(_block(item, depth + 1))
                if isinstance(item, dict | list) and item
                else [indent + "  " + _scalar(item)]
            )
            yield f"{indent}- {lines[0].lstrip()}"
            yield from lines[1:]


def _entry(head: str, item: Any, depth: int) -> Iterator[str]:
    if isinstance(item, dict | list) and item:
        yield head
        yield from _block(item, depth + 1)
    elif isinstance(item, str) and "\n" in item and re.fullmatch(r"[^\s][ -~\n]*[^\s]", item):
        yield f"{head} |-"
        yield from ("  " * (depth + 1) + line if line else "" for line in item.split("\n"))
    else:
        yield f"{head} {_scalar(item)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        is_plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if is_plain else _quoted(value)
    return json.dumps(value)


def _quoted(text: str) -> str:
    """In double quotes; what YAML takes for the end of a line, or refuses, is escaped."""
    escaped = json.dumps(text, ensure_ascii=False)
    return re.sub("[\x7f-\xa0\u2028\u2029\ufeff]", lambda match: f"\\u{ord(match[0]):04x}", escaped)
