"""Is the product allowed in a cluster what it needs? A question per capability, for each namespace with a service."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from accelerapp.base import errors
from accelerapp.base.settings import model as settings
from accelerapp.platforms.kubernetes import access

May = Callable[[settings.Kubernetes, access.Asked, str], bool]
"""Do the credentials of that place allow it in that namespace? Empty: in the whole cluster."""
_BASE = "deploy/kubernetes/base"


@dataclass(frozen=True)
class LeftOut:
    """It is not granted, and may well be meant so."""

    sentence: str
    mend: str


@dataclass(frozen=True)
class Question:
    """What is asked about one capability in one place."""

    setting: str
    """`access.shop.logs`, `access.production/shop.logs`, `access.cluster.nodes`."""
    place: settings.Kubernetes
    capability: access.Capability

    @property
    def namespace(self) -> str:
        """Empty for what belongs to the whole cluster."""
        return "" if self.capability.is_cluster_wide else self.place.namespace


def questions(services: Iterable[settings.Service]) -> list[Question]:
    """Each capability once for each namespace, or once for each cluster."""
    places = [service.kubernetes for service in services if service.platform == "kubernetes" and service.kubernetes]
    found = (Question(_setting(place, one), place, one) for place in places for one in access.CAPABILITIES)
    known: dict[tuple[str, str], Question] = {}
    for each in found:
        known.setdefault((each.place.kubeconfig, each.setting), each)
    return list(known.values())


def _setting(place: settings.Kubernetes, capability: access.Capability) -> str:
    where = "cluster" if capability.is_cluster_wide else place.namespace
    return f"access.{place.context}/{where}.{capability.name}" if place.context else f"access.{where}.{capability.name}"


def ask(question: Question, may: May) -> str | LeftOut:
    """Ask for all of it. Raises ForbiddenError when a part is missing, or the whole that nothing works without."""
    asked = list(access.asked(question.capability))
    missing = [each for each in asked if not may(question.place, each, question.namespace)]
    return judge(question, missing, len(asked))


def judge(question: Question, missing: list[access.Asked], count: int) -> str | LeftOut:
    """What the answers mean. Pure."""
    capability = question.capability
    what = f"can {capability.what}{_where(question)}"
    if not missing:
        return f"{what}: yes."
    if len(missing) < count:
        raise errors.ForbiddenError(f"{what}: not all; it may not {_listed(missing)}.", mend=_mend(question, "renew"))
    if capability.is_needed:
        raise errors.ForbiddenError(f"{what}: no.", mend=_mend(question, "add"))
    return LeftOut(f"{what}: no.", _mend(question, "add") + " Leave it out if that is meant.")


def _where(question: Question) -> str:
    return f" in {question.namespace}" if question.namespace else ""


def _mend(question: Question, verb: str) -> str:
    kind = "ClusterRole" if question.capability.is_cluster_wide else "Role"
    option = f" -n {question.namespace}" if question.namespace else ""
    file = f"{_BASE}/role-{question.capability.name}.yaml"
    return f"To {verb} the {kind} {question.capability.role}: `kubectl apply{option} -f {file}`."


def _listed(missing: list[access.Asked], shown: int = 4) -> str:
    named = ", ".join(map(str, missing[:shown]))
    more = len(missing) - shown
    return f"{named} and {more} more" if more > 0 else named
