"""Pods that do not start: images, missing Secrets and ConfigMaps, volumes, nodes, quotas; and probes that fail."""

from __future__ import annotations

import pytest
from lightkube.resources.apps_v1 import DaemonSet, ReplicaSet, StatefulSet
from lightkube.resources.core_v1 import (
    ConfigMap,
    PersistentVolumeClaim,
    Pod,
    ResourceQuota,
    Secret,
    ServiceAccount,
)
from tests.platforms.kubernetes.causes import clusters
from tests.platforms.kubernetes.causes.clusters import (
    causes,
    container,
    event,
    kinds,
    node,
    pending,
    sick,
    the,
    waiting,
)

from accelerapp.platforms.causes import Depth

# -- images ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('failed to resolve reference "registry.local/shop:1.0": registry.local/shop:1.0: not found', "no such image"),
        ("pull access denied, repository does not exist or may require authorization: 403", "does not let"),
        ("dial tcp: lookup registry.local: no such host", "name is not known"),
        ("x509: certificate signed by unknown authority", "certificate"),
        ("dial tcp 10.0.0.1:443: i/o timeout", "cannot be reached"),
        ("429 toomanyrequests", "too many requests"),
        ("no match for platform in manifest", "processor"),
        ("something new", "again and again"),
    ],
)
def test_an_image_that_cannot_be_pulled_says_what_the_registry_said(said: str, words: str) -> None:
    pod = sick(state=waiting("ImagePullBackOff", "Back-off pulling image"), phase="Pending")
    told = event(pod, "Failed", f'Failed to pull image "registry.local/shop:1.0": {said}')
    found = the("image-not-pullable", causes(pod, told))
    assert "'registry.local/shop:1.0'" in found.sentence
    assert words in found.sentence


def test_a_wrong_name_of_an_image_and_one_that_may_not_be_pulled_are_told_apart() -> None:
    assert "no name of an image" in causes(sick(state=waiting("InvalidImageName"), phase="Pending"))[0].sentence
    assert "Never" in causes(sick(state=waiting("ErrImageNeverPull"), phase="Pending"))[0].sentence


def test_a_pull_secret_that_does_not_exist_is_the_cause() -> None:
    spec = {"imagePullSecrets": [{"name": "registry"}]}
    pod = sick(state=waiting("ErrImagePull", "401 unauthorized"), phase="Pending", spec=spec)
    assert "'registry' does not exist" in the("missing-pull-secret", causes(pod)).sentence
    assert kinds(causes(pod, clusters.secret("registry", x="")))[0] == "image-not-pullable"
    assert kinds(causes(pod, unread=(Secret,)))[0] == "image-not-pullable"


# -- what is missing ---------------------------------------------------------------------------------------------------

CONFIG_ERROR = "CreateContainerConfigError"


def needing(env: object = None, env_from: object = None, said: str = "", **spec: object) -> Pod:
    whole = {"containers": [container(env=env or [], envFrom=env_from or [])], **spec}
    return sick(state=waiting(CONFIG_ERROR, said), phase="Pending", spec=whole)


SECRET_KEY = [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]
CONFIG_KEY = [{"name": "PAY", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "PAYMENT_URL"}}}]


def test_a_missing_secret_is_named_with_where_it_is_needed() -> None:
    found = the("missing-secret", causes(needing(SECRET_KEY, said='secret "db" not found')))
    assert found.sentence == "The Secret 'db' does not exist: the pod cannot start without it."
    assert found.evidence[0] == "container 'app': env PASSWORD refers to it"
    assert 'kubelet: secret "db" not found' in found.evidence
    assert "kubectl create secret generic db --from-literal=password=… -n web" in found.mend
    assert found.depth is Depth.ROOT


def test_a_secret_that_is_there_is_no_cause_and_its_values_are_never_shown() -> None:
    there = clusters.secret("db", password="hunter2")
    assert "missing-secret" not in kinds(causes(needing(SECRET_KEY), there))
    wrong = the("missing-key", causes(needing(SECRET_KEY), clusters.secret("db", passwd="hunter2")))
    assert "its keys: passwd" in wrong.evidence
    assert "hunter2" not in repr(wrong)


