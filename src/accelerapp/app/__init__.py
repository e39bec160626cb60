"""The only wiring: from settings to stores, platforms, channels and the flows that use them.

Everything is made when it is first asked for, so that a command pays only for what it uses. A file here wires one part;
each part knows those that it rests on, and `App` is all of them.
"""

from __future__ import annotations

from pathlib import Path

from accelerapp.app.changing import Changing
from accelerapp.app.informing import Informing
from accelerapp.app.notices import Notices
from accelerapp.app.postmortems import PostMortems
from accelerapp.app.setup import Setup
from accelerapp.base.settings import load


class App(Changing, Informing, PostMortems, Notices, Setup):
    """The product, wired. One per process; safe to use from several threads."""


def from_settings(path: Path | None = None) -> App:
    """The product as the settings file and the environment say. Raises InvalidInputError with every mistake."""
    return App(load.load(path))
