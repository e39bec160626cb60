"""`accelerapp oncall person`, and how any entry of the book is read, written and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from accelerapp.base import errors, text
from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.flows.oncall import By
    from accelerapp.oncall.model import Person, Remark

_MOST = 20
"""Remarks that are printed after a change."""
_SUBJECTS = {"people": "person", "schedules": "schedule", "policies": "policy"}
"""What remarks call an entry of a table of the book."""


def add(group: click.Group) -> None:
    """Add the group to `accelerapp oncall`."""
    group.add_command(person)


def me() -> str:
    """Whoever runs the command."""
    from accelerapp.cli import alert

    return alert.me()


def by() -> By:
    """Whoever has the data folder may do everything."""
    from accelerapp.flows.oncall import By

    return By(me(), is_admin=True)


def names(written: str) -> list[str]:
    """`ann,ben`."""
    return [each.strip() for each in written.split(",") if each.strip()]


# -- any entry ---------------------------------------------------------------------------------------------------------


def write(tables: dict[str, Any], what: str) -> list[str]:
    """Put in what the tables name; what changed."""
    path = "/oncall/entries"
    body = _plain(tables)
    if target().is_remote:
        found: dict[str, Any] = target().ask(dict[str, Any], path, lambda app: {}, method="POST", body=body)
        return list(found["changed"])
    return target().app.oncall.take(tables, by(), what)


def _plain(value: Any) -> Any:
    """For JSON: TOML's dates as text."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def entry(kind: str, name: str) -> dict[str, Any]:
    """One entry as its table. Raises NotFoundError."""

    def local(app: Any) -> dict[str, Any]:
        found: dict[str, Any] = app.oncall.tables().get(kind, {})
        if name not in found:
            raise errors.NotFoundError(
                f"There is no '{name[:64]}' among the {kind}.", mend="`accelerapp oncall export`."
            )
        table: dict[str, Any] = found[name]
        return table

    found: dict[str, Any] = target().ask(dict[str, Any], _path(kind, name), local)
    return found


def put(kind: str, name: str, table: dict[str, Any]) -> list[str]:
    """Write one entry whole, and say what changed."""

    def local(app: Any) -> dict[str, Any]:
        return {"changed": app.oncall.take({kind: {name: table}}, by())}

    found: dict[str, Any] = target().ask(dict[str, Any], _path(kind, name), local, method="PUT", body=_plain(table))
    changed = list(found["changed"])
    say_changed(changed)
    return changed


def say_changed(changed: list[str]) -> None:
    """What was written."""
    output.echo(f"Changed: {', '.join(changed)}." if changed else "Nothing changed.")


def say_remarks(changed: list[str]) -> None:
    """What should be known of what was written, to stderr; it is saved whatever this says."""
    for line in _remarks(changed) if changed else []:
        click.echo(text.printable(line), err=True)


def _remarks(changed: list[str]) -> list[str]:
    from accelerapp.oncall.model import Remark

    try:
        found: list[Remark] = target().ask(list[Remark], "/oncall/remarks", lambda app: app.oncall.remarks())
    except errors.AccelerappError as error:
        return [f"What should be known of it cannot be told: {error.message} Later: `accelerapp oncall check`."]
    pairs = [each.partition(" ") for each in changed]
    subjects = {f"{_SUBJECTS.get(kind, kind)} {name}" for kind, _, name in pairs}
    lines = [f"{each.subject}: {each.text} {each.mend}".rstrip() for each in found if each.subject in subjects]
    more = [f"and {len(lines) - _MOST} more: `accelerapp oncall check` lists them."] if len(lines) > _MOST else []
    return [*lines[:_MOST], *more]


def remove(kind: str, name: str) -> None:
    """Take one entry out, and say so."""
    target().ask(type(None), _path(kind, name), lambda app: app.oncall.remove(kind, name, by()), method="DELETE")
    output.echo(f"Removed: {kind} {name}.")


def show(kind: str, name: str) -> None:
    """Print one entry as it stands in a file."""
    import tomlkit

    click.echo(tomlkit.dumps({kind: {name: entry(kind, name)}}), nl=False)


def _path(kind: str, name: str) -> str:
    return f"/oncall/entries/{kind}/{quote(name, safe='')}"


# -- people ------------------------------------------------------------------------------------------------------------


@click.group("person")
def person() -> None:
    """People and how they are reached. The name is that of their account."""


@person.command("list")
@output.json_option
def people(as_json: bool) -> None:
    """Everybody, with their contact methods; ? marks what is not verified."""
    from accelerapp.oncall.model import Person

    found: list[Person] = target().ask(
        list[Person], "/oncall/people", lambda app: list(app.oncall.book().people.values())
    )
    if as_json:
        output.print_json(found, list[Person])
        return
    output.table(("NAME", "ZONE", "METHODS"), [(each.name, each.zone, _methods(each)) for each in found])


def _methods(found: Person) -> str:
    return ", ".join(each.name + ("" if each.verified_at else "?") for each in found.methods) or "none"


@person.command("add")
@click.argument("name")
@click.option("--title", default="", help="The name in full.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone, such as Europe/Berlin.")
@click.option("--quiet", default="", metavar="22:00-07:00", help="When only P1 may disturb.")
@click.option("--method", "methods", multiple=True, metavar="KIND=ADDRESS", help="Such as sms=+4915112345678.")
def add_person(name: str, title: str, zone: str, quiet: str, methods: tuple[str, ...]) -> None:
    """Make or replace a person."""
    given = dict(_method(each) for each in methods)
    table = {"title": title, "zone": zone, "methods": given, **({"quiet": quiet} if quiet else {})}
    put("people", name, table)


def _method(written: str) -> tuple[str, str]:
    kind, equals, address = written.partition("=")
    if not equals:
        raise errors.WrongUseError(f"'{written[:60]}' is not a method.", mend="Write it like sms=+4915112345678.")
    return kind.strip(), address.strip()


@person.command("method")
@click.argument("name")
@click.argument("method", metavar="KIND=ADDRESS")
@click.option("--as", "called", default="", metavar="WORD", help="What to call it, when there are two of a kind.")
def add_method(name: str, method: str, called: str) -> None:
    """Add a way to reach a person, or change its address: `accelerapp oncall person method ann sms=+4915112345678`."""
    kind, address = _method(method)
    table = entry("people", name)
    methods = {**table.get("methods", {}), called or kind: {"kind": kind, "address": address}}
    put("people", name, {**table, "methods": methods})


@person.command("verify")
@click.argument("name")
@click.argument("method")
@click.option("--code", default="", help="The code that came; without it one is sent.")
def verify(name: str, method: str, code: str) -> None:
    """Send a code to a contact method, or prove it with the code."""
    from accelerapp.oncall.model import Person

    path = f"/oncall/people/{quote(name, safe='')}/methods/{quote(method, safe='')}"
    if not code:
        target().ask(type(None), f"{path}/code", lambda app: app.oncall_codes.send(name, method), method="POST")
        output.echo(f"A code is on its way. Then: accelerapp oncall person verify {name} {method} --code CODE")
        return
    proven: Person = target().ask(
        Person,
        f"{path}/verify",
        lambda app: app.oncall_codes.check(name, method, code),
        method="POST",
        body={"code": code},
    )
    output.echo(f"{method} of {proven.name} is verified.")


@person.command("show")
@click.argument("name")
def show_person(name: str) -> None:
    """Print a person as in a file."""
    show("people", name)


@person.command("remove")
@click.argument("name")
def remove_person(name: str) -> None:
    """Take a person out, when no schedule, team or policy names them any more."""
    remove("people", name)
