"""Tries the formats in order."""

from __future__ import annotations

from datetime import datetime

from accelerapp.logs.formats import plain, structured
from accelerapp.logs.formats.interface import Parsed


def parse(line: str, reference: datetime) -> Parsed | None:
    """What the line says; None when it has no mark of a record's beginning (no time, no level, no structure)."""
    if line.startswith("{"):
        found = structured.parse_json(line, reference)
        if found is not None:
            return found
    found = plain.parse(line, reference)
    if found is None and "=" in line:
        found = structured.parse_logfmt(line, reference)
    elif found is not None and "=" in line[:80] and line[:1].isalpha():
        return structured.parse_logfmt(line, reference) or found
    return found
