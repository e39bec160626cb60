"""The guide to on-call: its file is read, and its commands exist."""

from __future__ import annotations

import re
import shlex
from datetime import date
from pathlib import Path

import click
from tests.oncall.stories import WEEKLY, at, book, layer, schedule

from accelerapp.cli.oncall import command
from accelerapp.oncall import service
from accelerapp.oncall.model import Rank

TEXT = (Path(__file__).parents[2] / "docs" / "on-call.md").read_text()
FILE = max(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL), key=len)
COMMANDS = re.findall(r"^accelerapp oncall (.+)$", TEXT.replace("\\\n", " "), re.MULTILINE)


def test_the_file_of_the_guide_is_read():
    found = book(FILE)
    assert [layer.name for layer in found.schedules["shop"].layers] == ["week", "office", "backup"]
    assert len(found.policies["shop"].steps) == 3


def test_the_commands_of_the_guide_are_understood():
    assert len(COMMANDS) > 12
    for line in COMMANDS:
        words, group = shlex.split(line, comments=True), command
        while isinstance(group, click.Group):
            found = group.get_command(click.Context(group), words.pop(0))
            assert found is not None, line
            group = found
        group.make_context(group.name, words)  # raises when an option or argument is not known


def test_a_layer_that_begins_later_leaves_the_running_turn_alone():
    """As the guide says that a team changes."""
    grown = schedule(WEEKLY, layer("dee", "ann", "ben", "cy", name="with dee", starts_on=date(2026, 3, 13)))
    moments = ("2026-03-12 12:00", "2026-03-13 16:59", "2026-03-13 17:00", "2026-03-20 17:00")
    found = [service.holder(grown, (), Rank.PRIMARY, at(moment)).person for moment in moments]
    assert found == ["ann", "ann", "dee", "ann"]
