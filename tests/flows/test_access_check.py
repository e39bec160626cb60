"""What doctor says of the access to clusters: granted, left out, in part, and whom it asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import settings_of
from tests.flows.test_settings_check import FINE

from accelerapp.base import errors
from accelerapp.base.side_by_side import SideBySide
from accelerapp.flows import access_check, settings_check
from accelerapp.flows.settings_check import Judgement
from accelerapp.platforms.kubernetes import access

TWO = """
[services.shop]
platform = "kubernetes"
[services.shop.kubernetes]
namespace = "tools"
[services.pay]
platform = "kubernetes"
[services.pay.kubernetes]
namespace = "tools"
"""
ELSEWHERE = """
[services.mail]
platform = "kubernetes"
[services.mail.kubernetes]
namespace = "mail"
context = "production"
"""


def check(tmp_path, may, content: str = TWO):
    found = settings_check.check(settings_of(tmp_path, content), replace(FINE, may=may), SideBySide(), 10)
    return {each.setting: each for each in found}


def only(*names: str):
    """Credentials with the Roles of these capabilities."""
    granted = {each for one in access.CAPABILITIES if one.name in names for each in access.asked(one)}
    return lambda place, asked, namespace: asked in granted


def test_each_capability_is_asked_once_for_a_namespace_and_once_for_the_cluster(tmp_path):
    found = check(tmp_path, only("read", "logs", "deploy", "nodes"), TWO + ELSEWHERE)
    assert [name for name in found if name.startswith("access.")] == [
        "access.tools.read",
        "access.tools.logs",
        "access.tools.deploy",
        "access.cluster.nodes",
        "access.tools.exec",
        "access.tools.secrets",
        "access.cluster.kubelet",
        "access.production/mail.read",
        "access.production/mail.logs",
        "access.production/mail.deploy",
        "access.production/cluster.nodes",
        "access.production/mail.exec",
        "access.production/mail.secrets",
        "access.production/cluster.kubelet",
    ]
    assert found["services.pay.kubernetes"].sentence == "deployment/pay is there."


def test_what_is_granted_is_yes_and_what_is_left_out_is_no_problem(tmp_path):
    found = check(tmp_path, only("read", "nodes"))
    assert found["access.tools.read"].sentence == "can read pods, workloads and events in tools: yes."
    assert found["access.cluster.nodes"].sentence == "can read nodes and what belongs to the whole cluster: yes."
    logs = found["access.tools.logs"]
    assert (logs.judgement, logs.sentence) == (Judgement.LEFT_OUT, "can read the logs of pods in tools: no.")
    assert "Role accelerapp-logs" in logs.mend
    assert "kubectl apply -n tools -f deploy/kubernetes/base/role-logs.yaml" in logs.mend
    assert settings_check.worst(list(found.values())) is Judgement.OK


def test_without_reading_nothing_works(tmp_path):
    found = check(tmp_path, only("logs"))["access.tools.read"]
    assert (found.judgement, found.sentence) == (
        Judgement.PROBLEM,
        "can read pods, workloads and events in tools: no.",
    )


def test_a_capability_that_is_granted_in_part_is_a_problem_that_names_what_is_missing(tmp_path):
    def no_configmaps(place, asked, namespace) -> bool:
        return asked.resource != "configmaps"

    found = check(tmp_path, no_configmaps)
    assert found["access.tools.deploy"].judgement is Judgement.PROBLEM
    assert "not all; it may not create configmaps, patch configmaps." in found["access.tools.deploy"].sentence

    def no_watch(place, asked, namespace) -> bool:
        return asked.verb != "watch"

    sentence = check(tmp_path, no_watch)["access.tools.read"].sentence
    assert "it may not watch pods, watch services, watch endpoints, watch events and " in sentence


def test_a_cluster_that_does_not_answer_is_cannot_tell(tmp_path):
    def silent(place, asked, namespace) -> bool:
        raise errors.CannotTellError("The cluster of context 'x' cannot be reached.")

    found = check(tmp_path, silent)
    assert {each.judgement for name, each in found.items() if name.startswith("access.")} == {Judgement.CANNOT_TELL}


@pytest.mark.parametrize("capability", access.CAPABILITIES, ids=lambda one: one.name)
def test_what_belongs_to_the_cluster_is_asked_without_a_namespace(tmp_path, capability):
    asked_in = set()

    def may(place, asked, namespace) -> bool:
        if asked in set(access.asked(capability)):
            asked_in.add(namespace)
        return True

    known = settings_of(tmp_path, TWO)
    for question in access_check.questions(known.services.values()):
        if question.capability is capability:
            access_check.ask(question, may)
    assert asked_in == ({""} if capability.is_cluster_wide else {"tools"})
