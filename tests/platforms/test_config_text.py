"""Configuration as text: every value stays the text that it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accelerapp.base import errors
from accelerapp.platforms import config_text

_PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n\t"))


@given(st.dictionaries(st.from_regex(r"[-._a-zA-Z0-9]{1,20}", fullmatch=True), _PRINTABLE))
def test_what_is_written_reads_back_the_same(values: dict[str, str]) -> None:
    assert config_text.parse(config_text.dump(values)) == values


def test_figures_and_yes_are_texts_and_long_texts_stand_as_they_are() -> None:
    assert config_text.parse("LIMIT: 5\nFAST: yes\nNONE: null\nEMPTY:\n") == {
        "LIMIT": "5",
        "FAST": "yes",
        "NONE": "null",
        "EMPTY": "",
    }
    assert config_text.dump({"app.ini": "[a]\nb = 1\n"}) == "app.ini: |\n  [a]\n  b = 1\n"


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("a: [1", "no YAML"),
        ("- a\n- b", "no list of `KEY: VALUE` lines"),
        ("a:\n  b: c\n", "that of a has parts"),
        ("a: 1\nb: 2\na: 3\n", "stands there twice: a"),
    ],
)
def test_what_is_no_configuration_is_said(written: str, what: str) -> None:
    with pytest.raises(errors.WrongUseError, match=what):
        config_text.parse(written)


def test_changes_are_what_is_set_and_what_is_removed() -> None:
    assert config_text.changes({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"}) == {
        "c": None,
        "b": "9",
        "d": "4",
    }


def test_a_diff_shows_what_would_change_and_nothing_when_nothing_would() -> None:
    lines = config_text.diff("shop", {"a": "1", "b": "x"}, {"a": "2", "b": "x"})
    assert lines[:2] == ["--- shop (now)", "+++ shop (wanted)"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-a: '1'", "+a: '2'"]
    assert config_text.diff("shop", {"a": "1"}, {"a": "1"}) == []


def test_an_assignment_may_hold_more_equals_signs_and_needs_one() -> None:
    assert config_text.assignments(["URL=http://a/?b=c", "EMPTY="]) == {"URL": "http://a/?b=c", "EMPTY": ""}
    for wrong in ("URL", "=x"):
        with pytest.raises(errors.WrongUseError, match="sets nothing"):
            config_text.assignments([wrong])
