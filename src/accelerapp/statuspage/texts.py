"""Texts that people write for the page: bounded, and such as every database and every feed takes. Pure."""

from __future__ import annotations

import re
from typing import ClassVar

from accelerapp.base import checked

LONGEST = 25_000
"""Characters of an update; Statuspage takes as many."""
TITLE = 200
NAME = 120
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def fold(name: str) -> str:
    """What two names have in common that people take for the same."""
    return " ".join(name.split()).casefold()


class Checked(checked.Checked):
    """Feeds and pages take no characters that cannot be seen."""

    longest: ClassVar[int] = LONGEST
    title: ClassVar[int] = TITLE

    def clean(self, text: str) -> str:
        """Without them, and with one kind of line end."""
        return super().clean(_UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
