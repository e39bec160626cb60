"""The lock of a data folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from accelerapp.base import errors
from accelerapp.server import lock


def test_it_is_held_once_and_free_again_when_it_is_let_go(tmp_path: Path) -> None:
    held = lock.hold(tmp_path)
    with pytest.raises(errors.WrongUseError, match=f"pid {os.getpid()}"):
        lock.hold(tmp_path)
    held.close()
    lock.hold(tmp_path).close()


def test_what_an_earlier_process_left_in_the_file_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "accelerapp.lock").write_bytes(b"\xff\xfe not a pid\n" * 100)
    held = lock.hold(tmp_path)
    assert (tmp_path / "accelerapp.lock").read_text() == f"{os.getpid()}\n"
    held.close()


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(errors.WrongUseError, match="cannot be used"):
        lock.hold(tmp_path / "data")
