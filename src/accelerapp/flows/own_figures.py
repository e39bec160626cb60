"""What this product finds out itself and rules ask for: anomalies in logs, and when heartbeats last came; as series.

Only what a rule asks for is found out: to review a log costs something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from accelerapp.alerts.model import Integration, Kind
from accelerapp.alerts.rules.model import Rule
from accelerapp.base import errors
from accelerapp.logs.model import LogReview
from accelerapp.metrics.collector import Figures
from accelerapp.metrics.model import NAME, Labels

ANOMALIES = "accelerapp_log_anomalies"
HEARTBEAT = "accelerapp_heartbeat_last_seconds"
HELP = {
    ANOMALIES: "What stands out in the log of the last 15 minutes, compared with its baseline.",
    HEARTBEAT: "When the heartbeat last came, in seconds since 1970.",
}
REVIEWED = timedelta(minutes=15)
GROUP = "own"


def is_wanted(rules: Iterable[Rule], metric: str) -> list[str]:
    """The services of the rules that ask for a metric; "" for those about none."""
    return sorted({rule.service for rule in rules if metric in rule.condition})


def find(
    rules: Sequence[Rule],
    services: Sequence[str],
    review: Callable[[str, timedelta, datetime], LogReview],
    senders: Callable[[], Sequence[Integration]],
    now: datetime,
) -> tuple[Figures, list[str]]:
    """The figures, and a sentence for each thing that could not be found out: its series ends meanwhile."""
    values: list[tuple[Labels, float]] = []
    said: list[str] = []
    about = is_wanted(rules, ANOMALIES)
    for service in services if "" in about else about:
        try:
            values.append(({NAME: ANOMALIES, "service": service}, float(len(review(service, REVIEWED, now).anomalies))))
        except errors.AccelerappError as error:
            said.append(f"{service}: {error.message}")
    if is_wanted(rules, HEARTBEAT):
        values += [
            ({NAME: HEARTBEAT, "heartbeat": each.name}, each.last_at.timestamp())
            for each in senders()
            if each.kind is Kind.HEARTBEAT and each.last_at is not None
        ]
    return Figures(GROUP, {}, values), said
