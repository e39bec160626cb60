"""The kustomize base and the Helm chart: each rendered by its own tool, one against the other, and what must hold."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml
from deploys import CHART, DEPLOY, Objects, by_name, rendered

from accelerapp.base.settings import load
from accelerapp.platforms.kubernetes import access

NEEDS_KUBECTL = pytest.mark.skipif(not shutil.which("kubectl"), reason="kustomize comes with kubectl, which is missing")
CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding"}


def kustomized(folder: Path = DEPLOY) -> Objects:
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, check=True)
    return by_name(yaml.safe_load_all(done.stdout))


def like(objects: Objects) -> dict[Any, Any]:
    """With the namespace that they get anyway, and without values that say nothing."""
    for (kind, _, _), found in objects.items():
        if kind not in CLUSTER_WIDE:
            found["metadata"].setdefault("namespace", "accelerapp")
    return {key: _without_nothing(found) for key, found in by_name(objects.values()).items()}


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None and item != []}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value


def of_kind(objects: Objects, kind: str) -> list[Any]:
    return [found for (its, _, _), found in objects.items() if its == kind]


def deployment(objects: Objects) -> Any:
    (found,) = of_kind(objects, "Deployment")
    return found["spec"]


def test_what_is_committed_is_what_the_facts_make():
    done = subprocess.run([sys.executable, str(DEPLOY / "make.py"), "--check"], capture_output=True, check=False)
    assert (done.returncode, done.stdout.decode()) == (0, "")


@NEEDS_KUBECTL
def test_the_chart_with_its_defaults_is_the_base():
    """But for the Secret, which the chart makes and the base expects."""
    assert like(rendered({"secret": "accelerapp"})) == like(kustomized())


@NEEDS_KUBECTL
def test_the_base_alone_is_for_a_database_outside():
    assert like(rendered({"secret": "accelerapp", "postgres": {"enabled": False}})) == like(kustomized(DEPLOY / "base"))


def test_the_chart_has_no_faults():
    found = helm_python.lint(str(CHART))
    assert [each["error"] for each in found["messages"]] == ["icon is recommended"]


def test_no_secret_stands_in_the_base():
    for path in [*DEPLOY.glob("base/*.yaml"), *DEPLOY.glob("postgres/*.yaml")]:
        assert "kind: Secret" not in path.read_text()


def test_the_names_are_those_of_the_manual():
    objects = rendered({})
    named = {(kind, name) for kind, _, name in objects}
    assert {("Deployment", "accelerapp"), ("Service", "accelerapp"), ("ConfigMap", "accelerapp-config")} <= named
    assert {("StatefulSet", "postgres"), ("Service", "postgres")} <= named
    assert deployment(objects)["replicas"] == 3
    (service,) = [found for found in of_kind(objects, "Service") if found["metadata"]["name"] == "accelerapp"]
    assert [port["port"] for port in service["spec"]["ports"]] == [8000]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_every_pod_is_as_poor_as_can_be(kind):
    (found,) = of_kind(rendered({}), kind)
    pod = found["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is (kind == "Deployment")
    security = pod["securityContext"]
    assert (security["runAsNonRoot"], security["seccompProfile"]) == (True, {"type": "RuntimeDefault"})
    assert security["runAsUser"] > 0
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
        assert {"readinessProbe", "livenessProbe", "startupProbe"} <= container.keys()


def test_a_pod_lives_without_its_database_and_is_begun_for_as_long_as_it_waits_for_it():
    (container,) = deployment(rendered({}))["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    begin = container["startupProbe"]
    assert container["command"][:3] == ["accelerapp", "up", "--wait"]
    assert container["command"][3] == "10m"
    assert begin["periodSeconds"] * begin["failureThreshold"] > 600


def test_the_settings_of_the_configmap_are_valid_and_name_what_is_added(tmp_path):
    shop = '[services.shop]\nplatform = "kubernetes"\n[services.shop.kubernetes]\nnamespace = "shop"\n'
    objects = rendered({"services": shop, "url": "https://ops.example.com"}, namespace="tools")
    path = tmp_path / "accelerapp.toml"
    path.write_text(objects["ConfigMap", "", "accelerapp-config"]["data"]["accelerapp.toml"])
    known = load.load(path, {"DATABASE_URL": "postgresql://db/a"})
    assert list(known.services) == ["accelerapp", "shop"]
    assert known.services["accelerapp"].kubernetes.namespace == "tools"
    assert known.server.url == "https://ops.example.com"
    assert "accelerapp.tools.svc" in known.server.names
    drain = known.server.drain.total_seconds()
    grace = deployment(objects)["template"]["spec"]["terminationGracePeriodSeconds"]
    assert 0 < drain < grace - 20


# -- access ------------------------------------------------------------------------------------------------------------


def test_the_roles_hold_what_doctor_asks_for_and_nothing_more():
    everything = rendered({"access": {one.name: True for one in access.CAPABILITIES}})
    for capability in access.CAPABILITIES:
        kind, where = ("ClusterRole", "") if capability.is_cluster_wide else ("Role", "accelerapp")
        granted = set()
        for rule in everything[kind, where, capability.role]["rules"]:
            granted |= {
                (verb, resource, group)
                for verb in rule["verbs"]
                for resource in rule["resources"]
                for group in rule["apiGroups"]
            }
        asked = {
            (each.verb, f"{each.resource}/{each.subresource}" if each.subresource else each.resource, each.group)
            for each in access.asked(capability)
        }
        assert granted == asked
        assert not any("*" in part for each in granted for part in each)


def test_secrets_and_commands_are_granted_only_when_somebody_says_so():
    by_default = {each["metadata"]["name"] for each in of_kind(rendered({}), "Role")}
    assert by_default == {"accelerapp-read", "accelerapp-logs", "accelerapp-deploy"}
    reads = [
        resource
        for role in of_kind(rendered({}), "Role") + of_kind(rendered({}), "ClusterRole")
        for rule in role["rules"]
        for resource in rule["resources"]
    ]
    assert not {"secrets", "pods/exec", "nodes/proxy"} & set(reads)


@pytest.mark.parametrize("capability", access.CAPABILITIES, ids=lambda one: one.name)
def test_each_capability_can_be_left_out_and_added(capability):
    for is_granted in (True, False):
        objects = rendered({"access": {capability.name: is_granted}})
        found = {kind for kind, _, name in objects if name == capability.role}
        kind = "ClusterRole" if capability.is_cluster_wide else "Role"
        assert found == ({kind, f"{kind}Binding"} if is_granted else set())


def test_further_namespaces_get_the_same_roles_for_the_same_account():
    objects = rendered({"namespaces": ["shop", "pay"]}, namespace="tools")
    bound = [each for each in of_kind(objects, "RoleBinding") if each["metadata"]["name"] == "accelerapp-logs"]
    assert sorted(each["metadata"]["namespace"] for each in bound) == ["pay", "shop", "tools"]
    assert {each["subjects"][0]["namespace"] for each in bound} == {"tools"}


def test_a_role_file_can_be_applied_to_any_namespace():
    for capability in access.CAPABILITIES:
        role, binding = yaml.safe_load_all((DEPLOY / "base" / f"role-{capability.name}.yaml").read_text())
        assert "namespace" not in role["metadata"]
        assert binding["roleRef"]["name"] == role["metadata"]["name"]
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "accelerapp", "namespace": "accelerapp"}]


# -- the database ------------------------------------------------------------------------------------------------------


def test_the_secret_has_the_address_of_the_database_beside_it():
    secret = rendered({})["Secret", "", "accelerapp"]["stringData"]
    password = secret["POSTGRES_PASSWORD"]
    assert len(password) == 32
    assert secret["DATABASE_URL"] == f"postgresql://accelerapp:{password}@postgres:5432/accelerapp"


def test_a_database_outside_leaves_nothing_of_the_one_beside():
    address = "postgresql://me:secret@db.example.com/ops"
    objects = rendered({"postgres": {"enabled": False}, "databaseUrl": address})
    assert objects["Secret", "", "accelerapp"]["stringData"]["DATABASE_URL"] == address
    assert not [name for _, _, name in objects if name == "postgres"]
    with pytest.raises(helm_python.HelmError, match="Set databaseUrl or secret"):
        rendered({"postgres": {"enabled": False}})


def test_a_secret_of_ones_own_is_used_and_none_is_made():
    objects = rendered({"secret": "mine"})
    assert of_kind(objects, "Secret") == []
    (container,) = deployment(objects)["template"]["spec"]["containers"]
    (address,) = [each for each in container["env"] if each["name"] == "DATABASE_URL"]
    assert address["valueFrom"]["secretKeyRef"]["name"] == "mine"


def test_every_value_has_its_sentence():
    lines = (CHART / "values.yaml").read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if line and not line.startswith((" ", "#")):
            assert before.startswith("# "), line
