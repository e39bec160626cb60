"""Containers that end: crash loops, memory kills, commands that cannot run, init containers, pods ended from outside."""

from __future__ import annotations

import pytest
from lightkube.resources.apps_v1 import ReplicaSet
from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import ConfigMap, Namespace
from tests.platforms.kubernetes.causes import clusters
from tests.platforms.kubernetes.causes.clusters import causes, container, ended, kinds, sick, the, waiting

from accelerapp.platforms.causes import Depth
from accelerapp.platforms.kubernetes.causes import wanted_logs
from accelerapp.platforms.kubernetes.snapshot import LogOf, Reached

BACK_OFF = waiting("CrashLoopBackOff", "back-off 20s restarting failed container")
SHOP = LogOf("shop-7d9f-a", "app", previous=True)


def crashing(name: str = "shop-7d9f-a", code: int = 1, reason: str = "Error", **more: object) -> object:
    return sick(name, state=BACK_OFF, lastState=ended(code, reason), restarts=4, **more)


def test_a_well_shop_has_no_causes() -> None:
    assert causes(clusters.pod(), clusters.service(), clusters.node()) == []


def test_a_crash_loop_is_told_with_exit_code_and_the_telling_line_of_the_log() -> None:
    lines = ("starting", "Traceback (most recent call last):", '  File "app.py"', "RuntimeError: no more tea", "bye")
    found = the("crash-loop", causes(crashing(), logs={SHOP: lines}))
    assert "keeps ending with exit code 1: the program gave up with an error" in found.sentence
    assert '"RuntimeError: no more tea"' in found.sentence
    assert "log: RuntimeError: no more tea" in found.evidence
    assert "--previous" in found.mend
    assert found.depth is Depth.FAILURE


def test_without_a_log_the_exit_code_still_tells() -> None:
    found = the("crash-loop", causes(crashing(code=139)))
    assert "SIGSEGV" in found.sentence


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("KeyError: 'PAYMENT_URL'", "configuration-error"),
        ("pydantic_core.ValidationError: 1 validation error: field required in settings", "configuration-error"),
        ("ERROR DATABASE_URL is not set", "configuration-error"),
        ("fatal: invalid configuration: port must be a number", "configuration-error"),
        ("toml.decoder.TomlDecodeError: bad syntax", "configuration-error"),
        ("psycopg.OperationalError: connection failed: Connection refused", "database-unreachable"),
        ('FATAL: password authentication failed for user "app" (postgres)', "database-unreachable"),
        (
            "could not translate host name 'db' to address: Name or service not known: postgresql",
            "database-unreachable",
        ),
        ("OSError: [Errno 98] Address already in use", "port-taken"),
        ("PermissionError: [Errno 13] Permission denied: '/data/x'", "no-permission"),
        ("ModuleNotFoundError: No module named 'shop'", "broken-image"),
        ("FATAL ERROR: JavaScript heap out of memory", "out-of-memory"),
    ],
)
def test_the_log_tells_which_common_cause_it_is(line: str, kind: str) -> None:
    found = the(kind, causes(crashing(), logs={SHOP: ("2026-03-02T11:59:00Z starting", line)}))
    assert found.depth is Depth.ROOT
    assert line[:20] in found.sentence


@pytest.mark.parametrize("line", ["database is ready", "listening on port 8000", "took 3 options", "ok"])
def test_everyday_lines_are_no_common_cause(line: str) -> None:
    assert kinds(causes(crashing(), logs={SHOP: (line,)})) == ["crash-loop"]


def test_a_wrong_setting_is_mended_as_the_runbook_says() -> None:
    pod = crashing(spec={"containers": [container(envFrom=[{"configMapRef": {"name": "shop-config"}}])]})
    replicas = clusters.made(
        ReplicaSet,
        "shop-7d9f",
        metadata={
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "Deployment", "name": "shop", "uid": "u", "controller": True}
            ]
        },
        spec={"selector": {}},
    )
    config = clusters.made(ConfigMap, "shop-config", data={"A": "1"})
    found = the("configuration-error", causes(pod, replicas, config, logs={SHOP: ("KeyError: 'PAYMENT_URL'",)}))
    assert "kubectl edit configmap shop-config -n web" in found.mend
    assert "kubectl rollout restart deployment/shop -n web" in found.mend


