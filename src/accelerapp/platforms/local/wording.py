"""How a process ended, in Kubernetes' word and in a sentence."""

from __future__ import annotations

from accelerapp.platforms.local import model


def reason(code: int | None) -> str:
    """Kubernetes' word for how a process ended."""
    if code is None:
        return "Unknown"
    if code == 0:
        return "Completed"
    if code < 0:
        return f"Killed by signal {-code}"
    return "Error"


def sentence(ending: model.Ending, failures: int, wait: float, why: str) -> str:
    """`It ended with exit code 1 (Error); the last line: …; start 4 in 8 s.`"""
    if ending.reason == "StartError":
        how = "It could not be started"
    elif ending.reason in ("OOMKilled", "NotReady"):
        how = f"{why} It was ended"
    elif ending.exit_code is None:
        how = "It ended while nobody could see how"
    else:
        how = f"It ended with exit code {ending.exit_code}" if ending.exit_code >= 0 else "It ended"
    last = f' Last line: "{ending.last_line}".' if ending.last_line else ""
    again = f"Start {failures + 1} follows" + (f" in {wait:g} s." if wait else " at once.")
    return f"{how} ({ending.reason}). {again}{last}"
