"""What comes back from PagerDuty: a webhook (V3) for each change of an incident. Pure.

https://developer.pagerduty.com/docs/webhooks/v3-overview. Only what a person did there counts: what PagerDuty or an
integration did by itself is often the echo of what we sent, and no answer of anybody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial

from accelerapp.notifications import texts
from accelerapp.notifications.channels import reading

_ACTS = {"incident.acknowledged": "acknowledge", "incident.resolved": "resolve"}
_PERSON = "user_reference"
_text = partial(reading.text, longest=1000)


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
    event = reading.table(found, "event")
    incident, agent = reading.table(event, "data"), reading.table(event, "agent")
    act, key = _ACTS.get(_text(event, "event_type")), _text(incident, "incident_key")
    if act is None or not key or _text(agent, "type") != _PERSON:
        return None
    return Change(act, key, texts.line(_text(agent, "summary") or _text(agent, "id"), 100) or "somebody")
