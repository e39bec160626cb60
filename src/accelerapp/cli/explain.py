"""`accelerapp explain`: why something does not run. The root cause first, with its evidence and the mend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from accelerapp.base import errors, text
from accelerapp.cli import output
from accelerapp.cli.service_names import meant
from accelerapp.cli.target import Target, target

if TYPE_CHECKING:
    from accelerapp.explanations.model import Explanation
    from accelerapp.platforms.causes import Cause

_SHOWN_SUBJECTS = 3
_SHOWN_LINES = 10


@click.command("explain")
@click.argument("name", required=False, metavar="[SERVICE|KIND/NAME]")
@click.option("--namespace", "-n", metavar="NS", default="", help="Namespace; without a name: all that is wrong in it.")
@click.option("--context", metavar="C", default="", help="Context of the kubeconfig; default: its current one.")
@output.json_option
def command(name: str | None, namespace: str, context: str, as_json: bool) -> int:
    """Say why a service, a workload or anything in a namespace does not run, and how to mend it.

    \b
    accelerapp explain                        the default service
    accelerapp explain deploy/shop -n web     one workload of a cluster
    accelerapp explain -n web                 everything wrong in a namespace

    Exit code: 0 nothing wrong, 1 causes found, 3 none found but not everything could be looked at.
    """
    found = _ask(target(), name, namespace, context)
    if as_json:
        output.print_json(found)
    else:
        show(found)
    return exit_code(found)


def _ask(asked: Target, name: str | None, namespace: str, context: str) -> Explanation:
    from accelerapp.explanations.model import Explanation

    if not asked.is_remote:
        return asked.app.explain(name, namespace, context)
    if namespace or context or "/" in (name or ""):
        raise errors.WrongUseError(
            "A server explains the services of its settings only.",
            mend="Unset ACCELERAPP_URL to ask a cluster from this machine.",
        )
    path = f"/services/{meant(asked, name)}/explanation"
    found: Explanation = asked.ask(Explanation, path, lambda app: app.explain(name))
    return found


def exit_code(found: Explanation) -> int:
    """0 nothing wrong, 1 explained, 3 cannot tell."""
    return {"nothing wrong": 0, "explained": 1}.get(str(found.outcome), 3)


def show(found: Explanation) -> None:
    """An explanation for people."""
    roots = [each for each in found.causes if str(each.depth) != "symptom"]
    symptoms = [each for each in found.causes if str(each.depth) == "symptom"]
    if not roots:
        roots, symptoms = symptoms, []
    output.echo(click.style(_head(found, roots), bold=True))
    for number, cause in enumerate(roots, 1):
        output.echo()
        _cause(number, cause)
    _section("What follows from it:" if roots else "", [each.sentence for each in symptoms])
    _section("Also noticed; nothing fails by it now:", [f"{each.sentence} {each.mend}" for each in found.risks])
    _section("Could not be looked at:", [f"{each.what}: {each.reason}" for each in found.unread])
    output.echo()
    output.echo(click.style(_printable(f"Looked at {', '.join(found.looked_at)}."), dim=True))


def _head(found: Explanation, roots: Sequence[Cause]) -> str:
    if not roots:
        return _printable(f"{found.subject}: {found.summary}")
    return _printable(f"{found.subject}: {text.count(len(roots), 'cause')}.")


def _cause(number: int, cause: Cause) -> None:
    others = len(cause.also) - _SHOWN_SUBJECTS + 1
    names = ", ".join((cause.subject, *cause.also)[:_SHOWN_SUBJECTS])
    output.echo(f"{number}. {_printable(cause.sentence)}")
    output.echo(click.style(f"   {_printable(names)}" + (f" and {others} more" if others > 0 else ""), dim=True))
    for line in cause.evidence:
        output.echo(f"   - {_printable(line)}")
    output.echo(f"   Mend: {_printable(cause.mend)}")


def _section(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    output.echo()
    output.echo(title)
    for line in lines[:_SHOWN_LINES]:
        output.echo(f"  - {_printable(line)}")
    if len(lines) > _SHOWN_LINES:
        output.echo(f"  and {len(lines) - _SHOWN_LINES} more (--json shows all)")


def _printable(words: str) -> str:
    return text.printable(" ".join(words.split()), 1000)
