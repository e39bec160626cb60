"""The command `accelerapp`. Commands are imported when they are called: `--help` must be quick."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from accelerapp import __version__
from accelerapp.base import errors

# name -> module of accelerapp.cli and its one-line help, so that `--help` imports none of them.
_COMMANDS = {
    "up": ("up", "Run everything: console, API, engine and the local platform."),
    "init": ("init", "Write a commented settings file."),
    "doctor": ("doctor", "Check the settings against reality."),
    "health": ("health", "Check the health of a service."),
    "explain": ("explain", "Say why something does not run, and how to mend it."),
    "logs": ("logs", "Review, search and follow logs."),
    "metrics": ("metrics", "Figures over time: PromQL, with a small plot."),
    "slo": ("slo", "Objectives of services and their error budgets."),
    "service": ("services", "List, scale, restart and switch services; run commands in replicas."),
    "alert": ("alert", "Alerts: list, acknowledge, silence, send; rules and senders."),
    "maintenance": ("alert_silences", "Planned work: alerts page nobody while it lasts."),
    "page": ("page", "Who was called for what; acknowledge, resolve."),
    "oncall": ("oncall", "Who is on call, schedules, people and escalation policies."),
    "incident": ("incident", "Incidents: open, answer, follow, resolve; their time lines."),
    "status": ("status", "The public status page: components, maintenance, updates, static files."),
    "notify": ("notify", "Tell the team something by its channels; try a channel."),
    "user": ("user", "Accounts of people."),
    "token": ("token", "Keys for programs."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer meets them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of the command and take `command` from it."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"accelerapp.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list under `--help`, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="accelerapp")
@click.option("--config", type=click.Path(dir_okay=False), help="Settings file; default: accelerapp.toml here.")
@click.option("-v", "--verbose", is_flag=True, help="Show tracebacks of errors.")
@click.pass_context
def cli(ctx: click.Context, config: str | None, verbose: bool) -> None:
    """Run the operations of a service: health, logs, alerts, incidents, deployments.

    \b
    Exit codes: 0 fine, 1 a finding (unhealthy, errors found), 2 wrong use or settings,
    3 cannot tell (unreachable, stale), 130 interrupted.
    """
    ctx.obj = {"config": config, "verbose": verbose}


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; errors are printed here and nowhere else."""
    arguments = sys.argv[1:] if arguments is None else arguments
    verbose = "-v" in arguments or "--verbose" in arguments
    try:
        result: Any = cli.main(arguments, standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except errors.AccelerappError as error:
        code = _explain(error, verbose=verbose)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `accelerapp … | head` is not an error
        code = 0
    except KeyboardInterrupt:
        code = 130
    except Exception as error:  # a mistake of ours: one sentence, and the traceback for whoever asks
        if verbose:
            raise
        click.echo(f"accelerapp: something unexpected went wrong ({type(error).__name__}: {error}).", err=True)
        click.echo("  This is a mistake in Accelerapp. Run the command again with -v to see where.", err=True)
        code = 3
    sys.exit(code)


def _explain(error: errors.AccelerappError, *, verbose: bool) -> int:
    if verbose:
        import traceback

        traceback.print_exception(error)
    click.echo(f"accelerapp: {error.message}", err=True)
    if error.mend:
        click.echo(f"  {error.mend}", err=True)
    for cause in errors.causes(error):
        click.echo(f"  cause: {cause}", err=True)
    return error.exit_code
