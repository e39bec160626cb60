"""How commands print: nouns as JSON, tables for people, marks with a word beside the colour."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from accelerapp.base import jsons, text

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON with stable field names.")
service_option = click.option("--service", "-s", metavar="NAME", help="Service; default: the settings' first one.")

_COLOURS = {
    "healthy": "green",
    "degraded": "yellow",
    "down": "red",
    "unknown": "magenta",
}


def print_json(value: Any, kind: Any = None) -> None:
    """One noun, or a list of nouns of `kind`, as indented JSON."""
    click.echo(jsons.to_json(value, kind, indent=2).decode())


def verdict(word: str) -> str:
    """A verdict, coloured where colour is possible (NO_COLOR is honoured by `echo`)."""
    return click.style(word, fg=_COLOURS.get(word), bold=True)


def echo(line: str = "") -> None:
    """Print a line; no colour in a pipe or with NO_COLOR."""
    import os

    click.echo(line, color=False if os.environ.get("NO_COLOR") else None)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """A table with aligned columns; `right` names the columns of numbers. Texts from outside are made printable."""
    cells = [[text.printable(str(cell), 200) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for number, row in enumerate(cells):
        line = "  ".join(
            cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(row)
        ).rstrip()
        echo(click.style(line, dim=True) if number == 0 else line)


class Progress:
    """Says on a terminal what is read, once work takes over a second; says nothing in a pipe."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown_at = 0.0

    def __call__(self, name: str, read: int) -> None:
        """So many bytes of this source were read."""
        now = time.monotonic()
        if now - self._started > 1 and now - self._shown_at > 0.2 and sys.stderr.isatty():
            self._shown_at = now
            click.echo(f"\r\x1b[Kreading {text.printable(name, 60)}: {text.size(read)}", err=True, nl=False)

    def end(self) -> None:
        """Take the line away."""
        if self._shown_at:
            click.echo("\r\x1b[K", err=True, nl=False)
