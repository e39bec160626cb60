"""Finds the line of a log that tells why a program ended, and what it means. Pure.

The meanings are the common causes of the runbook "Service Won't Start": configuration, secrets, database, limits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from accelerapp.base import text

_EXCEPTION = re.compile(r"^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning)\b(?::|$)")
_FATAL = re.compile(r"\b(?:fatal|panic|critical|emerg\w*)\b", re.IGNORECASE)
_ERROR = re.compile(
    r"\b(?:error|exception|failed|failure|cannot|could not|unable|refused|denied|invalid)\b", re.IGNORECASE
)
_STAMP = re.compile(r"^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s*")
_PASSWORD = re.compile(r"(://[^\s:/@]*):[^\s@]+@")


@dataclass(frozen=True)
class Meaning:
    """What a line of a log says about the cause."""

    kind: str
    words: str
    """Ends a sentence that begins with the container: `cannot reach its database`."""
    mend: str


_DATABASE = Meaning(
    "database-unreachable",
    "cannot get to its database",
    "Check DATABASE_URL (host, port, user, password, name of the database) and that the database runs.",
)
_SETTING = Meaning(
    "configuration-error",
    "does not accept its configuration",
    "Correct the setting that the line names (environment, ConfigMap or Secret), then restart.",
)
_PORT = Meaning("port-taken", "cannot listen on its port", "Give each process of the pod a port of its own.")
_RIGHTS = Meaning(
    "no-permission",
    "may not do what it needs on a file or a port",
    "Mount a volume where it writes, or set securityContext (runAsUser, fsGroup) to the owner of the files.",
)
_PROGRAM = Meaning(
    "broken-image",
    "lacks a part of its program",
    "Build the image again with the missing module or file, or go back to the version before.",
)
_MEMORY = Meaning(
    "out-of-memory",
    "cannot get the memory that it asks for",
    "Raise the memory limit, or let the program use less.",
)

# The first that fits counts: a database's refusal before refusals in general.
_MEANINGS = (
    (r"postgres|psycopg|mysql|mariadb|mongo|redis|database|sqlalchemy|jdbc|asyncpg|SQLSTATE|\b5432\b|\b3306\b", None),
    (r"KeyError: '[A-Z][A-Z0-9_]+'", _SETTING),
    (r"(?:environment variable|env var|setting|config\w*|variable|option|parameter|argument)s?\b.*"
     r"\b(?:missing|not set|unset|required|invalid|unknown|undefined|wrong|empty|bad|not found|unrecogni[sz]ed)",
     _SETTING),
    (r"\b(?:missing|required|invalid|unknown|undefined|bad|wrong|no|unrecogni[sz]ed)\b.*"
     r"\b(?:environment variable|env var|setting|config\w*|variable|option|parameter|arguments?)\b", _SETTING),
    (r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b.*\b(?:missing|not set|unset|required|must be set|is empty|undefined)\b", _SETTING),
    (r"(?:yaml|toml|json|ini)\b.*(?:parse|syntax|decode|scann|expect)", _SETTING),
    (r"address already in use|EADDRINUSE|bind\(\) to .* failed", _PORT),
    (r"permission denied|EACCES|operation not permitted|read-only file ?system|EROFS", _RIGHTS),
    (r"ModuleNotFoundError|ImportError|No module named|Cannot find module|ClassNotFound|NoClassDefFound|"
     r"error while loading shared libraries|exec format error", _PROGRAM),
    (r"MemoryError|heap out of memory|OutOfMemory|cannot allocate memory|ENOMEM|std::bad_alloc", _MEMORY),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), found) for pattern, found in _MEANINGS)
_UNREACHABLE = re.compile(
    r"refused|timed? ?out|not known|no such host|resolution|unreachable|could not connect|can't connect|cannot connect|"
    r"connection (?:failed|error|reset|closed)|authentication failed|access denied|does not exist|no route|"
    r"getaddrinfo|starting up|too many (?:clients|connections)|server closed",
    re.IGNORECASE,
)


def line(lines: Sequence[str]) -> str:
    """The most telling line: the last exception, else the last fatal, else the last error, else the last at all."""
    written = [cleaned for each in lines if (cleaned := _cleaned(each))]
    for pattern in (_EXCEPTION, _FATAL, _ERROR):
        found = next((each for each in reversed(written) if pattern.search(each)), "")
        if found:
            return found
    return written[-1] if written else ""


def _cleaned(raw: str) -> str:
    return text.printable(masked(_STAMP.sub("", raw.strip())), 300)


def masked(words: str) -> str:
    """Without the passwords of addresses."""
    return _PASSWORD.sub(r"\1:***@", words)


def meaning(lines: Sequence[str]) -> Meaning | None:
    """What the telling line, or else the lines around it, mean; None when that cannot be said."""
    return _of(line(lines)) or next((found for each in reversed(lines[-20:]) if (found := _of(each))), None)


def _of(words: str) -> Meaning | None:
    for pattern, found in _COMPILED:
        if pattern.search(words):
            if found is not None:
                return found
            if _UNREACHABLE.search(words):
                return _DATABASE
    return None
