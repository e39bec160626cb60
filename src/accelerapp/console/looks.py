"""From nouns to what the eye gets: a tone and a word for each state, and figures as text. Pure.

A tone stands for a colour and a shape; the word is always beside it. Grey is the colour of all that is well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from markupsafe import Markup, escape

from accelerapp.base import text
from accelerapp.base.ids import ReplicaName
from accelerapp.console import facts
from accelerapp.console.asking import Answer
from accelerapp.health import model as health
from accelerapp.platforms import interface as platforms

MIB = 1024**2


class Tone(StrEnum):
    """How much a state matters; each has a colour and a shape."""

    OK = "ok"
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


_TONES = {
    health.Verdict.HEALTHY: Tone.OK,
    health.Verdict.DEGRADED: Tone.WARNING,
    health.Verdict.DOWN: Tone.CRITICAL,
    health.Verdict.UNKNOWN: Tone.UNKNOWN,
}
_URGENCY = (Tone.CRITICAL, Tone.WARNING, Tone.UNKNOWN, Tone.NOTICE, Tone.OK)
_FAILED = {
    platforms.ReplicaState.CRASH_LOOP,
    platforms.ReplicaState.OOM_KILLED,
    platforms.ReplicaState.ERROR,
    platforms.ReplicaState.IMAGE_PULL,
    platforms.ReplicaState.CONFIG_ERROR,
    platforms.ReplicaState.RUN_ERROR,
    platforms.ReplicaState.EVICTED,
}


@dataclass(frozen=True)
class Look:
    """A state as it is shown."""

    tone: Tone
    word: str


@dataclass(frozen=True)
class Standing:
    """How a service is, since when and why."""

    tone: Tone
    word: str
    since: datetime | None = None
    reasons: tuple[str, ...] = ()
    checked_at: datetime | None = None
    mend: str = ""


def verdict(value: health.Verdict) -> Look:
    """The look of a verdict."""
    return Look(_TONES[value], value.value.capitalize())


def standing(answer: Answer[health.HealthState | None]) -> Standing:
    """How a service is by its latest health report; unknown without one."""
    if not answer.known:
        return Standing(Tone.UNKNOWN, "Cannot tell", reasons=(answer.trouble,), mend=answer.mend)
    state = answer.value
    if state is None:
        return Standing(Tone.UNKNOWN, "Not checked yet", reasons=("The first health check has not ended yet.",))
    look = verdict(state.verdict)
    return Standing(look.tone, look.word, state.since, state.report.reasons, state.at)


def replica(value: platforms.Replica) -> Look:
    """The look of a replica's state; the word is the platform's own."""
    if value.state in _FAILED:
        return Look(Tone.CRITICAL, value.state)
    if value.state is platforms.ReplicaState.UNKNOWN:
        return Look(Tone.UNKNOWN, value.state)
    if value.state is platforms.ReplicaState.RUNNING:
        return Look(Tone.OK if value.ready else Tone.WARNING, value.state)
    return Look(Tone.NOTICE, value.state)


def rollout(value: platforms.Workload) -> Look:
    """The look of a change of version, scale or restart."""
    tones = {
        platforms.RolloutPhase.COMPLETE: Tone.OK,
        platforms.RolloutPhase.PROGRESSING: Tone.NOTICE,
        platforms.RolloutPhase.FAILED: Tone.CRITICAL,
    }
    return Look(tones[value.phase], value.phase.value.capitalize())


def readiness(value: platforms.Workload) -> Tone:
    """How much it matters that replicas are missing."""
    if value.ready >= value.desired:
        return Tone.OK
    return Tone.CRITICAL if value.ready == 0 else Tone.WARNING


def worst(tones: Sequence[Tone]) -> Tone:
    """The most urgent tone; unknown when there is none."""
    return min(tones, key=_URGENCY.index, default=Tone.UNKNOWN)


def by_urgency(glances: Sequence[facts.Glance]) -> list[facts.Glance]:
    """The services that need somebody, the most urgent first; those that are well are left out."""
    ranked = [(_URGENCY.index(standing(each.health).tone), each) for each in glances]
    return [each for rank, each in sorted(ranked, key=lambda pair: pair[0]) if _URGENCY[rank] is not Tone.OK]


def cores(value: float) -> str:
    """CPU in cores: two digits after the point, so that a column of them lines up."""
    return f"{value:,.2f}"


def mib(value: float) -> str:
    """Bytes in whole MiB, without the unit: that stands in the head."""
    return f"{value / MIB:,.0f}"


def share(part: float, whole: float | None) -> float | None:
    """Percent, at most 100; None when there is no whole."""
    return min(100.0, 100 * part / whole) if whole else None


def fill(percent: float) -> Tone:
    """How much it matters that something is so full: from 90 % on it is close to its end."""
    return Tone.CRITICAL if percent >= 97 else Tone.WARNING if percent >= 90 else Tone.OK


def usage_of(answer: Answer[list[platforms.ReplicaUsage]], name: ReplicaName) -> platforms.ReplicaUsage | None:
    """What this replica uses; None when there is no figure."""
    return next((each for each in answer.value or () if each.replica == name), None)


def is_web(address: str) -> bool:
    """May this be a link? Only http and https: `javascript:` would run as ours."""
    return address.lower().startswith(("http://", "https://"))


def pattern(message: str) -> Markup:
    """A message with what varies marked: `<*>` becomes a faint star."""
    return Markup("<mark>*</mark>").join(text.printable(piece, 2000) for piece in message.split("<*>"))


def fixed(message: str) -> str:
    """The longest stretch of a pattern that does not vary, as a regular expression to look for in the log."""
    longest = max((piece.strip() for piece in message.split("<*>")), key=len)
    return re.escape(longest[:80])


def coded(sentence: str) -> Markup:
    """A sentence whose `commands` stand in the type of commands."""
    pieces = text.printable(sentence, 2000).split("`")
    if len(pieces) % 2 == 0:  # a lone backtick is a backtick
        return escape("`".join(pieces))
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if index % 2 else piece for index, piece in enumerate(pieces)
    )
