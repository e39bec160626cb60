"""The proxy, with backends that say exactly what a test wants said."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.platforms.contract import eventually

from accelerapp.platforms.local import network, proxy

Talk = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def backend(talk: Talk) -> Iterator[int]:
    """A server that hands each connection to `talk`; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=converse, args=(connection,), daemon=True).start()

        def converse(connection: socket.socket) -> None:
            with connection:
                talk(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def read_head(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    return data


def fine(connection: socket.socket) -> None:
    read_head(connection)
    connection.sendall(OK)


@pytest.fixture
def net() -> Iterator[network.Network]:
    running = network.Network()
    yield running
    running.stop()


@pytest.fixture
def front(net: network.Network) -> Iterator[proxy.Proxy]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    made = proxy.Proxy(port, most=20, head_time=0.5)
    net.do(made.start())
    yield made
    net.do(made.stop())


def connect(front: proxy.Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", front.port), timeout=10)


def answer(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionResetError:
        data += b" (reset)"
    return data


def ask(front: proxy.Proxy, request: bytes) -> bytes:
    with connect(front) as connection:
        connection.sendall(request)
        return answer(connection)


GET = b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"


def test_without_a_ready_replica_the_answer_is_503(front: proxy.Proxy) -> None:
    assert ask(front, GET).startswith(b"HTTP/1.1 503 ")


def test_one_that_refuses_the_connection_is_passed_over(front: proxy.Proxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        dead = probe.getsockname()[1]
    with backend(fine) as good:
        front.targets = (dead, good)
        assert all(ask(front, GET).endswith(b"ok") for _ in range(4))


def test_a_request_that_may_have_reached_a_handler_is_not_tried_again(front: proxy.Proxy) -> None:
    handled = []

    def die(connection: socket.socket) -> None:
        handled.append(read_head(connection))

    with backend(die) as one, backend(die) as other:
        front.targets = (one, other)
        assert ask(front, GET).startswith(b"HTTP/1.1 502 ")
    assert len(handled) == 1


def test_an_answer_that_breaks_off_is_not_made_to_look_whole(front: proxy.Proxy) -> None:
    def break_off(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")

    with backend(break_off) as port:
        front.targets = (port,)
        seen = ask(front, GET)
    assert b"abc" in seen
    assert not seen.endswith(b"0\r\n\r\n")


def test_a_connection_serves_several_requests_and_each_goes_to_the_next_replica(front: proxy.Proxy) -> None:
    seen: list[str] = []

    def named(name: str) -> Talk:
        def talk(connection: socket.socket) -> None:
            read_head(connection)
            seen.append(name)
            connection.sendall(OK)

        return talk

    with backend(named("a")) as a, backend(named("b")) as b, connect(front) as connection:
        front.targets = (a, b)
        for _ in range(4):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
            data = b""
            while not data.endswith(b"ok"):
                data += connection.recv(1000)
    assert sorted(seen) == ["a", "a", "b", "b"]


def test_requests_sent_ahead_are_answered_in_their_order(front: proxy.Proxy) -> None:
    def echo(connection: socket.socket) -> None:
        path = read_head(connection).split()[1]
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" + path)

    with backend(echo) as port:
        front.targets = (port,)
        ahead = b"".join(b"GET /page%d HTTP/1.1\r\nHost: shop\r\n\r\n" % number for number in range(3))
        seen = ask(front, ahead + b"GET /page9 HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
    positions = [seen.index(path) for path in (b"/page0", b"/page1", b"/page2", b"/page9")]
    assert positions == sorted(positions)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 30_000 + b"\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n folded: b\r\nHost: a\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", b"400"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", b"501"),
        (b"GET / HTTP/2.7\r\nHost: a\r\n\r\n", b"505"),
    ],
)
def test_hostile_heads_are_refused_and_reach_nobody(front: proxy.Proxy, sent: bytes, status: bytes) -> None:
    reached = []
    with backend(lambda connection: reached.append(read_head(connection))) as port:
        front.targets = (port,)
        with connect(front) as connection:
            connection.sendall(sent)
            assert b"HTTP/1.1 " + status in answer(connection)
    assert reached == []


def test_a_body_that_contradicts_its_framing_is_refused(front: proxy.Proxy) -> None:
    def patient(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with backend(patient) as port:
        front.targets = (port,)
        sent = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnot a size"
        assert b"HTTP/1.1 400" in ask(front, sent)


def test_a_head_that_drips_is_cut_off(front: proxy.Proxy) -> None:
    with connect(front) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        began = time.monotonic()
        seen = b""
        while not seen and time.monotonic() - began < 20:
            try:
                connection.sendall(b"X: y\r\n")
            except OSError:
                break
            connection.settimeout(0.05)
            try:
                seen = connection.recv(1000)
            except TimeoutError:
                continue
        assert seen.startswith(b"HTTP/1.1 408 ")


def test_too_many_connections_are_told_so_and_the_rest_are_served(front: proxy.Proxy) -> None:
    idle = [connect(front) for _ in range(21)]
    try:
        eventually(lambda: len(front._tasks) >= 21)
        assert b"503" in ask(front, GET)
    finally:
        for connection in idle:
            connection.close()
    with backend(fine) as port:
        front.targets = (port,)
        eventually(lambda: ask(front, GET).endswith(b"ok"))


def test_an_early_answer_to_a_large_body_arrives(front: proxy.Proxy) -> None:
    def refuse(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with backend(refuse) as port:
        front.targets = (port,)
        with connect(front) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 100_000)
            assert answer(connection).endswith(b"big")


def test_a_client_that_expects_continue_is_told_to(front: proxy.Proxy) -> None:
    def take(connection: socket.socket) -> None:
        data = read_head(connection)
        while not data.endswith(b"hello"):
            data += connection.recv(100)
        assert b"expect" not in data.lower()
        connection.sendall(OK)

    with backend(take) as port, connect(front) as connection:
        front.targets = (port,)
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert read_head(connection).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"hello")
        assert answer(connection).endswith(b"ok")


def test_an_old_client_gets_its_answer_without_chunks(front: proxy.Proxy) -> None:
    def chunked(connection: socket.socket) -> None:
        assert b"host: localhost" in read_head(connection).lower()
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")

    with backend(chunked) as port:
        front.targets = (port,)
        assert ask(front, b"GET / HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\nabc")


def test_the_answer_to_head_has_a_length_and_no_body(front: proxy.Proxy) -> None:
    def head(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")

    with backend(head) as port:
        front.targets = (port,)
        seen = ask(front, GET.replace(b"GET", b"HEAD"))
    assert b"content-length: 1000" in seen.lower()
    assert seen.endswith(b"\r\n\r\n")


def test_pieces_of_a_stream_arrive_as_they_are_sent(front: proxy.Proxy) -> None:
    going_on = threading.Event()

    def stream(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        going_on.wait(10)
        connection.sendall(b"data: 2\n\n")

    with backend(stream) as port, connect(front) as connection:
        front.targets = (port,)
        connection.sendall(GET)
        seen = b""
        while b"data: 1" not in seen:
            seen += connection.recv(1000)
        going_on.set()
        assert b"data: 2" in answer(connection)


def test_an_upgraded_connection_is_passed_through_until_it_ends(front: proxy.Proxy) -> None:
    def websocket(connection: socket.socket) -> None:
        head = read_head(connection)
        assert b"upgrade: websocket" in head.lower()
        assert b"sec-websocket-key: k" in head.lower()
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello"
        )
        while data := connection.recv(1000):
            connection.sendall(data.upper())

    with backend(websocket) as port, connect(front) as connection:
        front.targets = (port,)
        connection.sendall(
            b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: k\r\n\r\n"
        )
        seen = b""
        while not seen.endswith(b"hello"):
            seen += connection.recv(1000)
        assert front.connections(port) == 1
        connection.sendall(b"abc")
        assert connection.recv(1000) == b"ABC"
    eventually(lambda: front.connections(port) == 0)


def test_a_client_that_goes_away_does_not_hold_its_replica(front: proxy.Proxy) -> None:
    released = threading.Event()

    def slow(connection: socket.socket) -> None:
        read_head(connection)
        connection.settimeout(20)
        if connection.recv(1) == b"":
            released.set()

    with backend(slow) as port:
        front.targets = (port,)
        with connect(front) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            eventually(lambda: front.connections(port) == 1)
        eventually(lambda: front.connections(port) == 0)
        assert released.wait(10)


def test_who_asked_is_told_and_headers_for_one_connection_are_not_passed(front: proxy.Proxy) -> None:
    heads: list[bytes] = []

    def keep(connection: socket.socket) -> None:
        heads.append(read_head(connection).lower())
        connection.sendall(OK)

    with backend(keep) as port:
        front.targets = (port,)
        ask(
            front,
            b"GET / HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n"
            b"Connection: close, X-Mine, Host\r\nX-Mine: 1\r\nTE: trailers\r\n\r\n",
        )
    assert b"x-forwarded-for: 9.9.9.9, 127.0.0.1\r\n" in heads[0]
    assert b"x-forwarded-proto: http\r\n" in heads[0]
    assert b"x-forwarded-host: shop.example\r\n" in heads[0]
    assert b"host: shop.example" in heads[0]
    assert b"x-mine" not in heads[0]
    assert b"\r\nte:" not in heads[0]


def test_a_replica_that_answers_nonsense_is_a_bad_gateway(front: proxy.Proxy) -> None:
    def nonsense(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"\x00\x01 what?\r\n\r\n")

    with backend(nonsense) as port:
        front.targets = (port,)
        assert ask(front, GET).startswith(b"HTTP/1.1 502 ")


def test_open_requests_are_finished_when_the_proxy_stops(net: network.Network, front: proxy.Proxy) -> None:
    asked = threading.Event()

    def slow(connection: socket.socket) -> None:
        read_head(connection)
        asked.set()
        time.sleep(0.3)
        connection.sendall(OK)

    with backend(slow) as port, connect(front) as connection:
        front.targets = (port,)
        connection.sendall(GET)
        assert asked.wait(10)
        net.do(front.stop())
        assert answer(connection).endswith(b"ok")
