"""What is sent to the API, and what is refused before anything is."""

from datetime import UTC, datetime

import pytest
from tests.platforms.kubernetes import objects

from accelerapp.base import errors
from accelerapp.platforms.kubernetes import images, marks, patches

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "image"),
    [
        ("v2", "registry.local:5000/team/app:v2"),
        ("1.2.3-rc.1", "registry.local:5000/team/app:1.2.3-rc.1"),
        ("sha256:" + "a" * 64, "registry.local:5000/team/app@sha256:" + "a" * 64),
        ("@sha256:" + "a" * 64, "registry.local:5000/team/app@sha256:" + "a" * 64),
        ("other/app:9", "other/app:9"),
        ("ghcr.io/a/b:1@sha256:" + "0" * 64, "ghcr.io/a/b:1@sha256:" + "0" * 64),
        ("[::1]:5000/app:1", "[::1]:5000/app:1"),
    ],
)
def test_a_version_is_a_tag_a_digest_or_a_whole_image(version: str, image: str) -> None:
    assert images.wanted("registry.local:5000/team/app:v1", version).name == image


@pytest.mark.parametrize(
    "version",
    [
        "",
        "../1.0.0",
        ".",
        "-x",
        "a b",
        "v1\n",
        "x" * 129,
        "registry/app",
        "shop/App:1",
        "app:",
        "app:v1:v2",
        "sha256:abc",
    ],
)
def test_what_can_be_no_image_is_no_release(version: str) -> None:
    with pytest.raises(errors.NotFoundError, match="no release"):
        images.wanted("registry.local/app:v1", version)


def test_a_version_reads_as_people_say_it() -> None:
    names = ["registry.local:5000/app", "app:1.2", "app@sha256:" + "0123456789ab" * 6, "a/b:3@sha256:" + "f" * 64]
    assert [images.parse(name).version for name in names] == ["latest", "1.2", "0123456789ab", "3"]
    assert [images.parse(name).name for name in names] == names


def test_scaling_says_who_wanted_it() -> None:
    patch = patches.scaled(objects.deployment(), [], 5, "eve")
    assert patch == {"metadata": {"annotations": {marks.SCALED_BY: "eve"}}, "spec": {"replicas": 5}}


@pytest.mark.parametrize("workload", [objects.daemonset(), objects.job(), objects.cronjob()])
def test_a_kind_without_replicas_is_not_scaled_and_says_why(workload: patches.Workload) -> None:
    with pytest.raises(errors.WrongUseError, match="cannot be scaled: a "):
        patches.scaled(workload, [], 2, "eve")


def test_an_autoscaler_is_named_with_its_bounds_instead_of_being_fought() -> None:
    with pytest.raises(errors.WrongUseError, match=r"autoscaler shop-hpa keeps it at 2 to 5") as caught:
        patches.scaled(objects.deployment(), [objects.autoscaler()], 4, "eve")
    assert "kubectl patch hpa shop-hpa -n web" in caught.value.mend


def test_zero_turns_an_autoscaler_off_and_from_zero_it_is_turned_on_again() -> None:
    hpas = [objects.autoscaler()]
    assert patches.scaled(objects.deployment(), hpas, 0, "eve")["spec"] == {"replicas": 0}
    assert patches.scaled(objects.deployment(replicas=0), hpas, 3, "eve")["spec"] == {"replicas": 3}


def test_an_autoscaler_of_another_workload_does_not_count() -> None:
    others = [objects.autoscaler("cart"), objects.autoscaler("shop", "StatefulSet")]
    assert patches.scaled(objects.deployment(), others, 4, "eve")["spec"] == {"replicas": 4}


def test_a_negative_number_of_replicas_is_refused() -> None:
    with pytest.raises(errors.WrongUseError, match="-1 is no number of replicas"):
        patches.scaled(objects.deployment(), [], -1, "eve")


def test_restart_sets_the_annotation_that_kubectl_sets() -> None:
    patch = patches.restarted(objects.deployment(), "eve", NOON)
    annotations = patch["spec"]["template"]["metadata"]["annotations"]
    assert annotations == {"kubectl.kubernetes.io/restartedAt": "2026-03-02T12:00:00+00:00"}
    assert patch["metadata"]["annotations"][marks.BY] == "eve"


