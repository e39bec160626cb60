"""Reads the text format of Prometheus (0.0.4) into the columns of a target. Pure.

As Prometheus does, one malformed line spoils the whole answer: nobody knows what else is wrong with it. A time stamp
is ignored: the time of the scrape counts. Format: prometheus.io/docs/instrumenting/exposition_formats.
"""

from __future__ import annotations

import re

from accelerapp.base import errors
from accelerapp.metrics.columns import Columns
from accelerapp.metrics.model import NAME

_METRIC = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*")
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))')
_END = re.compile(r"\s*\}")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", '"': '"', "\\": "\\"}


class MalformedError(errors.CannotTellError):
    """The answer is not in the text format of metrics."""


def read(body: bytes, columns: Columns) -> None:
    """Set a value in `columns` for each line. Raises MalformedError that names the first line that is none."""
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line or line.startswith(b"#"):
            continue
        try:
            _read_line(line, columns)
        except ValueError as error:
            shown = line[:80].decode(errors="replace")
            raise MalformedError(f"Line {number} of the answer is not a metric: {shown!r}.") from error


def _read_line(line: bytes, columns: Columns) -> None:
    head, brace, tail = line.rpartition(b"}")
    if brace:
        words = tail.split()
        raw = head
    else:
        raw, *words = line.split() or [b""]
        if not raw:
            return
    # What a line that was once read began with: the rest is its value and perhaps a time.
    if 0 < len(words) <= 2 and columns.known(raw, _number(words[0])):
        return
    labels, rest = _parsed(line.decode())
    columns.set(labels, _number(rest[0].encode()), raw if len(rest) <= 2 else None)


def _number(word: bytes) -> float:
    if b"_" in word:
        raise ValueError(word)  # Python would take it
    return float(word)


def _parsed(line: str) -> tuple[dict[str, str], list[str]]:
    """The labels with the name, and the words after them: the value, perhaps a time, perhaps an exemplar."""
    name = _METRIC.match(line)
    if name is None:
        raise ValueError(line)
    labels, at = {NAME: name[1]}, name.end()
    if line[at : at + 1] == "{":
        at += 1
        while not (end := _END.match(line, at)):
            label = _LABEL.match(line, at)
            if label is None or label[1] in labels:
                raise ValueError(line)
            labels[label[1]] = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), label[2])
            at = label.end()
        at = end.end()
    words = line[at:].split()
    if not words or (len(words) > 2 and words[1] != "#" and words[2] != "#"):
        raise ValueError(line)
    return labels, words
