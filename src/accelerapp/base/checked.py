"""Texts that people write: bounded, and such as every database takes. Pure."""

from __future__ import annotations

from typing import ClassVar

from accelerapp.base import errors


class Checked:
    """Reads the fields of one input, `what`, and raises once, with everything that is wrong."""

    longest: ClassVar[int] = 100_000
    """Characters of a text of several lines; of Markdown, as people paste it."""
    title: ClassVar[int] = 300
    """Characters of a line."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._problems: list[errors.FieldProblem] = []

    def clean(self, text: str) -> str:
        """Without what no database takes: NUL, and halves of characters."""
        return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()

    def text(self, field: str, text: str, limit: int | None = None, *, is_needed: bool = False) -> str:
        """Clean, and without blanks around it."""
        found, most = self.clean(text).strip(), self.longest if limit is None else limit
        if is_needed and not found:
            self.refuse(field, "is missing.")
        if len(found) > most:
            self.refuse(field, f"takes at most {most:,} characters; these are {len(found):,}.")
        return found

    def line(self, field: str, text: str, limit: int | None = None, *, is_needed: bool = False) -> str:
        """One line."""
        return self.text(field, " ".join(text.split()), self.title if limit is None else limit, is_needed=is_needed)

    def refuse(self, field: str, reason: str) -> None:
        """This is wrong as well."""
        self._problems.append(errors.FieldProblem(field, reason))

    def end(self) -> None:
        """Raises InvalidInputError when anything was wrong."""
        if self._problems:
            raise errors.InvalidInputError(self._what, self._problems)
