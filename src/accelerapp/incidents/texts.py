"""Texts that people write about incidents: bounded, and such as every database takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from accelerapp.base import checked

LONGEST = checked.Checked.longest
TITLE = checked.Checked.title
NAME = 200
MOST = 200
"""Tags, links, tasks, responders of one incident."""


class Checked(checked.Checked):
    """Names and addresses, too."""

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
