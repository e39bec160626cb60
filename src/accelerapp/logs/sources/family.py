"""From an address to sources: the one place that knows which kinds there are; far ones are imported when named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from accelerapp.base import errors, text
from accelerapp.logs.model import Unread
from accelerapp.logs.sources import files, streams
from accelerapp.logs.sources.interface import Source

Named = str | Path | IO[bytes] | IO[str] | Source
"""What people name as a source: an address, an open stream, or a source that is made already."""


def find(
    address: str, since: datetime | None = None, until: datetime | None = None
) -> tuple[list[Source], list[Unread]]:
    """The sources that an address means, and what of it cannot be read.

    An address is a path, a folder, a pattern, `s3://BUCKET/…` or `loki+http://HOST:3100/?query={…}`. What was surely
    written before `since` is left out. `until` is the end of what Loki is asked for; None means now.
    """
    if address.startswith("s3://"):
        from accelerapp.logs.sources import objects

        return objects.find(address, since)
    if address.startswith(("loki+http://", "loki+https://")):
        from accelerapp.logs.sources import loki

        return loki.find(address, until)
    scheme, mark, _ = address.partition("://")
    if mark and scheme.replace("+", "").isalnum():
        return [], [
            Unread(address, "there are no logs of this kind: name a path, s3://, loki+http:// or loki+https://")
        ]
    return files.find(address, since)


def try_out(address: str, now: datetime) -> str:
    """A sentence on what stands at an address; a little of its first log is read. Raises CannotTellError."""
    found, unread = find(address, until=now)
    if unread:
        raise errors.CannotTellError(f"{unread[0].source}: {unread[0].reason}.")
    next(iter(found[0].chunks(now - timedelta(hours=24))), b"")
    return f"{address} answers and holds {text.count(len(found), 'log')}."


def find_all(
    named: Iterable[Named], since: datetime | None = None, until: datetime | None = None
) -> tuple[list[Source], list[Unread]]:
    """The sources of all that is named, in its order."""
    found: list[Source] = []
    unread: list[Unread] = []
    for one in named:
        if isinstance(one, str | Path):
            sources, missing = find(str(one), since, until)
            found += sources
            unread += missing
        elif isinstance(one, Source):
            found.append(one)
        else:
            found.append(streams.StreamSource(str(getattr(one, "name", "stream")), one))
    return found, unread
