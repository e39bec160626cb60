"""Jobs that failed, ran out of time or are suspended."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.resources.batch_v1 import Job
from lightkube.resources.core_v1 import Pod

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A cause per Job that did not do its work; of a CronJob only the last one counts."""
    for each in snapshot.all(Job):
        if not facts.is_latest(snapshot, each):
            continue
        failed = facts.job_condition(each, "Failed")
        if failed is not None:
            yield _failed(snapshot, each, failed.reason or "", failed.message or "")
        elif each.spec and each.spec.suspend:
            yield _suspended(snapshot, each)


def _failed(snapshot: Snapshot, each: Job, reason: str, message: str) -> Cause:
    name, spec, failed = facts.subject(each), each.spec, (each.status and each.status.failed) or 0
    pods = facts.owned(snapshot, Pod, each)
    if reason == "DeadlineExceeded":
        limit = text.duration((spec and spec.activeDeadlineSeconds) or 0)
        words, depth = f"ran longer than its deadline of {limit} and was ended", Depth.ROOT
        mend = "Raise activeDeadlineSeconds or make its work shorter, and run it again: `kubectl replace --force -f …`."
    else:
        tries = "" if spec is None or spec.backoffLimit is None else f"; it may fail {spec.backoffLimit} times"
        words, depth = (
            f"failed: {text.count(failed, 'pod')} of it failed{tries}",
            Depth.SYMPTOM if pods else Depth.FAILURE,
        )
        mend = f"Mend what its pods say, delete it and apply it anew: `kubectl delete {name} -n {snapshot.namespace}`."
    return Cause(
        kind="deadline-exceeded" if reason == "DeadlineExceeded" else "job-failed",
        subject=name,
        sentence=f"{name} {words}.",
        evidence=(
            f"status.conditions: Failed, {reason}: {text.printable(message, 300)}",
            *(() if pods else ("its pods are gone, and their logs with them",)),
        ),
        mend=mend,
        depth=depth,
    )


def _suspended(snapshot: Snapshot, each: Job) -> Cause:
    patch = '{"spec":{"suspend":false}}'
    return Cause(
        kind="suspended",
        subject=facts.subject(each),
        sentence=f"{facts.subject(each)} is suspended: no pod of it is started.",
        evidence=("spec.suspend: true",),
        mend=f"`kubectl patch {facts.subject(each)} -p '{patch}' -n {snapshot.namespace}`",
        depth=Depth.WISH,
    )
