"""The figures behind a check, as a list and tables to read. Pure.

Enters: the facts of a check, JSON values with stable names whose endings tell their unit (`_bytes`, `_percent`,
`_seconds`, `_cores`). Leaves: labels, texts and tables; nothing is left out, whatever a check may add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accelerapp.base import text

_NONE = "–"
_WORDS = {"cpu": "CPU", "url": "URL", "pid": "process", "mount": "mounted at"}


@dataclass(frozen=True)
class Cell:
    """A value as text; numbers stand at the right."""

    text: str
    is_number: bool = False


@dataclass(frozen=True)
class Figure:
    """One value with its label."""

    label: str
    cell: Cell


@dataclass(frozen=True)
class Table:
    """Several things of one kind."""

    label: str
    heads: tuple[Figure, ...]
    """The label of each column; `cell.is_number` says on which side it stands."""
    rows: tuple[tuple[Cell, ...], ...]


def figures(values: Mapping[str, Any]) -> list[Figure]:
    """The single values, and lists of them on one line."""
    return [Figure(label(name), cell(name, value)) for name, value in values.items() if not _is_table(value)]


def tables(values: Mapping[str, Any]) -> list[Table]:
    """The lists of things with the same fields, and things by name."""
    return [
        table for name, value in values.items() if _is_table(value) for table in _tables(label(name), _things(value))
    ]


def label(name: str) -> str:
    """`memory_limit_bytes` -> `Memory limit`."""
    unit = ", %" if name.endswith("_percent") else ""
    for ending in _FORMATS:
        name = name.removesuffix(ending)
    words = [_WORDS.get(word, word) for word in name.split("_") if word] or [name]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]]) + unit


def cell(name: str, value: Any) -> Cell:
    """A value as text, by the unit that its name ends with."""
    if value is None or value == "" or value == []:
        return Cell(_NONE)
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, int | float):
        return Cell(_number(name, value), is_number=True)
    if isinstance(value, Mapping):
        return Cell(", ".join(f"{label(str(key)).lower()} {cell(str(key), each).text}" for key, each in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return Cell(", ".join(cell(name, each).text for each in value))
    return Cell(_time(str(value)))


_FORMATS: dict[str, Callable[[float], str]] = {
    "_bytes": text.size,
    "_percent": lambda value: f"{value:.0f} %" if value >= 10 else f"{value:.1f} %",
    "_seconds": text.duration,
    "_cores": lambda value: f"{value:.2f} cores",
    "_ms": lambda value: text.duration(value / 1000),
    "_share": lambda value: f"{100 * value:.1f} %",
}


def _number(name: str, value: float) -> str:
    for ending, write in _FORMATS.items():
        if name.endswith(ending) or name == ending[1:]:
            return write(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _time(value: str) -> str:
    """A time in ISO 8601 as `2026-03-02 12:00:00 UTC`; any other text as it is."""
    if len(value) < 19 or value[4:5] != "-" or value[10:11] != "T":
        return value
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return at.strftime("%Y-%m-%d %H:%M:%S ") + (at.tzname() or "")


def _is_table(value: Any) -> bool:
    return bool(_things(value))


def _things(value: Any) -> list[Mapping[str, Any]]:
    """A list of objects, or objects by name: [{…}, {…}] or {"a": {…}, "b": {…}}."""
    if isinstance(value, Mapping) and value and all(isinstance(each, Mapping) for each in value.values()):
        return [{"name": key, **each} for key, each in value.items()]
    if isinstance(value, list | tuple) and value and all(isinstance(each, Mapping) for each in value):
        return list(value)
    return []


def _tables(title: str, things: list[Mapping[str, Any]]) -> list[Table]:
    """The table of the things, and one more for each list of things within one of them."""
    columns = list(dict.fromkeys(key for thing in things for key in thing))
    nested = [key for key in columns if any(_is_table(thing.get(key)) for thing in things)]
    found = [_table(title, things, [key for key in columns if key not in nested])]
    for thing in things:
        whose = next((cell(key, thing.get(key)).text for key in columns if key not in nested), "")
        for key in nested:
            found += _tables(f"{title}, {whose}: {label(key).lower()}", _things(thing.get(key)))
    return [table for table in found if table.rows]


def _table(title: str, things: list[Mapping[str, Any]], columns: list[str]) -> Table:
    rows = tuple(tuple(cell(key, thing.get(key)) for key in columns) for thing in things)
    # A column of numbers stays at the right when some of its values are missing.
    sides = [any(row[index].is_number for row in rows) for index in range(len(columns))]
    heads = tuple(Figure(label(key), Cell("", side)) for key, side in zip(columns, sides, strict=True))
    return Table(title, heads, rows)
