"""A heartbeat: an address that is asked for, with any method and any body. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from accelerapp.alerts import heartbeats
from accelerapp.alerts.intake.interface import Answer, Delivery, Received, problem_answer


class Heartbeat:
    """Whoever asks is alive."""

    def read(self, delivery: Delivery) -> Received:
        """What was missed is over."""
        return Received([heartbeats.beat(delivery.sender)], Answer(200, b"ok\n", "text/plain"))

    def refusal(self, status: int, message: str, reasons: Sequence[str] = ()) -> Answer:
        """As our API says it."""
        return problem_answer(status, message, reasons)
