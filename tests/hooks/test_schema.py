"""The hooks against their own description: schemathesis finds nothing."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from tests.hooks import senders

from accelerapp.alerts.model import Kind

# Bodies are described by their shape alone; that a good shape may still say nonsense is a 400, and no mistake.
LOOSE = {"positive_data_acceptance"}
load_all_checks()
CHECKED = [check for check in CHECKS.get_all() if check.__name__ not in LOOSE]
HOOKS = (
    "alertmanager", "alertmanager_by_path", "alertmanager_api", "alertmanager_api_by_path", "grafana", "grafana_by_path",
    "goalert", "goalert_by_path", "oncall", "oncall_by_path", "generic", "generic_by_path", "pagerduty",
    "pagerduty_change", "heartbeat_get", "heartbeat_post",
)  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS)
def test_schemathesis_finds_nothing(post, hook):
    kind = next(kind for kind in Kind if hook.startswith(kind))
    options = {"every": timedelta(hours=1)} if kind is Kind.HEARTBEAT else {}
    key = post.sender(kind, **options).key
    schema = schemathesis.openapi.from_asgi("/openapi.json", senders.door(post.app))
    (operation,) = [found.ok() for found in schema.include(operation_id=f"hook_{hook}").get_all_operations()]
    strategy = operation.as_strategy()
    number = [0]

    @settings(
        max_examples=int(os.environ.get("SCHEMATHESIS_EXAMPLES", "20")),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def look(case):
        number[0] += 1
        if number[0] % 4:  # mostly with a good key: behind it is what is looked for
            if case.path_parameters:
                case.path_parameters["key"] = key
            elif kind is Kind.PAGERDUTY and isinstance(case.body, dict):
                case.body["routing_key"] = key
            else:
                case.headers = {**(case.headers or {}), "Authorization": f"Bearer {key}"}
        case.call_and_validate(checks=CHECKED)

    look()
    assert number[0] > 1


def test_every_hook_is_described(post):
    described = senders.door(post.app).openapi()["paths"]
    names = {verb["operationId"] for path in described.values() for verb in path.values()}
    assert names == {f"hook_{hook}" for hook in HOOKS}
