"""`accelerapp service config SERVICE`: the ConfigMaps that a service uses; set, unset, edit, with a diff before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from accelerapp.base import errors, text
from accelerapp.cli import output, services_change
from accelerapp.cli.service_names import meant
from accelerapp.cli.target import Target, target

if TYPE_CHECKING:
    from accelerapp.platforms.interface import Config

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command("config")
@click.argument("name")
@click.argument("action", required=False, type=click.Choice(["set", "unset", "edit"]))
@click.argument("keys", nargs=-1, metavar="[KEY=VALUE|KEY]...")
@click.option("--map", "map_name", metavar="NAME", help="Which ConfigMap, where the service uses several.")
@click.option("--yes", "-y", is_flag=True, help="Change it without asking.")
@click.option("--restart", is_flag=True, help="Replace the replicas afterwards, so that they take the change.")
@output.json_option
def config(
    name: str,
    action: str | None,
    keys: tuple[str, ...],
    map_name: str | None,
    yes: bool,
    restart: bool,
    as_json: bool,
) -> int:
    """Show the ConfigMaps that a service uses, or change one. Secrets are never shown.

    \b
    accelerapp service config shop
    accelerapp service config shop set LIMIT=20 GREETING="good day" --restart
    accelerapp service config shop unset LIMIT
    accelerapp service config shop edit            in $EDITOR, as YAML
    """
    from accelerapp.platforms.interface import Config

    asked = target()
    service = meant(asked, name)
    found = _configs(asked, service)
    if action is None:
        _show(found, as_json)
        return 0
    before = pick(found, map_name, keys)
    after = _wanted(before, action, keys)
    made = _change(asked, service, before, after, yes, as_json)
    if as_json:
        output.print_json(made, Config)
    return _take(asked, service, made is not before, restart, as_json)


def _configs(asked: Target, service: str) -> list[Config]:
    from accelerapp.base.ids import ServiceName
    from accelerapp.platforms.interface import Config

    found: list[Config] = asked.ask(
        list[Config],
        f"/services/{service}/config",
        lambda app: app.platform(app.service(service)).configs(ServiceName(service)),
    )
    return found


def _show(found: Sequence[Config], as_json: bool) -> None:
    from accelerapp.platforms import config_text
    from accelerapp.platforms.interface import Config

    if as_json:
        output.print_json(list(found), list[Config])
        return
    if not found:
        output.echo("It uses no ConfigMap.")
    for one in found:
        head = f"{one.name}: {', '.join(one.used_as)}" + ("" if one.version else "; it does not exist")
        output.echo(click.style(text.printable(head), bold=True))
        for line in config_text.dump(one.values).splitlines():
            output.echo(f"  {text.printable(line, 400)}")
        for key in one.binary:
            output.echo(click.style(f"  {key}: no text", dim=True))


def pick(found: Sequence[Config], name: str | None, keys: Sequence[str]) -> Config:
    """The ConfigMap that is meant: the named one, the only one, or the only one that has these keys already."""
    known = ", ".join(one.name for one in found) or "none"
    if name:
        named = next((one for one in found if one.name == name), None)
        if named is None:
            raise errors.NotFoundError(f"The service uses no ConfigMap '{name}'.", mend=f"It uses: {known}.")
        return named
    wanted = {key.partition("=")[0] for key in keys}
    having = [one for one in found if wanted and wanted <= one.values.keys()]
    if len(found) == 1 or len(having) == 1:
        return (having or list(found))[0]
    raise errors.WrongUseError("Which ConfigMap is meant?", mend=f"Say --map NAME; the service uses: {known}.")


def _wanted(before: Config, action: str, keys: Sequence[str]) -> dict[str, str]:
    """The values that shall be. Raises WrongUseError."""
    from accelerapp.platforms import config_text

    if action == "edit":
        return _edited(before)
    if not keys:
        raise errors.WrongUseError(f"Nothing to {action}.", mend="Name KEY=VALUE to set, KEY to unset.")
    if action == "set":
        return {**before.values, **config_text.assignments(keys)}
    missing = [key for key in keys if key not in before.values]
    if missing:
        raise errors.NotFoundError(
            f"{before.name} has no key '{missing[0]}'.", mend=f"Its keys: {', '.join(before.values) or 'none'}."
        )
    return {key: value for key, value in before.values.items() if key not in keys}


def _edited(before: Config) -> dict[str, str]:
    """What the person's editor leaves; asked again while it is no YAML, so that nothing typed is lost."""
    from accelerapp.platforms import config_text

    written = f"# ConfigMap {before.name}. An unchanged file changes nothing.\n{config_text.dump(before.values)}"
    while True:
        answer = click.edit(written, extension=".yaml")
        if answer is None:  # not saved
            return dict(before.values)
        try:
            return config_text.parse(answer)
        except errors.WrongUseError as error:
            output.echo(error.message)
            if not click.confirm("Edit it again?", default=True):
                raise
            written = answer


def _change(asked: Target, service: str, before: Config, after: Mapping[str, str], yes: bool, quiet: bool) -> Config:
    """Show the diff, ask, change. Gives `before` back when nothing is to change. Raises Abort."""
    from accelerapp.base.ids import ServiceName
    from accelerapp.platforms import config_text
    from accelerapp.platforms.interface import Config

    changes = config_text.changes(before.values, after)
    if not changes:
        click.echo(f"{before.name}: nothing to change.", err=True)
        return before
    for line in config_text.diff(before.name, before.values, after):
        click.echo(click.style(text.printable(line, 400), fg=_COLOURS.get(line[:1])), err=quiet)
    if not yes:
        click.confirm(f"Change {before.name}?", abort=True, err=quiet)
    made: Config = asked.ask(
        Config,
        f"/services/{service}/config/{before.name}",
        lambda app: app.platform(app.service(service)).set_config(
            ServiceName(service), before.name, before.version, changes, services_change.me()
        ),
        method="POST",
        body={"version": before.version, "changes": changes},
    )
    return made


def _take(asked: Target, service: str, changed: bool, restart: bool, quiet: bool) -> int:
    if not changed:
        return 0
    if restart:
        return services_change.restart_now(asked, service)
    click.echo(
        f"Changed. Replicas that run keep the values they began with: `accelerapp service restart {service}`.",
        err=quiet,
    )
    return 0
