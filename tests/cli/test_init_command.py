"""`accelerapp init` writes a file, and never over one."""

from __future__ import annotations

import pytest
from commands import CommandLine

from accelerapp.base.settings import example


@pytest.fixture
def accelerapp(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    return CommandLine(monkeypatch, capsys)


def test_the_commented_file_is_written_and_valid(accelerapp, tmp_path):
    ended = accelerapp("init")
    assert ended.code == 0
    assert (tmp_path / "accelerapp.toml").read_text() == example.render()
    assert accelerapp("service", "list").code == 0


def test_a_file_that_is_there_is_kept_unless_forced(accelerapp, tmp_path):
    (tmp_path / "accelerapp.toml").write_text("mine")
    refused = accelerapp("init")
    assert (refused.code, (tmp_path / "accelerapp.toml").read_text()) == (2, "mine")
    assert "is there already" in refused.err
    assert accelerapp("init", "--force").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["accelerapp.toml"]


def test_it_is_printed_instead(accelerapp, tmp_path):
    assert accelerapp("init", "--stdout").out == example.render()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(accelerapp):
    ended = accelerapp("init", "none/accelerapp.toml")
    assert (ended.code, ended.out) == (2, "")
    assert "cannot be written" in ended.err
