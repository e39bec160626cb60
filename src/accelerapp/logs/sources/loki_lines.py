"""An answer of Loki as lines. Pure.

Each entry becomes a line in the form of a Kubernetes runtime, which carries its time. An entry of several lines stays
one record: its further lines are indented. The entry's level is used where its text names none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from accelerapp.logs import wrapping
from accelerapp.logs.kernel import binding
from accelerapp.logs.model import Level

_LEVEL_LABELS = ("level", "severity", "severity_text", "lvl", "loglevel", "log_level")
"""Not `detected_level`: where a text has no level field, Loki guesses that one from words such as `error` in it."""
_SYSLOG = {Level.CRITICAL: 2, Level.ERROR: 3, Level.WARNING: 4, Level.INFO: 6, Level.DEBUG: 7}
_NANOS = 10**9


class NotUnderstoodError(ValueError):
    """The answer is not one that Loki's documentation describes."""


@dataclass(frozen=True)
class Entry:
    """One entry: when, in nanoseconds since 1970; its text; its labels and structured metadata."""

    at: int
    text: str
    labels: Mapping[str, str]


def entries(body: bytes) -> list[Entry]:
    """The entries of an answer to a range query, stream by stream. Raises NotUnderstoodError."""
    try:
        data = json.loads(body)["data"]
        if data["resultType"] != "streams":
            raise NotUnderstoodError("the query answers figures, not log lines: leave rate(), sum() and the like out")
        return [_entry(stream["stream"], value) for stream in data["result"] for value in stream["values"]]
    except NotUnderstoodError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise NotUnderstoodError("the answer is not Loki's") from error


def _entry(labels: Mapping[str, str], value: list[object]) -> Entry:
    at, text = int(str(value[0])), value[1]
    if not isinstance(text, str) or not 0 <= at < 1 << 63:
        raise NotUnderstoodError("the answer is not Loki's")
    if len(value) > 2 and isinstance(value[2], dict):
        labels = dict(labels) | _flat(value[2])
    return Entry(at, text, labels)


def _flat(metadata: Mapping[str, object]) -> dict[str, str]:
    """Structured metadata: the pairs themselves, or by kind."""
    found: dict[str, str] = {}
    for key, value in metadata.items():
        found |= {inner: str(each) for inner, each in value.items()} if isinstance(value, dict) else {key: str(value)}
    return found


def render(found: Iterable[Entry]) -> bytes:
    """The entries as lines."""
    return "".join(f"{line}\n" for entry in found for line in _lines(entry)).encode("utf-8", "replace")


def _lines(entry: Entry) -> Iterator[str]:
    seconds, nanos = divmod(entry.at, _NANOS)
    stamp = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z stdout"
    first, *rest = entry.text.rstrip("\r\n").split("\n")
    inner = wrapping.unwrap(first)
    text = _with_level(inner.line if inner else first, entry)
    yield f"{stamp} {'P' if inner and inner.partial else 'F'} {text}"
    for line in rest:
        yield f"{stamp} F {line if line[:1] in (' ', chr(9)) else ' ' + line}"


def _with_level(text: str, entry: Entry) -> str:
    """The text, with the level of the labels put in where its form has it, unless it names one itself."""
    level = next((found for name in _LEVEL_LABELS if (found := _level_of(entry.labels.get(name)))), None)
    if level is None or _level_in(text) is not Level.NONE:
        return text
    if _is_object(text):
        rest = text[1:].lstrip()
        comma = "" if rest.startswith("}") else ", "
        return f'{{"level": "{level}"{comma}{rest}'
    logfmt = f"level={level} {text}"
    return logfmt if "=" in text and _level_in(logfmt) is level else f"<{_SYSLOG[level]}>{text}"


def _level_of(label: str | None) -> Level | None:
    """The level that a label's value names; the kernel knows the words."""
    found = None if label is None else _level_in(json.dumps({"level": label}))
    return None if found is Level.NONE else found


def _level_in(text: str) -> Level:
    parsed = binding.parse(text.encode("utf-8", "replace"), 0)
    return parsed.level if parsed else Level.NONE


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
