"""The door to Kubernetes: pages, watches, and every failure in a sentence with its mend."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Node, Pod
from tests.platforms.kubernetes import fake_api
from tests.platforms.kubernetes.fake_api import FakeApi

from accelerapp.base import errors
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.clients.kubernetes import configs


@pytest.fixture
def fake() -> Iterator[FakeApi]:
    with fake_api.running() as running:
        yield running


@pytest.fixture
def cluster(fake: FakeApi, tmp_path: Path) -> clusters.Cluster:
    return clusters.connect(fake.kubeconfig(tmp_path))


def raised(ask: Callable[[], Any]) -> errors.AccelerappError:
    with pytest.raises(errors.AccelerappError) as caught:
        ask()
    return caught.value


# -- calls -------------------------------------------------------------------------------------------------------------


def test_a_long_list_comes_in_pages_and_each_is_counted(fake: FakeApi, cluster: clusters.Cluster) -> None:
    for number in range(clusters.PAGE * 2 + 1):
        fake.put(f"pod-{number:04}")
    assert len(cluster.list(Pod, "shop")) == clusters.PAGE * 2 + 1
    assert cluster.calls == 3


def test_a_list_whose_pages_expired_is_asked_for_in_one_piece(fake: FakeApi, cluster: clusters.Cluster) -> None:
    for number in range(clusters.PAGE + 1):
        fake.put(f"pod-{number:04}")
    fake.cut_pages = True
    assert len(cluster.list(Pod, "shop")) == clusters.PAGE + 1
    assert cluster.calls == 3


def test_a_watch_from_too_long_ago_says_so(fake: FakeApi, cluster: clusters.Cluster) -> None:
    fake.put("a")
    fake.forget()
    with pytest.raises(clusters.ExpiredError):
        next(cluster.watch(Pod, "shop", "1"))


def test_lines_end_only_at_line_feeds(fake: FakeApi, cluster: clusters.Cluster) -> None:
    fake.body = b"one\x85two\r\n\nthree \xff\nno end"
    assert list(cluster.log_lines("pod", "shop")) == [b"one\x85two\r\n", b"\n", b"three \xff\n", b"no end"]


# -- failures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind", "exit_code", "words"),
    [
        (401, errors.CannotTellError, 3, "does not accept the credentials"),
        (403, errors.ForbiddenError, 2, "may not get pods in shop"),
        (404, errors.NotFoundError, 2, "There is no pod 'a' in shop"),
        (409, clusters.ConflictError, 2, "pod 'a' in shop cannot be changed"),
        (410, clusters.ExpiredError, 3, "does not reach back so far"),
        (422, errors.WrongUseError, 2, "refused get pod 'a' in shop: spec is wrong."),
        (429, errors.CannotTellError, 3, "too busy"),
        (500, errors.CannotTellError, 3, "failed at get pod 'a' in shop (500)"),
        (503, errors.CannotTellError, 3, "failed at get pod 'a' in shop (503)"),
    ],
)
def test_what_the_api_server_refuses_is_a_sentence(
    fake: FakeApi, cluster: clusters.Cluster, code: int, kind: type[Exception], exit_code: int, words: str
) -> None:
    fake.refuse(code, "spec is wrong")
    error = raised(lambda: cluster.get(Pod, "a", "shop"))
    assert type(error) is kind
    assert error.exit_code == exit_code
    assert words in error.message
    assert error.__cause__ is not None


def test_a_missing_right_names_the_rule_to_add(fake: FakeApi, cluster: clusters.Cluster) -> None:
    fake.refuse(403, 'User "me" cannot patch resource')
    assert raised(lambda: cluster.patch(Deployment, "web", {}, "shop")).mend == (
        "Add a Role in namespace shop with apiGroups [apps], resources [deployments], verbs [patch]."
    )
    assert 'ClusterRole with apiGroups [""], resources [nodes]' in raised(lambda: cluster.list(Node, None)).mend
    assert "resources [pods/log]" in raised(lambda: list(cluster.log_lines("a", "shop"))).mend


def test_a_quota_is_not_mistaken_for_a_missing_right(fake: FakeApi, cluster: clusters.Cluster) -> None:
    fake.refuse(403, 'pods "a" is forbidden: exceeded quota: small, requested: pods=1')
    error = raised(lambda: cluster.create(Pod(metadata=ObjectMeta(name="a")), "shop"))
    assert "exceeded quota: small" in error.message
    assert not error.mend


def test_no_answer_is_told_apart_from_no_connection(fake: FakeApi, cluster: clusters.Cluster) -> None:
    fake.hanging = True
    slow = raised(lambda: cluster.raw_json("/version", timeout=0.1))
    assert "did not answer in time" in slow.message
    fake.hanging = False
    fake.die()
    away = raised(lambda: cluster.raw_json("/version"))
    assert f"cannot be reached at {cluster.server}" in away.message
    assert (slow.exit_code, away.exit_code) == (3, 3)
    fake.live()


@pytest.mark.parametrize(
    "body", [b"<html>a proxy</html>", b'{"metadata": 5, "items": 5}', b'{"metadata": {"name": 7}}', b""]
)
def test_an_answer_in_an_unknown_form_is_unknown_and_no_mistake_of_ours(
    fake: FakeApi, cluster: clusters.Cluster, body: bytes
) -> None:
    fake.body = body
    assert isinstance(raised(lambda: cluster.get(Pod, "a", "shop")), errors.CannotTellError)
    assert isinstance(raised(lambda: cluster.list(Pod, "shop")), errors.CannotTellError)


def test_an_error_page_of_a_proxy_is_told_by_its_code(fake: FakeApi, cluster: clusters.Cluster) -> None:
    fake.refuse(502, "")
    assert "(502)" in raised(lambda: cluster.get(Pod, "a", "shop")).message


# -- configurations ----------------------------------------------------------------------------------------------------


def kubeconfig(path: Path, name: str, current: str = "", **user: Any) -> Path:
    content = {
        "current-context": current,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "web"}}],
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}", "certificate-authority": "ca.crt"}}],
        "users": [{"name": name, "user": user}],
    }
    path.write_text(json.dumps(content))
    return path


def test_several_kubeconfigs_are_one_and_the_first_current_context_holds(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    first = kubeconfig(tmp_path / "first", "one", current="one")
    second = kubeconfig(tmp_path / "deep" / "second", "two", current="two")
    environ = {"KUBECONFIG": f"{first}:{tmp_path / 'none'}:{second}"}
    assert configs.find("", "", environ).context_name == "one"
    found = configs.find("", "two", environ)
    assert (found.context_name, found.namespace) == ("two", "web")
    assert found.cluster.certificate_auth == str(tmp_path / "deep" / "ca.crt")


def test_the_settings_go_before_the_environment(tmp_path: Path) -> None:
    named = kubeconfig(tmp_path / "named", "one", current="one")
    assert configs.find(str(named), "", {"KUBECONFIG": "/no/such"}).context_name == "one"


@pytest.mark.parametrize(
    ("content", "context", "words"),
    [
        ("", "", "it is not a table"),
        ("a: [", "", "cannot be read"),
        ("contexts: [{name: x}]", "", "'context' is missing"),
        ("contexts: []", "", "has no current context"),
        ("contexts: [{name: a, context: {cluster: c}}]", "b", "There is no context 'b'"),
        ("contexts: [{name: a, context: {cluster: c}}]", "a", "'c' is missing"),
    ],
)
def test_a_kubeconfig_with_a_mistake_is_told(tmp_path: Path, content: str, context: str, words: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    error = raised(lambda: configs.find(str(path), context, {}))
    assert isinstance(error, errors.WrongUseError)
    assert words in error.message


def test_a_wrong_context_names_those_that_there_are(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "named", "one")
    assert raised(lambda: configs.find(str(path), "two", {})).mend == "Contexts: one."


def test_a_plugin_of_the_newest_kind_is_asked_for_the_token(fake: FakeApi, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    plugin.write_text('#!/bin/sh\necho "{\\"status\\": {\\"token\\": \\"t\\"}, \\"info\\": 0}"\n')
    plugin.chmod(0o755)
    path = Path(fake.kubeconfig(tmp_path))
    content = json.loads(path.read_text())
    content["users"][0]["user"] = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin)}}
    path.write_text(json.dumps(content))
    assert clusters.connect(str(path)).raw_json("/version")["gitVersion"]


def test_a_plugin_that_is_not_there_is_told(fake: FakeApi, tmp_path: Path) -> None:
    path = Path(fake.kubeconfig(tmp_path))
    content = json.loads(path.read_text())
    content["users"][0]["user"] = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "/no/such"}}
    path.write_text(json.dumps(content))
    error = raised(lambda: clusters.connect(str(path)).raw_json("/version"))
    assert "no credentials for context 'fake'" in error.message
    assert error.exit_code == 3