def test_a_missing_key_of_a_configmap_shows_the_keys_that_are_there_nearest_first() -> None:
    config = clusters.made(ConfigMap, "conf", data={"LOG_LEVEL": "info", "PAYMENT_URI": "x"})
    found = the("missing-key", causes(needing(CONFIG_KEY), config))
    assert "'PAYMENT_URL' is missing in the ConfigMap 'conf'" in found.sentence
    assert "its keys: PAYMENT_URI, LOG_LEVEL" in found.evidence
    assert "kubectl edit configmap conf -n web" in found.mend


def test_a_missing_configmap_of_env_from_or_a_volume_is_named_once() -> None:
    pod = needing(
        CONFIG_KEY,
        env_from=[{"configMapRef": {"name": "conf"}}],
        volumes=[{"name": "v", "configMap": {"name": "conf"}}],
    )
    found = the("missing-configmap", causes(pod, clusters.made(ConfigMap, "conf-2", data={})))
    assert "there is one with a similar name: conf-2" in found.evidence


def test_what_is_optional_may_be_missing() -> None:
    pod = needing(env_from=[{"secretRef": {"name": "db", "optional": True}}])
    assert "missing-secret" not in kinds(causes(pod))


def test_where_secrets_may_not_be_read_the_kubelet_tells() -> None:
    pod = needing(SECRET_KEY, said='secret "db" not found')
    assert "'db' does not exist" in the("missing-secret", causes(pod, unread=(Secret,))).sentence
    key = needing(SECRET_KEY, said="couldn't find key password in Secret web/db")
    assert "'password' is missing in the Secret 'db'" in the("missing-key", causes(key, unread=(Secret,))).sentence
    assert kinds(causes(needing(SECRET_KEY), unread=(Secret,))) == ["not-ready"]


def test_a_missing_secret_of_a_volume_is_told_by_name_and_not_as_a_mount_failure() -> None:
    pod = sick(
        state=waiting("ContainerCreating"),
        phase="Pending",
        spec={"volumes": [{"name": "keys", "secret": {"secretName": "signing"}}]},
    )
    told = event(pod, "FailedMount", 'MountVolume.SetUp failed for volume "keys" : secret "signing" not found')
    assert kinds(causes(pod, told)) == ["missing-secret"]


def test_what_a_running_pod_refers_to_and_is_gone_is_a_risk() -> None:
    pod = clusters.pod(spec={"containers": [container(env=SECRET_KEY)]})
    found = the("missing-secret", causes(pod))
    assert found.depth is Depth.RISK
    assert "its next start will fail" in found.sentence


def test_a_service_account_that_does_not_exist_keeps_pods_from_being_made() -> None:
    said = 'pods "shop-" is forbidden: error looking up service account web/robot: serviceaccount "robot" not found'
    found = the("missing-service-account", causes(refused(said)))
    assert "the ServiceAccount 'robot' does not exist" in found.sentence
    assert "kubectl create serviceaccount robot -n web" in found.mend


def test_a_service_account_that_is_there_is_no_cause() -> None:
    pod = clusters.pod(spec={"serviceAccountName": "robot"})
    assert causes(pod, clusters.made(ServiceAccount, "robot")) == []


# -- pods that are not made --------------------------------------------------------------------------------------------


def refused(said: str) -> ReplicaSet:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop", "uid": "u", "controller": True}
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": said}
    found: ReplicaSet = clusters.made(
        ReplicaSet,
        "shop-7d9f",
        metadata={"ownerReferences": [owner]},
        spec={"selector": {}, "replicas": 2},
        status={"replicas": 0, "conditions": [condition]},
    )
    return found


QUOTA = 'pods "shop-1" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2'


