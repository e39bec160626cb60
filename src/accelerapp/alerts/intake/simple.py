"""GoAlert's generic API and OnCall's formatted webhook. Pure.

https://goalert.me/docs and https://grafana.com/docs/oncall/latest/configure/integrations/references/webhook/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from accelerapp.alerts import model
from accelerapp.alerts.intake import bodies
from accelerapp.alerts.intake.interface import Answer, Delivery, Received, problem_answer
from accelerapp.alerts.model import Signal, SignalState

_LONGEST_SUMMARY = 1024


class GoAlert:
    """`summary`, `details`, `action=close`, `dedup`, `meta`: in the query, a form or JSON."""

    def read(self, delivery: Delivery) -> Received:
        """One signal. Without a key the summary and the details are what it is known by, as GoAlert does."""
        given = {**delivery.query, **_fields(delivery)}
        summary, details = bodies.as_text(given.get("summary"), _LONGEST_SUMMARY), bodies.as_text(given.get("details"))
        if not summary.strip():
            raise bodies.problem("summary", "must be text that is not empty.")
        key = bodies.as_text(given.get("dedup"), 512) or model.fingerprint({"summary": summary, "details": details})
        action = given.get("action", "")
        if action not in ("", "close", None):
            raise bodies.problem("action", "must be close, or be left out.")
        meta = given.get("meta")
        signal = _signal(delivery, summary, details, f"goalert {delivery.sender.id} {key}", is_over=action == "close")
        annotations = {**bodies.texts(meta if isinstance(meta, dict) else None, "meta", 1000), **signal.annotations}
        return Received(
            [Signal(signal.labels, annotations, signal.state, source=signal.source, key=signal.key)], Answer(204)
        )

    def refusal(self, status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
        """As our API says it."""
        return problem_answer(status, message, reasons)


def _fields(delivery: Delivery) -> dict[str, Any]:
    """The fields of the body, whatever it says that it is."""
    if not delivery.body.strip():
        return {}
    if delivery.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        try:
            return dict(parse_qsl(delivery.body.decode(), keep_blank_values=True, max_num_fields=100))
        except ValueError as error:
            raise bodies.problem("body", f"is not a form: {error}.") from error
    return bodies.as_object(bodies.parse(delivery.body), "body")


class OnCall:
    """`alert_uid`, `title`, `image_url`, `state` alerting or ok, `link_to_upstream_details`, `message`."""

    def read(self, delivery: Delivery) -> Received:
        """One signal; without an id the title is what it is known by."""
        body = bodies.as_object(bodies.parse(delivery.body), "body")
        title = bodies.as_text(body.get("title"), _LONGEST_SUMMARY)
        key = bodies.as_text(body.get("alert_uid"), 512) or title
        if not key.strip():
            raise bodies.problem("alert_uid", "or title must be given.")
        state = body.get("state") or "alerting"
        if state not in ("alerting", "ok"):
            raise bodies.problem("state", "must be alerting or ok.")
        message = bodies.as_text(body.get("message"))
        whole = f"oncall {delivery.sender.id} {key}"
        signal = _signal(delivery, title or key, message, whole, is_over=state == "ok")
        link = bodies.as_text(body.get("link_to_upstream_details"))
        return Received(
            [
                Signal(
                    signal.labels, signal.annotations, signal.state, source=signal.source, generator_url=link, key=whole
                )
            ],
            Answer(200, b"Ok.", "text/plain"),
        )

    def refusal(self, status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
        """As our API says it."""
        return problem_answer(status, message, reasons)


def _signal(delivery: Delivery, summary: str, details: str, key: str, *, is_over: bool) -> Signal:
    annotations = {"summary": summary, **({"description": details} if details else {})}
    labels = {"sender": delivery.sender.name}
    return Signal(
        labels=bodies.with_service(labels, delivery.sender),
        annotations=annotations,
        state=SignalState.RESOLVED if is_over else SignalState.FIRING,
        source=bodies.source_of(delivery.sender),
        key=key,
    )
