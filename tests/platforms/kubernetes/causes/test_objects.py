"""Everything around pods: workloads, services, volumes, nodes, webhooks, budgets, policies; and events as last resort."""

from __future__ import annotations

from typing import Any

import pytest
from lightkube.resources.admissionregistration_v1 import MutatingWebhookConfiguration, ValidatingWebhookConfiguration
from lightkube.resources.apps_v1 import DaemonSet, Deployment, ReplicaSet, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import (
    ConfigMap,
    Endpoints,
    Event,
    Namespace,
    PersistentVolume,
    PersistentVolumeClaim,
    Pod,
    Service,
)
from lightkube.resources.networking_v1 import Ingress, IngressClass, NetworkPolicy
from lightkube.resources.policy_v1 import PodDisruptionBudget
from lightkube.resources.storage_v1 import StorageClass
from tests.platforms.kubernetes.causes import clusters
from tests.platforms.kubernetes.causes.clusters import causes, container, event, kinds, made, the

from accelerapp.platforms.causes import Depth
from accelerapp.platforms.kubernetes.causes import family, schedules
from accelerapp.platforms.kubernetes.causes.interface import Finder

TEMPLATE = {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [container()]}}


def deployment(name: str = "shop", ready: int = 2, replicas: int = 2, **more: Any) -> Deployment:
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "shop"}}, "template": TEMPLATE}
    status = {"replicas": replicas, "readyReplicas": ready, "updatedReplicas": replicas}
    found: Deployment = made(Deployment, name, clusters.merged({"spec": spec, "status": status}, more))
    return found


# -- workloads ---------------------------------------------------------------------------------------------------------


def test_a_deployment_with_all_its_replicas_is_well() -> None:
    assert causes(deployment()) == []


def test_too_few_ready_replicas_are_a_symptom() -> None:
    found = the("too-few-ready", causes(deployment(ready=1)))
    assert found.sentence == "deployment/shop has 1 of 2 replicas ready."
    assert found.depth is Depth.SYMPTOM


def test_a_rollout_past_its_deadline_offers_the_way_back() -> None:
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    found = the("deadline-exceeded", causes(deployment(ready=1, status={"conditions": [late]})))
    assert "no progress for longer than its deadline of 10 min" in found.sentence
    assert "kubectl rollout undo deployment/shop -n web" in found.mend


def test_scaled_to_zero_is_somebodys_wish() -> None:
    found = the("scaled-to-zero", causes(deployment(replicas=0, ready=0)))
    assert found.depth is Depth.WISH
    assert found.mend == "`kubectl scale deployment/shop --replicas=1 -n web`"


def test_a_paused_rollout_matters_while_replicas_wait_for_it() -> None:
    waits = the("paused-rollout", causes(deployment(spec={"paused": True}, status={"updatedReplicas": 1})))
    assert "1 of 2 replicas have the wanted revision" in waits.sentence
    assert waits.depth is Depth.WISH
    assert the("paused-rollout", causes(deployment(spec={"paused": True}))).depth is Depth.RISK


def test_a_replica_set_speaks_for_itself_only_without_a_deployment() -> None:
    alone = made(ReplicaSet, "old", spec={"replicas": 2, "selector": {}}, status={"replicas": 2, "readyReplicas": 1})
    assert kinds(causes(alone)) == ["too-few-ready"]
    alone.metadata.ownerReferences = clusters.pod().metadata.ownerReferences  # type: ignore[union-attr]
    assert causes(alone) == []


def statefulset(ready: int = 1, **more: Any) -> StatefulSet:
    spec = {"replicas": 2, "serviceName": "shop", "selector": {}, "template": TEMPLATE}
    found: StatefulSet = made(
        StatefulSet, "db", clusters.merged({"spec": spec, "status": {"replicas": 2, "readyReplicas": ready}}, more)
    )
    return found