def test_a_used_up_quota_is_told_with_its_figures() -> None:
    quota = clusters.made(ResourceQuota, "small", status={"hard": {"pods": "2"}, "used": {"pods": "2"}})
    found = causes(refused(QUOTA), quota)
    cause = the("quota-exceeded", found)
    assert "the quota 'small' is used up: asked for pods=1, in use pods=2, at most pods=2" in cause.sentence
    assert "resourcequota/small: pods 2 of 2" in cause.evidence
    assert cause.subject == "deployment/shop"
    assert the("quota-full", found).depth is Depth.RISK


def test_a_quota_with_room_is_no_cause() -> None:
    assert causes(clusters.made(ResourceQuota, "small", status={"hard": {"pods": "2"}, "used": {"pods": "1"}})) == []


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("failed quota: small: must specify limits.memory", "quota-exceeded"),
        ('Internal error occurred: failed calling webhook "v.example.com": no endpoints', "webhook-unreachable"),
        ('admission webhook "v.example.com" denied the request: no latest tags', "webhook-denies"),
        ('pods "x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi', "limit-range"),
        ('pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true', "pod-security"),
        ('Pod "x" is invalid: spec.containers[0].name: Duplicate value', "pods-refused"),
        ("something new", "pods-refused"),
    ],
)
def test_each_way_of_being_refused_is_told_apart(said: str, kind: str) -> None:
    assert kinds(causes(refused(said))) == [kind]


def test_a_statefulset_and_a_daemonset_tell_by_events_while_pods_are_lacking() -> None:
    db = clusters.made(StatefulSet, "db", spec={"replicas": 1, "serviceName": "shop", "selector": {}, "template": {}})
    assert "quota-exceeded" in kinds(causes(db, event(db, "FailedCreate", QUOTA), clusters.service()))
    each = {"currentNumberScheduled": 2, "desiredNumberScheduled": 2, "numberMisscheduled": 0, "numberReady": 2}
    agent = clusters.made(DaemonSet, "agent", spec={"selector": {}, "template": {}}, status=each)
    assert "quota-exceeded" not in kinds(causes(agent, event(agent, "FailedCreate", QUOTA)))


# -- nodes that take no pod --------------------------------------------------------------------------------------------


def asking(**requests: str) -> Pod:
    return pending("0/1 nodes are available.", containers=[container(resources={"requests": requests})])


def test_more_memory_than_a_node_has_free_is_told_with_the_arithmetic() -> None:
    other = clusters.pod("other", spec={"containers": [container(resources={"requests": {"memory": "6Gi"}})]})
    found = the("unschedulable", causes(asking(memory="4Gi", cpu="500m"), node(), neighbours=(other,)))
    assert found.sentence == "No node takes the pod: it asks for memory 4 GiB, 2 GiB of 8 GiB are free."
    assert "it asks for cpu 500m, memory 4 GiB" in found.evidence
    assert "n1: it asks for memory 4 GiB, 2 GiB of 8 GiB are free" in found.evidence


def test_more_than_any_node_has_is_told_as_such() -> None:
    found = the("unschedulable", causes(asking(memory="64Gi"), node()))
    assert "too small even when empty" in found.sentence


def test_without_a_look_at_other_pods_no_free_room_is_claimed() -> None:
    found = the("unschedulable", causes(asking(memory="64Gi"), node(), neighbours=None))
    assert "the node has 8 GiB in all" in found.sentence
    assert "free" not in found.sentence


def test_pods_that_are_over_take_no_room() -> None:
    done = clusters.pod(
        "done", spec={"containers": [container(resources={"requests": {"cpu": "4"}})]}, status={"phase": "Succeeded"}
    )
    found = the("unschedulable", causes(asking(cpu="5"), node(), neighbours=(done,)))
    assert "4 of 4 are free" in found.sentence


def test_a_full_node_counts_pods() -> None:
    full = node(status={"allocatable": {"pods": "1", "cpu": "4", "memory": "8Gi"}})
    found = the("unschedulable", causes(asking(), full, neighbours=(clusters.pod("other"),)))
    assert "has all of its 1 pods" in found.sentence


