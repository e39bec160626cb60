"""`accelerapp up`: everything in one process."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from accelerapp.base import errors, text
from accelerapp.cli import target


@click.command("up")
@click.option("--example", is_flag=True, help="Operate the bookshop that comes with the source.")
@click.option("--host", help="Listen on this address instead of server.host.")
@click.option("--port", type=click.IntRange(1, 65535), help="Listen on this port instead of server.port.")
@click.option("--wait", default="0s", help="How long to wait for a database that does not answer, such as 10m.")
def command(example: bool, host: str | None, port: int | None, wait: str) -> None:
    """Serve the console and the API, run the engine, and operate the local services.

    \b
    accelerapp up              with accelerapp.toml of this folder
    accelerapp up --example    with the bookshop: a real service to look at
    """
    from accelerapp import app as wiring
    from accelerapp.server import serve

    waited = text.parse_duration(wait)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = wiring.from_settings(_example()) if example else target.target().app
    changes = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    if changes:
        server = app.settings.server.model_copy(update=changes)
        app = wiring.App(app.settings.model_copy(update={"server": server}))
    serve.serve(app, lambda line: click.echo(line), waited)


def _example() -> Path:
    """The settings of the bookshop, which stands beside the source."""
    import accelerapp

    path = Path(accelerapp.__file__).parents[2] / "examples" / "bookshop" / "accelerapp.toml"
    if not path.is_file():
        raise errors.WrongUseError(
            "The example is not part of the installed package.", mend="Clone the source and run `make run` there."
        )
    return path
