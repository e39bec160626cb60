"""The one door to TLS certificates of servers: the chain as the server sends it, and separately what is wrong with it.

An expired or wrong certificate is an answer here, not an error; only a server that cannot be asked is one.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from accelerapp.base import errors


class NoTlsError(errors.CannotTellError):
    """The server cannot be reached or speaks no TLS."""


@dataclass(frozen=True)
class Certificate:
    """One certificate of a chain."""

    subject: str
    """Its common name, or all of the subject without one."""
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...] = ()
    """Host names and addresses that it is for; of the leaf alone they matter."""


@dataclass(frozen=True)
class Peer:
    """What a server presents."""

    chain: tuple[Certificate, ...]
    """The leaf first, then what the server sent with it. Empty: this Python cannot tell."""
    distrust: str
    """Why the chain is not trusted, in OpenSSL's words; empty when it is. The name is not part of it."""
    protocol: str


def peer(host: str, port: int, timeout: float) -> Peer:
    """Shake hands with `host:port`, verifying the chain; when that fails, once more without. Raises NoTlsError.

    OpenSSL stops at the first thing wrong. So the name is not left to it: `names` of the leaf tell, whatever else is.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    try:
        return _handshake(host, port, timeout, context, "")
    except ssl.SSLCertVerificationError as error:
        context.verify_mode = ssl.CERT_NONE  # only to read the certificate; nothing is sent over it
        return _handshake(host, port, timeout, context, error.verify_message)


def expiry(url: str, timeout: float) -> datetime | None:
    """When the first certificate of the chain at an https address expires. None: that cannot be read here.

    Raises NoTlsError.
    """
    address = urlsplit(url)
    chain = peer(address.hostname or "", address.port or 443, timeout).chain
    return min((each.not_after for each in chain), default=None)


def _handshake(host: str, port: int, timeout: float, context: ssl.SSLContext, distrust: str) -> Peer:
    try:
        with (
            socket.create_connection((host, port), timeout) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            return Peer(tuple(_certificate(each) for each in _chain(secure)), distrust, secure.version() or "")
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, ValueError) as error:  # ssl.SSLError and a time-out are OSErrors; a bad name is a ValueError
        raise NoTlsError(f"{host}:{port} offers no TLS: {error}.") from error


def _chain(secure: ssl.SSLSocket) -> Sequence[dict[str, Any]]:
    """What the server sent. Until Python 3.13 only the object under the socket tells, so it is asked carefully."""
    unverified = getattr(getattr(secure, "_sslobj", None), "get_unverified_chain", None)
    if unverified is not None:
        return [each.get_info() for each in unverified() or ()]
    leaf: dict[str, Any] = dict(secure.getpeercert() or {})
    return [leaf] if leaf else []


def _certificate(info: dict[str, Any]) -> Certificate:
    return Certificate(
        subject=_name(info.get("subject", ())),
        issuer=_name(info.get("issuer", ())),
        not_before=_time(info["notBefore"]),
        not_after=_time(info["notAfter"]),
        names=tuple(value for kind, value in info.get("subjectAltName", ()) if kind in ("DNS", "IP Address")),
    )


def _name(parts: Sequence[Sequence[tuple[str, str]]]) -> str:
    pairs = [pair for part in parts for pair in part]
    common = [value for key, value in pairs if key == "commonName"]
    return common[0] if common else ", ".join(f"{key}={value}" for key, value in pairs)


def _time(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
