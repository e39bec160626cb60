"""The product lives in a cluster: three replicas on PostgreSQL operate themselves and a second namespace.

A story in one release: the tests come in their order, and each leaves it as it found it.
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from tests.platforms.kubernetes.installed import IMAGE, Installed, eventually, installed, kubectl
from tests.platforms.kubernetes.living import REAL
from tests.ports import free_port

pytestmark = [
    *REAL,
    pytest.mark.skipif(not IMAGE, reason="needs an image of the product in the cluster (ACCELERAPP_IMAGE)"),
    pytest.mark.xdist_group("living"),
    pytest.mark.timeout(400),
]
CHECK = "from accelerapp.database import check_connection; print('Database:', 'OK' if check_connection() else 'FAIL')"
VIEWER = """
import json, select, sys, time, urllib.request
key = sys.argv[1]
views = retries = 0
lost = []
def look():
    asked = urllib.request.Request("http://accelerapp.NAMESPACE.svc:8000/api/v1/services", headers={"Authorization": "Bearer " + key})
    try:
        return urllib.request.urlopen(asked, timeout=5).status
    except Exception as error:
        return repr(error)
while not select.select([sys.stdin], [], [], 0)[0]:
    found = look()
    if found != 200:
        retries += 1
        time.sleep(0.2)
        found = look()
    if found != 200:
        lost.append(found)
    views += 1
