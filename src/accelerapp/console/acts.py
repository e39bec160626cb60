"""What scale, restart, set a version and undo say before they are done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accelerapp.base import errors, text
from accelerapp.platforms import interface as platforms

MOST_REPLICAS = 100
DONE = {
    "scale": "The new number of replicas is wanted; the rollout below shows how far it is.",
    "restart": "The restart was begun: the replicas are replaced one after the other.",
    "version": "The version is wanted; the rollout below shows how far it is.",
    "undo": "The earlier revision is wanted again; the rollout below shows how far it is.",
}
"""What the service's page says afterwards, by the word in its address."""


@dataclass(frozen=True)
class Act:
    """Something to be confirmed, or, when `ready` is false, to be asked for first."""

    service: str
    kind: str
    title: str
    button: str = ""
    steps: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    """What the confirmed form sends."""
    is_destructive: bool = False
    ready: bool = True
    field: str = ""
    label: str = ""

    @property
    def path(self) -> str:
        """Where its page is, and where the confirmed form goes."""
        return f"/services/{self.service}/{self.kind}"


def scale(workload: platforms.Workload, wanted: int | None) -> Act:
    """To so many replicas. Raises WrongUseError for a number that cannot be."""
    name, now = workload.service, workload.desired
    if wanted is None:
        return Act(name, "scale", f"Scale {name}", ready=False, field="replicas", label=f"Replicas wanted (now {now})")
    if not 0 <= wanted <= MOST_REPLICAS:
        raise errors.WrongUseError(
            f"{wanted} replicas cannot be wanted.", mend=f"Give a number from 0 to {MOST_REPLICAS}."
        )
    if wanted == 0:
        steps = (f"All {text.count(now, 'replica')} are stopped.", "The service answers nobody until it is scaled up.")
        return Act(name, "scale", f"Stop {name}?", f"Stop all replicas of {name}", steps, {"replicas": 0}, True)
    title = f"Scale {name} from {now} to {wanted}?"
    return Act(name, "scale", title, f"Scale {name} to {wanted}", _scaling(now, wanted), {"replicas": wanted})


def _scaling(now: int, wanted: int) -> tuple[str, ...]:
    number = abs(wanted - now)
    is_or_are = "is" if number == 1 else "are"
    if wanted > now:
        start = "starts" if number == 1 else "start"
        return (
            f"{number} more {'replica' if number == 1 else 'replicas'} {start}.",
            "Each takes requests once it is ready.",
        )
    if wanted < now:
        return (f"{text.count(number, 'replica')} {is_or_are} stopped.", "Requests under way are finished first.")
    return (f"{text.count(now, 'replica')} {'is' if now == 1 else 'are'} wanted already: nothing changes.",)


def restart(workload: platforms.Workload) -> Act:
    """Every replica anew."""
    name = workload.service
    steps = (
        f"{text.count(workload.desired, 'replica')} of {name} ({workload.version}), replaced one after the other.",
        "Each new one must be ready before an old one is stopped.",
    )
    return Act(name, "restart", f"Restart {name}?", f"Restart {name}", steps)


def version(workload: platforms.Workload, wanted: str) -> Act:
    """To another release."""
    name, now = workload.service, workload.version
    if not wanted:
        return Act(
            name, "version", f"Set the version of {name}", ready=False, field="version", label=f"Version (now {now})"
        )
    steps = (
        f"The replicas of {name} are replaced one after the other: {now} by {wanted}.",
        "Each new one must be ready before an old one is stopped; if it does not get ready, the rollout stops there.",
        f"It becomes revision {workload.revision + 1}; revision {workload.revision} stays to go back to.",
    )
    return Act(name, "version", f"Set {name} to {wanted}?", f"Set {name} to {wanted}", steps, {"version": wanted})


def undo(workload: platforms.Workload, revisions: list[platforms.Revision], to: int | None) -> Act:
    """Back to a named revision, or to the one before the present one. Raises NotFoundError."""
    name = workload.service
    earlier = [each for each in revisions if each.number < workload.revision]
    found = next((each for each in (revisions if to is not None else earlier) if to in (None, each.number)), None)
    if found is None:
        which = "an earlier revision" if to is None else f"a revision {to}"
        raise errors.NotFoundError(f"{name} does not have {which}.", mend="The service's page lists its revisions.")
    steps = (
        f"The replicas of {name} are replaced one after the other: {workload.version} by {found.version}.",
        f"The configuration of revision {found.number} ({found.at:%Y-%m-%d %H:%M} UTC, by {found.by}) counts again, "
        f"as revision {workload.revision + 1}.",
    )
    title = f"Roll back {name} to {found.version}"
    return Act(name, "undo", f"{title}?", title, steps, {"to": found.number}, True)
