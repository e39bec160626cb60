"""What container runtimes wrap round a line: Kubernetes CRI and Docker's json-file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from accelerapp.logs.formats import times

_CRI = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20}) (stdout|stderr) ([FP])(?::\S+)? ?")


@dataclass(frozen=True)
class Unwrapped:
    """The line inside, when the runtime saw it, and whether its rest follows in the next one."""

    line: str
    at: datetime | None
    partial: bool


def unwrap(line: str, reference: datetime) -> Unwrapped | None:
    """The line inside; None when nothing is wrapped."""
    if line.startswith('{"log":'):
        return _docker(line, reference)
    match = _CRI.match(line)
    if match is None:
        return None
    stamp = times.of_value(match[1], reference)
    return Unwrapped(line[match.end() :], stamp.at if stamp else None, match[3] == "P")


def _docker(line: str, reference: datetime) -> Unwrapped | None:
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    text = fields.get("log")
    if not isinstance(text, str) or "stream" not in fields:
        return None
    stamp = times.of_value(fields.get("time"), reference)
    return Unwrapped(text.rstrip("\r\n"), stamp.at if stamp else None, not text.endswith("\n"))
