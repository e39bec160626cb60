"""The one door for messages over HTTP: one request, one connection, one bounded stretch of time, one bounded answer.

Unlike `http`, whose servers the product's own settings name, it goes where people say: it refuses what `addresses`
refuses, follows no redirect, takes the proxy of the environment, and tells apart what surely did not arrive from what
may have.
"""

from __future__ import annotations

import ssl
import time
import urllib.request
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from accelerapp import __version__
from accelerapp.base import errors
from accelerapp.clients import addresses, http

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpcore

SECONDS = 5.0
_LARGEST = 64 * 1024
_PORTS = {"http": 80, "https": 443}


class NotSentError(http.UnreachableError):
    """It surely did not arrive: the server could not be connected to."""


class UnsureError(http.UnreachableError):
    """It may have arrived: the connection ended, or the time did, after it was sent."""


class UntrustedError(errors.WrongUseError):
    """The server's certificate is not trusted: nothing was sent."""


class BadAddressError(errors.WrongUseError):
    """It is no http or https address."""


class Outgoing:
    """Sends requests; safe to use from several threads. `ca_file` is trusted beside the authorities of this machine."""

    def __init__(self, seconds: float = SECONDS, ca_file: str = "") -> None:
        self._seconds = seconds
        self._ca_file = ca_file

    def request(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> http.Answer:
        """The answer, whatever its status.

        Raises BadAddressError, RefusedAddressError, UntrustedError (nothing was sent), NotSentError, UnsureError.
        """
        parts = _parts(url)
        line = _Line(time.monotonic() + self._seconds)
        with _explained(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", line), self._pool(parts, line) as pool:
            given = _headers({"User-Agent": f"accelerapp/{__version__}", "Connection": "close", **headers})
            with pool.stream(method, url.partition("#")[0], headers=given, content=body) as response:
                read = _read(response.iter_stream())
                told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                return http.Answer(response.status, read, told)

    def reach(self, url: str) -> None:
        """Connect, shake hands, and send nothing; behind a proxy only that is asked. Raises as `request` does."""
        parts = _proxy(_parts(url)) or _parts(url)
        line = _Line(time.monotonic() + self._seconds)
        with _explained(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", line):
            host = parts.hostname or ""
            stream = _backend(line).connect_tcp(host, parts.port or _PORTS[parts.scheme])
            if parts.scheme == "https":
                stream = stream.start_tls(trust(self._ca_file), host)
            stream.close()

    def _pool(self, parts: SplitResult, line: _Line) -> httpcore.ConnectionPool:
        import httpcore

        context = trust(self._ca_file) if parts.scheme == "https" else None
        proxy = _proxy(parts)
        if proxy is None:
            return httpcore.ConnectionPool(ssl_context=context, network_backend=_backend(line))
        addresses.refuse_literal(parts.hostname or "")  # names are resolved by the proxy
        login = (unquote(proxy.username), unquote(proxy.password or "")) if proxy.username else None
        where = f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}"
        return httpcore.HTTPProxy(where, proxy_auth=login, ssl_context=context, network_backend=_backend(line))


@lru_cache(maxsize=64)
def trust(ca_file: str) -> ssl.SSLContext:
    """A context that checks certificates against this machine's authorities and those in the file, read once.

    Raises WrongUseError when that cannot be read.
    """
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    try:
        if ca_file:
            context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise errors.WrongUseError(f"The authorities in {ca_file} cannot be read.", mend="Set ca_file.") from error
    return context


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_fine = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 1) > 0 and url.isascii()
    except ValueError:
        is_fine = False
    if not is_fine or not url.isprintable() or " " in url:
        raise BadAddressError("That is no http or https address.", mend="Write it like https://host/path.")
    return parts


def _headers(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Raises BadAddressError without saying what the value is: it may be a secret."""
    wrong = [name for name, value in given.items() if not (value.isascii() and value.isprintable())]
    if wrong:
        raise BadAddressError(f"The header {wrong[0]} cannot be sent.", mend="Check the keys and tokens for odd signs.")
    return list(given.items())


def _proxy(parts: SplitResult) -> SplitResult | None:
    """The proxy that the environment names for an address: HTTPS_PROXY, HTTP_PROXY, unless NO_PROXY has its host."""
    named = urllib.request.getproxies_environment()
    found = named.get(parts.scheme, "")
    is_bypassed = urllib.request.proxy_bypass(parts.hostname or "")
    return _parts(found if "://" in found else f"http://{found}") if found and not is_bypassed else None


def _read(pieces: Iterable[bytes]) -> bytes:
    """The beginning of the answer: nobody reads more of it."""
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) >= _LARGEST:
            break
    return bytes(whole[:_LARGEST])


class _Line:
    """How long there is, and whether something may have been sent."""

    def __init__(self, until: float) -> None:
        self._until = until
        self.may_have_sent = False

    def left(self) -> float:
        """Seconds that are left; a little when there are none, so that the next wait ends at once."""
        return max(self._until - time.monotonic(), 0.001)


def _backend(line: _Line) -> Any:
    """The network as httpcore wants it, with every wait within the line's time and to checked addresses only.

    httpcore limits each wait on its own: a server that drips a byte now and then would hold a sender for ever.
    """
    import httpcore

    class Stream(httpcore.NetworkStream):
        def __init__(self, inner: httpcore.NetworkStream) -> None:
            self._inner = inner

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return self._inner.read(max_bytes, line.left())

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            line.may_have_sent = True
            self._inner.write(buffer, line.left())

        def close(self) -> None:
            self._inner.close()

        def start_tls(
            self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
        ) -> httpcore.NetworkStream:
            return Stream(self._inner.start_tls(ssl_context, server_hostname, line.left()))

        def get_extra_info(self, info: str) -> Any:
            return self._inner.get_extra_info(info)

    class Backend(httpcore.NetworkBackend):
        def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
            found = addresses.resolve(host, port, line.left())
            for address in found[:-1]:
                try:
                    return Stream(httpcore.SyncBackend().connect_tcp(address, port, line.left() / 2))
                except (httpcore.ConnectError, httpcore.ConnectTimeout):
                    continue
            return Stream(httpcore.SyncBackend().connect_tcp(found[-1], port, line.left()))

    return Backend()


@contextmanager
def _explained(where: str, line: _Line) -> Iterator[None]:
    """httpcore's errors in ours; the address is named without its path, which may be a secret."""
    import httpcore

    try:
        yield
    except addresses.NoSuchHostError as error:
        raise NotSentError(error.message, mend=error.mend) from error.__cause__
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol):  # whose words would quote keys and addresses
        raise BadAddressError(f"The request to {where} cannot be made.", mend="Check the address and keys.") from None
    except httpcore.TimeoutException as error:
        kind = UnsureError if line.may_have_sent else NotSentError
        raise kind(f"{where} did not answer in time.") from error
    except httpcore.ProxyError as error:
        raise NotSentError(f"The proxy does not let through to {where}.", mend="Check HTTPS_PROXY.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        what = error.args[0] if error.args else None  # httpcore puts the socket's error there and cuts the chain
        if isinstance(what, ssl.SSLCertVerificationError):
            raise _untrusted(where, what) from error
        if line.may_have_sent:
            raise UnsureError(f"{where} ended the connection without an answer.") from error
        raise NotSentError(f"{where} cannot be reached.", mend="Check the address and that it runs.") from error


def _untrusted(where: str, error: ssl.SSLCertVerificationError) -> UntrustedError:
    return UntrustedError(
        f"The certificate of {where} is not trusted: {error.verify_message}.",
        mend="Have it renewed, or set ca_file to the authority that signed it.",
    )
