"""Markdown of people is shown safely."""

from __future__ import annotations

import pytest

from accelerapp.base import markdown

HOSTILE = (
    '<script>alert(1)</script> <b onclick="x()">b</b> [x](javascript:alert(2)) ![y](https://e.example/p.png) '
    "[in](//e.example/x) <https://good.example/>"
)


@pytest.mark.parametrize("shown", [markdown.html, markdown.document])
def test_nothing_of_its_own_html_gets_through(shown):
    found = shown(HOSTILE)
    assert "<script" not in found
    assert "<b " not in found
    assert "<img" not in found
    assert 'href="javascript' not in found
    assert 'href="//' not in found
    assert '<a href="https://good.example/" rel="nofollow noopener noreferrer">' in found


def test_headings_of_a_text_stand_under_those_of_its_page():
    assert markdown.document("# One\n\n###### Six\n\nTwo\n---") == "<h3>One</h3>\n<h6>Six</h6>\n<h4>Two</h4>"


def test_an_update_has_no_headings():
    assert markdown.html("# One") == "<p># One</p>"


@pytest.mark.parametrize("piece", ["> ", "* ", "[", "`", "# ", "<a>", "**", "a|b\n-|-\n"])
def test_a_long_text_ends(piece):
    assert markdown.document(piece * (100_000 // len(piece)))


def test_a_line_of_it_has_no_marks():
    assert markdown.plain("**Two** [words](https://e.example)\n\n    code") == "Two words code"
