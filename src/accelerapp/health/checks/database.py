"""The service's PostgreSQL.

Facts: `latency_ms`, `connect_ms`, `version`, `in_recovery`, `size_bytes` (null: not measured), `connections`,
`max_connections`, `connections_percent`, `longest_query_seconds` (null: none runs), `longest_query` (literals masked),
`hidden_queries` (connections of others whose query the role may not see).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from accelerapp.base import errors, text
from accelerapp.base.settings import model as settings
from accelerapp.clients import postgres
from accelerapp.health.checks import interface
from accelerapp.health.model import CheckResult, Verdict

NAME, TITLE = "database", "Database"
_LITERAL = re.compile(r"""'(?:[^']|'')*'?|\$(\w*)\$.*?(?:\$\1\$|$)|\b\d+(?:\.\d+)?\b""", re.DOTALL)


@dataclass(frozen=True)
class DatabaseCheck:
    """Asks the database at `url`; `ask` is `clients.postgres.state` outside tests."""

    url: str
    timeout: float
    limits: settings.Health
    ask: Callable[[str, float], postgres.PostgresState] = postgres.state
    name: ClassVar[str] = NAME
    title: ClassVar[str] = TITLE

    def look(self) -> CheckResult:
        """The database as it is now; one that cannot be reached is down. Raises WrongUseError for a wrong address."""
        if not self.url:
            return interface.skipped(NAME, TITLE, "the settings name no database of the service")
        try:
            found = self.ask(self.url, self.timeout)
        except postgres.PostgresUnreachableError as error:
            return judge_unreachable(error)
        return judge_database(found, self.limits)


def judge_unreachable(error: errors.AccelerappError) -> CheckResult:
    """Down, with the cause."""
    return CheckResult(NAME, TITLE, Verdict.DOWN, "does not answer", (text.printable(error.message, 300),))


def judge_database(state: postgres.PostgresState, limits: settings.Health) -> CheckResult:
    """Too many connections or a query that runs too long: degraded."""
    reasons = tuple(_reasons(state, limits))
    return CheckResult(
        name=NAME,
        title=TITLE,
        verdict=interface.verdict_of(reasons),
        summary=_summary(state),
        reasons=reasons,
        facts={
            "latency_ms": state.latency_seconds * 1000,
            "connect_ms": state.connect_seconds * 1000,
            "version": state.version,
            "in_recovery": state.in_recovery,
            "size_bytes": state.size_bytes,
            "connections": state.connections,
            "max_connections": state.max_connections,
            "connections_percent": _percent(state),
            "longest_query_seconds": state.longest_seconds,
            "longest_query": mask_query(state.longest_query),
            "hidden_queries": state.hidden_queries,
        },
    )


def mask_query(query: str, limit: int = 160) -> str:
    """A query without its literals, on one line, at most `limit` characters: `… WHERE mail = ?`."""
    return text.printable(" ".join(_LITERAL.sub("?", query).split()), limit)


def _percent(state: postgres.PostgresState) -> float:
    return 100 * state.connections / state.max_connections if state.max_connections else 0.0


def _reasons(state: postgres.PostgresState, limits: settings.Health) -> list[str]:
    found = []
    if _percent(state) > limits.connections_percent:
        found.append(
            f"{state.connections} of {state.max_connections} database connections are in use "
            f"(reason from {limits.connections_percent:g} %)."
        )
    if state.longest_seconds is not None and state.longest_seconds > limits.long_query.total_seconds():
        found.append(
            f"A database query has run for {text.duration(state.longest_seconds)}: {mask_query(state.longest_query)}"
        )
    return found


def _summary(state: postgres.PostgresState) -> str:
    size = "size not measured" if state.size_bytes is None else text.size(state.size_bytes)
    parts = [
        f"answers in {state.latency_seconds * 1000:.3g} ms",
        size,
        f"{state.connections} of {state.max_connections} connections",
    ]
    if state.longest_seconds is not None:
        parts.append(f"longest query {text.duration(max(0.0, state.longest_seconds))}")
    if state.hidden_queries:
        parts.append(f"{text.count(state.hidden_queries, 'query', 'queries')} hidden from this role")
    parts.append(f"PostgreSQL {state.version.split(' ')[0]}" + (", in recovery" if state.in_recovery else ""))
    return ", ".join(parts)
