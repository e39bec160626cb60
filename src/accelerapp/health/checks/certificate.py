"""The TLS certificates behind the service's address: the whole chain as the server sends it.

Facts: `host`, `port`, `protocol`, `distrust` (empty: trusted), `expires_at` and `days_left` (of the certificate that
ends first) and `chain`: a list of `subject`, `issuer`, `not_before`, `not_after`, `names`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from accelerapp.base import clock, text
from accelerapp.base.settings import model as settings
from accelerapp.clients import tls
from accelerapp.health.checks import interface
from accelerapp.health.model import CheckResult, Verdict

NAME, TITLE = "certificate", "Certificate"


@dataclass(frozen=True)
class CertificateCheck:
    """Shakes hands with the host of `url`; `ask` is `clients.tls.peer` outside tests."""

    url: str
    timeout: float
    limits: settings.Health
    clock: clock.Clock
    ask: Callable[[str, int, float], tls.Peer] = tls.peer
    name: ClassVar[str] = NAME
    title: ClassVar[str] = TITLE

    def look(self) -> CheckResult:
        """The certificates as they are now. Raises CannotTellError when the host cannot be asked."""
        parts = urlsplit(self.url)
        if not self.url:
            return interface.skipped(NAME, TITLE, "the settings name no address of the service")
        if parts.scheme != "https" or not parts.hostname:
            return interface.skipped(NAME, TITLE, "the address is not https")
        port = parts.port or 443
        found = self.ask(parts.hostname, port, self.timeout)
        return judge_certificate(found, parts.hostname, port, self.clock.now(), self.limits)


def judge_certificate(peer: tls.Peer, host: str, port: int, now: datetime, limits: settings.Health) -> CheckResult:
    """Not trusted, for another name, expired, or expiring soon: degraded. A chain that could not be read: unknown."""
    reasons = tuple(_reasons(peer, host, now, timedelta(days=limits.certificate_days)))
    if not peer.chain:
        unread = (*reasons, "The certificates of the server cannot be read.")
        return CheckResult(NAME, TITLE, Verdict.UNKNOWN, "cannot be read", unread)
    first = min(peer.chain, key=lambda each: each.not_after)
    left = first.not_after - now
    over = "expired on" if left < timedelta(0) else "valid until"
    return CheckResult(
        name=NAME,
        title=TITLE,
        verdict=interface.verdict_of(reasons),
        summary=f"{host}: {over} {first.not_after:%Y-%m-%d}, {text.ago(first.not_after, now)}, {peer.protocol}",
        reasons=reasons,
        facts={
            "host": host,
            "port": port,
            "protocol": peer.protocol,
            "distrust": peer.distrust,
            "expires_at": first.not_after.isoformat(),
            "days_left": left / timedelta(days=1),
            "chain": [_facts(each) for each in peer.chain],
        },
    )


def matches(host: str, names: Sequence[str]) -> bool:
    """Is a certificate with these names for `host`? A leading `*.` stands for one label (RFC 6125)."""
    address = _address(host)
    if address is not None:
        return any(_address(name) == address for name in names)
    wanted = host.rstrip(".").lower()
    known = {name.rstrip(".").lower() for name in names}
    parent = wanted.partition(".")[2]
    return wanted in known or ("." in parent and f"*.{parent}" in known)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _reasons(peer: tls.Peer, host: str, now: datetime, soon: timedelta) -> list[str]:
    found = _wrong_times(peer.chain, now, soon)
    leaf = peer.chain[:1]
    if leaf and not matches(host, leaf[0].names):
        found.append(f"The certificate is not for {host} but for {', '.join(leaf[0].names) or leaf[0].subject}.")
    told = any(not each.not_before <= now < each.not_after for each in peer.chain)
    if peer.distrust and not (told and ("expired" in peer.distrust or "not yet valid" in peer.distrust)):
        found.append(f"The certificate is not trusted: {peer.distrust}.")
    return found


def _wrong_times(chain: Sequence[tls.Certificate], now: datetime, soon: timedelta) -> list[str]:
    found = []
    for each in chain:
        if now < each.not_before:
            found.append(f"The certificate {each.subject} is not valid before {each.not_before:%Y-%m-%d %H:%M} UTC.")
        elif each.not_after <= now:
            found.append(f"The certificate {each.subject} expired on {each.not_after:%Y-%m-%d %H:%M} UTC.")
        elif each.not_after - now <= soon:
            found.append(f"The certificate {each.subject} expires on {each.not_after:%Y-%m-%d}, in {_days(each, now)}.")
    return found


def _days(certificate: tls.Certificate, now: datetime) -> str:
    return text.count((certificate.not_after - now).days, "day")


def _facts(certificate: tls.Certificate) -> dict[str, Any]:
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
        "names": list(certificate.names),
    }
