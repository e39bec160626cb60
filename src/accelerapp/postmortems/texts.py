"""Texts that people write into post-mortems: bounded, and such as every database takes. Pure."""

from __future__ import annotations

from accelerapp.base import errors

LONGEST = 100_000
"""Characters of a section."""
LINE = 2000
NAME = 200
MOST = 200
"""Action items of one incident."""


def clean(field: str, text: str, limit: int = LONGEST, *, is_needed: bool = False) -> str:
    """Without what no database takes (NUL, halves of characters) and blanks around it. Raises InvalidInputError."""
    found = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode().replace("\r\n", "\n").strip()
    reason = f"takes at most {limit:,} characters; these are {len(found):,}." if len(found) > limit else ""
    if is_needed and not found:
        reason = "is missing."
    if reason:
        raise errors.InvalidInputError("The input", [errors.FieldProblem(field, reason)])
    return found


def line(field: str, text: str, limit: int = LINE, *, is_needed: bool = False) -> str:
    """One line. Raises InvalidInputError."""
    return clean(field, " ".join(text.split()), limit, is_needed=is_needed)
