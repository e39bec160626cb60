"""What container runtimes wrap round a line: Kubernetes CRI and Docker's json-file. Pure; the kernel does the same."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_CRI = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20} (?:stdout|stderr) ([FP])(?::\S+)? ?")


@dataclass(frozen=True)
class Unwrapped:
    """The line inside, and whether its rest follows in the next one."""

    line: str
    partial: bool


def unwrap(line: str) -> Unwrapped | None:
    """The line inside; None when nothing is wrapped."""
    if line.startswith('{"log":'):
        return _docker(line)
    match = _CRI.match(line)
    return Unwrapped(line[match.end() :], match[1] == "P") if match else None


def _docker(line: str) -> Unwrapped | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    text = fields.get("log")
    if not isinstance(text, str) or "stream" not in fields:
        return None
    return Unwrapped(text.rstrip("\r\n"), not text.endswith("\n"))
