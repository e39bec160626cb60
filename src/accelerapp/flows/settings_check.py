"""Checks the settings against reality: a line for each thing that the settings promise, with the mend.

What asks the machine is handed in as a `World`; its questions answer with a sentence when all is well, raise
WrongUseError for a problem and CannotTellError when the truth cannot be known now.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from accelerapp.base import errors, side_by_side, text
from accelerapp.base.settings import model as settings
from accelerapp.base.settings import people
from accelerapp.base.severity import Severity
from accelerapp.flows import access_check
from accelerapp.flows.access_check import LeftOut

T = TypeVar("T")


class Judgement(StrEnum):
    """How a setting stands to reality."""

    OK = "ok"
    PROBLEM = "problem"
    CANNOT_TELL = "cannot tell"
    LEFT_OUT = "left out"
    """It is not granted, and may well be meant so."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    setting: str
    """A dotted path such as `services.shop.url`, or `tools.git`."""
    judgement: Judgement
    sentence: str
    mend: str = ""


@dataclass(frozen=True)
class World:
    """What can be asked of this machine and its surroundings."""

    folder: Callable[[Path], str]
    """Can things be kept there, and is there room?"""
    own_database: Callable[[], str]
    """Does the product's database answer, with a schema of this version or an older one?"""
    port: Callable[[str, int], str]
    """Is the port free, or held by this product?"""
    release: Callable[[Path, str], str]
    """Is the release there?"""
    program: Callable[[str, Path], str]
    """Is the program of a command found, seen from the release's folder?"""
    is_running: Callable[[], bool]
    """Does the local platform run?"""
    status: Callable[[str], int]
    """The HTTP status of a GET."""
    database_version: Callable[[str], str]
    """The version of the PostgreSQL at an address."""
    log: Callable[[str], str]
    """Does a log path match something?"""
    repository: Callable[[str], str]
    """Is there a git repository?"""
    tool: Callable[[str], str]
    """Is a program installed?"""
    workload: Callable[[str], str]
    """Is the workload of a service there?"""
    may: access_check.May
    """Is something allowed in a cluster?"""
    metrics: Callable[[], str]
    """Does the source of metrics answer?"""
    channel: Callable[[str], str]
    """Can a channel's other side be reached, and does it accept the credentials? Nothing is sent."""
    paging: Callable[[], str | LeftOut]
    """Can anybody be called, and is there a channel for every way in which people want to be?"""
    tests: Callable[[], str | LeftOut]
    """Did everybody answer their last test page?"""


@dataclass(frozen=True)
class Question:
    """What is asked about one setting."""

    setting: str
    ask: Callable[[], str | LeftOut]


def check(
    known: settings.Settings, world: World, asker: side_by_side.SideBySide, timeout: float = 15.0
) -> list[Finding]:
    """Ask everything side by side, wait at most `timeout` seconds, report in the order of the settings file."""
    asked = questions(known, world)
    outcomes = asker.ask({f"{number} {each.setting}": each.ask for number, each in enumerate(asked)}, timeout)
    return [finding(each.setting, outcome) for each, outcome in zip(asked, outcomes.values(), strict=True)]


def finding(setting: str, outcome: side_by_side.Outcome[str | LeftOut]) -> Finding:
    """What an outcome says of a setting."""
    if isinstance(outcome, side_by_side.Answered):
        if isinstance(outcome.value, LeftOut):
            return Finding(setting, Judgement.LEFT_OUT, outcome.value.sentence, outcome.value.mend)
        return Finding(setting, Judgement.OK, outcome.value)
    if isinstance(outcome, side_by_side.Silent):
        return Finding(setting, Judgement.CANNOT_TELL, f"No answer within {text.duration(outcome.seconds)}.")
    error = outcome.error
    if isinstance(error, errors.WrongUseError):
        return Finding(setting, Judgement.PROBLEM, _with_cause(error), error.mend)
    if isinstance(error, errors.AccelerappError):
        return Finding(setting, Judgement.CANNOT_TELL, _with_cause(error), error.mend)
    return Finding(setting, Judgement.CANNOT_TELL, f"The check itself failed with {type(error).__name__}: {error}")


def _with_cause(error: errors.AccelerappError) -> str:
    cause = next(errors.causes(error), "")
    told = not cause or cause.partition(": ")[2] in error.message
    return error.message if told else f"{error.message} ({cause})"


