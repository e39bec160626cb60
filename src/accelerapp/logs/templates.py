"""Messages to templates: general masks, then the merging of messages that differ only in places with many values.

Pure. No rule names a product, a data set or one of their messages. A template that is known from an earlier stretch of
log takes the messages that it covers, and never changes: so the same message keeps its template from day to day.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

M = "\x01"
"""The mask while we work: one character that no rule takes for a letter or a separator."""
MASK = "<*>"

_W = r"\w\x01"
_TLD = "com|net|org|edu|gov|mil|int|io|info|biz|dev|app|cloud|local|localdomain|internal|lan|home|arpa|[a-z]{2}"
_DAY, _MONTH = (
    "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}",
    "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}",
)
_WORD = r"[\w\x01]"
_BEARS_DIGIT = re.compile(r"[A-Za-z0-9]*\d[A-Za-z0-9]*")
_LONGEST = 2000
_UNIT = (
    "(?:[kKMGTP]i?)?[Bb]|(?:kilo|mega|giga)?bytes?|[num]?s|secs?\\.?|seconds?|milliseconds?|microseconds?|mins?\\.?|minutes?"
    "|hrs?\\.?|hours?|days?"
)
_MASKS: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (needs, re.compile(pattern), replacement)
    for needs, pattern, replacement in (
        ("", r"\s+", " "),
        ("://", r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s\"'<>()\[\]{},;]*[^\s\"'<>()\[\]{},;:.]", M),  # addresses
        ("", rf"(?<![{_W}])(?:[a-f]{{8}}){{1,8}}(?![{_W}])", M),  # hex words that happen to bear no digit
        ("@", rf"(?<![{_W}])[{_W}.+-]+@[{_W}.-]*[{_W}]", M),  # e-mail, object@hash
        ("", r"(?<=['\"])[^'\"\s]*[\\/][^'\"\s]*(?=['\"])", M),  # quoted paths
        ("(/", r"(?<=\()/[^()]*(?=\))", M),  # paths in brackets, with blanks
        (":\\", rf"(?<![{_W}])[A-Za-z]:(?:\\[{_W}.$ -]+)*\\[{_W}.$-]*", M),  # paths of Windows
        ("/", rf"(?<![{_W}.])[.~]{{0,2}}(?:/[{_W}.@%+~:$,=#-]+){{2,}}/?(?:\?[^\s\"']*)?", M),  # paths, with a query
        (".", rf"(?<![{_W}.-])(?:[{_W}-]+\.)+(?:{_TLD})(?::{M})?(?![{_W}.-]*[{_W}])", M),  # hosts
        (".", rf"(?<![{_W}.-])[a-z\d{M}_-]+(?:\.[a-z\d{M}_-]+)+:{M}", M),  # hosts and ports
        ("...", rf"(?<=\w)\.{{3,}}{M}", f"... {M}"),  # leaders
        (M, rf"{M}(?:[.,:/#_%@+*x-]*{M})+", M),  # 1.2/3-4
        (M, rf"(?<![{_W}])[-+#$]{M}", M),  # -1, #1
        ("%", rf"{M}%", M),
        (" (", rf"{M} (?:{_UNIT}) \({M}(?: {_UNIT})?\)", M),  # 5120 bytes (5 KB)
        (M, rf"{M} (?:{_UNIT})(?!{_WORD})", M),  # 5 KB, 5 seconds
        (M, rf"(?<![^ (\[=,])[<>~]=? ?{M}(?!>)", M),  # <1 sec
        (M, rf"\b(?:{_DAY},? )?{_MONTH} {M}(?: [A-Z]{{3,4}} {M})?", M),  # dates
        (M, rf"{M} [A-Z]{{3,4}} {M}(?! [A-Z])", M),  # 10:00:00 EST 2005
        (" ()", r"(?<= )\(\)", f"({M})"),  # nothing where a value may stand
        (M, rf"{M}(?:, ?{M})+", M),  # lists
        (M, rf"{M}(?: {M})+", M),
    )
)
_TOKENS = re.compile(rf'\s+|"[^"{M}]*"|[{_W}.$@/\\+~%*#-]+|.', re.DOTALL)


_REPEATED = re.compile(rf"(\S*{M}\S*(?: \S+)?)(?: \1)+")


Tokens = tuple[str, ...]


def skeleton(message: str) -> str:
    """The message with `<*>` where it varies by itself, whatever the others are."""
    return _masked(message).replace(M, MASK)


def pattern_id(level: str, text: str) -> str:
    """A short stable id: `p_3f9a1c20d4`."""
    return "p_" + hashlib.sha256(f"{level}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:10]


def _masked(message: str) -> str:
    """The message after the general masks."""
    text = _BEARS_DIGIT.sub(M, message[:_LONGEST].replace(M, " ")).strip()
    for needs, pattern, replacement in _MASKS:
        if needs in text:
            text = pattern.sub(replacement, text)
    masked = [w for w in text.split(" ") if M in w]
    return _REPEATED.sub(r"\1", text) if len(masked) > len(set(masked)) else text  # the same shape again and again


_STRONG = re.compile(r"\w[.$@/\\]\w|^\W+\w|^\".*\"$")
_WEAK = re.compile(r"\w[_-]\w|[a-z][A-Z]|[A-Z][A-Z][a-z]{2}|^.{20,}$")
_OWNED = re.compile(r"^(?:user|host|hostname|node|domain|account|login|username)$", re.IGNORECASE)


@functools.lru_cache(65536)
def _is_word(token: str) -> bool:
    return any(c.isalpha() for c in token) or M in token


@functools.lru_cache(65536)
def _is_strong(token: str) -> bool:
    """A name by its signs (dots, slashes, digits), and not one that ends as constants do (`a.b.SCREEN_ON`)."""
    return M in token or (_STRONG.search(token) is not None and not token.rsplit(".", 1)[-1].isupper())


@functools.lru_cache(65536)
def _is_name(token: str) -> bool:
    """Does it read like the name of a thing: a host, a class, a file, a path; rather than like a word of a sentence?"""
    return M in token or _STRONG.search(token) is not None or _WEAK.search(token) is not None


def group(messages: Iterable[str], known: Iterable[str] = ()) -> Mapping[str, str]:
    """The template of each message. What a known template covers gets that one, whatever else there is; the others are
    merged among themselves, with the known as evidence."""
    texts = {message: _masked(message) for message in messages}
    tokens = {text: _tokens(text) for text in set(texts.values())}
    index = _Known(known)
    found = {text: index.covering(tokens[text]) for text in tokens}
    merged = _merge([*(tokens[text] for text, template in found.items() if template is None), *index.tokens])
    fresh = {
        text: "".join(merged[tokens[text]]).replace(M, MASK) or MASK
        for text, template in found.items()
        if template is None
    }
    return {message: found[text] or fresh[text] for message, text in texts.items()}


def _tokens(text: str) -> Tokens:
    return tuple(_TOKENS.findall(text))


class _Known:
    """Templates of earlier days, found by a skeleton that they cover: the most specific first, then by text."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._by_shape: dict[tuple[int, str], list[tuple[Tokens, str]]] = defaultdict(list)
        ordered = sorted(
            ((_tokens(t.replace(MASK, M)), t) for t in set(templates)), key=lambda k: (sum(w == M for w in k[0]), k[1])
        )
        for tokens, template in ordered:
            self._by_shape[len(tokens), tokens[0] if tokens else ""].append((tokens, template))
        self.tokens = [tokens for tokens, _ in ordered]

    def covering(self, tokens: Tokens) -> str | None:
        """The template that has M or the same word at each place."""
        first = tokens[0] if tokens else ""
        for start in (first, M) if first != M else (M,):
            for theirs, template in self._by_shape.get((len(tokens), start), ()):
                if all(a == b or (b == M and _is_word(a)) for a, b in zip(tokens, theirs, strict=True)):
                    return template
        return None


