"""`accelerapp doctor`: the settings against reality, a line each, with the mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from accelerapp.base import text
from accelerapp.cli import output
from accelerapp.cli.target import target

if TYPE_CHECKING:
    from accelerapp.flows.settings_check import Finding

_COLOURS = {"ok": "green", "left out": "cyan", "problem": "red", "cannot tell": "magenta"}


@click.command("doctor")
@output.json_option
def command(as_json: bool) -> int:
    """Check the settings against reality: folders, ports, databases, releases, addresses, logs, tools;
    on Kubernetes also the workloads, and what the credentials allow.

    \b
    Exit code: 0 all is well, 1 a problem, 2 the settings have mistakes, 3 something cannot be told.
    """
    from accelerapp.flows import settings_check

    findings = target().app.check_settings()
    if as_json:
        output.print_json(findings, list[settings_check.Finding])
    else:
        _print(findings)
    return {"ok": 0, "problem": 1, "cannot tell": 3}[settings_check.worst(findings)]


def _print(findings: list[Finding]) -> None:
    width = max(len(each.setting) for each in findings)
    for each in findings:
        word = click.style(f"{each.judgement:11}", fg=_COLOURS[each.judgement])
        output.echo(f"{word}  {each.setting:{width}}  {text.printable(each.sentence, 400)}")
        if each.mend:
            output.echo(f"{'':11}  {'':{width}}  {text.printable(each.mend, 400)}")
