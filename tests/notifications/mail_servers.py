"""A real SMTP server with real TLS and login, that can misbehave."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from clients import certificates
from clients.certificates import Made

USER, PASSWORD = "accelerapp", "mail-secret"


@dataclass(frozen=True)
class Mail:
    """A mail that was taken."""

    sender: str
    receivers: list[str]
    raw: bytes
    was_secure: bool

    @property
    def message(self) -> EmailMessage:
        return cast("EmailMessage", message_from_bytes(self.raw, policy=policy.default))

    def part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        assert body is not None
        return str(body.get_content())


@dataclass
class MailServer:
    """A running server; see `servers.Local` for the modes."""

    mode: str = "fine"
    got: list[Mail] = field(default_factory=list)
    url: str = ""
    ended: threading.Event = field(default_factory=threading.Event)
    ca_file: str = ""

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mode == "busy":
            return "451 4.7.1 Try again later"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.mode == "hangs":
            await asyncio.get_running_loop().run_in_executor(None, self.ended.wait, 60)
        if self.mode == "drips":
            await self._drip(server)
        if self.mode == "drops":
            server.transport.abort()
            return "250 OK"
        if self.mode == "broken":
            return "421 4.3.0 Something is broken"
        raw = cast("bytes", envelope.content)
        self.got.append(
            Mail(
                str(envelope.mail_from),
                list(envelope.rcpt_tos),
                raw,
                server.transport.get_extra_info("ssl_object") is not None,
            )
        )
        return "250 2.0.0 queued as 17"

    async def _drip(self, server: SMTP) -> None:
        """Lines without an end."""
        with suppress(OSError):
            while not self.ended.is_set():
                server.transport.write(b"250-still here\r\n")
                await asyncio.sleep(0.05)

    def login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right and self.mode != "revoked", handled=False)


class _AnyPort(Controller):
    """Listens on a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serve(
    folder: Path, leaf: Made | None = None, *, implicit: bool = False, offers_tls: bool = True
) -> Iterator[MailServer]:
    """A server on this machine. Without a certificate it makes one of its own, whose authority is in `ca_file`."""
    state = MailServer()
    made = leaf or certificates.make("127.0.0.1", until=datetime.now(UTC) + timedelta(days=1), hosts=["127.0.0.1"])
    context = _context(made, folder)
    if leaf is None:
        state.ca_file = str(folder / "mail.pem")
    login = {"authenticator": state.login, "auth_required": offers_tls, "auth_require_tls": not implicit}
    tls = (
        {"ssl_context": context}
        if implicit
        else {"tls_context": context, "require_starttls": True}
        if offers_tls
        else {}
    )
    controller = _AnyPort(state, hostname="127.0.0.1", port=0, ready_timeout=20, **login, **tls)
    controller.start()
    state.url = f"http://127.0.0.1:{controller.port}"
    try:
        yield state
    finally:
        state.ended.set()
        controller.stop()


def _context(leaf: Made, folder: Path) -> ssl.SSLContext:
    chain, key = folder / "mail.pem", folder / "mail.key"
    chain.write_bytes(leaf.pem)
    key.write_bytes(leaf.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context
