"""The kinds of fields that settings are made of: durations, sizes, names, times of the week.

Durations are written like `15m`, sizes like `256M`.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from accelerapp.base import errors, text


def read_duration(value: object) -> object:
    """`15m` as a duration; what is no text stays."""
    if not isinstance(value, str):
        return value
    try:
        return text.parse_duration(value)
    except errors.AccelerappError as error:
        raise ValueError(f"{error.message} {error.mend}") from error


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than zero")
    return value


def _size(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return text.parse_size(value)
    except errors.AccelerappError as error:
        raise ValueError(f"{error.message} {error.mend}") from error


def _clock(value: object) -> object:
    """`09:00` as a time of day; empty is none."""
    if not isinstance(value, str):
        return value
    if value and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError(f"'{value[:20]}' is not a time of day such as 09:00")
    return time.fromisoformat(value) if value else None


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _weekly(value: str) -> str:
    day, _, at = value.partition(" ")
    if value and (day not in _WEEKDAYS or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", at)):
        raise ValueError(f"'{value[:40]}' is not a time of the week such as Tuesday 11:00")
    return value


def _or_never(value: object) -> object:
    return None if value == "" else read_duration(value)


WORKLOAD_KINDS = ("deployment", "statefulset", "daemonset", "job", "cronjob")


def _kubernetes_name(value: str) -> str:
    if len(value) > 253 or not re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", value):
        raise ValueError("a name in Kubernetes has only small letters, digits, hyphens and dots")
    return value


def _workload_name(value: str) -> str:
    kind, slash, name = value.rpartition("/")
    if slash and kind not in WORKLOAD_KINDS:
        raise ValueError(f"the kind before the name is one of {', '.join(WORKLOAD_KINDS)}")
    if name or slash:
        _kubernetes_name(name)
    return value


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError(f"'{value[:60]}' is no time zone such as Europe/Berlin") from error
    return value


TimeZone = Annotated[str, AfterValidator(_time_zone)]
Duration = Annotated[timedelta, BeforeValidator(read_duration), AfterValidator(_positive)]
Pause = Annotated[timedelta, BeforeValidator(read_duration), Field(ge=timedelta(0))]
PauseOrNever = Annotated[
    Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=7))] | None, BeforeValidator(_or_never)
]
WeeklyOrNever = Annotated[str, AfterValidator(_weekly)]
ClockOrNever = Annotated[time | None, BeforeValidator(_clock)]
Size = Annotated[int, BeforeValidator(_size), Field(ge=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
KubernetesName = Annotated[str, AfterValidator(_kubernetes_name)]
WorkloadName = Annotated[str, AfterValidator(_workload_name)]


class Section(BaseModel):
    """A table of the settings file: unknown fields are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
