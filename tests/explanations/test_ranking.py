"""From causes to an explanation: alike ones become one, roots come first, and what was not read is never fine."""

from __future__ import annotations

from tests.fakes import NOON

from accelerapp.explanations import service
from accelerapp.explanations.model import Outcome
from accelerapp.platforms.causes import Cause, Depth, Findings, Unread


def cause(kind: str, depth: Depth = Depth.ROOT, subject: str = "pod/a", also: tuple[str, ...] = ()) -> Cause:
    return Cause(kind, subject, f"{kind} it is.", ("evidence",), "mend", depth, also)


def findings(*causes: Cause, unread: tuple[Unread, ...] = ()) -> Findings:
    return Findings("shop", causes, ("1 pod",), unread, "1 of 1 pod is ready.")


def test_a_missing_secret_comes_before_the_rollout_that_fails_by_it() -> None:
    depths = (Depth.RISK, Depth.SYMPTOM, Depth.HINT, Depth.FAILURE, Depth.WISH, Depth.ROOT)
    found = service.explain(findings(*(cause(str(depth), depth) for depth in depths)), NOON)
    assert [each.kind for each in found.causes] == ["root", "failure", "symptom", "wish", "hint"]
    assert [each.kind for each in found.risks] == ["risk"]
    assert found.summary == "root it is."


def test_among_equals_what_more_suffer_from_comes_first_and_then_the_order_of_finding() -> None:
    ranked = service.rank([cause("one"), cause("two"), cause("many", also=("pod/b", "pod/c"))])
    assert [each.kind for each in ranked] == ["many", "one", "two"]


def test_the_same_cause_of_several_pods_is_told_once_with_all_of_them() -> None:
    merged = service.merge([cause("x"), cause("x", subject="pod/b"), cause("x", subject="pod/a"), cause("y")])
    assert [(each.kind, each.subject, each.also) for each in merged] == [("x", "pod/a", ("pod/b",)), ("y", "pod/a", ())]


def test_nothing_found_is_fine_only_when_everything_was_read() -> None:
    assert service.explain(findings(), NOON).outcome is Outcome.NOTHING_WRONG
    blind = service.explain(findings(unread=(Unread("events", "forbidden"),)), NOON)
    assert blind.outcome is Outcome.CANNOT_TELL
    assert "not everything could be looked at" in blind.summary
    assert service.explain(findings(cause("x"), unread=(Unread("events", "f"),)), NOON).outcome is Outcome.EXPLAINED


def test_a_risk_alone_does_not_explain_why_something_does_not_run() -> None:
    found = service.explain(findings(cause("x", Depth.RISK)), NOON)
    assert found.outcome is Outcome.NOTHING_WRONG
    assert "1 of 1 pod is ready." in found.summary