def test_a_statefulset_without_its_service_has_no_names() -> None:
    found = the("missing-service", causes(statefulset()))
    assert "The Service 'shop' of statefulset/db does not exist" in found.sentence
    assert found.depth is Depth.ROOT
    assert the("missing-service", causes(statefulset(ready=2))).depth is Depth.RISK
    assert causes(statefulset(ready=2), clusters.service(), clusters.pod()) == []


def test_a_statefulset_with_an_unknown_storage_class_is_a_root_cause() -> None:
    claims = [{"metadata": {"name": "d"}, "spec": {"storageClassName": "fast"}}]
    sick = statefulset(spec={"volumeClaimTemplates": claims})
    assert "'fast'" in the("missing-storage-class", causes(sick, clusters.storage_class())).sentence
    assert "missing-storage-class" not in kinds(causes(sick, clusters.storage_class("fast")))
    assert "missing-storage-class" not in kinds(causes(sick, unread=(StorageClass,)))


def test_a_statefulset_waits_for_the_pod_before() -> None:
    first = clusters.sick("db-0", "StatefulSet/db")
    found = the("too-few-ready", causes(statefulset(ready=0), first, clusters.service()))
    assert "made only once that one is ready" in found.sentence


def test_a_daemonset_without_a_node_and_one_short_of_ready_pods() -> None:
    def daemons(wanted: int, ready: int) -> DaemonSet:
        status = {"currentNumberScheduled": wanted, "desiredNumberScheduled": wanted, "numberMisscheduled": 0}
        found: DaemonSet = made(
            DaemonSet, "agent", spec={"selector": {}, "template": TEMPLATE}, status={**status, "numberReady": ready}
        )
        return found

    assert kinds(causes(daemons(0, 0))) == ["no-node-fits"]
    assert "1 of 3 nodes" in the("too-few-ready", causes(daemons(3, 1))).sentence
    assert causes(daemons(3, 3)) == []


def job(reason: str = "", name: str = "import", cron: str = "", at: str = clusters.EARLIER, **spec: Any) -> Job:
    conditions = [{"type": "Failed", "status": "True", "reason": reason, "message": "why"}] if reason else []
    owners = (
        [{"apiVersion": "batch/v1", "kind": "CronJob", "name": cron, "uid": "u", "controller": True}] if cron else []
    )
    found: Job = made(
        Job,
        name,
        metadata={"ownerReferences": owners, "creationTimestamp": at},
        spec={"template": TEMPLATE, **spec},
        status={"failed": 3, "conditions": conditions},
    )
    return found


def test_a_failed_job_follows_from_its_pods_or_says_that_they_are_gone() -> None:
    gone = the("job-failed", causes(job("BackoffLimitExceeded", backoffLimit=2)))
    assert "3 pods of it failed; it may fail 2 times" in gone.sentence
    assert "its pods are gone" in gone.evidence[1]
    assert gone.depth is Depth.FAILURE
    pod = clusters.sick("import-x", "Job/import", state=clusters.ended(1), phase="Failed")
    assert the("job-failed", causes(job("BackoffLimitExceeded"), pod)).depth is Depth.SYMPTOM
    assert causes(job()) == []


def test_a_job_out_of_time_and_a_suspended_one() -> None:
    late = the("deadline-exceeded", causes(job("DeadlineExceeded", activeDeadlineSeconds=90)))
    assert "deadline of 1 min 30 s" in late.sentence
    assert the("suspended", causes(job(suspend=True))).depth is Depth.WISH


def cron(schedule: str = "0 3 * * *", **spec: Any) -> CronJob:
    found: CronJob = made(
        CronJob, "nightly", spec={"schedule": schedule, "jobTemplate": {"spec": {"template": TEMPLATE}}, **spec}
    )
    return found


def test_a_cronjob_that_is_well_has_no_causes() -> None:
    assert causes(cron(startingDeadlineSeconds=60)) == []


def test_a_cronjob_says_what_keeps_it_from_starting() -> None:
    assert "99" in the("bad-schedule", causes(cron("99 3 * * *"))).sentence
    assert the("suspended", causes(cron(suspend=True))).depth is Depth.WISH
    assert "shorter than the 10 s" in the("starting-deadline", causes(cron(startingDeadlineSeconds=5))).sentence
    told = event(cron(), "UnknownTimeZone", "invalid timezone: Mars/Base")
    assert "Mars/Base" in the("missed-starts", causes(cron(), told)).sentence


