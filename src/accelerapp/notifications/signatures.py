"""Signatures: ours on what goes out, and whether what comes in is from whom it says. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

SKEW = timedelta(minutes=5)


class Genuine(StrEnum):
    """Whether a request is from whom it says, and if not, why."""

    YES = "genuine"
    UNSIGNED = "it has no signature"
    STALE = "its time is more than 5 minutes off: it was kept, or a clock is wrong"
    WRONG = "its signature is not right: another secret, or it was changed on its way"


def of_webhook(secrets: Sequence[str], stamp: str, body: bytes) -> str:
    """`v1=HEX` for each secret, so that a receiver may change its own at any time while there are two."""
    return ",".join(f"v1={_hex(secret, stamp.encode() + b'.' + body)}" for secret in secrets)


def webhook(secret: str, stamp: str, body: bytes, signature: str, now: datetime) -> Genuine:
    """A webhook of ours, as its receiver checks it: one of the signatures has to be right."""
    if not signature or not stamp:
        return Genuine.UNSIGNED
    if _is_stale(stamp, now):
        return Genuine.STALE
    wanted = of_webhook([secret], stamp, body)
    return _among(wanted, (each.strip() for each in signature.split(",")))


def slack(secret: str, stamp: str, body: bytes, signature: str, now: datetime) -> Genuine:
    """A request of Slack's: `X-Slack-Request-Timestamp`, the raw body, `X-Slack-Signature`."""
    if not signature or not stamp:
        return Genuine.UNSIGNED
    if _is_stale(stamp, now):
        return Genuine.STALE
    return _among(f"v0={_hex(secret, b'v0:' + stamp.encode() + b':' + body)}", [signature])


def twilio(auth_token: str, url: str, form: Mapping[str, str], signature: str) -> Genuine:
    """A request of Twilio's: the whole public address it was sent to, its form, `X-Twilio-Signature`.

    Twilio signs no time; what an answer does must be harmless when it comes twice. Some of its services sign the usual
    port (443, 80) with the address and some without: either is right.
    """
    if not signature:
        return Genuine.UNSIGNED
    fields = "".join(f"{name}{form[name]}" for name in sorted(form))
    found = [_among(_of_twilio(auth_token, each + fields), [signature]) for each in spellings(url)]
    return Genuine.YES if Genuine.YES in found else Genuine.WRONG


def _of_twilio(auth_token: str, signed: str) -> str:
    digest = hmac.new(auth_token.encode(), signed.encode("utf-8", "replace"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def spellings(url: str) -> tuple[str, ...]:
    """The address as it is, and with or without its scheme's usual port; another port is always named."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    port = {"https": ":443", "http": ":80"}.get(scheme, "")
    other = host.removesuffix(port) if host.endswith(port) else f"{host}{port}"
    return (url,) if ":" in host and not host.endswith(port) else (url, f"{scheme}://{other}{slash}{path}")


def pagerduty(secret: str, body: bytes, signature: str) -> Genuine:
    """A webhook of PagerDuty's: the raw body, `X-PagerDuty-Signature`: `v1=HEX` for each secret of the subscription.

    PagerDuty signs no time either.
    """
    if not signature:
        return Genuine.UNSIGNED
    return _among(f"v1={_hex(secret, body)}", (each.strip() for each in signature.split(",")))


def _among(wanted: str, given: Iterable[str]) -> Genuine:
    """Every one is compared, in a time that does not tell how much of it is right."""
    found = [hmac.compare_digest(wanted.encode(), each.encode("utf-8", "replace")) for each in given]
    return Genuine.YES if any(found) else Genuine.WRONG


def skew(stamp: str, now: datetime) -> timedelta | None:
    """How far the time of a request (seconds since 1970) is from ours, either way; None: it is no time."""
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 12:
        return None
    return abs(timedelta(seconds=now.timestamp() - int(stamp)))


def _is_stale(stamp: str, now: datetime) -> bool:
    found = skew(stamp, now)
    return found is None or found > SKEW


def _hex(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
