"""How a process ended, in Kubernetes' word and in a sentence."""

from __future__ import annotations

from accelerapp.platforms.local import model
from accelerapp.platforms.local.model import Why


def reason(code: int | None) -> str:
    """Kubernetes' word for how a process ended."""
    if code is None:
        return "Unknown"
    if code == 0:
        return "Completed"
    if code < 0:
        return f"Killed by signal {-code}"
    return "Error"


def story(ending: model.Ending, why: str) -> str:
    """`It ended with exit code 1 (Error). Last line: "…".`"""
    last = f' Last line: "{ending.last_line}".' if ending.last_line else ""
    return f"{_how(ending, why)} ({ending.reason}).{last}"


def again(failures: int, wait: float) -> str:
    """`Start 4 follows in 8 s.`"""
    return f"Start {failures + 1} follows" + (f" in {wait:g} s." if wait else " at once.")


def _how(ending: model.Ending, why: str) -> str:
    if ending.reason == "StartError":
        return why.rstrip(".")
    if ending.reason in tuple(Why):
        return f"{why} It was ended".strip()
    if ending.exit_code is None:
        return "It ended, and nobody could see how"
    return f"It ended with exit code {ending.exit_code}" if ending.exit_code >= 0 else "It ended"
