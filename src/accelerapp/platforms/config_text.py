"""Configuration as text that people edit: YAML in which every value is a string, and a diff of two. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from accelerapp.base import errors, text


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes texts of several lines as they are, under `|`."""


def _as_is(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _as_is)


def dump(values: Mapping[str, str]) -> str:
    """The values as YAML, a key each, in the order of the keys."""
    if not values:
        return ""
    written: str = yaml.dump(dict(values), Dumper=_Dumper, allow_unicode=True, width=10_000, default_flow_style=False)
    return written


def parse(written: str) -> dict[str, str]:
    """The values again; `5`, `yes` and `null` are texts here. Raises WrongUseError with the line."""
    try:
        _refuse_twins(yaml.compose(written, Loader=yaml.BaseLoader))
        found: Any = yaml.load(written, Loader=yaml.BaseLoader)  # noqa: S506 — it makes texts, lists and tables only
    except yaml.YAMLError as error:
        raise errors.WrongUseError(f"That is no YAML: {' '.join(str(error).split())}.") from error
    if found in ("", None):
        return {}
    if not isinstance(found, dict):
        raise errors.WrongUseError("That is no list of `KEY: VALUE` lines.")
    wrong = [str(key) for key, value in found.items() if not isinstance(value, str)]
    if wrong:
        raise errors.WrongUseError(
            f"A value is a text, but that of {', '.join(wrong)} has parts.", mend="Write it under `KEY: |`, indented."
        )
    return {str(key): value for key, value in found.items()}


def _refuse_twins(root: Any) -> None:
    """A key that stands there twice: YAML would silently take the last."""
    keys = [key.value for key, _ in root.value] if isinstance(root, yaml.MappingNode) else []
    twins = sorted({str(key) for key in keys if keys.count(key) > 1})
    if twins:
        raise errors.WrongUseError(f"A key stands there twice: {', '.join(twins)}.")


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    """What has to be set (a text) and removed (None)."""
    removed: dict[str, str | None] = {key: None for key in before if key not in after}
    return removed | {key: value for key, value in after.items() if before.get(key) != value}


def assignments(written: Sequence[str]) -> dict[str, str]:
    """`KEY=VALUE` texts. Raises WrongUseError."""
    for one in written:
        if "=" not in one or one.startswith("="):
            raise errors.WrongUseError(f"'{text.printable(one, 80)}' sets nothing.", mend="Write KEY=VALUE.")
    return {key: value for key, _, value in (one.partition("=") for one in written)}


def diff(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """A unified diff of the two as YAML, line by line; empty when nothing differs."""
    lines = difflib.unified_diff(
        dump(before).splitlines(), dump(after).splitlines(), f"{name} (now)", f"{name} (wanted)", lineterm=""
    )
    return list(lines)