print(json.dumps([views, retries, lost]))
"""


@pytest.fixture(scope="module")
def release() -> Iterator[Installed]:
    with installed() as found:
        yield found


def test_three_replicas_are_ready_and_one_printed_the_link(release: Installed) -> None:
    assert len(release.ready()) == 3
    logs = [release.kubectl("logs", name).stdout for name in release.ready()]
    assert sum("/setup?token=" in log for log in logs) == 1
    assert all("Operates: accelerapp, shop." in log for log in logs)
    assert all(pod["status"]["containerStatuses"][0]["restartCount"] == 0 for pod in release.pods())


def test_they_are_nobody_in_particular_and_can_write_nowhere_but_in_two_folders(release: Installed) -> None:
    told = release.exec(
        "sh", "-c", "id -u; touch /opt/x /etc/accelerapp/x; touch /tmp/x /var/lib/accelerapp/x && echo kept"
    )
    assert told.stdout.split() == ["10001", "kept"]
    assert told.stderr.count("Read-only file system") == 2
    postgres = release.kubectl("exec", "sts/postgres", "--", "sh", "-c", "touch /x; ls /var/run/secrets", check=False)
    assert "Read-only file system" in postgres.stderr
    assert "No such file" in postgres.stderr  # no token of the cluster


def test_the_commands_of_the_manual_work(release: Installed) -> None:
    assert release.exec("python", "-c", CHECK).stdout == "Database: OK\n"
    assert "Accelerapp serves" in release.kubectl("logs", "deployment/accelerapp", "--tail=100").stdout
    port = free_port()
    forward = ["kubectl", "-n", release.namespace, "port-forward", "svc/accelerapp", f"{port}:8000"]
    with subprocess.Popen(forward, stdout=subprocess.PIPE) as forwarding:
        assert forwarding.stdout is not None
        forwarding.stdout.readline()  # "Forwarding from …"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=20) as answer:
            assert json.load(answer)["status"] == "ok"
        forwarding.terminate()


def test_it_operates_itself_and_a_second_namespace(release: Installed) -> None:
    report = json.loads(release.exec("accelerapp", "health", "--service", "accelerapp", "--json", check=False).stdout)
    verdicts = {check["title"]: check["verdict"] for check in report["checks"]}
    assert (verdicts["Replicas"], verdicts["Database"], verdicts["Address"]) == ("healthy",) * 3
    assert json.loads(release.exec("accelerapp", "service", "show", "shop", "--json").stdout)["desired"] == 1
    release.exec("accelerapp", "service", "scale", "shop", "2")
    eventually(lambda: _desired(release.other) == 2)
    release.exec("accelerapp", "service", "scale", "shop", "1")


def _desired(namespace: str) -> int:
    return int(kubectl("-n", namespace, "get", "deployment", "shop", "-o", "jsonpath={.spec.replicas}").stdout)


def _access(release: Installed) -> dict[str, str]:
    told = release.exec("accelerapp", "doctor", "--json", check=False).stdout
    return {each["setting"]: each["judgement"] for each in json.loads(told)}


def test_what_is_left_out_is_said_by_doctor_and_by_whatever_needs_it(release: Installed) -> None:
    before = _access(release)
    granted = ("read", "logs", "deploy")
    assert {before[f"access.{where}.{name}"] for where in (release.namespace, release.other) for name in granted} == {
        "ok"
    }
    assert {before[f"access.{release.other}.{name}"] for name in ("exec", "secrets")} == {"left out"}
    for name in granted[1:]:
        kubectl("-n", release.other, "delete", "rolebinding", f"accelerapp-{name}")
    after = _access(release)
    assert (after[f"access.{release.other}.logs"], after[f"access.{release.namespace}.logs"]) == ("left out", "ok")
    refused = release.exec("accelerapp", "service", "scale", "shop", "3", check=False)
    assert refused.returncode == 2
    assert "may not patch deployments" in refused.stderr
    unread = release.exec("accelerapp", "logs", "tail", "--service", "shop", check=False)
    assert unread.returncode in (2, 3)
    assert "pods/log" in unread.stderr
    assert _desired(release.other) == 1
    release.helm("upgrade")
    assert _access(release) == before


def test_any_replica_can_be_killed_and_no_view_and_no_work_is_lost(release: Installed) -> None:
    made = ("accelerapp", "user", "add", "ann", "--role", "admin", "--password-file", "-")
    release.exec(*made, stdin="a long enough password")
    key = release.exec("accelerapp", "token", "create", "viewer").stdout.strip()
    shop = ["kubectl", "-n", release.other, "exec", "-i", "deploy/shop", "--", "python", "-c"]
    program = VIEWER.replace("NAMESPACE", release.namespace)
    with subprocess.Popen([*shop, program, key], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as viewer:
        for _ in range(2):
            before = release.leases()
            victim = eventually(lambda: _holder(release))
            release.kubectl("delete", "pod", victim, "--grace-period=0", "--force", "--wait=false")
            eventually(
                lambda before=before: all(fence > before[name][1] for name, (_, fence) in _checks(release).items())
            )
            eventually(lambda victim=victim: len(release.ready()) == 3 and victim not in release.ready())
        told, _ = viewer.communicate(timeout=120)
    views, retries, lost = json.loads(told)
    assert lost == []
    assert views > 20
    assert retries < views / 10


def _holder(release: Installed) -> str:
    """A replica that does some work just now."""
    held = [holder.partition(" ")[0] for holder, _ in release.leases().values() if holder]
    return next((name for name in held if name in release.ready()), "")


def _checks(release: Installed) -> dict[str, tuple[str, int]]:
    return {name: lease for name, lease in release.leases().items() if name.startswith("check_health")}


def test_while_the_database_is_away_they_are_unready_and_not_restarted(release: Installed) -> None:
    names = set(release.ready())
    release.kubectl("scale", "sts/postgres", "--replicas=0")
    eventually(lambda: release.ready() == [])
    told = release.exec("python", "-c", CHECK)
    assert told.stdout == "Database: FAIL\n"
    release.kubectl("scale", "sts/postgres", "--replicas=1")
    eventually(lambda: set(release.ready()) == names)
    assert all(pod["status"]["containerStatuses"][0]["restartCount"] == 0 for pod in release.pods())


def test_an_image_that_is_not_there_takes_no_replica_away_and_is_undone(release: Installed) -> None:
    release.kubectl("set", "image", "deployment/accelerapp", f"accelerapp={IMAGE}-is-not-there")
    eventually(lambda: len(release.pods()) == 4)
    shown = eventually(lambda: _stuck(release))
    assert len(release.ready()) == 3
    assert "is-not-there" in shown
    release.kubectl("rollout", "undo", "deployment/accelerapp")
    release.settled()
    eventually(lambda: len(release.pods()) == 3)


def _stuck(release: Installed) -> str:
    """What the product says of its own new replica, once it has a reason."""
    told = release.exec("accelerapp", "service", "show", "accelerapp").stdout
    return told if "ImagePull" in told else ""


def test_a_changed_configmap_is_read_after_a_restart(release: Installed) -> None:
    name = "configmap/accelerapp-config"
    found = release.get(name)
    before = found["data"]["accelerapp.toml"]
    found["data"]["accelerapp.toml"] += '\n[services.pay]\nplatform = "kubernetes"\n[services.pay.kubernetes]\n'
    _put(release, found)
    release.kubectl("rollout", "restart", "deployment/accelerapp")
    release.settled()
    assert "pay" in release.exec("accelerapp", "service", "list").stdout
    found["data"]["accelerapp.toml"] = before
    _put(release, found)


def _put(release: Installed, found: Any) -> None:
    """As an editor does: only what a person may change."""
    kept = {key: found["metadata"][key] for key in ("name", "namespace", "labels")}
    release.kubectl("apply", "-f", "-", stdin=json.dumps({**found, "metadata": kept}))


def test_an_upgrade_keeps_the_password_and_after_an_end_a_new_beginning_finds_the_data(release: Installed) -> None:
    before = release.get("secret/accelerapp")["data"]
    release.helm("upgrade", replicas=2)
    release.settled()
    assert release.get("secret/accelerapp")["data"] == before
    eventually(lambda: len(release.pods()) == 2)
    release.helm("uninstall")
    eventually(lambda: release.get("pods")["items"] == [])
    release.helm("install")
    release.settled()
    assert "ann" in release.exec("accelerapp", "user", "list").stdout
