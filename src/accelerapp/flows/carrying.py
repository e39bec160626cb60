"""Which channel of the settings carries a way of reaching people."""

from __future__ import annotations

from collections.abc import Mapping

from accelerapp.base.settings import channels as settings

_KINDS = {"sms": "twilio_sms", "voice": "twilio_voice"}
"""What the settings call a channel for a kind of contact method, where the two differ."""


def kind(method: str) -> str:
    """The kind of channel that carries this kind of contact method."""
    return _KINDS.get(method, str(method))


def channel(method: str, known: Mapping[str, settings.Channel]) -> str | None:
    """The name of the first channel of the kind; None when there is none."""
    return next((name for name, each in known.items() if each.kind == kind(method)), None)


def missing(kind: str) -> str:
    """What to do when there is none."""
    return f'Describe one in the settings: [channels.NAME] with kind = "{kind}".'