def test_of_a_cronjobs_jobs_only_the_last_counts() -> None:
    old = job("BackoffLimitExceeded", "nightly-1", "nightly")
    new = job("", "nightly-2", "nightly", at=clusters.JUST_NOW)
    assert causes(cron(), old, new) == []
    last = job("BackoffLimitExceeded", "nightly-2", "nightly", at=clusters.JUST_NOW)
    assert "job/nightly-2" in the("last-job-failed", causes(cron(), old, last)).evidence[0]


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "*/5 0-6 1,15 jan-mar MON-FRI",
        "0 0 * * 0",
        "@daily",
        "@every 1h30m",
        "TZ=Europe/Paris 0 3 * * *",
        "5-10/2 * ? * *",
    ],
)
def test_good_schedules_are_good(schedule: str) -> None:
    assert schedules.problem(schedule) == ""


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "*/0 * * * *",
        "10-5 * * * *",
        "a * * * *",
        "@soon",
        "1- * * * *",
        "-1 * * * *",
    ],
)
def test_wrong_schedules_say_what_is_wrong(schedule: str) -> None:
    assert schedules.problem(schedule)


# -- services and ingresses --------------------------------------------------------------------------------------------


def test_a_service_whose_selector_matches_nothing_names_the_nearest_workload() -> None:
    astray = clusters.service(selector={"app": "shopp"})
    found = the("selector-matches-nothing", causes(astray, deployment(), clusters.pod()))
    assert "no pod has the labels app=shopp" in found.sentence
    assert "the nearest, deployment/shop, has app=shop" in found.evidence
    assert found.depth is Depth.ROOT


def test_a_service_whose_pods_do_not_exist_yet_only_suffers() -> None:
    assert the("selector-matches-nothing", causes(clusters.service(), deployment(ready=0))).depth is Depth.SYMPTOM


def test_a_service_without_a_ready_pod_has_no_endpoints() -> None:
    assert the("no-ready-pods", causes(clusters.service(), clusters.sick())).depth is Depth.SYMPTOM
    assert causes(clusters.service(), clusters.pod()) == []


def test_nothing_is_said_of_a_services_pods_when_pods_could_not_be_read() -> None:
    assert causes(clusters.service(), unread=(Pod,)) == []


def test_a_wrong_target_port_is_told_by_name_and_by_number() -> None:
    named = clusters.service(ports=[{"port": 80, "targetPort": "web"}])
    assert the("wrong-target-port", causes(named, clusters.pod())).depth is Depth.ROOT
    numbered = clusters.service(ports=[{"port": 80, "targetPort": 9000}])
    found = the("wrong-target-port", causes(numbered, clusters.pod()))
    assert "port 9000" in found.sentence
    assert "ports of its pods: 8000" in found.evidence


def test_a_service_without_selector_needs_endpoints_of_somebody() -> None:
    bare = clusters.service(selector=None)
    assert kinds(causes(bare)) == ["no-endpoints"]
    assert kinds(causes(bare, made(Endpoints, "shop", subsets=[]))) == ["no-endpoints"]
    by_hand = made(Endpoints, "shop", subsets=[{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}])
    assert causes(bare, by_hand) == []
    assert causes(clusters.service(type="ExternalName", selector=None, externalName="db.example.com")) == []


def test_a_load_balancer_that_nobody_makes_is_told_after_a_while() -> None:
    assert "no-load-balancer" in kinds(causes(clusters.service(type="LoadBalancer"), clusters.pod()))
    young = clusters.service(type="LoadBalancer")
    young.metadata.creationTimestamp = clusters.NOW  # type: ignore[union-attr]
    assert causes(young, clusters.pod()) == []


