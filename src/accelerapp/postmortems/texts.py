"""Texts that people write into post-mortems: bounded, and such as every database takes. Pure."""

from __future__ import annotations

from accelerapp.base.checked import Checked

LONGEST = Checked.longest
"""Characters of a section."""
LINE = 2000
NAME = 200
MOST = 200
"""Action items of one incident."""


def clean(field: str, text: str, limit: int | None = None, *, is_needed: bool = False) -> str:
    """A text of several lines, with one kind of line end. Raises InvalidInputError."""
    checked = Checked("The input")
    found = checked.text(field, text.replace("\r\n", "\n"), limit, is_needed=is_needed)
    checked.end()
    return found


def line(field: str, text: str, limit: int = LINE, *, is_needed: bool = False) -> str:
    """One line. Raises InvalidInputError."""
    return clean(field, " ".join(text.split()), limit, is_needed=is_needed)