def questions(known: settings.Settings, world: World) -> list[Question]:
    """Everything that these settings promise."""
    asked = [
        Question("settings file", lambda: _source(known)),
        Question("server.port", lambda: world.port(known.server.host, known.server.port)),
        Question("server.url", lambda: _server_url(known.server)),
        Question("data.folder", lambda: world.folder(known.data.folder)),
        Question("data.database_url", world.own_database),
        Question("metrics.source", world.metrics),
    ]
    asked += [Question(f"channels.{name}", lambda name=name: world.channel(name)) for name in known.channels]  # type: ignore[misc]
    if known.channels:
        asked.append(Question("notify", lambda: _notify(known.notify)))
    asked += [Question("paging", world.paging), Question("paging.test_at", world.tests)]
    for name, service in known.services.items():
        asked += _of_service(f"services.{name}", service, world)
        if service.platform == "kubernetes":
            asked.append(Question(f"services.{name}.kubernetes", lambda name=name: world.workload(name)))  # type: ignore[misc]
    for each in access_check.questions(known.services.values()):
        asked.append(Question(each.setting, lambda each=each: access_check.ask(each, world.may)))  # type: ignore[misc]
    if any(service.repository for service in known.services.values()):
        asked.append(Question("tools.git", lambda: world.tool("git")))
    return asked


def _of_service(place: str, service: settings.Service, world: World) -> Iterator[Question]:
    if service.url:
        yield Question(f"{place}.url", lambda: _url(service, world))
    if database := service.database.get_secret_value():
        yield Question(f"{place}.database", lambda: _database(database, world))
    for address in service.targets:
        yield Question(f"{place}.targets", lambda address=address: _target(address, world))  # type: ignore[misc]
    for log in service.logs:
        yield Question(f"{place}.logs", lambda log=log: world.log(log))  # type: ignore[misc]
    if service.repository:
        yield Question(f"{place}.repository", lambda: world.repository(service.repository))
    if service.platform == "local" and service.local:
        yield from _of_local(f"{place}.local", service.local, world)


def _of_local(place: str, local: settings.Local, world: World) -> Iterator[Question]:
    yield Question(f"{place}.release", lambda: world.release(local.releases, local.release))
    yield Question(f"{place}.command", lambda: world.program(local.command[0], local.releases / local.release))
    if port := local.port:
        yield Question(f"{place}.port", lambda: world.port("127.0.0.1", port))


def _url(service: settings.Service, world: World) -> str:
    if service.platform == "local" and not world.is_running():
        raise errors.CannotTellError(
            f"The service does not run, so {service.url} was not asked.", mend="Start it with `accelerapp up`."
        )
    status = _must_answer(lambda: world.status(service.url))
    if not 200 <= status < 300:
        raise errors.WrongUseError(f"{service.url} answers {status}.", mend="Name an address that answers 2xx.")
    return f"{service.url} answers {status}."


def _target(address: str, world: World) -> str:
    status = _must_answer(lambda: world.status(address))
    if status != 200:
        raise errors.WrongUseError(f"{address} answers {status}.", mend="Name the address of its metrics.")
    return f"{address} answers."


def _database(address: str, world: World) -> str:
    return f"PostgreSQL {_must_answer(lambda: world.database_version(address))} answers."


def _must_answer(ask: Callable[[], T]) -> T:
    """The question is whether it answers: silence is the problem itself."""
    try:
        return ask()
    except errors.CannotTellError as error:
        raise errors.WrongUseError(error.message, mend=error.mend) from error.__cause__


def _source(known: settings.Settings) -> str:
    if known.source is None:
        raise errors.WrongUseError(
            "There is no settings file; the defaults hold.", mend="Write one with `accelerapp init`."
        )
    if not known.services:
        raise errors.WrongUseError(
            f"{known.source} describes no service.", mend="Add a table [services.NAME]; the file shows how."
        )
    return f"{known.source} has no mistakes and describes {text.count(len(known.services), 'service')}."


def _notify(notify: people.Notify) -> str | LeftOut:
    told = [f"{each} goes to {', '.join(notify.of(each))}" for each in Severity if notify.of(each)]
    without = [str(each) for each in Severity if not notify.of(each)]
    if Severity.P1 in without:
        mend = 'Set [notify] P1 = ["CHANNEL"].'
        raise errors.WrongUseError("No channel is named for P1: `accelerapp notify` would tell nobody.", mend=mend)
    if without:
        return LeftOut(f"{'; '.join(told)}. Nobody is told of {', '.join(without)}.", "Name channels in [notify].")
    return f"{'; '.join(told)}."


def _server_url(server: settings.Server) -> str:
    if server.url:
        return f"Links lead to {server.url}."
    if not is_loopback(server.host):
        raise errors.WrongUseError(
            f"The console listens on {server.host}, but links would lead to http://{server.host}:{server.port}.",
            mend="Set server.url to the address under which people reach it.",
        )
    return f"Links lead to http://{server.host}:{server.port}, which works on this machine alone."


def is_loopback(host: str) -> bool:
    """Is it an address of this machine alone?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def worst(findings: Sequence[Finding]) -> Judgement:
    """A problem before what cannot be told before ok; what is left out is no worse than ok."""
    found = {each.judgement for each in findings}
    return next((each for each in (Judgement.PROBLEM, Judgement.CANNOT_TELL) if each in found), Judgement.OK)
