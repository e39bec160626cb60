"""PagerDuty's Events API v2: alert events and change events, so that its agents work unchanged. Pure.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accelerapp.alerts import model
from accelerapp.alerts.intake import bodies
from accelerapp.alerts.intake.interface import Answer, Delivery, Received, RefusedError, json_answer
from accelerapp.alerts.model import Decision, DecisionKind, Signal, SignalState
from accelerapp.base import errors
from accelerapp.base.ids import new_id

BODY_LIMIT = 512 * 1024
_STATES = {
    "trigger": SignalState.FIRING,
    "acknowledge": SignalState.ACKNOWLEDGED,
    "resolve": SignalState.RESOLVED,
}
_SEVERITIES = ("critical", "error", "warning", "info")
_LONGEST_KEY = 255
_LONGEST_SUMMARY = 1024


def routing_key(body: bytes) -> str:
    """The key in the body; empty when there is none that could be one. Raises RefusedError for what is no JSON."""
    value = bodies.as_object(bodies.parse(body), "body").get("routing_key")
    return value if isinstance(value, str) and len(value) <= 100 and value.isascii() else ""


class _Answers:
    """What both kinds of events have in common."""

    def refusal(self, status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
        """In PagerDuty's form; its agents try again after 429 and 5xx."""
        word = "invalid event" if status == 400 else "throttle exceeded" if status == 429 else "error"
        return json_answer(status, {"status": word, "message": message, "errors": list(reasons) or [message]})


class Events(_Answers):
    """`/v2/enqueue`: trigger, acknowledge, resolve."""

    def read(self, delivery: Delivery) -> Received:
        """One signal; a trigger without a key gets one, which the answer tells."""
        event = bodies.as_object(bodies.parse(delivery.body), "body")
        problems: list[errors.FieldProblem] = []
        action, key = event.get("event_action"), event.get("dedup_key")
        if not isinstance(action, str) or action not in _STATES:
            problems.append(errors.FieldProblem("event_action", "must be trigger, acknowledge or resolve."))
        if key is not None and not (isinstance(key, str) and len(key) <= _LONGEST_KEY):
            problems.append(errors.FieldProblem("dedup_key", f"must be text of at most {_LONGEST_KEY} characters."))
        if action in ("acknowledge", "resolve") and not key:
            problems.append(errors.FieldProblem("dedup_key", f"is needed to {action}."))
        payload = event.get("payload")
        if action == "trigger":
            problems += _payload_problems(payload)
        if problems:
            raise RefusedError(*problems)
        key = bodies.as_text(key, _LONGEST_KEY) or new_id("key", 24)
        signal = _signal(event, payload if isinstance(payload, dict) else {}, key, delivery)
        answer = {"status": "success", "message": "Event processed", "dedup_key": key}
        return Received([signal], json_answer(202, answer))


def _payload_problems(payload: Any) -> list[errors.FieldProblem]:
    if not isinstance(payload, dict):
        return [errors.FieldProblem("payload", "must be an object with summary, source and severity.")]
    found = [
        errors.FieldProblem(f"payload.{name}", "must be text that is not empty.")
        for name in ("summary", "source")
        if not isinstance(payload.get(name), str) or not payload[name].strip()
    ]
    if payload.get("severity") not in _SEVERITIES:
        found.append(errors.FieldProblem("payload.severity", f"must be one of {', '.join(_SEVERITIES)}."))
    return found


def _signal(event: dict[str, Any], payload: dict[str, Any], key: str, delivery: Delivery) -> Signal:
    sender = delivery.sender
    named = {
        model.RULE: payload.get("class"),
        model.SEVERITY: payload.get("severity"),
        "source": payload.get("source"),
        "component": payload.get("component"),
        "group": payload.get("group"),
        "dedup_key": key,
    }
    labels = {name: found for name, value in named.items() if (found := bodies.as_text(value, bodies.LONGEST_LABEL))}
    return Signal(
        labels=bodies.with_service(labels, sender),
        annotations=_annotations(event, payload),
        state=_STATES[event["event_action"]],
        source=bodies.source_of(sender),
        generator_url=bodies.as_text(event.get("client_url")),
        key=f"pagerduty {sender.id} {key}",  # keys are the sender's own: another routing key is another thing
    )


def _annotations(event: dict[str, Any], payload: dict[str, Any]) -> dict[str, str]:
    links = event.get("links")
    found = {
        "summary": bodies.as_text(payload.get("summary"), _LONGEST_SUMMARY),
        "client": bodies.as_text(event.get("client")),
        "timestamp": bodies.as_text(payload.get("timestamp")),
        "custom_details": bodies.as_text(_plain(payload.get("custom_details"))),
        "links": bodies.as_text(_plain(links) if links else None),
    }
    return {name: text for name, text in found.items() if text}


def _plain(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else bodies.as_json(value)


class Changes(_Answers):
    """`/v2/change/enqueue`: what was changed, for whoever looks for the cause. It opens nothing."""

    def read(self, delivery: Delivery) -> Received:
        """One line of the sender's history."""
        event = bodies.as_object(bodies.parse(delivery.body), "body")
        payload = event.get("payload")
        summary = payload.get("summary") if isinstance(payload, dict) else None
        if not isinstance(summary, str) or not summary.strip():
            raise bodies.problem("payload.summary", "must be text that is not empty.")
        told = bodies.as_text(summary, _LONGEST_SUMMARY)
        source = bodies.as_text(payload.get("source"), 200) if isinstance(payload, dict) else ""
        note = Decision(
            DecisionKind.CHANGE, f"{source}: {told}" if source else told, delivery.now, str(delivery.sender.id)
        )
        answer = {"status": "success", "message": "Change event processed"}
        return Received([], json_answer(202, answer), [note])
