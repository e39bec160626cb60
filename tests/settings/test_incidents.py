"""What can be set about incidents."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accelerapp.base import errors
from accelerapp.base.settings import load
from accelerapp.base.severity import Severity


def settings(tmp_path, written, **environment):
    path = tmp_path / "accelerapp.toml"
    path.write_text(written)
    return load.load(path, environment)


def test_how_often_people_are_informed_is_set_for_each_severity_and_audience(tmp_path):
    found = settings(
        tmp_path, '[incidents.updates]\ninside = { P1 = "15m", P3 = "2h" }\noutside = {}\nmissed_after = "5m"\n'
    ).incidents.updates
    assert found.inside == {Severity.P1: timedelta(minutes=15), Severity.P3: timedelta(hours=2)}
    assert (found.outside, found.missed_after) == ({}, timedelta(minutes=5))


@pytest.mark.parametrize(
    "written",
    [
        '[incidents.updates]\ninside = { P9 = "15m" }',
        '[incidents.updates]\ninside = { P1 = "0s" }',
        '[incidents]\nconference = "javascript:alert(1)"',
        '[incidents]\nslack = "nobody"',
        '[incidents]\nslack = "mail"\n[channels.mail]\nkind = "ntfy"',
        '[incidents]\nslack = "hook"\n[channels.hook]\nkind = "slack"\nwebhook_url = "env:HOOK"',
    ],
)
def test_what_cannot_be_is_refused(tmp_path, written):
    with pytest.raises(errors.InvalidInputError):
        settings(tmp_path, written, HOOK="https://hooks.example/1")


def test_a_channel_with_a_bot_is_taken(tmp_path):
    written = '[incidents]\nslack = "ops"\n[channels.ops]\nkind = "slack"\ntoken = "env:TOKEN"'
    assert settings(tmp_path, written, TOKEN="xoxb-1").incidents.slack == "ops"
