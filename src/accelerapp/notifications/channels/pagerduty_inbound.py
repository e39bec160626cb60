"""What comes back from PagerDuty: a webhook (V3) for each change of an incident. Pure.

https://developer.pagerduty.com/docs/webhooks/v3-overview. Only what a person did there counts: what PagerDuty or an
integration did by itself is often the echo of what we sent, and no answer of anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accelerapp.notifications import texts

_ACTS = {"incident.acknowledged": "acknowledge", "incident.resolved": "resolve"}
_PERSON = "user_reference"


@dataclass(frozen=True)
class Change:
    """Somebody acknowledged or resolved an incident."""

    act: str
    """`acknowledge` or `resolve`."""
    key: str
    """The incident's key: the `dedup_key` of the event that it was made by."""
    by: str
    """The person's name there."""


def of_body(body: bytes) -> Change | None:
    """The change; None: it is another event (such as `pagey.ping`), or nothing that can be read.

    A signed body that cannot be read is no reason to refuse it: PagerDuty ends a subscription that is refused.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    event = _object(found, "event")
    incident, agent = _object(event, "data"), _object(event, "agent")
    act, key = _ACTS.get(_text(event, "event_type")), _text(incident, "incident_key")
    if act is None or not key or _text(agent, "type") != _PERSON:
        return None
    return Change(act, key, texts.line(_text(agent, "summary") or _text(agent, "id"), 100) or "somebody")


def _object(table: Any, name: str) -> Mapping[str, Any]:
    found = table.get(name) if isinstance(table, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(table: Mapping[str, Any], name: str) -> str:
    found = table.get(name)
    return found[:1000] if isinstance(found, str) else ""
