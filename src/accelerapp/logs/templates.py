"""Masks what varies in a message, so that the same event reads the same. The id of a pattern is made from the masked
text alone: the same message gets the same id tomorrow."""

from __future__ import annotations

import hashlib
import re

MASK = "<*>"
_LONGEST = 2000

_VARIABLE = re.compile(
    r"""
    "[^"\n]{0,200}?" (?=[\s,;:.)\]}]|$)                                     # quoted text
    | (?<![\w])'[^'\n]{0,200}?' (?=[\s,;:.)\]}]|$)
    | [a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'<>)\]]+                               # addresses
    | [\w.+-]+@[\w-]+\.[\w.-]+                                              # e-mail
    | \b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b              # UUID
    | (?<![\w:])(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4}(?![\w:])         # IPv6, MAC
    | (?<![\w.])/?(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?:/\d+)?(?![\w.]*\w)     # IPv4 and port
    | (?<![\w/])/(?:[\w.@%+~:-]+/)*[\w.@%+~:-]*\d[\w.@%+~:/-]*              # paths that bear a digit
    | \b0[xX][0-9a-fA-F]+\b
    | (?<![\w.])[-+]?\d[\d,]*(?:\.\d+)*(?:[eE][-+]?\d+)?                    # numbers, with a unit
      (?:\s?(?:ns|us|µs|ms|s|sec|seconds?|min|minutes?|h|hours?|%|[kKMGT]i?B?|bytes?|B))?(?![\w.]*\w)
    | \b(?=[\w.-]*\d)[\w]+(?:[._-][\w]+)*\b                                 # any other word that bears a digit
    """,
    re.VERBOSE,
)
_REPEATED = re.compile(r"<\*>(?:\s*[,;|/]?\s*<\*>)+")


def skeleton(message: str) -> str:
    """The message with `<*>` where it varies; runs of variables count as one."""
    masked = _VARIABLE.sub(MASK, message[:_LONGEST])
    return _REPEATED.sub(MASK, masked).strip() or MASK


def pattern_id(level: str, text: str) -> str:
    """A short stable id: `p_3f9a1c20d4`."""
    return "p_" + hashlib.sha256(f"{level}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:10]