def ingress(service: str = "shop", port: int = 80, tls: str = "", **spec: Any) -> Ingress:
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": service, "port": {"number": port}}}}
    whole = {"ingressClassName": "nginx", "rules": [{"host": "shop.example.com", "http": {"paths": [path]}}]}
    secrets = {"tls": [{"secretName": tls}]} if tls else {}
    found: Ingress = made(Ingress, "shop", spec={**whole, **secrets, **spec})
    return found


NGINX = made(IngressClass, "nginx", spec={"controller": "c"})
WELL = (clusters.service(), clusters.pod(), NGINX)


def test_an_ingress_with_everything_it_names_is_well() -> None:
    assert causes(ingress(tls="cert"), clusters.secret("cert"), *WELL) == []


def test_an_ingress_names_each_thing_that_does_not_exist() -> None:
    assert "'traefik'" in the("missing-ingress-class", causes(ingress(ingressClassName="traefik"), *WELL)).sentence
    assert "'shopp'" in the("missing-service", causes(ingress("shopp"), *WELL)).sentence
    assert "port 8080" in the("wrong-service-port", causes(ingress(port=8080), *WELL)).sentence
    assert "'cert'" in the("missing-tls-secret", causes(ingress(tls="cert"), *WELL)).sentence


def test_an_ingress_without_class_needs_a_default_one() -> None:
    bare = ingress(ingressClassName=None)
    assert "none is the default" in the("missing-ingress-class", causes(bare, *WELL)).sentence
    annotations = {"ingressclass.kubernetes.io/is-default-class": "true"}
    default = made(IngressClass, "std", metadata={"annotations": annotations}, spec={"controller": "c"})
    assert causes(bare, clusters.service(), clusters.pod(), default) == []
    assert causes(bare, clusters.service(), clusters.pod(), unread=(IngressClass,)) == []


# -- volumes, nodes, webhooks ------------------------------------------------------------------------------------------


def claim(phase: str = "Pending", **spec: Any) -> PersistentVolumeClaim:
    found: PersistentVolumeClaim = made(
        PersistentVolumeClaim,
        "data",
        spec={"resources": {"requests": {"storage": "1Gi"}}, **spec},
        status={"phase": phase},
    )
    return found


DEFAULT = clusters.storage_class(metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}})


@pytest.mark.parametrize(
    ("spec", "classes", "kind"),
    [
        ({"storageClassName": "fast"}, [DEFAULT], "missing-storage-class"),
        ({}, [clusters.storage_class()], "missing-storage-class"),
        ({"storageClassName": "standard", "volumeName": "pv-1"}, [DEFAULT], "missing-volume"),
        ({"storageClassName": ""}, [DEFAULT], "no-fitting-volume"),
        ({"storageClassName": "standard"}, [DEFAULT], "claim-pending"),
    ],
)
def test_a_claim_without_a_volume_says_why(spec: dict[str, Any], classes: list[StorageClass], kind: str) -> None:
    assert kinds(causes(claim(**spec), *classes)) == [kind]
    assert causes(claim("Bound", **spec), *classes) == []


def test_a_claim_tells_the_provisioners_words_and_a_lost_one_its_volume() -> None:
    wanted = claim(storageClassName="standard")
    told = event(wanted, "ProvisioningFailed", "no space left in the pool")
    assert "no space left in the pool" in the("claim-pending", causes(wanted, DEFAULT, told)).sentence
    assert "'pv-1'" in the("volume-lost", causes(claim("Lost", volumeName="pv-1"))).sentence


def test_a_claim_that_waits_for_its_first_pod_waits_rightly_until_there_is_one() -> None:
    late = clusters.storage_class("late", volumeBindingMode="WaitForFirstConsumer")
    wanted = claim(storageClassName="late")
    assert causes(wanted, late) == []
    pod = clusters.pod(spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]})
    assert kinds(causes(wanted, late, pod)) == ["claim-pending"]


def test_a_class_that_is_only_a_name_between_claim_and_volume_is_not_missing() -> None:
    volume = made(PersistentVolume, "pv-1", spec={"storageClassName": "manual"})
    assert kinds(causes(claim(storageClassName="manual"), volume, DEFAULT)) == ["claim-pending"]


