"""Matchers: written as people write them, and put to labels. Pure.

`service="shop", instance=~"shop-.*"`: the way of Prometheus and amtool; quotes may be left out around plain values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from accelerapp.alerts.model import Labels, Matcher, Operator
from accelerapp.base import errors

_ONE = re.compile(r'\s*([^\s=!~,{}"]{1,128})\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}]*?))\s*(,|$)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MOST = 32
_LONGEST = 1000
_MOST_REPEATS = 4
_MEND = 'Write matchers like service="shop", instance=~"shop-.*"; operators are =, !=, =~ and !~.'


def parse(written: str) -> tuple[Matcher, ...]:
    """The matchers of one text, separated by commas; braces around all are allowed. Raises WrongUseError."""
    rest = written.strip()
    if rest.startswith("{") and rest.endswith("}"):
        rest = rest[1:-1].strip()
    found: list[Matcher] = []
    while rest:
        match = _ONE.match(rest)
        if match is None or len(found) == _MOST:
            raise errors.WrongUseError(f"'{rest[:80]}' is not a matcher.", mend=_MEND)
        name, operator, quoted, plain, _ = match.groups()
        value = _ESCAPE.sub(_unescaped, quoted) if quoted is not None else plain
        found.append(Matcher(name, Operator(operator), value))
        rest = rest[match.end() :].strip()
    check(found)
    return tuple(found)


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] == "n" else match[1]


def check(matchers: Sequence[Matcher]) -> None:
    """Raises WrongUseError for a name, a value or a regular expression that cannot be."""
    for matcher in matchers:
        if not matcher.name or len(matcher.name) > 128 or len(matcher.value) > _LONGEST:
            raise errors.WrongUseError(f"The matcher of '{matcher.name[:80]}' is empty or too long.", mend=_MEND)
        if matcher.operator in (Operator.LIKE, Operator.UNLIKE):
            _check_pattern(matcher.value)


def check_silencing(matchers: Sequence[Matcher]) -> None:
    """As `check`, and one matcher must ask for something: a silence over everything is a mistake."""
    check(matchers)
    if not any(not _holds(matcher, "") for matcher in matchers):
        raise errors.WrongUseError(
            "These matchers match every alert.", mend='Name at least one label with a value, such as service="shop".'
        )


def _check_pattern(pattern: str) -> None:
    """A pattern that is none, or one that could take for ever on a long value."""
    try:
        _compiled(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise errors.WrongUseError(f"'{pattern[:80]}' is not a regular expression: {error}.") from error
    if not _is_bounded(pattern):
        raise errors.WrongUseError(
            f"The regular expression '{pattern[:80]}' could take for ever.",
            mend=f"Repeat nothing within a repetition, and use at most {_MOST_REPEATS} of + and *.",
        )


def _is_bounded(pattern: str) -> bool:
    """No unbounded repetition within a repetition, no back reference, and few repetitions in all."""
    parser: Any = re._parser  # type: ignore[attr-defined]
    counts = [0]

    def walk(parts: Any, within: bool) -> bool:
        for kind, value in parts:
            name = str(kind)
            if name in ("GROUPREF", "GROUPREF_EXISTS"):
                return False
            repeats = name.endswith("_REPEAT") and value[1] > 1
            if repeats:
                counts[0] += value[1] > 16
                if within:
                    return False
            if not all(walk(inner, within or repeats) for inner in _inner(value)):
                return False
        return True

    return walk(parser.parse(pattern), False) and counts[0] <= _MOST_REPEATS


def _inner(value: Any) -> Iterable[Any]:
    """The patterns within a part of a parsed pattern, however deep they are packed."""
    if type(value).__name__ == "SubPattern":
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _inner(each)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?:{pattern})", re.DOTALL)


def _holds(matcher: Matcher, value: str) -> bool:
    if matcher.operator is Operator.EQUAL:
        return value == matcher.value
    if matcher.operator is Operator.NOT_EQUAL:
        return value != matcher.value
    is_like = _compiled(matcher.value).fullmatch(value) is not None
    return is_like if matcher.operator is Operator.LIKE else not is_like


def matches(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Do all of them hold? No matcher matches everything."""
    return all(_holds(matcher, labels.get(matcher.name, "")) for matcher in matchers)


def written(matchers: Iterable[Matcher]) -> str:
    """As `parse` reads it."""
    return ", ".join(f'{each.name}{each.operator}"{_escaped(each.value)}"' for each in matchers)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
