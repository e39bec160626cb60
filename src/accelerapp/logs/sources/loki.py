"""Logs in Loki, by its HTTP API: `loki+http://HOST:3100/?query={app="shop"}`, with `&org=TENANT` where it has tenants.

Read forwards, day by day and page by page; the interval of a page holds its begin and not its end. A full page's newest
entries are read again with the next page, so that of entries at the same nanosecond none is lost and none comes twice.
Credentials come from the variables of Loki's own command: LOKI_USERNAME and LOKI_PASSWORD, LOKI_BEARER_TOKEN,
LOKI_ORG_ID.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from accelerapp.base import clock as clocks
from accelerapp.base import errors, text
from accelerapp.clients import http
from accelerapp.logs.model import Unread
from accelerapp.logs.sources import loki_lines
from accelerapp.logs.sources.interface import Source, SourceError, told

PAGE = 5000
_USUAL = timedelta(hours=24)
_STRETCH = 24 * 3600 * 10**9 + 1
_ANSWER_AT_MOST = 32 * 1024**2
_ANSWER_WITHIN = 60.0
_WAIT_AT_MOST = 60.0
_PARAMETER = re.compile(r"&(?=(?:query|org)=)")
_LIMIT = re.compile(r"max entries limit.*?(\d+)\s*\)?\s*$", re.DOTALL)
_BUSY = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Address:
    """Which Loki, and what is asked of it."""

    base: str
    query: str
    org: str = ""


def parse(address: str) -> Address:
    """The parts of an address; its query may be written as it is or percent-encoded. Raises WrongUseError."""
    where, _, parameters = address.removeprefix("loki+").partition("?")
    pairs = dict(part.partition("=")[::2] for part in _PARAMETER.split(parameters))
    query = unquote(pairs.pop("query", "")).strip()
    org = unquote(pairs.pop("org", ""))
    parts = urlsplit(where)
    if "@" in parts.netloc:
        raise errors.WrongUseError(
            "An address holds no credentials", mend="Set LOKI_USERNAME and LOKI_PASSWORD, or LOKI_BEARER_TOKEN"
        )
    if not parts.hostname or "{" not in query or any(pairs):
        raise errors.WrongUseError(
            "The address is not understood", mend='Write loki+http://HOST:3100/?query={app="shop"}'
        )
    return Address(where.rstrip("/"), query, org)


def find(address: str, until: datetime | None = None) -> tuple[list[Source], list[Unread]]:
    """The source of an address."""
    try:
        parsed = parse(address)
    except errors.WrongUseError as error:
        return [], [Unread(re.sub(r"//[^/?]*@", "//***@", address), told(error))]
    return [LokiSource(address, parsed, until)], []


class _Refused(Exception):
    """Loki takes no page of this length; it takes at most `limit` entries."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit


@dataclass(frozen=True)
class _Page:
    """One answer."""

    entries: list[loki_lines.Entry]
    limit: int
    """How many entries were asked for."""
    is_longest: bool
    """Would a longer one be refused, or not fit into memory?"""

    def turn(self, start: int, end: int) -> tuple[list[loki_lines.Entry], int, bool]:
        """What to keep, where the next page begins, and whether more share one nanosecond than a page holds."""
        if len(self.entries) < self.limit:
            return self.entries, end, False
        newest = max(entry.at for entry in self.entries)
        if newest > start:
            return [entry for entry in self.entries if entry.at < newest], newest, False
        return (self.entries, start + 1, True) if self.is_longest else ([], start, False)


