"""`accelerapp init`: writes the commented settings file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from accelerapp.base import errors


@click.command("init")
@click.argument("path", default="accelerapp.toml", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it instead of writing it.")
def command(path: Path, force: bool, to_stdout: bool) -> int:
    """Write a commented settings file (PATH, default accelerapp.toml). What is there is not replaced."""
    from accelerapp.base.settings import example

    content = example.render()
    if to_stdout:
        click.echo(content, nl=False)
        return 0
    _write(path, content, force=force)
    click.echo(f"Wrote {path}. Describe your first service in it, then run `accelerapp doctor`.")
    return 0


def _write(path: Path, content: str, *, force: bool) -> None:
    try:
        if force:
            _replace(path, content)
            return
        with path.open("x", encoding="utf-8") as file:  # "x": two at once cannot both think that there is none
            file.write(content)
    except FileExistsError as error:
        raise errors.WrongUseError(f"{path} is there already.", mend="Replace it with --force.") from error
    except OSError as error:
        raise errors.WrongUseError(f"{path} cannot be written: {error.strerror}.") from error


def _replace(path: Path, content: str) -> None:
    """Whole or not at all: a full disk leaves the old file."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        beside.write_text(content, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