def test_nodes_say_what_they_are_short_of() -> None:
    def with_condition(kind: str, status: str) -> list[str]:
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
        others = [] if kind == "Ready" else [ready]
        condition = {"type": kind, "status": status, "reason": "r", "message": "m"}
        return kinds(causes(clusters.node(status={"conditions": [*others, condition]})))

    assert with_condition("Ready", "False") == ["node-not-ready"]
    assert with_condition("Ready", "Unknown") == ["node-not-ready"]
    assert with_condition("DiskPressure", "True") == ["node-pressure"]
    assert with_condition("MemoryPressure", "False") == []
    assert the("node-cordoned", causes(clusters.node(spec={"unschedulable": True}))).depth is Depth.RISK


@pytest.mark.parametrize("kind", [ValidatingWebhookConfiguration, MutatingWebhookConfiguration])
def test_a_webhook_whose_service_does_not_exist_refuses_pods(kind: type[Any]) -> None:
    def hook(**more: Any) -> Any:
        whole = {
            "name": "check.example.com",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "clientConfig": {"service": {"namespace": "policy", "name": "checker"}},
            "rules": [{"resources": ["pods"], "operations": ["CREATE"]}],
            **more,
        }
        return made(kind, "checker", webhooks=[whole])

    gone, there = {("policy", "checker"): False}, {("policy", "checker"): True}
    found = the("webhook-without-service", causes(hook(), services_elsewhere=gone))
    assert "policy/checker, which does not exist: every change of pods is refused" in found.sentence
    assert found.depth is Depth.ROOT
    assert (
        the("webhook-without-service", causes(hook(failurePolicy="Ignore"), services_elsewhere=gone)).depth
        is Depth.RISK
    )
    assert causes(hook(), services_elsewhere=there) == []
    assert causes(hook(), services_elsewhere={}) == []
    elsewhere = hook(namespaceSelector={"matchLabels": {"team": "other"}})
    assert causes(elsewhere, made(Namespace, "web"), services_elsewhere=gone) == []


# -- autoscalers, budgets, policies, config maps -----------------------------------------------------------------------


def scaler(target: str = "shop", **status: Any) -> HorizontalPodAutoscaler:
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}
    spec = {"maxReplicas": 5, "scaleTargetRef": {"kind": "Deployment", "name": target}, "metrics": [metric]}
    found: HorizontalPodAutoscaler = made(
        HorizontalPodAutoscaler, "shop", spec=spec, status={"desiredReplicas": 2, **status}
    )
    return found


MEASURED = {"template": {"spec": {"containers": [container(resources={"requests": {"cpu": "100m"}})]}}}


def test_an_autoscaler_of_a_measured_deployment_is_well() -> None:
    assert causes(scaler(), deployment(spec=MEASURED)) == []


