"""Quotas that are used up: the next pod may be refused."""

from __future__ import annotations

from collections.abc import Iterator

from lightkube.resources.core_v1 import ResourceQuota

from accelerapp.platforms.causes import Cause, Depth
from accelerapp.platforms.kubernetes.causes import amounts, facts
from accelerapp.platforms.kubernetes.snapshot import Snapshot


def find(snapshot: Snapshot) -> Iterator[Cause]:
    """A risk per quota with nothing left of something; pods that it does refuse are a cause of their own."""
    for each in snapshot.all(ResourceQuota):
        hard = (each.status and each.status.hard) or {}
        used = (each.status and each.status.used) or {}
        full = [
            f"{key} {used.get(key, '0')} of {most}"
            for key, most in sorted(hard.items())
            if amounts.parse(used.get(key)) >= amounts.parse(most) > 0
        ]
        if full:
            yield Cause(
                kind="quota-full",
                subject=facts.subject(each),
                sentence=f"{facts.subject(each)} is used up: {', '.join(full)}.",
                evidence=tuple(f"status.used: {one}" for one in full),
                mend=f"Raise it before more is needed: {facts.edit(snapshot, facts.subject(each))}.",
                depth=Depth.RISK,
            )
