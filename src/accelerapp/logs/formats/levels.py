"""Words and numbers for severity. A word counts only where a format says that a level stands."""

from __future__ import annotations

from accelerapp.logs.model import Level

_WORDS = {
    Level.CRITICAL: "critical crit fatal emergency emerg alert panic f a",
    Level.ERROR: "error err eror severe failure e",
    Level.WARNING: "warning warn w",
    Level.INFO: "info information informational notice log statement detail hint i n",
    Level.DEBUG: "debug trace verbose fine finer finest debug1 debug2 debug3 debug4 debug5 d t v",
}
_BY_WORD = {word: level for level, words in _WORDS.items() for word in words.split()}
_SYSLOG = (
    Level.CRITICAL,
    Level.CRITICAL,
    Level.CRITICAL,
    Level.ERROR,
    Level.WARNING,
    Level.INFO,
    Level.INFO,
    Level.DEBUG,
)


def of_word(word: str, *, letters: bool = False) -> Level | None:
    """The level that a word names, in any case; single letters only where the format has them."""
    return _BY_WORD.get(word.lower()) if letters or len(word) > 1 else None


def of_syslog(severity: int) -> Level:
    """RFC 5424: 0 emergency to 7 debug."""
    return _SYSLOG[severity & 7]


def of_value(value: object) -> Level | None:
    """The level that a field of a structured record names: a word, bunyan's and pino's 10-60, or syslog's 0-7."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        return _of_number(int(text)) if text.isdigit() and len(text) < 4 else of_word(text, letters=True)
    return _of_number(int(value)) if isinstance(value, int | float) and 0 <= value < 100 else None


def _of_number(number: int) -> Level:
    if number < 8:
        return of_syslog(number)
    bounds = ((60, Level.CRITICAL), (50, Level.ERROR), (40, Level.WARNING), (30, Level.INFO))
    return next((level for bound, level in bounds if number >= bound), Level.DEBUG)