class LokiSource:
    """The answer to one query. Without `since` the last 24 hours are read; without `until`, all until now."""

    def __init__(
        self, name: str, address: Address, until: datetime | None = None, clock: clocks.Clock | None = None
    ) -> None:
        self._name = name
        self._address = address
        self._until = until
        self._clock = clock or clocks.SystemClock()
        self._limit = self._longest = PAGE
        self._patience = _WAIT_AT_MOST

    @property
    def name(self) -> str:
        """The address as it was given."""
        return self._name

    def chunks(self, since: datetime | None) -> Iterator[bytes]:
        """A line for each entry, a page at a time. Raises SourceError, also where Loki has no entry at all."""
        until = self._until or self._clock.now()
        start, end = _nanos(since or until - _USUAL), _nanos(until) + 1
        client, crowded, is_empty = self._client(), 0, True
        try:
            while start < end:
                stretch = min(end, start + _STRETCH)
                page = self._page(client, start, stretch)
                kept, start, is_crowded = page.turn(start, stretch)
                crowded += is_crowded
                is_empty = is_empty and not page.entries
                if kept:
                    yield loki_lines.render(kept)
        except (http.UnreachableError, http.TooLargeError) as error:
            raise SourceError(told(error)) from error
        finally:
            client.close()
        if is_empty:
            raise SourceError("Loki has no entry for this query in this window")
        if crowded:
            raise SourceError(
                f"{text.count(crowded, 'nanosecond')} with as many entries as a page holds ({self._longest:,}): "
                "what more there is of them was not read"
            )

    def _client(self) -> http.HttpClient:
        org = self._address.org or os.environ.get("LOKI_ORG_ID", "")
        user = os.environ.get("LOKI_USERNAME", "")
        return http.HttpClient(
            self._address.base,
            token=os.environ.get("LOKI_BEARER_TOKEN", ""),
            timeout=_ANSWER_WITHIN,
            headers={"X-Scope-OrgID": org} if org else {},
            login=(user, os.environ.get("LOKI_PASSWORD", "")) if user else None,
        )

    def _page(self, client: http.HttpClient, start: int, end: int) -> _Page:
        """The first entries from `start` on, as many as Loki gives and memory takes."""
        is_shrunk = False
        while True:
            limit = self._limit
            try:
                body = self._asked(client, {"query": self._address.query, "start": start, "end": end, "limit": limit})
                found = loki_lines.entries(body)
            except loki_lines.NotUnderstoodError as error:
                raise SourceError(str(error)) from error
            except _Refused as refused:
                self._limit = self._longest = refused.limit
            except http.TooLargeError:
                if limit == 1:
                    raise
                self._limit, is_shrunk = max(1, limit // 4), True
            else:
                self._limit = min(self._longest, limit * 2) if len(body) * 3 < _ANSWER_AT_MOST else limit
                return _Page(found, limit, is_shrunk or self._limit == limit)

    def _asked(self, client: http.HttpClient, params: dict[str, object]) -> bytes:
        """The body of an answer of 2xx; waits where Loki asks to, a minute altogether."""
        pause = 1.0
        while True:
            given = {**params, "direction": "forward"}
            answer = client.read("/loki/api/v1/query_range", given, at_most=_ANSWER_AT_MOST, within=_ANSWER_WITHIN)
            if 200 <= answer.status < 300:
                return answer.body
            if answer.status not in _BUSY:
                raise self._refusal(answer)
            asked = _retry_after(answer, self._clock.now())
            wait = pause if asked is None else asked
            if wait > self._patience:
                raise SourceError(f"Loki is busy ({answer.status}) and was waited for; {_said(answer)}".rstrip("; "))
            self._patience -= max(wait, 0.1)
            self._clock.sleep(wait)
            pause *= 2

    def _refusal(self, answer: http.Answer) -> Exception:
        said = _said(answer)
        limit = _LIMIT.search(said) if answer.status == 400 else None
        if limit is not None and 0 < int(limit[1]) < self._limit:
            return _Refused(int(limit[1]))
        if answer.status in (401, 403):
            mend = "set LOKI_USERNAME and LOKI_PASSWORD or LOKI_BEARER_TOKEN, and LOKI_ORG_ID for the tenant"
            return SourceError(f"Loki denies access ({answer.status}); {mend}")
        if answer.status == 404:
            return SourceError("there is no Loki at this address (404)")
        return SourceError(f"Loki refused the query ({answer.status}): {said}")


def _nanos(moment: datetime) -> int:
    """Nanoseconds since 1970, exact."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def _retry_after(answer: http.Answer, now: datetime) -> float | None:
    """Seconds that the answer asks to wait: it gives a number or a date."""
    given = answer.headers.get("retry-after", "")
    if given.isdigit():
        return float(given)
    import email.utils

    try:
        return max(0.0, (email.utils.parsedate_to_datetime(given) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _said(answer: http.Answer) -> str:
    """Why, in Loki's words."""
    return text.printable(answer.body.decode("utf-8", "replace").strip(), 300)