def test_selectors_taints_and_cordons_are_told() -> None:
    assert "disk=ssd" in the("unschedulable", causes(pending("no", nodeSelector={"disk": "ssd"}), node())).sentence
    tainted = node(spec={"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]})
    assert "taint gpu=yes:NoSchedule" in the("unschedulable", causes(pending("no"), tainted)).sentence
    cordoned = node(spec={"unschedulable": True})
    assert "cordoned" in the("unschedulable", causes(pending("no"), cordoned)).sentence
    tolerant = pending("0/1 nodes: other", tolerations=[{"key": "gpu", "operator": "Exists"}])
    assert the("unschedulable", causes(tolerant, tainted)).sentence == "No node takes the pod: 0/1 nodes: other."


def test_of_several_nodes_the_nearest_one_tells_unless_one_would_seem_to_take_the_pod() -> None:
    far, near = clusters.node("far", spec={"unschedulable": True}), clusters.node("near")
    found = the("unschedulable", causes(asking(memory="16Gi"), far, near))
    assert "on the nearest of 2 nodes, near, it asks for memory 16 GiB" in found.sentence
    assert any(line.startswith("far: the node is cordoned") for line in found.evidence)
    fits = the("unschedulable", causes(pending("2 node(s) didn't match pod anti-affinity"), far, near))
    assert fits.sentence == "No node takes the pod: 2 node(s) didn't match pod anti-affinity."


def test_node_affinity_is_weighed_like_the_scheduler_does() -> None:
    def affine(operator: str, values: list[str]) -> Pod:
        term = {"matchExpressions": [{"key": "disk", "operator": operator, "values": values}]}
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        return pending("no", affinity={"nodeAffinity": required})

    assert "nodeAffinity" in the("unschedulable", causes(affine("In", ["ssd"]), node())).sentence
    assert "nodeAffinity" not in the("unschedulable", causes(affine("In", ["hdd"]), node())).sentence


def test_an_unbound_claim_is_the_root_and_the_pod_only_suffers() -> None:
    pod = pending(
        "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
        volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
    )
    claim = clusters.made(PersistentVolumeClaim, "data", spec={"storageClassName": "fast"}, status={"phase": "Pending"})
    found = causes(pod, claim, node(), clusters.storage_class())
    assert the("missing-storage-class", found).depth is Depth.ROOT
    assert the("unbound-volume", found).depth is Depth.SYMPTOM


def test_a_missing_claim_is_the_root() -> None:
    pod = pending(
        'persistentvolumeclaim "data" not found',
        volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
    )
    found = causes(pod, node())
    assert the("missing-volume-claim", found).depth is Depth.ROOT
    assert the("unbound-volume", found).depth is Depth.SYMPTOM


def test_a_scheduler_that_never_looks_and_gates_that_are_closed_are_told() -> None:
    unseen = clusters.pod(
        spec={"nodeName": None, "schedulerName": "mine"}, status={"phase": "Pending", "conditions": []}
    )
    assert "named 'mine'" in the("no-scheduler", causes(unseen)).sentence
    gated = pending("gated", schedulingGates=[{"name": "example.com/wait"}])
    gated.status.conditions[0].reason = "SchedulingGated"  # type: ignore[union-attr,index]
    assert the("scheduling-gated", causes(gated)).depth is Depth.WISH


def test_a_pod_that_has_a_node_is_not_unschedulable() -> None:
    assert causes(clusters.pod(), node(spec={"taints": [{"key": "a", "effect": "NoSchedule"}]})) == []


# -- volumes and sandbox -----------------------------------------------------------------------------------------------


def test_a_volume_that_does_not_attach_is_told_and_a_sandbox_without_network_too() -> None:
    pod = sick(state=waiting("ContainerCreating"), phase="Pending")
    told = event(pod, "FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) x')
    assert "Another node" in the("volume-not-mounted", causes(pod, told)).mend
    network = event(pod, "FailedCreatePodSandBox", "failed to set up sandbox container network")
    assert "network" in the("no-pod-network", causes(pod, network)).sentence


def test_a_mount_failure_that_is_over_is_no_cause() -> None:
    pod = clusters.pod()
    assert causes(pod, event(pod, "FailedMount", "timed out")) == []


# -- probes ------------------------------------------------------------------------------------------------------------


def probed(
    answer: str, which: str = "Readiness", port: object = 8000, restarts: int = 0, **more: object
) -> list[object]:
    probe = {f"{which.lower()}Probe": {"httpGet": {"path": "/ready", "port": port}}}
    pod = sick(spec={"containers": [container(**probe)]}, restarts=restarts, **more)
    return [pod, event(pod, "Unhealthy", f"{which} probe failed: {answer}", count=9)]


def test_a_failing_probe_says_which_what_it_asked_and_what_was_answered() -> None:
    found = the("probe-fails", causes(*probed("HTTP probe failed with statuscode: 503")))
    assert "The readiness probe of the container 'app' (HTTP GET :8000/ready) fails" in found.sentence
    assert "it gets no traffic" in found.sentence
    assert "statuscode: 503" in found.sentence
    assert "event Unhealthy (9 times)" in found.evidence[0]
    assert found.depth is Depth.FAILURE


def test_a_probe_of_a_port_that_the_container_does_not_have_is_a_root_cause() -> None:
    refusal = 'Get "http://10.0.0.7:9000/ready": dial tcp 10.0.0.7:9000: connect: connection refused'
    found = the("wrong-probe-port", causes(*probed(refusal, port=9000)))
    assert "it asks port 9000, but the container's port is 8000" in found.sentence
    assert found.depth is Depth.ROOT
    assert "does not name" in the("wrong-probe-port", causes(*probed("x", port="web"))).sentence
    assert "probe-fails" in kinds(causes(*probed("refused", port="http")))


def test_a_container_that_its_liveness_probe_ended_did_not_crash() -> None:
    pod, told = probed("timeout", "Liveness", restarts=3, lastState=clusters.ended(137))
    killing = event(pod, "Killing", "Container app failed liveness probe, will be restarted", kind="Normal")
    found = causes(pod, told, killing)
    assert kinds(found) == ["probe-fails"]
    assert "ended and started again" in found[0].sentence


def test_a_container_that_was_killed_is_laid_to_a_wrong_liveness_port_also_when_events_got_lost() -> None:
    pod = probed("refused", "Liveness", port=9000, restarts=3, lastState=clusters.ended(137))[0]
    assert kinds(causes(pod)) == ["wrong-probe-port"]
    right, failing = probed("timeout", "Liveness", restarts=3, lastState=clusters.ended(143))
    assert kinds(causes(right, failing)) == ["probe-fails"]
    assert kinds(causes(right)) == ["crash"]
    own = probed("x", "Liveness", port=9000, restarts=3, lastState=clusters.ended(1))[0]
    assert kinds(causes(own)) == ["crash"]
    killed = probed("x", "Liveness", port=9000, restarts=3, lastState=clusters.ended(137, "OOMKilled"))[0]
    assert kinds(causes(killed)) == ["out-of-memory"]


def test_a_probe_that_failed_once_while_the_pod_is_ready_by_now_is_no_cause() -> None:
    pod = clusters.pod(spec={"containers": [container(readinessProbe={"httpGet": {"port": 8000}})]})
    assert causes(pod, event(pod, "Unhealthy", "Readiness probe failed: refused")) == []


def test_when_events_are_gone_the_unready_container_still_tells_which_probe_it_is() -> None:
    pod = probed("")[0]
    assert "(HTTP GET :8000/ready)" in the("probe-fails", causes(pod)).sentence


def test_alike_pods_with_failing_probes_are_one_cause_whatever_their_addresses() -> None:
    objects: list[object] = []
    for letter in "ab":
        pod = sick(
            f"shop-7d9f-{letter}", spec={"containers": [container(readinessProbe={"tcpSocket": {"port": 8000}})]}
        )
        objects += [
            pod,
            event(pod, "Unhealthy", f"Readiness probe failed: dial tcp 10.0.0.{ord(letter)}:8000: refused"),
        ]
    found = the("probe-fails", causes(*objects))
    assert found.also == ("pod/shop-7d9f-b",)
    assert "10.0.0" not in found.sentence
