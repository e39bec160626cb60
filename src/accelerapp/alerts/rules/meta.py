"""The rule about the rules: an alert when they cannot be evaluated, since silence is not peace."""

from __future__ import annotations

from datetime import timedelta

from accelerapp.alerts.rules.building import rule_id
from accelerapp.alerts.rules.model import PERIOD, Observation, Reading, Rule
from accelerapp.base.ids import ServiceName
from accelerapp.base.severity import Severity

_NAME = "RulesCannotBeEvaluated"
RULE = Rule(
    id=rule_id("", _NAME),
    name=_NAME,
    kind="meta",
    service=ServiceName(""),
    condition="",
    measure=None,
    wait=timedelta(minutes=1),
    keep_firing_for=timedelta(0),
    severity=Severity.P2,
    labels={"severity": Severity.P2.value},
    annotations={
        "summary": "The rules cannot be evaluated: {{ $labels.source }} gives no data",
        "description": "Nothing is watched until this is mended: no alert means nothing now.",
    },
    steps=(
        "See why: `accelerapp alert rules list`.",
        "Is the source of the metrics there? `accelerapp doctor` asks it.",
        "Until it is back, look yourself: `accelerapp health --all`.",
    ),
    every=PERIOD,
    is_built_in=True,
)


def observation(source: str, silence: str) -> Observation:
    """What an evaluation came to, as what is seen of this rule; `silence` is why nothing is known."""
    return Observation((Reading({"source": source}, 1.0),) if silence else (), 1.0 if silence else 0.0)
