"""Reads the settings: file, then environment over it, then references to secrets; all mistakes at once.

The file is `--config`, or `ACCELERAPP_CONFIG`, or `accelerapp.toml` in the working folder; without one the defaults
hold. `DATABASE_URL` sets `data.database_url`; `ACCELERAPP_SERVER__PORT=8001` sets `server.port`, and so on.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelerapp.base import errors
from accelerapp.base.settings import channels as channel_kinds
from accelerapp.base.settings import model

if TYPE_CHECKING:
    from pydantic import ValidationError

FILE_NAME = "accelerapp.toml"
PREFIX = "ACCELERAPP_"
_NOT_SETTINGS = {"CONFIG", "URL", "TOKEN", "TERMINAL"}


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> model.Settings:
    """The settings in force. Raises WrongUseError for an unreadable file, InvalidInputError with every mistake."""
    environ = os.environ if environ is None else environ
    source = _find(path, environ)
    table = read_toml(source) if source else {}
    problems = list(_plain_secrets(table))
    _apply_environment(table, environ)
    _resolve_references(table, "", source.parent if source else Path.cwd(), environ, problems)
    settings = _validate(table, source, problems)
    return _anchor(settings, source)


def secret(reference: str, base: Path, environ: Mapping[str, str] | None = None) -> str:
    """What `env:NAME` or `file:PATH` (relative to `base`) stands for. Raises WrongUseError when it cannot be told."""
    place: dict[str, Any] = {"secret": reference}
    problems: list[errors.FieldProblem] = []
    _resolve_references(place, "", base, os.environ if environ is None else environ, problems)
    if problems:
        raise errors.InvalidInputError(f"The secret {reference}", problems)
    found: str = place["secret"]
    return found


def _find(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = path or (Path(environ["ACCELERAPP_CONFIG"]) if environ.get("ACCELERAPP_CONFIG") else None)
    if named is None:
        return Path(FILE_NAME).absolute() if Path(FILE_NAME).is_file() else None
    if not named.is_file():
        raise errors.WrongUseError(
            f"There is no settings file {named}.", mend="Write one with `accelerapp init`, or name another."
        )
    return named.absolute()


def read_toml(source: Path) -> dict[str, Any]:
    """The tables of a file. Raises WrongUseError."""
    try:
        return tomllib.loads(source.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise errors.WrongUseError(f"{source} is not valid TOML: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise errors.WrongUseError(f"{source} cannot be read: {error}.") from error


def _plain_secrets(table: Mapping[str, Any]) -> Iterator[errors.FieldProblem]:
    """A problem for each secret of a channel or of a tracker that stands in the file itself."""
    channels = table.get("channels")
    named = {f"channels.{name}": each for name, each in channels.items()} if isinstance(channels, dict) else {}
    for place, section in {**named, "issues": table.get("issues")}.items():
        for field, value in section.items() if isinstance(section, dict) else ():
            given = [str(each) for each in (value if isinstance(value, list) else [value])]
            if field in channel_kinds.SECRETS and any(
                each and not each.startswith(("env:", "file:")) for each in given
            ):
                mend = 'Write it as "env:NAME" or "file:PATH".'
                yield errors.FieldProblem(f"{place}.{field}", "is a secret and stands in the file.", mend)


def _apply_environment(table: dict[str, Any], environ: Mapping[str, str]) -> None:
    if environ.get("DATABASE_URL"):
        table.setdefault("data", {})["database_url"] = environ["DATABASE_URL"]
    for name, value in environ.items():
        path = name.removeprefix(PREFIX)
        if path == name or "__" not in path or path in _NOT_SETTINGS:
            continue
        *parents, last = [part.lower().replace("_", "-") if i else part.lower() for i, part in _parts(path)]
        place = table
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last.replace("-", "_")] = value


def _parts(path: str) -> list[tuple[int, str]]:
    """`SERVICES__MY_SHOP__URL` -> services, my-shop (a service's name has no underscore), url."""
    parts = path.split("__")
    return [
        (index if parts[0] in ("SERVICES", "CHANNELS") and index == 1 else 0, part) for index, part in enumerate(parts)
    ]


def _resolve_references(
    place: Any, where: str, base: Path, environ: Mapping[str, str], problems: list[errors.FieldProblem]
) -> None:
    """Replaces `env:NAME` and `file:PATH` by what they point to, in place."""
    pairs = place.items() if isinstance(place, dict) else enumerate(place) if isinstance(place, list) else ()
    for key, value in list(pairs):
        field = f"{where}.{key}" if where else str(key)
        if not isinstance(value, str):
            _resolve_references(value, field, base, environ, problems)
        elif value.startswith("env:"):
            name = value.removeprefix("env:")
            if name not in environ:
                problems.append(errors.FieldProblem(field, f"the environment has no {name}.", f"Set {name}."))
            place[key] = environ.get(name, "")
        elif value.startswith("file:"):
            path = base / value.removeprefix("file:")
            try:
                place[key] = path.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                problems.append(errors.FieldProblem(field, f"{path} cannot be read ({error.__class__.__name__})."))
                place[key] = ""


def _validate(table: dict[str, Any], source: Path | None, problems: list[errors.FieldProblem]) -> model.Settings:
    from pydantic import ValidationError

    try:
        settings = model.Settings.model_validate({**table, "source": source})
    except ValidationError as error:
        told = {problem.field for problem in problems}
        problems += [problem for problem in mistakes(error) if problem.field not in told]
    else:
        if not problems:
            return settings
    raise errors.InvalidInputError(str(source or "The environment"), problems)


def mistakes(error: ValidationError, place: str = "") -> list[errors.FieldProblem]:
    """What pydantic found wrong in a table at `place`, in our words."""
    found = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        path = [place, *(str(part) for part in _without_kind(item["loc"]) if part != "[key]")]
        field = ".".join(part for part in path if part) or "(top)"
        found.append(errors.FieldProblem(field, _plain(item["type"], item["msg"])))
    return found


def _without_kind(path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Pydantic names a channel's kind as if it were a table: `channels.ops.slack.token`."""
    return path[:2] + path[3:] if path[:1] == ("channels",) and len(path) > 2 else path


def _plain(kind: str, message: str) -> str:
    """Pydantic's words in ours."""
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return f"needs a kind: {channel_kinds.KINDS}."
    if kind == "extra_forbidden":
        return "there is no such setting."
    if kind == "missing":
        return "is missing."
    if kind == "string_pattern_mismatch":
        return "a name has only small letters, digits and hyphens, and at most 63 of them."
    return message.removeprefix("Value error, ").removesuffix(".") + "."


def _anchored_repository(place: str, base: Path) -> str:
    """A folder becomes absolute; an address (`https://…`, `git@host:path`) stays."""
    is_address = "://" in place or re.match(r"[\w.-]+@[\w.-]+:", place)
    return place if is_address or not place else str(base / Path(place).expanduser())


def _anchored_kubeconfig(place: model.Kubernetes, base: Path) -> model.Kubernetes:
    if not place.kubeconfig:
        return place
    return place.model_copy(update={"kubeconfig": str(base / Path(place.kubeconfig).expanduser())})


def _anchor(settings: model.Settings, source: Path | None) -> model.Settings:
    """Makes the folders in the settings absolute: they are relative to the file, not to where a command is run."""
    base = source.parent if source else Path.cwd()
    data = settings.data.model_copy(update={"folder": base / settings.data.folder.expanduser()})
    services = {
        name: service.model_copy(
            update={
                "local": service.local
                and service.local.model_copy(update={"releases": base / service.local.releases.expanduser()}),
                "kubernetes": service.kubernetes and _anchored_kubeconfig(service.kubernetes, base),
                "repository": _anchored_repository(service.repository, base),
                "logs": tuple(log if "://" in log else str(base / Path(log).expanduser()) for log in service.logs),
            }
        )
        for name, service in settings.services.items()
    }
    files = tuple(str(base / Path(file).expanduser()) for file in settings.evaluation.rules_files)
    evaluation = settings.evaluation.model_copy(update={"rules_files": files})
    channels = {
        name: channel.model_copy(update={"ca_file": str(base / Path(channel.ca_file).expanduser())})
        if channel.ca_file
        else channel
        for name, channel in settings.channels.items()
    }
    update = {"data": data, "services": services, "evaluation": evaluation, "channels": channels}
    return settings.model_copy(update=update)
