"""One request: who sends it, is it signed, what does it say; committed, then answered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from accelerapp.alerts.intake import family, interface
from accelerapp.alerts.intake.interface import Answer, Delivery, Reader, RefusedError
from accelerapp.alerts.model import Integration, Kind
from accelerapp.base import errors
from accelerapp.base.clock import Clock
from accelerapp.hooks import senders
from accelerapp.hooks.committing import Committer, TooBusyError

_LOG = logging.getLogger("accelerapp.hooks")
_SMALL = 32 * 1024


@dataclass(frozen=True)
class Receiver:
    """What every hook needs. `secret` resolves where a sender's signing secret is kept; it raises WrongUseError."""

    known: senders.Senders
    committer: Committer
    secret: Callable[[str], str]
    clock: Clock

    async def receive(
        self,
        request: Request,
        kind: Kind,
        reader: Reader,
        *,
        key: str = "",
        key_in_body: Callable[[bytes], str] | None = None,
        limit: int = 0,
    ) -> Response:
        """The answer to one delivery: good once it is committed, and not before."""
        body = await request.body()
        if limit and len(body) > limit:
            return _response(reader.refusal(413, f"The body is larger than {limit // 1024} KiB."))
        try:
            given = key_in_body(body) if key_in_body else senders.key_of(request.headers, request.query_params, key)
            sender = self.known.remembered(given) or await run_in_threadpool(self.known.find, given)
            refusal = self._refusal(sender, kind, request, body, reader, in_body=key_in_body is not None)
            if refusal is not None or sender is None:
                return _response(refusal or reader.refusal(401, "The key is not known."))
            delivery = Delivery(body, request.headers, sender, self.clock.now(), request.query_params)
            received = reader.read(delivery) if len(body) < _SMALL else await run_in_threadpool(reader.read, delivery)
            await self.committer.take(sender.id, received.signals, received.notes)
        except RefusedError as error:
            reasons = [str(problem) for problem in error.problems]
            return _response(reader.refusal(400, "The delivery cannot be understood.", reasons))
        except TooBusyError as error:
            return _later(reader.refusal(429 if kind is Kind.PAGERDUTY else 503, error.message))
        except errors.AccelerappError as error:
            _LOG.warning("%s was not taken: %s", kind, error.message)
            return _later(reader.refusal(503, error.message))
        return _response(received.answer)

    def _refusal(
        self, sender: Integration | None, kind: Kind, request: Request, body: bytes, reader: Reader, *, in_body: bool
    ) -> Answer | None:
        if sender is None:
            why = ["Invalid routing key"] if in_body else ["`accelerapp alert integration add` makes one."]
            return reader.refusal(400 if in_body else 401, "The key is missing or not known.", why)
        if sender.kind is not kind:
            return reader.refusal(403, f"This key is of a sender of the kind {sender.kind}, and this is {kind}.")
        if sender.secret:
            secret = self.secret(sender.secret)
            if not family.is_signed(kind, body, request.headers, secret, self.clock.now()):
                return reader.refusal(401, "The signature is missing, wrong or too old.")
        return None


def _later(answer: Answer) -> Response:
    """To be sent again."""
    return _response(replace(answer, headers={**answer.headers, "Retry-After": str(interface.RETRY_SECONDS)}))


def _response(answer: Answer) -> Response:
    made = Response(answer.body, answer.status, dict(answer.headers))
    if answer.body:
        made.headers["Content-Type"] = answer.media_type
    return made