@pytest.mark.parametrize(
    ("workload", "why"),
    [
        (objects.deployment(paused=True), "its rollout is paused"),
        (objects.statefulset(updateStrategy={"type": "OnDelete"}), "update strategy is OnDelete"),
        (objects.job(), "run to their end"),
        (objects.cronjob(), "run to their end"),
    ],
)
def test_what_nothing_would_roll_out_is_refused(workload: patches.Workload, why: str) -> None:
    with pytest.raises(errors.WrongUseError, match=why):
        patches.restarted(workload, "eve", NOON)
    with pytest.raises(errors.WrongUseError, match=why):
        patches.switched(workload, "", "v2", "eve", NOON)
    with pytest.raises(errors.WrongUseError, match=why):
        patches.undone(workload, [], None, "eve", NOON)


def test_a_new_version_changes_one_container_of_what_was_read() -> None:
    image, patch = patches.switched(objects.deployment(), "helper", "2", "eve", NOON)
    assert image.name == "registry.local/h:2"
    containers = patch["spec"]["template"]["spec"]["containers"]
    assert containers == [{"name": "helper", "image": "registry.local/h:2"}]
    assert patch["metadata"]["resourceVersion"] == "77"
    assert patch["metadata"]["annotations"][marks.CAUSE] == "eve: version 2"


def test_the_version_that_runs_already_needs_no_patch() -> None:
    image, patch = patches.switched(objects.deployment(), "", "v1", "eve", NOON)
    assert (image.version, patch) == ("v1", {})


def test_a_container_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(errors.NotFoundError, match="no container 'cart'") as caught:
        patches.switched(objects.deployment(), "cart", "v2", "eve", NOON)
    assert "web, helper" in caught.value.mend


def test_undo_goes_to_the_second_highest_revision_of_the_workloads_own() -> None:
    kept = [
        objects.replicaset(9, "registry.local/app:stranger", owner="uid-other"),
        objects.replicaset(4, "registry.local/app:v4"),
        objects.replicaset(5, "registry.local/app:v1"),
        objects.replicaset(2, "registry.local/app:v2"),
    ]
    found, patch = patches.undone(objects.deployment(), patches.past_of(objects.deployment(), kept), None, "eve", NOON)
    assert found.number == 4
    template = patch["spec"]["template"]
    assert template["$patch"] == "replace"
    assert template["spec"]["containers"][0]["image"] == "registry.local/app:v4"
    assert "pod-template-hash" not in template["metadata"]["labels"]
    assert "replicas" not in patch["spec"]
    assert patch["metadata"]["resourceVersion"] == "77"


def test_undo_of_a_statefulset_reads_its_controller_revisions() -> None:
    workload = objects.statefulset()
    kept = [objects.controller_revision(1, "registry.local/app:v0"), objects.controller_revision(2, "app:v1")]
    found, patch = patches.undone(workload, patches.past_of(workload, kept), 1, "eve", NOON)
    assert found.number == 1
    assert patch["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.local/app:v0"


def test_undo_to_what_is_wanted_already_is_said_and_not_done() -> None:
    workload = objects.deployment()
    past = patches.past_of(workload, [objects.replicaset(3, "registry.local/app:v1")])
    with pytest.raises(errors.WrongUseError, match="Revision 3 of deployment/shop is what is wanted already"):
        patches.undone(workload, past, 3, "eve", NOON)


def test_a_revision_that_is_not_kept_is_named_with_those_that_are() -> None:
    workload = objects.deployment()
    past = patches.past_of(workload, [objects.replicaset(3, "a:1"), objects.replicaset(2, "a:2")])
    with pytest.raises(errors.NotFoundError, match="no revision 7") as caught:
        patches.undone(workload, past, 7, "eve", NOON)
    assert "It keeps: 3, 2." in caught.value.mend
    with pytest.raises(errors.NotFoundError, match="no revision before"):
        patches.undone(workload, past[:1], None, "eve", NOON)