def _merge(items: Iterable[Tokens]) -> dict[Tokens, Tokens]:
    """Each item's template. Steps are repeated, because a merged slot can make others equal."""
    now = {t: t for t in items}
    for _ in range(4):
        before = dict(now)
        for step in (_by_names, _by_slot, _by_word):
            to = step(set(now.values()))
            now = {t: to[v] for t, v in now.items()}
        if now == before:
            break
    return now


def _by_names(items: set[Tokens]) -> dict[Tokens, Tokens]:
    """Skeletons that are the same but for names."""
    clusters: dict[Tokens, list[Tokens]] = defaultdict(list)
    for t in items:
        clusters[tuple(M if i and _is_word(w) and _is_strong(w) else w for i, w in enumerate(t))].append(t)
    out = {}
    for key, members in clusters.items():
        enough = len(members) > 1 and any(_is_word(w) and w != M for w in key)
        whole = tuple(M if len(set(c)) > 1 else c[0] for c in zip(*members, strict=True)) if enough else ()
        for t in members:
            out[t] = whole if enough else t
    return out


def _many(values: Sequence[str], t: Tokens, i: int) -> bool:
    """Are these so many values of one slot that it varies, rather than so many messages?"""
    before = next((w for w in reversed(t[:i]) if _is_word(w)), "")
    plain = [v for v in values if not _is_name(v)]
    if i == 0 and not (all(_is_strong(v) for v in values) and sum(_is_word(w) for w in t) > 5):
        return len(values) >= 8
    if i == 0:
        return len(values) >= 3
    if sum(v.rsplit(".", 1)[-1].isupper() for v in values if M not in v) * 2 > len(values):
        return len(values) >= (3 if M in values else 8)
    if _OWNED.match(before) and t[i - 1] == " " and t[i - 2] == before:
        return len(values) >= 2
    strong = sum(_is_strong(v) for v in values)
    if M in values and i and (t[i - 1], t[i + 1 : i + 2]) in _ENCLOSED:
        return True
    if strong == len(values):
        return True
    if strong * 2 > len(values):
        return len(values) >= 3
    return len(values) >= (5 if len(plain) < len(values) else 6)


