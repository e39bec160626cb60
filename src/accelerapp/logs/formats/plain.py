"""Plain text: a time stamp, a few header words, a level, and the message; any of them may be missing.

A level is a word in capitals, in brackets, or before a colon, and only words of a header may stand before it: bracketed
ones, ones with digits or dots (a thread, a class, a process), and behind a time stamp one plain word (a logger's name).
So `Finished with 0 ERROR lines` has no level.
"""

from __future__ import annotations

import re
from datetime import datetime

from accelerapp.logs.formats import levels, times
from accelerapp.logs.formats.interface import Parsed
from accelerapp.logs.model import Level

_OPEN = re.compile(r"[\[(<]?")
_TOKEN = re.compile(r"\s*([\[(<][^\])>]*[\])>]:?|[^\s:|]+:{0,2}|[:|-]+)(?=\s|\S)")
_KLOG = re.compile(r"([IWEF])(\d\d)(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\s+\d+ [^\]]*\] ?")
_PRIORITY = re.compile(r"<(\d{1,3})>(?:1 )?")
_PYTHON_BASIC = re.compile(r"(CRITICAL|ERROR|WARNING|INFO|DEBUG):([\w.]*):")
_ACCESS = re.compile(
    r'\S+ \S+ .{0,200}?\[(?P<time>[^\]]{10,40})\] "(?P<request>[^"]{0,8000})" (?P<status>\d{3}) (?:\d+|-)'
)
_LOGCAT = re.compile(r"\s*\d+\s+\d+\s+([VDIWEFA])\s+")
_SYSLOG = re.compile(r"(?P<host>[\w.:-]+) (?P<program>[\w./@-]+(?:\[\d+\])?): ")
_MOST_TOKENS = 6
_HEADERISH = re.compile(r"[\d.\[\](){}<>/@#$_=-]")


def parse(line: str, reference: datetime) -> Parsed | None:
    """A line with a time stamp or a level; None when it has neither."""
    access = _ACCESS.match(line)
    if access is not None:
        return _access(access, reference)
    klog = _KLOG.match(line)
    if klog is not None:
        return _klog(klog, line, reference)
    priority = _PRIORITY.match(line)
    rest = line[priority.end() :] if priority else line
    found = _stamped(rest, reference)
    if priority is None:
        return found
    severity = levels.of_syslog(int(priority[1]))
    if found is None:
        return Parsed(rest, severity)
    level = severity if found.level is Level.NONE else found.level
    return Parsed(found.message, level, found.at, found.fields, found.zoneless)


def _access(match: re.Match[str], reference: datetime) -> Parsed | None:
    """An access log has no levels; an answer of 5xx is the server's error."""
    time = times.LEADING.match(match["time"])
    stamp = times.of_match(time, reference) if time else None
    if stamp is None:
        return None
    level = Level.ERROR if match["status"].startswith("5") else Level.NONE
    return Parsed(f'"{match["request"]}" {match["status"]}', level, stamp.at, {"status": int(match["status"])})


def _klog(match: re.Match[str], line: str, reference: datetime) -> Parsed | None:
    level = levels.of_word(match[1], letters=True) or Level.NONE
    time = times.LEADING.match(f"{reference.year}-{match[2]}-{match[3]} {match[4]}")
    stamp = times.of_match(time, reference) if time else None
    return Parsed(line[match.end() :], level, stamp.at if stamp else None, zoneless=True)


def _stamped(line: str, reference: datetime) -> Parsed | None:
    start = _OPEN.match(line)
    assert start is not None
    match = times.LEADING.match(line, start.end())
    stamp = times.of_match(match, reference) if match else None
    if match is None or stamp is None:
        level, end = _level(line, 0, plain_allowed=0)
        return Parsed(line[end:].lstrip(), level) if level is not Level.NONE else None
    position = match.end()
    while position < len(line) and line[position] in "])>:,|- \t":
        position += 1
    host = _SYSLOG.match(line, position) if match.group("mo3") else None
    level, end = _level(line, host.end() if host else position)
    message = line[end if level is not Level.NONE else (host.end() if host else position) :].lstrip()
    fields = {"host": host["host"], "program": host["program"]} if host else {}
    return Parsed(message, level, stamp.at, fields, stamp.zoneless)


def _level(line: str, position: int, plain_allowed: int = 1) -> tuple[Level, int]:
    """The level in the header that begins at `position`, and where the message begins behind it."""
    for form in (_PYTHON_BASIC, _LOGCAT):
        found = form.match(line, position)
        if found is not None:
            return levels.of_word(found[1], letters=True) or Level.NONE, found.end()
    plain_words = 0
    for _ in range(_MOST_TOKENS):
        token = _TOKEN.match(line, position)
        if token is None:
            break
        text = token[1]
        word = text.strip("[]()<>:|-,").rsplit(":", 1)[-1].strip()
        level = levels.of_word(word.rsplit(".", 1)[-1])  # also `production.ERROR:`
        if level is not None and _stands_as_level(text, word, line, token.end()):
            return level, _skip(line, token.end())
        if not _HEADERISH.search(text) and text.strip(":|-"):
            plain_words += 1
            if plain_words > plain_allowed or text.endswith(":"):
                break
        position = token.end()
    return Level.NONE, position


def _stands_as_level(text: str, word: str, line: str, end: int) -> bool:
    """In capitals, in brackets, or before a colon."""
    if text[0] in "[(<":
        return text.count(" ") == 0
    following = line[end : end + 1]
    return word.rsplit(".", 1)[-1].isupper() or text.endswith(":") or following in (":", "|")


def _skip(line: str, position: int) -> int:
    while position < len(line) and line[position] in " \t:|-])":
        position += 1
    return position
