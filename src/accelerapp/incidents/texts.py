"""Texts that people write: bounded, and such as every database takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from accelerapp.base import errors

LONGEST = 100_000
"""Characters of a text of several lines; of Markdown, as people paste it."""
TITLE = 300
NAME = 200
MOST = 200
"""Tags, links, tasks, responders of one incident."""


class Checked:
    """Reads the fields of one input, and raises once, with everything that is wrong."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._problems: list[errors.FieldProblem] = []

    def text(self, field: str, text: str, limit: int = LONGEST, *, is_needed: bool = False) -> str:
        """Without what no database takes (NUL, halves of characters), and without blanks around it."""
        clean = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode().strip()
        if is_needed and not clean:
            self.refuse(field, "is missing.")
        if len(clean) > limit:
            self.refuse(field, f"takes at most {limit:,} characters; these are {len(clean):,}.")
        return clean

    def line(self, field: str, text: str, limit: int = TITLE, *, is_needed: bool = False) -> str:
        """One line."""
        return self.text(field, " ".join(text.split()), limit, is_needed=is_needed)

    def names(self, field: str, names: Iterable[str]) -> tuple[str, ...]:
        """Each once, in their order."""
        found = dict.fromkeys(self.line(field, each, NAME, is_needed=True) for each in names)
        if len(found) > MOST:
            self.refuse(field, f"takes at most {MOST}.")
        return tuple(found)

    def url(self, field: str, url: str) -> str:
        """An address of the web: another may run something when it is clicked."""
        clean = self.line(field, url, 2000, is_needed=True)
        try:
            parts = urlsplit(clean)
            is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in clean
        except ValueError:
            is_good = False
        if clean and not is_good:
            self.refuse(field, "is an address that begins with https:// or http://.")
        return clean

    def refuse(self, field: str, reason: str) -> None:
        """This is wrong as well."""
        self._problems.append(errors.FieldProblem(field, reason))

    def end(self) -> None:
        """Raises InvalidInputError when anything was wrong."""
        if self._problems:
            raise errors.InvalidInputError(self._what, self._problems)
