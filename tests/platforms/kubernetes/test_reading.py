"""Pods, rollouts, revisions, events and figures, decided from objects alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lightkube.resources.apps_v1 import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Event, Node, Pod

from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.base.settings.model import Kubernetes
from accelerapp.platforms.interface import Replica, ReplicaState, RolloutPhase
from accelerapp.platforms.kubernetes import events, owning, places, revisions, rollout, states, usage

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STAMP = "2026-03-02T12:00:00Z"
COMPLETE, PROGRESSING, FAILED = RolloutPhase.COMPLETE, RolloutPhase.PROGRESSING, RolloutPhase.FAILED


# -- pods --------------------------------------------------------------------------------------------------------------


def container(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "web", "image": "", "imageID": "", "ready": False, "restartCount": 0, "state": state, **more}


def pod(*statuses: dict[str, Any], node: str = "n1", status: Any = None, **metadata: Any) -> Pod:
    whole = {"phase": "Running", "conditions": [], "containerStatuses": list(statuses), **(status or {})}
    spec = {
        "nodeName": node,
        "containers": [
            {
                "name": "web",
                "image": "registry/shop:1.4",
                "ports": [{"containerPort": 80}],
                "resources": {"limits": {"memory": "64Mi"}},
            }
        ],
        "initContainers": [{"name": "migrate", "image": "registry/shop:1.4"}],
    }
    named = {"name": "shop-1", "uid": "u1", "creationTimestamp": STAMP, **metadata}
    return Pod.from_dict(
        {"metadata": named, "spec": {key: value for key, value in spec.items() if value}, "status": whole}
    )


def event(reason: str, message: str, **more: Any) -> Event:
    about = {"kind": "Pod", "name": "shop-1"}
    return Event.from_dict(
        {"metadata": {"name": "e"}, "involvedObject": about, "type": "Warning", "reason": reason, "message": message}
        | {"lastTimestamp": STAMP, **more}
    )


def test_events_of_the_nodes_that_pods_run_on():
    about = [event("NodeNotReady", "…", involvedObject={"kind": "Node", "name": name}) for name in ("n1", "n2")]
    found = owning.events_of_nodes([*about, event("BackOff", "…")], [pod(node="n1"), pod(node="")])
    assert found == about[:1]


def read(one: Pod, *warnings: Event, words: dict[Any, str] | None = None, now: datetime = NOON) -> Replica:
    return states.replica(one, "", warnings, words or {}, now)


def terminated(code: int, reason: str = "Error", **more: Any) -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "finishedAt": STAMP, **more}}


BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting"}}


def test_a_ready_pod_has_no_reason() -> None:
    running = container({"running": {"startedAt": STAMP}}, ready=True)
    found = read(pod(running, status={"conditions": [{"type": "Ready", "status": "True"}], "podIP": "10.0.0.7"}))
    assert (found.state, found.ready, found.reason) == (ReplicaState.RUNNING, True, "")
    assert (found.version, found.address, found.node, found.started_at) == ("1.4", "10.0.0.7:80", "n1", NOON)


def test_a_crash_is_told_with_code_count_and_last_line() -> None:
    crashing = pod(container(BACK_OFF, restartCount=4, lastState=terminated(3)))
    found = read(crashing, words={("u1", "web", 4): "KeyError: 'PAYMENT_URL'"})
    assert found.state is ReplicaState.CRASH_LOOP
    assert found.reason == "container 'web' ended with exit code 3 (4 restarts): KeyError: 'PAYMENT_URL'."
    assert found.last_exit is not None
    assert (found.last_exit.exit_code, found.last_exit.reason, found.last_exit.at) == (3, "Error", NOON)


def test_what_the_status_says_of_the_end_goes_before_the_log() -> None:
    crashing = pod(container(BACK_OFF, restartCount=1, lastState=terminated(1, message="one\nno license\n")))
    assert read(crashing, words={("u1", "web", 1): "bye"}).reason.endswith("(1 restart): no license.")
    assert states.needs_words(crashing) == []


def test_only_who_ended_without_a_word_is_asked_for_its_log() -> None:
    assert states.needs_words(pod(container(BACK_OFF, restartCount=4, lastState=terminated(3)))) == [("u1", "web", 4)]
    assert states.needs_words(pod(container({"running": {}}, restartCount=4, lastState=terminated(3)))) == []
    assert states.needs_words(pod(container(BACK_OFF, lastState=terminated(137, "OOMKilled")))) == []


def test_between_two_tries_a_crash_reads_the_same() -> None:
    found = read(pod(container(terminated(3), restartCount=2)))
    assert found.state is ReplicaState.CRASH_LOOP
    assert "exit code 3 (2 restarts)" in found.reason


def test_memory_is_the_reason_where_it_was() -> None:
    found = read(pod(container(BACK_OFF, restartCount=3, lastState=terminated(137, "OOMKilled"))))
    assert found.state is ReplicaState.OOM_KILLED
    assert found.reason == "container 'web' was killed above its memory limit of 64Mi (3 restarts)."


def test_a_probe_that_ends_a_container_is_named() -> None:
    killed = pod(container(BACK_OFF, restartCount=3, lastState=terminated(137)))
    found = read(killed, event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500"))
    assert "was ended (3 restarts): Liveness probe failed: HTTP probe failed with statuscode: 500." in found.reason


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("rpc error: code = NotFound desc = failed to pull: registry/shop:1.4: not found", "no such image or tag"),
        ("Error response: manifest unknown", "no such image or tag"),
        ("failed to authorize: 401 Unauthorized", "imagePullSecret is missing or wrong"),
        ("dial tcp: lookup registry: no such host", "cannot be reached"),
        ("dial tcp 1.2.3.4:443: i/o timeout", "cannot be reached"),
        ("toomanyrequests: You have reached your pull rate limit", "no more downloads"),
        ("rpc error: code = Unknown desc = something new", "cannot be pulled: something new."),
    ],
)
def test_why_an_image_cannot_be_pulled_is_said_in_plain_words(words: str, meaning: str) -> None:
    waiting = pod(container({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}))
    found = read(waiting, event("Failed", f'Failed to pull image "registry/shop:1.4": {words}'))
    assert found.state is ReplicaState.IMAGE_PULL
    assert "registry/shop:1.4" in found.reason
    assert meaning in found.reason


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("CreateContainerConfigError", ReplicaState.CONFIG_ERROR),
        ("RunContainerError", ReplicaState.RUN_ERROR),
        ("CreateContainerError", ReplicaState.RUN_ERROR),
        ("SomethingNew", ReplicaState.PENDING),
    ],
)
def test_a_container_that_cannot_be_made_says_what_the_cluster_says(reason: str, state: ReplicaState) -> None:
    found = read(pod(container({"waiting": {"reason": reason, "message": "couldn't find key A in ConfigMap x/y"}})))
    assert found.state is state
    assert found.reason.endswith("couldn't find key A in ConfigMap x/y.")


def test_a_volume_that_cannot_be_mounted_is_told_from_the_event() -> None:
    waiting = pod(container({"waiting": {"reason": "ContainerCreating"}}))
    found = read(waiting, event("FailedMount", 'MountVolume.SetUp failed for volume "v": secret "s" not found'))
    assert (found.state, 'secret "s" not found' in found.reason) == (ReplicaState.STARTING, True)
    assert read(waiting).reason == "it is being made."


def test_the_scheduler_is_quoted() -> None:
    no = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}
    found = read(pod(node="", status={"phase": "Pending", "conditions": [no]}))
    assert (found.state, found.reason) == (ReplicaState.PENDING, "no node takes it: 0/3 nodes are available.")


def test_an_init_container_that_fails_is_named_with_its_place() -> None:
    first = {"initContainerStatuses": [container(BACK_OFF, restartCount=2, lastState=terminated(2), name="migrate")]}
    waiting = container({"waiting": {"reason": "PodInitializing"}})
    found = read(pod(waiting, status={**first, "conditions": [{"type": "Initialized", "status": "False"}]}))
    assert found.state is ReplicaState.CRASH_LOOP
    assert found.reason.startswith("init 1 of 1: container 'migrate' ended with exit code 2 (2 restarts)")
    assert found.restarts == 2


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        ({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}, ReplicaState.EVICTED, "low on memory"),
        ({"phase": "Failed", "reason": "OutOfcpu", "message": "x"}, ReplicaState.ERROR, "OutOfcpu"),
        ({"phase": "Succeeded"}, ReplicaState.COMPLETED, "has done its work"),
        ({"phase": "Unknown", "reason": "NodeLost"}, ReplicaState.UNKNOWN, "NodeLost"),
    ],
)
def test_what_befell_the_whole_pod_goes_first(status: dict[str, Any], state: ReplicaState, words: str) -> None:
    found = read(pod(status=status))
    assert (found.state, found.ready) == (state, False)
    assert words in found.reason


def test_a_pod_that_does_not_end_says_since_when_and_who_holds_it() -> None:
    ending = pod(container({"running": {}}, ready=True), deletionTimestamp=STAMP, finalizers=["a/b"])
    assert read(ending).reason == "it is being ended."
    late = read(ending, now=NOON + timedelta(minutes=5))
    assert (late.state, late.ready) == (ReplicaState.TERMINATING, False)
    assert late.reason == "it should have ended 5 min ago; these finalizers hold it: a/b."


def test_a_probe_that_failed_before_the_container_started_says_nothing_of_it() -> None:
    running = pod(container({"running": {"startedAt": "2026-03-02T12:00:30Z"}}))
    failed = event("Unhealthy", "Readiness probe failed: x")
    assert "has not answered its readiness probe yet" in read(running, failed).reason
    again = event("Unhealthy", "Readiness probe failed: x", lastTimestamp="2026-03-02T12:00:31Z")
    assert read(running, again).reason == "Readiness probe failed: x."


def test_a_readiness_gate_is_named() -> None:
    gated = pod(container({"running": {}}, ready=True))
    assert gated.spec is not None
    gated.spec.readinessGates = Pod.from_dict(
        {"spec": {"containers": [], "readinessGates": [{"conditionType": "lb/ready"}]}}
    ).spec.readinessGates  # type: ignore[union-attr]
    assert read(gated).reason == "it waits for the readiness gate lb/ready."


# -- rollouts ----------------------------------------------------------------------------------------------------------


def replica(state: ReplicaState = ReplicaState.RUNNING, reason: str = "", restarts: int = 0, code: int = 1) -> Replica:
    ready = state is ReplicaState.RUNNING
    one = read(pod(container(BACK_OFF, restartCount=restarts, lastState=terminated(code))))
    return Replica("shop-1", state, ready, reason, "1", restarts, None, last_exit=one.last_exit)  # type: ignore[arg-type]


def deployment(
    progress: str = "ReplicaSetUpdated", at: datetime = NOON, notes: Any = None, **status: Any
) -> Deployment:
    spec: dict[str, Any] = {"replicas": 3, "selector": {}, "template": {"spec": {"containers": []}}}
    spec |= {key: status.pop(key) for key in ("paused", "progressDeadlineSeconds") if key in status}
    condition = {"type": "Progressing", "status": "True", "reason": progress, "message": "m"}
    condition["lastUpdateTime"] = at.isoformat()
    counts = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3} | status
    metadata = {"name": "shop", "generation": 2, "annotations": notes or {}}
    return Deployment.from_dict({"metadata": metadata, "spec": spec, "status": {**counts, "conditions": [condition]}})


@pytest.mark.parametrize(
    ("found", "phase", "words"),
    [
        (deployment(), COMPLETE, ""),
        (deployment(observedGeneration=1), PROGRESSING, "not yet taken up"),
        (deployment(observedGeneration=1, progress="ProgressDeadlineExceeded"), PROGRESSING, "not yet taken up"),
        (deployment(progress="ProgressDeadlineExceeded"), FAILED, "progress deadline"),
        (deployment(updatedReplicas=1), PROGRESSING, "1 of 3 new replicas made"),
        (deployment(replicas=4), PROGRESSING, "1 old replica still to end"),
        (deployment(availableReplicas=2), PROGRESSING, "2 of 3 new replicas available"),
        (deployment(paused=True, updatedReplicas=0), PROGRESSING, "paused"),
    ],
)
def test_a_deployment_stands_as_kubectl_says(found: Deployment, phase: RolloutPhase, words: str) -> None:
    told = rollout.judge(found, (), (), NOON)
    assert (told.phase, words in told.message, told.desired) == (phase, True, 3)


def test_a_deadline_that_passed_before_our_last_change_is_old_news() -> None:
    notes = {"accelerapp.io/changed-at": "2026-03-02T12:00:05Z"}
    stale = deployment(progress="ProgressDeadlineExceeded", updatedReplicas=0, notes=notes)
    assert rollout.judge(stale, (), (), NOON).phase is PROGRESSING
    later = deployment(progress="ProgressDeadlineExceeded", at=NOON + timedelta(minutes=11), notes=notes)
    assert rollout.judge(later, (), (), NOON).phase is FAILED


@pytest.mark.parametrize(
    ("newest", "phase"),
    [
        (replica(ReplicaState.CRASH_LOOP, restarts=1), FAILED),
        (replica(ReplicaState.CRASH_LOOP, restarts=1, code=128), PROGRESSING),
        (replica(ReplicaState.OOM_KILLED, restarts=1), PROGRESSING),
        (replica(ReplicaState.OOM_KILLED, restarts=2), FAILED),
        (replica(ReplicaState.IMAGE_PULL, "cannot be pulled: the registry has no such image or tag."), FAILED),
        (replica(ReplicaState.IMAGE_PULL, "cannot be pulled: the registry cannot be reached."), PROGRESSING),
        (replica(ReplicaState.CONFIG_ERROR, "secret not found"), FAILED),
        (replica(ReplicaState.CONFIG_ERROR, "failed to sync configmap cache"), PROGRESSING),
        (replica(ReplicaState.PENDING), PROGRESSING),
        (replica(), PROGRESSING),
    ],
)
def test_what_waiting_cannot_heal_fails_a_rollout_at_once(newest: Replica, phase: RolloutPhase) -> None:
    under_way = deployment(availableReplicas=2)
    assert rollout.judge(under_way, [newest], (), NOON).phase is phase


def test_a_rollout_that_may_get_well_by_waiting_says_what_it_waits_for() -> None:
    held = replica(ReplicaState.IMAGE_PULL, "cannot be pulled: the registry cannot be reached.")
    told = rollout.judge(deployment(availableReplicas=2), [held], (), NOON)
    assert told.message.endswith("ImagePullBackOff: cannot be pulled: the registry cannot be reached.")


def test_what_breaks_long_after_a_rollout_is_not_its_failure() -> None:
    crashing = [replica(ReplicaState.CRASH_LOOP, restarts=5)]
    over = deployment(progress="NewReplicaSetAvailable", availableReplicas=2)
    assert rollout.judge(over, crashing, (), NOON + timedelta(minutes=1)).phase is FAILED
    assert rollout.judge(over, crashing, (), NOON + timedelta(hours=1)).phase is PROGRESSING


def test_complete_is_said_only_when_the_pods_say_so_too() -> None:
    told = rollout.with_ready(rollout.judge(deployment(), (), (), NOON), 2)
    assert (told.phase, told.message) == (PROGRESSING, "2 of 3 replicas ready.")


def stateful_set(strategy: Any = None, **status: Any) -> StatefulSet:
    spec = {"replicas": 3, "serviceName": "db", "selector": {}, "template": {"spec": {"containers": []}}}
    counts = {"observedGeneration": 2, "replicas": 3, "readyReplicas": 3, "currentReplicas": 3}
    counts |= {"currentRevision": "db-1", "updateRevision": "db-1", **status}
    return StatefulSet.from_dict(
        {"metadata": {"generation": 2}, "spec": {**spec, "updateStrategy": strategy or {}}, "status": counts}
    )


@pytest.mark.parametrize(
    ("found", "phase", "updated"),
    [
        (stateful_set(), COMPLETE, 3),
        (stateful_set(observedGeneration=1), PROGRESSING, 3),
        (stateful_set(readyReplicas=2), PROGRESSING, 3),
        (stateful_set(updateRevision="db-2", updatedReplicas=1), PROGRESSING, 1),
        (stateful_set({"rollingUpdate": {"partition": 2}}, updateRevision="db-2", updatedReplicas=1), COMPLETE, 1),
        (stateful_set({"rollingUpdate": {"partition": 1}}, updateRevision="db-2", updatedReplicas=1), PROGRESSING, 1),
        (stateful_set({"type": "OnDelete"}, updateRevision="db-2", updatedReplicas=0), COMPLETE, 0),
    ],
)
def test_a_stateful_set_stands_as_kubectl_says(found: StatefulSet, phase: RolloutPhase, updated: int) -> None:
    told = rollout.judge(found, (), (), NOON)
    assert (told.phase, told.updated) == (phase, updated)


@pytest.mark.parametrize(
    ("updated", "available", "phase"), [(2, 2, COMPLETE), (1, 2, PROGRESSING), (2, 1, PROGRESSING)]
)
def test_a_daemon_set_stands_as_kubectl_says(updated: int, available: int, phase: RolloutPhase) -> None:
    status = {"currentNumberScheduled": 2, "desiredNumberScheduled": 2, "numberMisscheduled": 0, "numberReady": 2}
    status |= {"observedGeneration": 1, "updatedNumberScheduled": updated, "numberAvailable": available}
    spec = {"selector": {}, "template": {"spec": {"containers": []}}}
    found = DaemonSet.from_dict({"metadata": {"generation": 1}, "spec": spec, "status": status})
    assert rollout.judge(found, (), (), NOON).phase is phase


def job(name: str = "j", start: str = STAMP, **status: Any) -> Job:
    conditions = [{"type": kind, "status": "True", "message": "why"} for kind in status.pop("is_", ())]
    spec = {"completions": 2, "template": {"spec": {"containers": []}}}
    whole = {"conditions": conditions, "startTime": start, **status}
    return Job.from_dict({"metadata": {"name": name}, "spec": spec, "status": whole})


@pytest.mark.parametrize(
    ("found", "phase", "desired", "words"),
    [
        (job(is_=["Complete"], succeeded=2), COMPLETE, 0, "done its work"),
        (job(is_=["Failed"], failed=3), FAILED, 0, "it failed: why."),
        (job(active=1, succeeded=1, failed=2), PROGRESSING, 1, "1 of 2 completions, 2 failed tries."),
        (job(is_=["Suspended"]), COMPLETE, 0, "suspended"),
    ],
)
def test_a_job_that_has_ended_wants_no_replicas(found: Job, phase: RolloutPhase, desired: int, words: str) -> None:
    told = rollout.judge(found, (), (), NOON)
    assert (told.phase, told.desired) == (phase, desired)
    assert words in told.message


def test_the_last_run_of_a_cron_job_that_ended_counts() -> None:
    template = {"spec": {"template": {"spec": {"containers": []}}}}
    nightly = CronJob.from_dict({"metadata": {}, "spec": {"schedule": "0 3 * * *", "jobTemplate": template}})
    old, new = job("n-1", is_=["Failed"]), job("n-2", "2026-03-02T13:00:00Z", is_=["Complete"])
    running = job("n-3", "2026-03-02T14:00:00Z", active=1)
    assert rollout.judge(nightly, (), [new, running, old], NOON).phase is COMPLETE
    assert "its last run n-1: it failed: why." in rollout.judge(nightly, (), [old, running], NOON).message
    assert rollout.judge(nightly, (), [], NOON).message == "it runs by the schedule 0 3 * * *."


# -- finding and owning ------------------------------------------------------------------------------------------------


BARE = {"selector": {}, "serviceName": "", "template": {"spec": {"containers": []}}}


def named(kind: Any, name: str, uid: str = "", **metadata: Any) -> Any:
    return kind.from_dict({"metadata": {"name": name, "uid": uid, **metadata}, "spec": BARE})


def owned(name: str, kind: str, owner: str, uid: str = "", **labels: str) -> Pod:
    owners = [{"apiVersion": "v1", "kind": kind, "name": owner, "uid": uid, "controller": True}]
    return Pod.from_dict({"metadata": {"name": name, "labels": labels, "ownerReferences": owners}})


def test_a_name_in_two_kinds_is_refused_and_one_that_a_cron_job_made_does_not_count() -> None:
    place = places.of(ServiceName("shop"), Kubernetes())
    web, db = named(Deployment, "shop"), named(StatefulSet, "shop")
    owners = [{"apiVersion": "v1", "kind": "CronJob", "name": "x", "uid": "u", "controller": True}]
    made = named(Job, "shop", ownerReferences=owners)
    assert places.pick(place, [web, made]) is web
    with pytest.raises(errors.WrongUseError, match="deployment/shop, statefulset/shop"):
        places.pick(place, [web, db])
    assert places.pick(places.of(ServiceName("shop"), Kubernetes(workload="statefulset/shop")), [web, db]) is db
    with pytest.raises(errors.NotFoundError, match="no workload 'job/x'"):
        places.pick(places.of(ServiceName("shop"), Kubernetes(workload="job/x")), [web, db])


def test_pods_belong_to_who_made_them_and_not_to_a_neighbour_with_a_longer_name() -> None:
    web = named(Deployment, "shop", "d")
    mine = owned("shop-abc-1", "ReplicaSet", "shop-abc", **{"pod-template-hash": "abc"})
    other = owned("shop-api-abc-1", "ReplicaSet", "shop-api-abc", **{"pod-template-hash": "abc"})
    assert owning.pods_of(web, [mine, other, Pod.from_dict({"metadata": {"name": "shop-alone"}})]) == [mine]


def test_events_of_pods_that_are_gone_belong_to_their_workload() -> None:
    web = named(Deployment, "shop", "d")
    mine = owned("shop-5d9f7c-abcde", "ReplicaSet", "shop-5d9f7c", **{"pod-template-hash": "5d9f7c"})
    neighbour = owned("shop-api-5d9f7-abcde", "ReplicaSet", "shop-api-5d9f7", **{"pod-template-hash": "5d9f7"})
    told = [
        event("Mine", "", involvedObject={"kind": "Pod", "name": "shop-5d9f7c-abcde"}),
        event("Gone", "", involvedObject={"kind": "Pod", "name": "shop-66666c-xyzzy"}),
        event("Neighbour", "", involvedObject={"kind": "Pod", "name": "shop-api-5d9f7-abcde"}),
        event("Set", "", involvedObject={"kind": "ReplicaSet", "name": "shop-66666c"}),
        event("Itself", "", involvedObject={"kind": "Deployment", "name": "shop"}),
        event("Other", "", involvedObject={"kind": "StatefulSet", "name": "shop"}),
    ]
    found = owning.events_of(web, told, [mine], [mine, neighbour])
    assert [one.reason for one in found] == ["Mine", "Gone", "Set", "Itself"]


def test_events_of_both_apis_have_times_and_counts() -> None:
    series = {"count": 7, "lastObservedTime": "2026-03-02T12:05:00.000000Z"}
    new = event("New", "a\n b", lastTimestamp=None, eventTime=STAMP, series=series)
    old = event("Old", "", count=3)
    assert [one.reason for one in events.newest_first([old, new])] == ["New", "Old"]
    told = events.told(new)
    assert (told.count, told.at, told.message, told.replica) == (7, NOON + timedelta(minutes=5), "a b", "shop-1")
    assert events.told(old).count == 3


# -- revisions ---------------------------------------------------------------------------------------------------------


def replica_set(number: int, container: dict[str, Any], notes: Any = None, template: Any = None) -> ReplicaSet:
    owners = [{"apiVersion": "v1", "kind": "Deployment", "name": "shop", "uid": "d", "controller": True}]
    annotations = {"deployment.kubernetes.io/revision": str(number), **(notes or {})}
    metadata = {"name": f"s{number}", "ownerReferences": owners, "annotations": annotations, "creationTimestamp": STAMP}
    spec = {"containers": [{"name": "web", **container}]}
    return ReplicaSet.from_dict(
        {"metadata": metadata, "spec": {"selector": {}, "template": {"spec": spec, "metadata": template or {}}}}
    )


def test_revisions_say_who_when_and_what_changed() -> None:
    web = named(Deployment, "shop", "d")
    probe = {"httpGet": {"path": "/", "port": 80}}
    first = replica_set(1, {"image": "r/shop:1", "env": [{"name": "A", "value": "secret"}]})
    second = replica_set(
        3,
        {
            "image": "r/shop:2",
            "env": [{"name": "B", "value": "x"}],
            "resources": {"limits": {"memory": "64Mi"}},
            "readinessProbe": probe,
        },
        {"accelerapp.io/changed-by": "eve", "accelerapp.io/changed-at": "2026-03-02T13:00:00Z"},
        {"annotations": {"checksum/config": "2", "checksum/secret": "9"}},
    )
    third = replica_set(
        4,
        {"image": "r/shop:2"},
        {"kubernetes.io/change-cause": "kubectl set image"},
        {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}},
    )
    found = revisions.told(web, [second, third, first, replica_set(9, {})][:3], "web")
    assert [(one.number, one.version, one.by) for one in found] == [
        (4, "2", "kubectl set image"),
        (3, "2", "eve"),
        (1, "1", "unknown"),
    ]
    assert found[1].at == NOON + timedelta(hours=1)
    assert found[1].changes == (
        "image r/shop:1 → r/shop:2",
        "environment A removed",
        "environment B added",
        "memory limit none → 64Mi",
        "readiness probe added",
        "configuration (annotation checksum/config) changed",
        "secrets (annotation checksum/secret) changed",
    )
    assert "restarted" in found[0].changes
    assert found[2].changes == ()
    assert "secret" not in "".join(change for one in found for change in one.changes if "environment" in change)


def test_a_stateful_set_keeps_its_revisions_elsewhere() -> None:
    owners = [{"apiVersion": "v1", "kind": "StatefulSet", "name": "db", "uid": "s", "controller": True}]
    kept = [
        ControllerRevision.from_dict(
            {
                "metadata": {"name": f"db-{number}", "ownerReferences": owners, "creationTimestamp": STAMP},
                "revision": number,
                "data": {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": f"db:{number}"}]}}}},
            }
        )
        for number in (1, 2)
    ]
    found = revisions.told(named(StatefulSet, "db", "s"), kept, "")
    assert [(one.number, one.version, one.changes) for one in found] == [(2, "2", ("image db:1 → db:2",)), (1, "1", ())]


# -- figures -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("250m", 0.25),
        ("1", 1),
        ("123456789n", 0.123456789),
        ("64Mi", 64 * 1024**2),
        ("1.5G", 1.5e9),
        ("2Ki", 2048),
        ("1e3", 1000),
        ("100k", 100_000),
        ("12u", 0.000012),
        ("0", 0),
        (2, 2),
    ],
)
def test_quantities_are_read(written: object, meant: float) -> None:
    assert usage.number(written) == pytest.approx(meant)


def test_a_quantity_that_is_none_is_unknown_and_not_zero() -> None:
    with pytest.raises(errors.CannotTellError, match="'many'"):
        usage.number("many")


def test_figures_of_a_pod_are_those_of_its_containers_together_and_whoever_has_none_is_left_out() -> None:
    metrics = {
        "items": [
            {
                "metadata": {"name": "shop-1"},
                "timestamp": STAMP,
                "containers": [
                    {"name": "a", "usage": {"cpu": "250m", "memory": "10Mi"}},
                    {"name": "b", "usage": {"cpu": "250m", "memory": "6Mi"}},
                ],
            }
        ]
    }
    other = Pod.from_dict({"metadata": {"name": "shop-2"}, "spec": {"containers": []}})
    found = usage.of_pods([pod(), other], usage.of_metrics(metrics))
    assert [(one.replica, one.cpu_cores, one.memory_bytes, one.memory_limit_bytes) for one in found] == [
        ("shop-1", 0.5, 16 * 1024**2, 64 * 1024**2)
    ]


def fs(total: int, available: int) -> dict[str, int]:
    return {"capacityBytes": total, "availableBytes": available, "usedBytes": 1}


SUMMARY = {
    "node": {
        "nodeName": "n1",
        "cpu": {"time": STAMP, "usageNanoCores": 500_000_000},
        "memory": {"workingSetBytes": 7},
        "fs": fs(100, 40),
        "runtime": {"imageFs": fs(100, 40)},
    },
    "pods": [
        {
            "podRef": {"name": "shop-1", "namespace": "web"},
            "containers": [
                {"cpu": {"time": STAMP, "usageNanoCores": 10_000_000}, "memory": {"workingSetBytes": 5}},
                {"cpu": {"time": STAMP}, "memory": {}},
            ],
            "volume": [
                {"name": "data", "pvcRef": {"name": "data", "namespace": "web"}, **fs(50, 10)},
                {"name": "tmp", **fs(9, 9)},
            ],
        },
        {"podRef": {"name": "fresh", "namespace": "web"}, "containers": [{"cpu": {}, "memory": {}}]},
        {
            "podRef": {"name": "foreign", "namespace": "other"},
            "volume": [{"pvcRef": {"name": "x", "namespace": "other"}}],
        },
    ],
}


def test_a_kubelet_tells_what_metrics_would() -> None:
    assert [(one.name, one.cpu_cores, one.memory_bytes) for one in usage.of_summary(SUMMARY, "web")] == [
        ("shop-1", pytest.approx(0.01), 5)
    ]


def test_a_node_has_disks_volumes_and_problems() -> None:
    conditions = [
        {"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting node status."},
        {"type": "MemoryPressure", "status": "True", "message": "kubelet has insufficient memory"},
        {"type": "DiskPressure", "status": "False", "message": "fine"},
    ]
    status = {"capacity": {"cpu": "4", "memory": "8Gi"}, "conditions": conditions}
    one = Node.from_dict({"metadata": {"name": "n1"}, "spec": {"unschedulable": True}, "status": status})
    found = usage.node(one, usage.of_node_summary(SUMMARY), SUMMARY, {"web"})
    assert (found.cpu_cores, found.cpu_used_cores, found.memory_bytes) == (4, pytest.approx(0.5), 8 * 1024**3)
    assert [(disk.mount, disk.percent) for disk in found.disks] == [("kubelet", 60), ("claim web/data", 80)]
    assert found.problems == (
        "NotReady: Kubelet stopped posting node status.",
        "MemoryPressure: kubelet has insufficient memory.",
        "Cordoned: it takes no new pods.",
    )
    assert usage.node(one, None, {}, ()).cpu_used_cores is None
