"""Commands on a real cluster with credentials that may do little, are wrong, or look at a namespace that is not there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from commands import CommandLine
from tests.platforms.kubernetes import living

from accelerapp.clients.kubernetes import cluster as clusters

pytestmark = living.REAL
SETTINGS = """
[services.shop]
platform = "kubernetes"
[services.shop.kubernetes]
namespace = "%s"
workload = "deployment/shop"
kubeconfig = "%s"
"""
LOOKS = [
    {"apiGroups": [""], "resources": ["pods", "events", "namespaces"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["apps"], "resources": ["deployments", "replicasets"], "verbs": ["get", "list", "watch"]},
]


@pytest.fixture
def cluster() -> clusters.Cluster:
    return clusters.connect(os.environ["KUBECONFIG"])


@pytest.fixture
def namespace(cluster: clusters.Cluster) -> Iterator[str]:
    with living.namespace(cluster) as name:
        cluster.create(living.shop("sleep 1000 & wait"), name)
        yield name


@pytest.fixture
def accelerapp(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[CommandLine]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield CommandLine(monkeypatch, capsys)


def test_doctor_asks_the_cluster_what_these_credentials_may_do(
    accelerapp: CommandLine, cluster: clusters.Cluster, namespace: str, tmp_path: Path
) -> None:
    few = living.restricted(cluster, namespace, tmp_path, LOOKS)
    (tmp_path / "accelerapp.toml").write_text(SETTINGS % (namespace, few))
    ended = accelerapp("doctor", "--json")
    found = {each["setting"]: each for each in json.loads(ended.out)}
    read = found[f"access.{namespace}.read"]
    assert (ended.code, read["judgement"]) == (1, "problem")
    assert "not all; it may not get services, list services, watch services" in read["sentence"]
    for name in ("logs", "deploy", "exec", "secrets"):
        assert found[f"access.{namespace}.{name}"]["judgement"] == "left out"
    refused = accelerapp("service", "restart", "shop")
    assert refused.code == 2
    assert f"may not patch deployments in {namespace}" in refused.err


def test_a_token_that_is_not_valid_any_more_cannot_tell(
    accelerapp: CommandLine, cluster: clusters.Cluster, namespace: str, tmp_path: Path
) -> None:
    path = Path(living.restricted(cluster, namespace, tmp_path, LOOKS))
    content = yaml.safe_load(path.read_text())
    head, payload, signature = content["users"][0]["user"]["token"].split(".")
    content["users"][0]["user"]["token"] = f"{head}.{payload}.{signature[::-1]}"
    path.write_text(yaml.safe_dump(content))
    (tmp_path / "accelerapp.toml").write_text(SETTINGS % (namespace, path))
    ended = accelerapp("service", "show", "shop")
    assert (ended.code, ended.out) == (3, "")
    assert "does not accept the credentials" in ended.err


def test_a_namespace_that_does_not_exist_is_not_an_empty_one(accelerapp: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "accelerapp.toml").write_text(SETTINGS % ("there-is-no-such", os.environ["KUBECONFIG"]))
    for command in (("service", "show", "shop"), ("logs", "tail"), ("service", "scale", "shop", "2")):
        ended = accelerapp(*command)
        assert (ended.code, ended.out) == (2, "")
        assert "There is no namespace 'there-is-no-such'" in ended.err
