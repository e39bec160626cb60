"""JSON lines and logfmt: the level, the time and the message are fields with a few usual names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

from accelerapp.logs.formats import levels, times
from accelerapp.logs.formats.interface import Parsed
from accelerapp.logs.model import Level

_LEVELS = (
    "level",
    "severity",
    "log.level",
    "lvl",
    "loglevel",
    "levelname",
    "log_level",
    "SeverityText",
    "@level",
    "PRIORITY",
)
_TIMES = ("time", "timestamp", "@timestamp", "ts", "datetime", "date", "asctime", "t", "Timestamp", "@t", "eventTime")
_MESSAGES = ("message", "msg", "log", "event", "text", "Message", "@message", "body", "@m", "MESSAGE")
_PAIR = re.compile(r'([A-Za-z_@][\w.@/-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)')


def parse_json(line: str, reference: datetime) -> Parsed | None:
    """A line that is one JSON object."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return _record(fields, line, reference) if isinstance(fields, dict) else None


def parse_logfmt(line: str, reference: datetime) -> Parsed | None:
    """A line of `key=value` pairs, of which one is a level, a time or a message."""
    position, fields = 0, {}
    while position < len(line):
        match = _PAIR.match(line, position)
        if match is None:
            return None
        value = match[2]
        fields[match[1]] = value[1:-1].replace('\\"', '"') if value.startswith('"') else value
        position = match.end()
    known = sum(any(name in fields for name in names) for names in (_LEVELS, _TIMES, _MESSAGES))
    return _record(fields, line, reference) if known >= 2 else None


def _record(fields: Mapping[str, object], line: str, reference: datetime) -> Parsed:
    level = next((found for name in _LEVELS if (found := levels.of_value(_find(fields, name)))), None)
    stamp = next((when for name in _TIMES if (when := times.of_value(_find(fields, name), reference))), None)
    name = next((name for name in _MESSAGES if isinstance(fields.get(name), str)), None)
    message = str(fields[name]) if name else line
    rest = {key: value for key, value in fields.items() if key != name}
    return Parsed(
        message=message,
        level=level or Level.NONE,
        at=stamp.at if stamp else None,
        fields=rest,
        zoneless=stamp.zoneless if stamp else False,
    )


def _find(fields: Mapping[str, object], name: str) -> object:
    """`log.level` may be one name or two nested ones."""
    if name in fields or "." not in name:
        return fields.get(name)
    outer, inner = name.split(".", 1)
    place = fields.get(outer)
    return place.get(inner) if isinstance(place, dict) else None