def test_passwords_in_log_lines_are_not_shown() -> None:
    line = "ERROR cannot connect to postgresql://app:s3cret@db:5432/shop: Connection refused"
    found = the("database-unreachable", causes(crashing(), logs={SHOP: (line,)}))
    assert "s3cret" not in found.sentence + " ".join(found.evidence)
    assert "app:***@db" in found.sentence


def test_alike_crashes_of_a_workload_are_one_cause() -> None:
    found = causes(
        crashing("shop-7d9f-a"), crashing("shop-7d9f-b"), logs={LogOf("shop-7d9f-b", "app", True): ("boom",)}
    )
    assert kinds(found) == ["crash-loop"]
    assert {found[0].subject, *found[0].also} == {"pod/shop-7d9f-a", "pod/shop-7d9f-b"}
    assert '"boom"' in found[0].sentence


def test_a_memory_kill_names_the_limit_and_what_to_raise_it_to() -> None:
    limited = {"containers": [container(resources={"limits": {"memory": "64Mi"}})]}
    found = the("out-of-memory", causes(crashing(code=137, reason="OOMKilled", spec=limited)))
    assert "its limit of 64Mi" in found.sentence
    assert any("64 MiB" in line for line in found.evidence)
    assert "--limits=memory=128Mi" in found.mend


def test_a_memory_kill_without_a_limit_blames_the_node() -> None:
    assert "the node" in the("out-of-memory", causes(crashing(code=137, reason="OOMKilled"))).sentence


def test_a_container_that_runs_again_was_killed_all_the_same_but_not_for_ever() -> None:
    recent = sick(ready=True, lastState=ended(137, "OOMKilled"), restarts=1)
    assert kinds(causes(recent))[0] == "out-of-memory"
    old = clusters.pod(
        status={
            "containerStatuses": [
                clusters.status(ready=True, restarts=1, lastState=ended(1, finishedAt=clusters.EARLIER))
            ]
        }
    )
    assert causes(old) == []


def test_a_command_that_is_not_in_the_image_is_named() -> None:
    said = 'runc create failed: unable to start: exec: "serve": executable file not found in $PATH: unknown'
    pod = sick(
        state=BACK_OFF,
        lastState=ended(128, "StartError", message=said),
        restarts=1,
        spec={"containers": [container(command=["serve", "--fast"])]},
    )
    found = the("cannot-start", causes(pod))
    assert '"serve": executable file not found' in found.sentence
    assert "command: serve --fast" in found.evidence


def test_a_container_that_ends_well_again_and_again_is_told_to_stay() -> None:
    assert "foreground" in the("ends-by-itself", causes(crashing(code=0, reason="Completed"))).mend


def test_a_job_that_succeeded_in_the_end_does_not_speak_of_its_failed_pods() -> None:
    pod = sick(owner="Job/import", state=ended(1), phase="Failed")
    done = clusters.made(
        Job,
        "import",
        spec={"template": {"spec": {"containers": []}}},
        status={"conditions": [{"type": "Complete", "status": "True"}]},
    )
    assert causes(pod, done) == []
    failed = clusters.made(Job, "import", spec={"template": {"spec": {"containers": []}}}, status={})
    assert kinds(causes(pod, failed)) == ["crash"]


def test_only_one_log_of_alike_containers_is_wanted_and_the_one_before_the_restart() -> None:
    pods = [crashing(f"shop-7d9f-{letter}") for letter in "abc"]
    seen = clusters.snapshot(*pods)
    assert wanted_logs.of(seen, seen.all(type(pods[0]))) == [SHOP]
    assert wanted_logs.of(clusters.snapshot(clusters.pod()), [clusters.pod()]) == []


