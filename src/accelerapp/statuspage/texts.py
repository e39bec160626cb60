"""Texts that people write for the page: bounded, and such as every database and every feed takes. Pure."""

from __future__ import annotations

import re

from accelerapp.base import errors

LONGEST = 25_000
"""Characters of an update; Statuspage takes as many."""
TITLE = 200
NAME = 120
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def fold(name: str) -> str:
    """What two names have in common that people take for the same."""
    return " ".join(name.split()).casefold()


class Checked:
    """Reads the fields of one input, and raises once, with everything that is wrong."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._problems: list[errors.FieldProblem] = []

    def text(self, field: str, text: str, limit: int = LONGEST, *, is_needed: bool = False) -> str:
        """Without characters that cannot be seen, and without blanks around it."""
        seen = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        clean = seen.encode("utf-8", "replace").decode().strip()
        if is_needed and not clean:
            self.refuse(field, "is missing.")
        if len(clean) > limit:
            self.refuse(field, f"takes at most {limit:,} characters; these are {len(clean):,}.")
        return clean

    def line(self, field: str, text: str, limit: int = TITLE, *, is_needed: bool = False) -> str:
        """One line."""
        return self.text(field, " ".join(text.split()), limit, is_needed=is_needed)

    def refuse(self, field: str, reason: str) -> None:
        """This is wrong as well."""
        self._problems.append(errors.FieldProblem(field, reason))

    def end(self) -> None:
        """Raises InvalidInputError when anything was wrong."""
        if self._problems:
            raise errors.InvalidInputError(self._what, self._problems)
