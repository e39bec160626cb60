"""The door for messages: proxies of the environment, and what it refuses on the way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from clients import certificates
from notifications import protocols
from notifications.servers import serve
from ports import free_port

from accelerapp.clients import addresses, outgoing
from accelerapp.clients.outgoing import Outgoing


@dataclass
class Proxy:
    """A proxy that connects everything to one server."""

    listener: socket.socket
    target: int = 0
    refuses: bool = False
    asked: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://ann:p%40ss@127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        with suppress(OSError):
            while True:
                one, _ = self.listener.accept()
                threading.Thread(target=self._carry, args=(one,), daemon=True).start()

    def _carry(self, one: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += one.recv(4096)
        self.asked.append(head)
        if self.refuses:
            one.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        other = socket.create_connection(("127.0.0.1", self.target))
        if head.startswith(b"CONNECT"):
            one.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            other.sendall(head)
        threading.Thread(target=_pump, args=(one, other), daemon=True).start()
        _pump(other, one)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(monkeypatch) -> Iterator[Proxy]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Proxy(listener)
        threading.Thread(target=made.run, daemon=True).start()
        for scheme in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(scheme, made.url)
        yield made


def test_requests_go_through_the_proxy_of_the_environment(tmp_path, proxy):
    with serve(protocols.webhook, tmp_path) as other:
        proxy.target = int(other.url.rpartition(":")[2])
        assert Outgoing().request("POST", "http://hooks.example.com/page", {}, b"{}").status == 204
    assert proxy.asked[0].startswith(b"POST http://hooks.example.com/page HTTP/1.1")
    assert b"Proxy-Authorization: Basic YW5uOnBAc3M=" in proxy.asked[0]


def test_through_a_proxy_the_certificate_is_still_checked(tmp_path, proxy):
    leaf = certificates.make("hooks", until=datetime.now(UTC) + timedelta(days=1), hosts=["hooks.example.com"])
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(leaf.pem)
    with serve(protocols.webhook, tmp_path, leaf) as other:
        proxy.target = int(other.url.rpartition(":")[2])
        with pytest.raises(outgoing.UntrustedError):
            Outgoing().request("POST", "https://hooks.example.com/page", {}, b"{}")
        door = Outgoing(ca_file=str(trusted))
        assert door.request("POST", "https://hooks.example.com/page", {}, b"{}").status == 204
        with pytest.raises(outgoing.UntrustedError):
            door.request("POST", "https://other.example.com/page", {}, b"{}")
        assert len(other.got) == 1
    assert proxy.asked[0].startswith(b"CONNECT hooks.example.com:443")


def test_a_proxy_that_refuses_is_named(proxy):
    proxy.refuses = True
    with pytest.raises(outgoing.NotSentError, match="The proxy does not let through"):
        Outgoing().request("POST", "https://hooks.example.com/page", {}, b"{}")


def test_who_is_excepted_is_asked_directly(tmp_path, proxy, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(protocols.webhook, tmp_path) as other:
        assert Outgoing().request("POST", f"{other.url}/page", {}, b"{}").status == 204
    assert proxy.asked == []


@pytest.mark.parametrize("host", ["169.254.169.254", "0xa9fea9fe", "2852039166", "[fd00:ec2::254]"])
def test_a_proxy_is_not_asked_for_metadata_services_either(proxy, host):
    with pytest.raises(addresses.RefusedAddressError):
        Outgoing().request("GET", f"http://{host}/latest/", {})
    assert proxy.asked == []


def test_a_name_that_is_not_known_was_surely_not_sent():
    with pytest.raises(outgoing.NotSentError, match="is not known"):
        Outgoing().request("POST", "http://nowhere.invalid/", {}, b"{}")


def test_an_authority_that_cannot_be_read_is_a_wrong_setting(tmp_path):
    with pytest.raises(outgoing.errors.WrongUseError, match="authorities"):
        Outgoing(ca_file=str(tmp_path / "none.pem")).request("GET", f"https://127.0.0.1:{free_port()}/", {})


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("127.0.0.1", False), ("10.0.0.1", False), ("192.168.1.1", False), ("8.8.8.8", False), ("::1", False),
        ("169.254.1.1", True), ("fe80::1%eth0", True), ("224.0.0.1", True), ("0.0.0.0", True), ("::", True),
        ("168.63.129.16", True), ("::ffff:169.254.169.254", True), ("2002:a9fe:a9fe::1", True),
    ],
)  # fmt: skip
def test_which_addresses_are_refused(address, refused):
    assert addresses.is_refused(address) is refused


def test_a_name_that_leads_elsewhere_a_moment_later_changes_nothing(tmp_path, monkeypatch):
    """What was checked is what is connected to. A patch: no name server of ours can be put under the system's resolver."""
    answers = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "169.254.169.254"]]

    def look_up(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers.pop(0)]

    with serve(protocols.webhook, tmp_path) as other:
        url = other.url.replace("127.0.0.1", "hooks.example.com")
        monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)
        monkeypatch.setattr(socket, "create_connection", _straight)
        assert Outgoing().request("POST", url, {}, b"{}").status == 204
        for _ in range(2):
            with pytest.raises(addresses.RefusedAddressError):
                Outgoing().request("POST", url, {}, b"{}")
        assert len(other.got) == 1


def _straight(address, timeout=None, **_):
    """To a numeric address without the resolver."""
    made = socket.socket()
    made.settimeout(timeout)
    made.connect(address)
    return made