def test_an_autoscaler_says_what_it_lacks() -> None:
    assert (
        "deployment/shopp does not exist" in the("missing-scale-target", causes(scaler("shopp"), deployment())).sentence
    )
    assert (
        "container 'app' of deployment/shop requests none"
        in the("no-resource-requests", causes(scaler(), deployment())).sentence
    )
    silent = {
        "type": "ScalingActive",
        "status": "False",
        "reason": "FailedGetResourceMetric",
        "message": "no metrics API",
    }
    found = the("no-metrics", causes(scaler(conditions=[silent]), deployment(spec=MEASURED)))
    assert "no metrics API" in found.sentence
    assert found.depth is Depth.FAILURE
    most = {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas", "message": "m"}
    assert the("at-max-replicas", causes(scaler(conditions=[most]), deployment(spec=MEASURED))).depth is Depth.RISK


def budget(allowed: int, labels: str = "shop") -> PodDisruptionBudget:
    status = {"disruptionsAllowed": allowed, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": labels}}}
    found: PodDisruptionBudget = made(PodDisruptionBudget, "shop", spec=spec, status=status)
    return found


def test_a_budget_that_allows_no_eviction_or_protects_nothing_is_a_risk() -> None:
    blocks = the("budget-blocks-evictions", causes(budget(0), clusters.pod()))
    assert "1 of 1 pods are healthy and 1 have to be" in blocks.sentence
    assert blocks.depth is Depth.RISK
    assert kinds(causes(budget(0, "shopp"), clusters.pod())) == ["budget-protects-nothing"]
    assert causes(budget(1), clusters.pod()) == []


def policy(**spec: Any) -> NetworkPolicy:
    found: NetworkPolicy = made(NetworkPolicy, "shop", spec=spec)
    return found


def test_policies_that_select_everything_or_nothing_are_risks() -> None:
    closed = the("policy-blocks-all", causes(policy(podSelector={}, policyTypes=["Ingress", "Egress"])))
    assert "no incoming and no outgoing traffic" in closed.sentence
    nothing = policy(podSelector={"matchLabels": {"app": "shopp"}}, ingress=[{}])
    assert kinds(causes(nothing, clusters.pod())) == ["policy-selects-nothing"]
    assert causes(policy(podSelector={}, ingress=[{}]), clusters.pod()) == []
    assert causes(policy(podSelector={"matchLabels": {"app": "shop"}}), clusters.pod()) == []


def test_configmaps_and_keys_that_nobody_reads_are_risks() -> None:
    config = made(ConfigMap, "conf", data={"A": "1", "B": "2"})
    assert kinds(causes(config)) == ["unused-configmap"]
    one = clusters.pod(
        spec={
            "containers": [
                container(env=[{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "A"}}}])
            ]
        }
    )
    assert "'B'" in the("unused-key", causes(config, one)).sentence
    whole = clusters.pod(spec={"containers": [container(envFrom=[{"configMapRef": {"name": "conf"}}])]})
    assert causes(config, whole) == []
    assert causes(config, unread=(Deployment,)) == []
    assert causes(made(ConfigMap, "kube-root-ca.crt", data={"ca": "x"})) == []


# -- last resort -------------------------------------------------------------------------------------------------------


def test_a_pod_that_nothing_explains_is_told_by_its_warnings_or_its_state() -> None:
    odd = clusters.sick(state=clusters.waiting("SomethingNew", "odd"))
    assert "nothing says yet that it failed" in the("not-ready", causes(odd)).sentence
    warned = the("not-ready", causes(odd, event(odd, "Odd", "the moon is full")))
    assert "the moon is full" in warned.sentence
    assert warned.depth is Depth.HINT


def test_a_warning_of_late_is_a_hint_unless_its_object_is_explained_well_or_gone() -> None:
    shop = clusters.service()
    told = event(shop, "FailedToUpdateEndpointSlices", "no idea")
    assert "no idea" in the("warning-event", causes(shop, clusters.pod(), told)).sentence
    assert causes(clusters.pod(), event(clusters.pod(), "BackOff", "was restarting")) == []
    assert causes(event(made(Service, "gone"), "Odd", "x")) == []
    old = event(shop, "Odd", "x", at="2026-03-02T10:00:00Z")
    assert causes(shop, clusters.pod(), old) == []
    assert causes(shop, clusters.pod(), event(shop, "Fine", "x", kind="Normal")) == []


def test_without_events_the_causes_from_states_are_still_found() -> None:
    found = causes(clusters.sick(state=clusters.waiting("ErrImagePull", "not found"), phase="Pending"), unread=(Event,))
    assert kinds(found) == ["image-not-pullable"]


def test_a_finder_that_fails_costs_only_its_own_causes(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> list[Any]:
        raise TypeError("a shape that nobody foresaw")

    finders: dict[str, Finder] = {**family.FINDERS, "nodes": broken}
    monkeypatch.setattr(family, "FINDERS", finders)  # no object makes a finder fail on purpose
    found, failed = family.find_all(clusters.snapshot(deployment(ready=1)))
    assert kinds(found) == ["too-few-ready"]
    assert [each.what for each in failed] == ["nodes"]
    assert "nobody foresaw" in failed[0].reason
