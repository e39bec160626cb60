"""Runs the command line in this process, on a product that a test has wired."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from accelerapp import app as wiring
from accelerapp.app import App
from accelerapp.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class CommandLine:
    """`accelerapp …` on `app`; without one, on what the settings say."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    app: App | None = None
    server: str = ""
    """Address of a server to ask; empty: this machine is asked."""

    def __call__(self, *arguments: str) -> Ended:
        if self.app is not None:
            # A patch, since a command wires its own product and a platform in memory cannot be named in settings.
            self.monkeypatch.setattr(wiring, "from_settings", lambda path=None: self.app)
        self.monkeypatch.setenv("ACCELERAPP_URL", self.server)
        with pytest.raises(SystemExit) as ended:
            main.main(list(arguments))
        told = self.capsys.readouterr()
        return Ended(int(ended.value.code or 0), told.out, told.err)