_ENCLOSED = {("(", (")",)), ("[", ("]",)), ("'", ("'",)), ('"', ('"',)), ("<", (">",)), ("{", ("}",))}


def _by_slot(items: set[Tokens]) -> dict[Tokens, Tokens]:
    """Skeletons that are the same but for one slot with many values."""
    by_length: dict[int, list[Tokens]] = defaultdict(list)
    for t in items:
        by_length[len(t)].append(t)
    out = {t: t for t in items}
    for alike in by_length.values():
        if len(alike) > 1:
            out.update(_slots_of_one_length(alike))
    return out


def _slots_of_one_length(items: Sequence[Tokens]) -> dict[Tokens, Tokens]:
    slots: dict[tuple[int, int], list[int]] = defaultdict(list)
    for n, t in enumerate(items):
        hashes = [hash((i, w)) for i, w in enumerate(t)]
        whole = sum(hashes)  # less one of them it stands for all the others
        for i, w in enumerate(t):
            if _is_word(w):
                slots[i, whole - hashes[i]].append(n)
    out: dict[Tokens, list[str]] = {}
    for (i, _), numbers in slots.items():
        if len(numbers) < 2:
            continue
        members = [items[n] for n in numbers]
        key = (*members[0][:i], M, *members[0][i + 1 :])
        if any(t[:i] != key[:i] or t[i + 1 :] != key[i + 1 :] for t in members):
            continue  # two different ones with one hash
        if any(_is_word(w) and w != M for w in key) and _many([t[i] for t in members], key, i):
            for t in members:
                out.setdefault(t, list(t))[i] = M
    return {t: tuple(v) for t, v in out.items()}


def _by_word(items: set[Tokens]) -> dict[Tokens, Tokens]:
    """Skeletons that are the same but for one whole word: a bare mask in one, a word with a mask in the others."""
    words = {t: "".join(t).split(" ") for t in items}
    slots: dict[tuple[int, tuple[str, ...]], list[Tokens]] = defaultdict(list)
    for t, w in words.items():
        for i, one in enumerate(w):
            if M in one and len(w) > (2 if i else 5):
                end = one[-1] if one[-1] in ",;:." else ""
                slots[i, (*w[:i], end, *w[i + 1 :])].append(t)
    out = {t: t for t in items}
    for (i, key), members in slots.items():
        whole = " ".join((*key[:i], M + key[i], *key[i + 1 :]))
        if len(members) > 1 and any("".join(t) == whole for t in members):
            for t in members:  # of several ways the same one, whatever the order
                if out[t] is t or whole < "".join(out[t]):
                    out[t] = _tokens(whole)
    return out
