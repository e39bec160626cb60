"""Messages to templates: what varies is masked, then messages that differ in one place with many values become one.

Both steps are general; no rule knows a product. Masking looks at one message alone, so the same message always reads
the same. Merging looks at all messages of a stretch; a template that is known already (of an earlier stretch) is given
to it, takes the messages that fit, and never changes.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

MASK = "<*>"
_LONGEST = 2000
_TOKENS_AT_MOST = 120

_NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)*(?:[eE][-+]?\d+)?"
_UNIT = r"(?:ns|us|µs|ms|s|secs?|seconds?|min|minutes?|h|hours?|days?|%|[kKMGT]i?B?|bytes?|B)"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_VARIABLE = re.compile(
    rf"""
    "[^"\s]{{0,200}}?" (?=[\s,;:.)\]}}]|$)                                    # a quoted word
    | (?<![\w])'[^'\s]{{0,200}}?' (?=[\s,;:.)\]}}]|$)
    | [a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'<>)\]]+                                 # addresses
    | \?\w[\w.-]*=[^\s"'<>)\]]*                                              # the query of an address
    | [\w.+-]+@[\w-]+\.[\w.-]+                                                # e-mail
    | \b(?:[A-Za-z0-9-]+\.){{2,}}[A-Za-z]{{2,}}:\d+\b                         # host and port
    | (?:\b{_DAY}[a-z]*,?\s+)?\b{_MONTH}\s+\d{{1,2}}\b                      # dates
    | \b[0-9a-fA-F]{{8}}-(?:[0-9a-fA-F]{{4}}-){{3}}[0-9a-fA-F]{{12}}\b        # UUID
    | (?<![\w:])(?:[0-9a-fA-F]{{1,4}}:){{3,7}}[0-9a-fA-F]{{1,4}}(?![\w:])     # IPv6, MAC
    | (?<![\w.])/?(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?::\d+)?(?:/\d+)?(?![\w.]*\w) # IPv4 and port
    | (?<![\w/])/(?:[\w.@%+~:-]+/)*[\w.@%+~:-]*\d[\w.@%+~:/-]*                # paths that bear a digit
    | (?<![\w/.])[.~]?(?:/+[\w.@%+~-]+)*(?:(?:/+[\w.@%+~-]+){{3}}|//[\w.@%+~-]+)/*  # deep paths
    | \b0[xX][0-9a-fA-F]+\b
    | (?<![\w.])<?{_NUMBER}(?:\s?{_UNIT})?(?![\w.]*\w)                        # numbers, with a unit
    | \b(?=[\w.-]*\d)[\w]+(?:[._-][\w]+)*\b                                   # any other word that bears a digit
    """,
    re.VERBOSE,
)
_RUN = re.compile(r"<\*>(?:(?:\s*[,;|/:~@_.+-]?\s*|:(?:[0-9A-F]{2}:)+)<\*>)+")
_IN_BRACKETS = re.compile(r"<\*>\s*\((?:<\*>)?\)|\(<\*>\)\s*<\*>")
_BLANKS = re.compile(r"\s+")
_TOKEN = re.compile(r"<\*>|[./~]*[^\W_]+(?:[._/\\@$#%&*+~-]+[^\W_]+)*/*|\s+|.", re.DOTALL)


def skeleton(message: str) -> str:
    """The message with `<*>` where it varies by itself; runs of variables count as one."""
    masked = _VARIABLE.sub(MASK, message[:_LONGEST])
    masked = _IN_BRACKETS.sub(MASK, _RUN.sub(MASK, masked))
    return _BLANKS.sub(" ", _RUN.sub(MASK, masked)).strip() or MASK


def pattern_id(level: str, text: str) -> str:
    """A short stable id: `p_3f9a1c20d4`."""
    return "p_" + hashlib.sha256(f"{level}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:10]


def group(messages: Iterable[str], known: Sequence[str] = ()) -> Mapping[str, str]:
    """The template of each message. `known` templates take the messages that fit them before new ones are made."""
    masked = {message: skeleton(message) for message in messages}
    merged = _merge(sorted(set(masked.values())), known)
    return {message: merged[text] for message, text in masked.items()}


Tokens = tuple[str, ...]


def _merge(texts: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Masked texts to templates."""
    fixed = _Known(known)
    open_texts = {}
    merged: dict[str, str] = {}
    for text in texts:
        tokens = tuple(_TOKEN.findall(text))
        template = fixed.find(tokens)
        if template is not None:
            merged[text] = template
        elif len(tokens) > _TOKENS_AT_MOST:
            merged[text] = text
        else:
            open_texts[text] = tokens
    current = dict(open_texts)
    for _ in range(4):  # a message with two varying places needs two rounds
        changes = _round(set(current.values()))
        if not changes:
            break
        current = {text: changes.get(tokens, tokens) for text, tokens in current.items()}
    finished = {text: _RUN.sub(MASK, "".join(tokens)) for text, tokens in current.items()}
    whole = _without_gaps(set(finished.values()))
    merged.update({text: whole.get(template, template) for text, template in finished.items()})
    return merged


def _without_gaps(templates: set[str]) -> dict[str, str]:
    """A variable may be empty: what reads like another template but for one missing variable belongs to it."""
    found = {}
    for template in templates:
        parts = template.split(MASK)
        for place in range(1, len(parts)):
            left, right = MASK.join(parts[:place]), MASK.join(parts[place:])
            gap = _BLANKS.sub(" ", left + right).strip()
            if gap in templates and gap != template and sum(word.isalpha() for word in gap.split()) > 1:
                found[gap] = template
    return found


def _round(templates: set[Tokens]) -> dict[Tokens, Tokens]:
    """Merge templates that differ in one word only, where that word has many values."""
    places: dict[tuple[int, Tokens, Tokens], list[Tokens]] = defaultdict(list)
    for tokens in templates:
        for place, token in enumerate(tokens):
            if len(token) > 1 or token.isalnum():
                places[place, tokens[:place], tokens[place + 1 :]].append(tokens)
    changes: dict[Tokens, Tokens] = {}
    for (place, before, after), same in sorted(places.items(), key=lambda item: (-len(item[1]), item[0])):
        left = [tokens for tokens in same if tokens not in changes]
        if len(left) > 1 and _varies([tokens[place] for tokens in left], before + after):
            for tokens in left:
                changes[tokens] = (*before, MASK, *after)
    return changes


_STATES = ("ed", "ing")
_IDENTIFIER = re.compile(r"[._/\\@$#%&*+~-]|[a-z][A-Z]")


def _varies(values: Sequence[str], rest: Tokens) -> bool:
    """Is a place with these values a variable? The less there is round it, the more values it takes."""
    words = sum(token[0].isalpha() for token in rest)
    if words == 0:
        return False
    many = 5 if words == 1 else 4 if words < 4 else 3
    if MASK in values:
        return words > 1 or len(values) >= many
    if sum(value.endswith(_STATES) or (value.isalpha() and value.isupper()) for value in values) * 2 > len(values):
        return False  # started, stopped, running; GET, POST, DELETE: these tell events apart
    names = sum(bool(_IDENTIFIER.search(value)) for value in values)
    return len(values) >= many or (names == len(values) > 2 and words > 1)


class _Known:
    """Templates of earlier stretches."""

    def __init__(self, templates: Sequence[str]) -> None:
        self._by_length: dict[int, list[tuple[Tokens, str]]] = defaultdict(list)
        for template in templates:
            tokens = tuple(_TOKEN.findall(template))
            self._by_length[len(tokens)].append((tokens, template))

    def find(self, tokens: Tokens) -> str | None:
        """The known template that these tokens fit: the one with the most words of its own."""
        fitting = [
            (sum(mine != MASK for mine in template), text)
            for template, text in self._by_length.get(len(tokens), ())
            if all(mine in (MASK, theirs) for mine, theirs in zip(template, tokens, strict=True))
        ]
        return max(fitting)[1] if fitting else None
