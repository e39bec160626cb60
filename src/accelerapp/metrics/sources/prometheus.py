"""Prometheus by its HTTP API; Thanos, VictoriaMetrics and Mimir answer the same.

https://prometheus.io/docs/prometheus/latest/querying/api/: 400 and 422 are about the expression, all else that is not
200 is about the server. An answer is read up to a size, and checked before it is believed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from accelerapp.base import errors, text
from accelerapp.metrics.model import Element, Line, Matrix, Point, Vector

LARGEST = 64 * 1024**2


class Answer(Protocol):
    """What came back."""

    @property
    def status(self) -> int:
        """Of HTTP."""
        ...

    @property
    def body(self) -> bytes:
        """All of it."""
        ...


class Client(Protocol):
    """`clients.http.HttpClient`, as far as it is used."""

    def read(self, url: str, params: Mapping[str, Any] | None, *, at_most: int, within: float) -> Answer:
        """GET an answer of at most so many bytes and seconds. Raises CannotTellError."""
        ...


class PrometheusSource:
    """Implements interface.MetricSource."""

    def __init__(self, url: str, client: Client, timeout: float = 30.0) -> None:
        self.name = f"Prometheus at {url}"
        self._url = url.rstrip("/")
        self._client = client
        self._timeout = timeout

    def instant(self, expr: str, at: datetime) -> Vector:
        """The expression at a time. Raises WrongUseError; CannotTellError when the server cannot answer."""
        kind, result = self._ask("query", {"query": expr, "time": f"{at.timestamp():.3f}"})
        try:
            if kind == "vector":
                return Vector(tuple(Element(_labels(each["metric"]), _point(each["value"])) for each in result))
            if kind == "scalar":
                return Vector((Element({}, _point(result)),), is_scalar=True)
        except (KeyError, TypeError, ValueError) as error:
            raise self._garbage() from error
        raise errors.WrongUseError(
            f"The expression is a {kind}, not a number or a vector.", mend=f"It is: {expr[:200]}"
        )

    def range(self, expr: str, start: datetime, end: datetime, step: timedelta) -> Matrix:
        """The expression over a stretch. Raises as `instant`."""
        window = {"start": f"{start.timestamp():.3f}", "end": f"{end.timestamp():.3f}", "step": step.total_seconds()}
        kind, result = self._ask("query_range", {"query": expr, **window})
        try:
            if kind == "matrix":
                return Matrix(
                    tuple(Line(_labels(each["metric"]), tuple(map(_point, each["values"]))) for each in result)
                )
        except (KeyError, TypeError, ValueError) as error:
            raise self._garbage() from error
        raise self._garbage()

    def _ask(self, verb: str, params: Mapping[str, Any]) -> tuple[str, Any]:
        """Kind and result of an answer."""
        answer = self._client.read(f"{self._url}/api/v1/{verb}", params, at_most=LARGEST, within=self._timeout)
        try:
            told = json.loads(answer.body)
        except ValueError:
            told = None
        if answer.status in (400, 422) and isinstance(told, dict) and "error" in told:
            said = text.printable(str(told["error"]), 300)
            raise errors.WrongUseError(
                f"{self.name} cannot evaluate the expression: {said}.", mend=f"It is: {params['query'][:200]}"
            )
        if answer.status != 200:
            raise errors.CannotTellError(f"{self.name} answers {answer.status}.", mend=_MENDS.get(answer.status, ""))
        try:
            return str(told["data"]["resultType"]), told["data"]["result"]
        except (KeyError, TypeError) as error:
            raise self._garbage() from error

    def _garbage(self) -> errors.CannotTellError:
        return errors.CannotTellError(f"{self.name} answers something that is no result.", mend="Is it a Prometheus?")


_MENDS = {
    401: "Set metrics.token.",
    403: "The token of metrics.token may not ask.",
    404: "Does metrics.source name the address before /api/v1?",
    429: "It is asked too often: fewer rules, or a longer period.",
    503: "It is starting, or overloaded.",
}


def _point(pair: Any) -> Point:
    """`[1700000000.5, "0.05"]`; numbers that are none are written as NaN, +Inf, -Inf."""
    at, value = pair
    return Point(float(at), float(value))


def _labels(told: Any) -> dict[str, str]:
    if not isinstance(told, dict):
        raise ValueError("no labels")
    return {str(name): str(value) for name, value in told.items()}
