"""CronJobs: a wrong schedule, suspended, a deadline too short, starts that were missed, a last run that failed."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.models.batch_v1 import CronJobSpec
from lightkube.resources.batch_v1 import CronJob, Job

from accelerapp.base import text
from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import facts, schedules
from accelerapp.platforms.kubernetes.snapshot import Snapshot

SHORTEST_DEADLINE = 10
"""The controller looks every 10 seconds; with a shorter starting deadline it may never be in time."""
_MISSED = (
    "TooManyMissedTimes",
    "MissSchedule",
    "FailedNeedsStart",
    "UnknownTimeZone",
    "UnparseableSchedule",
    "InvalidSchedule",
)


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """The causes of each CronJob."""
    for each in snapshot.all(CronJob):
        if each.spec is None:
            continue
        yield from _schedule(snapshot, each, each.spec)
        yield from _wishes(snapshot, each, each.spec)
        yield from _missed(snapshot, each)
        yield from _last(snapshot, each)


def _edit(snapshot: Snapshot, each: CronJob) -> str:
    return f"{facts.edit(snapshot, facts.subject(each))}"


def _schedule(snapshot: Snapshot, each: CronJob, spec: CronJobSpec) -> Iterator[Cause]:
    wrong, name = schedules.problem(spec.schedule), facts.subject(each)
    if wrong:
        yield Cause(
            kind="bad-schedule",
            subject=name,
            sentence=f"The schedule '{text.printable(spec.schedule, 80)}' of {name} is wrong: {wrong}.",
            evidence=(f"spec.schedule: {text.printable(spec.schedule, 80)}",),
            mend=f"Correct spec.schedule: {_edit(snapshot, each)}.",
        )
    deadline = spec.startingDeadlineSeconds
    if deadline is not None and deadline < SHORTEST_DEADLINE:
        yield Cause(
            kind="starting-deadline",
            subject=name,
            sentence=f"{name} may never start: its startingDeadlineSeconds of {deadline} is shorter than the "
            f"{SHORTEST_DEADLINE} s between two looks of the controller.",
            evidence=(f"spec.startingDeadlineSeconds: {deadline}",),
            mend=f"Set it to {SHORTEST_DEADLINE} or more, or leave it out: {_edit(snapshot, each)}.",
            depth=Depth.RISK if each.status and each.status.lastScheduleTime else Depth.ROOT,
        )


def _wishes(snapshot: Snapshot, each: CronJob, spec: CronJobSpec) -> Iterator[Cause]:
    if spec.suspend:
        patch = '{"spec":{"suspend":false}}'
        yield Cause(
            kind="suspended",
            subject=facts.subject(each),
            sentence=f"{facts.subject(each)} is suspended: it starts no jobs.",
            evidence=("spec.suspend: true",),
            mend=f"`kubectl patch {facts.subject(each)} -p '{patch}' -n {snapshot.namespace}`",
            depth=Depth.WISH,
        )


def _missed(snapshot: Snapshot, each: CronJob) -> Iterator[Cause]:
    for event in facts.events(snapshot, each, *_MISSED)[:1]:
        yield Cause(
            kind="missed-starts",
            subject=facts.subject(each),
            sentence=f"{facts.subject(each)} missed a start: {facts.words(event.message or '')}.",
            evidence=(facts.told(event),),
            mend=f"Check schedule, time zone, concurrencyPolicy and startingDeadlineSeconds: {_edit(snapshot, each)}.",
            depth=Depth.FAILURE,
        )


def _last(snapshot: Snapshot, each: CronJob) -> Iterator[Cause]:
    jobs = sorted(facts.owned(snapshot, Job, each), key=facts.created)
    failed = facts.job_condition(jobs[-1], "Failed") if jobs else None
    if failed is not None:
        yield Cause(
            kind="last-job-failed",
            subject=facts.subject(each),
            sentence=f"The last job of {facts.subject(each)} failed.",
            evidence=(f"{facts.subject(jobs[-1])}: Failed, {failed.reason}: {failed.message}",),
            mend=f"Mend it, then try: `kubectl create job --from={facts.subject(each)} try-1 -n {snapshot.namespace}`.",
            depth=Depth.SYMPTOM,
        )