# -- init containers ---------------------------------------------------------------------------------------------------


def waits_for_init(state: object) -> object:
    return clusters.pod(
        spec={"initContainers": [{"name": "migrate"}]},
        status={
            "phase": "Pending",
            "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [clusters.status(state=waiting("PodInitializing"))],
            "initContainerStatuses": [clusters.status("migrate", state=state)],
        },
    )


def test_an_init_container_that_runs_on_is_told_with_its_last_words() -> None:
    log = {LogOf("shop-7d9f-a", "migrate"): ("waiting for postgres: Connection refused",)}
    found = the("init-container-stuck", causes(waits_for_init({"running": {"startedAt": clusters.EARLIER}}), logs=log))
    assert "init container 'migrate' has not ended" in found.sentence
    assert "cannot get to its database" in found.sentence
    assert "running for 1 h" in found.evidence[0]


def test_an_init_container_that_has_just_begun_is_only_starting() -> None:
    young = {"running": {"startedAt": "2026-03-02T11:59:50Z"}}
    assert kinds(causes(waits_for_init(young))) == ["not-ready"]


def test_an_init_container_that_fails_is_a_crash_of_its_own() -> None:
    found = the("crash", causes(waits_for_init(ended(2))))
    assert "init container 'migrate'" in found.sentence


# -- from outside ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Evicted", "evicted"),
        ("DeadlineExceeded", "deadline-exceeded"),
        ("OutOfcpu", "refused-by-node"),
        ("NodeLost", "node-lost"),
        ("SomethingNew", "pod-failed"),
    ],
)
def test_a_pod_that_was_ended_from_outside_says_by_what(reason: str, kind: str) -> None:
    pod = clusters.pod(status={"phase": "Failed", "reason": reason, "message": "why", "containerStatuses": []})
    found = the(kind, causes(pod))
    assert "status.message: why" in found.evidence


def test_an_evicted_pod_that_was_made_up_for_is_the_past() -> None:
    pod = clusters.pod(status={"phase": "Failed", "reason": "Evicted", "containerStatuses": []})
    replicas = clusters.made(
        ReplicaSet, "shop-7d9f", spec={"replicas": 2, "selector": {}}, status={"replicas": 2, "readyReplicas": 2}
    )
    assert causes(pod, replicas) == []


def test_a_pod_that_does_not_go_away_names_its_finalizers() -> None:
    leaving = {"deletionTimestamp": "2026-03-02T11:50:00Z", "finalizers": ["example.com/wait"]}
    found = the("stuck-terminating", causes(clusters.pod(metadata=leaving)))
    assert "example.com/wait" in found.sentence
    assert "10 min" in found.evidence[0]
    assert causes(clusters.pod(metadata={"deletionTimestamp": "2026-03-02T11:59:45Z"})) == []


def test_a_namespace_that_is_being_deleted_is_a_cause() -> None:
    going = clusters.made(Namespace, "web", status={"phase": "Terminating"})
    assert "is being deleted" in the("namespace-terminating", causes(going)).sentence
    assert causes(clusters.made(Namespace, "web", status={"phase": "Active"})) == []


# -- database ----------------------------------------------------------------------------------------------------------


def test_a_database_that_cannot_be_reached_from_inside_is_a_root_cause() -> None:
    databases = {"shop-7d9f-a": Reached("DATABASE_URL", "db:5432", "Connection refused")}
    found = the("database-unreachable", causes(sick(), databases=databases))
    assert "The database at db:5432 (DATABASE_URL) cannot be reached from inside the pod" in found.sentence
    assert "no Service 'db' is in namespace web" in found.evidence
    assert found.depth is Depth.ROOT


def test_a_database_that_is_reached_is_no_cause() -> None:
    databases = {"shop-7d9f-a": Reached("DATABASE_URL", "db:5432", "")}
    assert "database-unreachable" not in kinds(causes(sick(), databases=databases))
