"""Markdown of people and from outside, shown safely: no HTML of its own, no pictures, links to the web and mail only.

The parser is markdown-it-py. It is imported when the first text is shown: only who shows one pays for it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_SCHEMES = ("http", "https", "mailto")
_UNSEEN = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_UNDER = 2
"""The page around a text has headings of so many levels."""


def html(text: str) -> str:
    """As HTML: paragraphs, lists, emphasis, code, quotes, tables, links. The rest reads as written, headings too."""
    rendered: str = _parser().render(_UNSEEN.sub("", text))
    return rendered.strip()


def document(text: str) -> str:
    """As HTML of a part of a longer page: headings as well, under those of the page (`#` is an `h3`)."""
    parser, env = _parser(has_headings=True), dict[str, Any]()
    tokens = parser.parse(_UNSEEN.sub("", text), env)
    for each in tokens:
        if each.type in ("heading_open", "heading_close"):
            each.tag = f"h{min(6, int(each.tag[1:]) + _UNDER)}"
    rendered: str = parser.renderer.render(tokens, parser.options, env)
    return rendered.strip()


def plain(text: str) -> str:
    """For a line in a list or a feed: without marks; a link as its words."""
    tokens = _parser().parse(_UNSEEN.sub("", text))
    pieces = [_words(each) for token in tokens if token.children for each in [token.children]]
    pieces += [token.content for token in tokens if token.type in ("fence", "code_block")]
    return " ".join(" ".join(pieces).split())


def _words(children: list[Any]) -> str:
    return "".join(" " if each.type in ("softbreak", "hardbreak") else each.content for each in children)


@lru_cache(maxsize=2)
def _parser(*, has_headings: bool = False) -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 20})
    made.enable("table").disable(["image", "html_block", "html_inline"])
    if not has_headings:
        made.disable(["heading", "lheading"])
    made.validateLink = _is_safe  # type: ignore[method-assign]
    made.add_render_rule("link_open", _link)
    return made


def _is_safe(url: str) -> bool:
    """Does it lead to the web or to mail, by a whole address?"""
    try:
        parts = urlsplit(url.strip())
        return parts.scheme.lower() in _SCHEMES and (bool(parts.hostname) or parts.scheme.lower() == "mailto")
    except ValueError:
        return False


def _link(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "nofollow noopener noreferrer")
    rendered: str = renderer.renderToken(tokens, index, options, env)
    return rendered
