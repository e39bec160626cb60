"""The one door to mail servers: one message over one connection, within a time, over TLS that is checked."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from typing import Literal

from accelerapp.base import errors, text
from accelerapp.clients import addresses, outgoing


class _Whole(UnstructuredHeader, BaseHeader):
    """An address or an id, on one line: folded, it would be written as an encoded word, which nobody reads there."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        """At most 998 characters (RFC 5322, 2.1.1)."""
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> EmailPolicy[EmailMessage]:
    headers = HeaderRegistry()
    for name in ("list-unsubscribe", "references"):
        headers.map_to_type(name, _Whole)
    return SMTP.clone(header_factory=headers)


POLICY = _policy()
"""How messages are written."""


class RefusedError(errors.AccelerappError):
    """The server refuses; it says so with this code."""

    def __init__(self, message: str, code: int, *, mend: str = "") -> None:
        super().__init__(message, mend=mend)
        self.code = code

    @property
    def is_passing(self) -> bool:
        """Does it say that a later try may work (4xx)?"""
        return 400 <= self.code < 500

    @property
    def is_gone(self) -> bool:
        """Does it say that the mailbox or the domain takes no mail (RFC 5321, RFC 7504)?"""
        return self.code in (521, 550, 551, 553, 556)


class BadLoginError(RefusedError):
    """The server does not accept user and password."""


class NoTlsError(errors.WrongUseError):
    """The server offers no TLS: nothing was sent."""


@dataclass(frozen=True)
class Server:
    """How a server is reached. `security` none is for one on this machine."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    seconds: float = 10.0
    """For the whole conversation."""


def send(server: Server, message: EmailMessage, sender: str, receivers: Sequence[str]) -> dict[str, str]:
    """Hand over a message; which of the receivers the server refuses while it takes others, and its words.

    Raises RefusedError, BadLoginError, NoTlsError, UntrustedError, NotSentError (it surely has it not), UnsureError.
    """
    handed = False
    with _talk(server, lambda: handed) as talk:
        raw = message.as_bytes()
        _must(talk.mail(sender), "the sender")
        answers = {each: talk.rcpt(each) for each in receivers}
        refused = {each: answer for each, answer in answers.items() if answer[0] not in (250, 251)}
        if len(refused) == len(answers):
            _must(next(iter(refused.values())), "the receiver")
        handed = True  # from here on a silence may mean that it was taken
        _must(talk.data(raw), "the message")
        return {each: f"{code} {text.printable(_words(told), 200)}" for each, (code, told) in refused.items()}


def check(server: Server) -> None:
    """Connect, shake hands, log in, and send nothing. Raises as `send` does."""
    with _talk(server, lambda: False) as talk:
        talk.noop()


def _must(answer: tuple[int, bytes], what: str) -> None:
    code, told = answer
    if not 200 <= code < 300:
        raise RefusedError(f"The mail server refuses {what}: {code} {text.printable(_words(told), 300)}", code)


class _Plain(smtplib.SMTP):
    """Connects to an address that was checked."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _connected(host, port, timeout)


class _Secure(smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(_connected(host, port, timeout), server_hostname=host)


def _connected(host: str, port: int, seconds: float) -> socket.socket:
    *others, last = addresses.resolve(host, port, seconds)
    for address in others:
        with suppress(OSError):
            return socket.create_connection((address, port), seconds / 2)
    return socket.create_connection((last, port), seconds)


@contextmanager
def _talk(server: Server, handed: Callable[[], bool]) -> Iterator[smtplib.SMTP]:
    where = f"The mail server {server.host}:{server.port}"
    talk = _made(server)
    ending = threading.Timer(server.seconds, _cut, [talk])
    ending.daemon = True
    ending.start()
    try:
        with _explained(where, handed):
            _secured(talk, server, where)
            yield talk
            with suppress(smtplib.SMTPException, OSError):
                talk.quit()
    finally:
        ending.cancel()
        talk.close()


def _made(server: Server) -> smtplib.SMTP:
    seconds = server.seconds / 2
    if server.security == "tls":
        return _Secure(timeout=seconds, context=outgoing.trust(server.ca_file))
    return _Plain(timeout=seconds)


def _cut(talk: smtplib.SMTP) -> None:
    """End a conversation that takes too long: each wait in it is limited, but not how many there are."""
    with suppress(OSError):
        if talk.sock is not None:
            socket.socket.shutdown(talk.sock, socket.SHUT_RDWR)  # under TLS too: whoever reads it must only see an end


def _secured(talk: smtplib.SMTP, server: Server, where: str) -> None:
    code, told = talk.connect(server.host, server.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, told)
    talk._host = server.host  # type: ignore[attr-defined]  # only its constructor sets it; STARTTLS checks this name
    talk.ehlo_or_helo_if_needed()
    if server.security == "starttls":
        if not talk.has_extn("starttls"):
            raise NoTlsError(f"{where} offers no STARTTLS.", mend='Set security = "tls", or another port.')
        talk.starttls(context=outgoing.trust(server.ca_file))
        talk.ehlo()
    if server.user:
        talk.login(server.user, server.password)


@contextmanager
def _explained(where: str, handed: Callable[[], bool]) -> Iterator[None]:
    try:
        yield
    except addresses.NoSuchHostError as error:
        raise outgoing.NotSentError(error.message, mend=error.mend) from error.__cause__
    except ssl.SSLCertVerificationError as error:
        raise outgoing.UntrustedError(
            f"{where} has a certificate that is not trusted: {error.verify_message}.",
            mend="Have it renewed, or set ca_file to the authority that signed it.",
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        said = text.printable(_words(error.smtp_error), 300)
        kind = BadLoginError if error.smtp_code >= 500 else RefusedError
        raise kind(
            f"{where} does not accept the login: {error.smtp_code} {said}",
            error.smtp_code,
            mend="Set user and password that it accepts.",
        ) from error
    except smtplib.SMTPResponseException as error:
        raise RefusedError(f"{where} answers {error.smtp_code} {_words(error.smtp_error)}", error.smtp_code) from error
    except (smtplib.SMTPException, OSError) as error:
        is_unsure = handed()
        kind_of = outgoing.UnsureError if is_unsure else outgoing.NotSentError
        raise kind_of(f"{where} cannot be reached, or ended the connection.", mend="Check host and port.") from error


def _words(told: bytes | str) -> str:
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else told
