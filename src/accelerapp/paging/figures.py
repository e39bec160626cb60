"""How quickly pages were answered, and who was not reached. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from accelerapp.base.severity import Severity
from accelerapp.paging.model import CALLING, TARGETS, Outgoing, Paging, Response, Unreached


def responses(pagings: Iterable[Paging], now: datetime) -> list[Response]:
    """How quickly pages were answered, for each severity that there were pages of; exercises do not count."""
    of: dict[Severity, list[Paging]] = {}
    for each in (one for one in pagings if one.kind.is_real):
        of.setdefault(each.severity, []).append(each)
    return [_response(severity, of[severity], now) for severity in Severity if severity in of]


def _response(severity: Severity, pagings: Sequence[Paging], now: datetime) -> Response:
    took = [(p.first_acknowledged_at - p.triggered_at).total_seconds() for p in pagings if p.first_acknowledged_at]
    breached = [p for p in pagings if p.is_breached or (_is_unanswered(p) and now > p.respond_by)]
    return Response(
        severity=severity,
        pages=len(pagings),
        acknowledged=len(took),
        breached=len(breached),
        mean_seconds=sum(took) / len(took) if took else None,
        slowest_seconds=max(took, default=None),
        target_seconds=TARGETS[severity].total_seconds(),
    )


def _is_unanswered(paging: Paging) -> bool:
    return paging.state in CALLING and paging.first_acknowledged_at is None


def unreached(failed: Iterable[Outgoing]) -> list[Unreached]:
    """Failed messages by their way and reason, the newest first."""
    of: dict[tuple[str, str], list[Outgoing]] = {}
    for each in sorted(failed, key=_ended, reverse=True):
        of.setdefault((each.kind, each.reason), []).append(each)
    return [
        Unreached(kind, reason, tuple(dict.fromkeys(each.person for each in some)), len(some), _ended(some[0]))
        for (kind, reason), some in of.items()
    ]


def _ended(outgoing: Outgoing) -> datetime:
    return outgoing.ended_at or outgoing.due_at
