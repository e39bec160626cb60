"""Why something in a cluster does not run: look, find causes, keep those that concern what was asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lightkube.resources.core_v1 import Pod

from accelerapp.base import text
from accelerapp.clients.kubernetes import cluster as clusters
from accelerapp.platforms.causes import Cause, Depth, Findings
from accelerapp.platforms.kubernetes import looking, relations, targets
from accelerapp.platforms.kubernetes.causes import facts, family
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def of_object(cluster: clusters.Cluster, namespace: str, wanted: str, at: datetime) -> Findings:
    """Why `name` or `kind/name` does not run.

    Raises NotFoundError (no such object or namespace), WrongUseError (the name of two kinds), CannotTellError.
    """
    seen = looking.first(cluster, namespace, at)
    target = targets.find(seen, wanted)
    pods = relations.pods(seen, target)
    if not _is_well(seen, target, pods):
        seen = looking.second(cluster, seen, pods)
    return _findings(seen, f"{facts.subject(target)} in namespace {namespace}", pods, target)


def of_namespace(cluster: clusters.Cluster, namespace: str, at: datetime) -> Findings:
    """Everything that is wrong in a namespace. Raises NotFoundError, CannotTellError."""
    seen = looking.first(cluster, namespace, at)
    pods = seen.all(Pod)
    return _findings(looking.second(cluster, seen, pods, everything=True), f"the namespace {namespace}", pods, None)


def _is_well(seen: Snapshot, target: Any, pods: Sequence[Pod]) -> bool:
    """Does the first look see nothing that keeps it from running?"""
    causes, _ = family.find_all(seen)
    concerning = relations.concerning(causes, relations.subjects(seen, target))
    leads_outside = type(target).__name__ == "Ingress"  # its class and certificate are seen by the second look only
    return not leads_outside and all(map(facts.is_well, pods)) and not any(map(_matters, concerning))


def _matters(cause: Cause) -> bool:
    return cause.depth is not Depth.RISK


def _findings(seen: Snapshot, subject: str, pods: Sequence[Pod], target: Any) -> Findings:
    causes, failed = family.find_all(seen)
    if target is not None:
        causes = list(relations.concerning(causes, relations.subjects(seen, target)))
    return Findings(
        subject=subject,
        causes=tuple(causes),
        looked_at=_looked_at(seen),
        unread=(*seen.unread, *failed),
        state=_state(pods),
    )


def _looked_at(seen: Snapshot) -> tuple[str, ...]:
    """`3 pods`, `1 deployment`, …: what there is of each kind, the most first; kinds without any are named together."""
    counts = Counter({kind: len(found) for kind, found in seen.objects.items()})
    there = [_count(kind, number) for kind, number in counts.most_common() if number]
    logs = [text.count(len(seen.logs), "log")] if seen.logs else []
    tried = [text.count(len(seen.databases), "database")] if seen.databases else []
    empty = sorted(targets.words_for(kind) for kind, number in counts.items() if not number)
    return (*there, *logs, *tried, *([f"no {', '.join(empty)}"] if empty else []))


def _count(kind: type[Any], number: int) -> str:
    return f"{number:,} {kind.__name__.lower() if number == 1 else targets.words_for(kind)}"


def _state(pods: Sequence[Pod]) -> str:
    here = [pod for pod in pods if not facts.is_leaving(pod)]
    if not here:
        return "There are no pods."
    well = sum(map(facts.is_well, here))
    return f"{well} of {text.count(len(here), 'pod')} {'is' if well == 1 else 'are'} ready or done with their work."
