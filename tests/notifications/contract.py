"""What every channel must do, against a local server that speaks its protocol.

A channel's test module subclasses `ChannelContract` and says how the settings of its channel look, and where things
stand in what the server took. Channels wait half a second here; the servers hang until the test is over.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from clients import certificates
from ports import free_port

from accelerapp.base import errors
from accelerapp.base.settings.model import Settings
from accelerapp.base.severity import Severity
from accelerapp.notifications.channels import family
from accelerapp.notifications.channels.interface import Channel
from accelerapp.notifications.model import Address, Delivered, Delivery, Failed, Link, Message, Retry

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PAGE = Message(
    title="The checkout fails",
    idempotency_key="page-17/ann/push/1",
    severity=Severity.P1,
    body="5 % of requests answer 500.",
    service="shop",
    subject="page-17",
    links=(Link("Runbook", "https://wiki.example.com/shop"),),
    ack_link="https://ops.example.com/ack/abc",
    reply_code="4821",
)
HOSTILE = (
    "</pre></Say><script>alert(1)</script>\r\nBcc: eve@example.com\r\n<!channel> @channel @all [x](javascript:1) "
    "\x00\x1b[31m\u202e & \"'` *b* \ud800 \U0001f4a5\n"
)
HOSTILE_PAGE = Message(
    title=HOSTILE * 300,
    idempotency_key="page-18\r\nX: 1 " + "k" * 400,
    severity=Severity.P1,
    body=HOSTILE * 2000,
    service=HOSTILE,
    subject="s" * 700,
    links=(Link(HOSTILE, "javascript:alert(1)"), Link(HOSTILE, "https://ops.example.com/ok")),
    ack_link="https://ops.example.com/ack/abc",
    reply_code="4821",
)

_QUESTIONS = ("/users/validate.json", "/auth.test")


def channel_of(table: dict[str, Any], seconds: float = 10) -> Channel:
    """The channel that a table of the settings describes."""
    server = {"url": "https://ops.example.com"}
    settings = Settings.model_validate({"server": server, "channels": {"ops": table}})
    return family.of_settings("ops", settings.channels["ops"], seconds, settings.server.url)


class ChannelContract:
    to = Address()
    secret = ""
    """What must never be seen in a reason or a representation."""
    waits: ClassVar[timedelta | None] = timedelta(seconds=7)
    has_check = False
    """Does `check` find out that credentials are wrong?"""

    def serve(self, folder: Path, leaf: certificates.Made | None = None) -> AbstractContextManager[Any]:
        raise NotImplementedError

    def table(self, url: str) -> dict[str, Any]:
        """The settings of the channel for a server at `url`."""
        raise NotImplementedError

    def key(self, got: Any) -> str:
        """What makes the other side see a repetition; or all of the request where it does not."""
        raise NotImplementedError

    def text(self, got: Any) -> str:
        """What a person reads of it."""
        raise NotImplementedError

    def look(self, got: Any) -> None:
        """Asserts that a hostile message did no harm."""

    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[Any]:
        with self.serve(tmp_path) as server:
            yield server

    def send(self, other: Any, message: Message = PAGE, seconds: float = 10) -> Delivery:
        return channel_of(self.table(other.url), seconds).send(message, self.to, NOW)

    def test_it_delivers_once_and_says_what_matters(self, other):
        assert isinstance(self.send(other), Delivered)
        (got,) = other.got
        assert "The checkout fails" in self.text(got)

    def test_a_repetition_has_the_same_key(self, other):
        for _ in range(2):
            assert isinstance(self.send(other), Delivered)
        first, second = (self.key(got) for got in other.got)
        assert first and first == second

    def test_a_busy_other_side_is_given_the_time_that_it_asks_for(self, other):
        other.mode = "busy"
        found = self.send(other)
        assert isinstance(found, Retry)
        assert found.after == self.waits

    def test_a_broken_other_side_is_tried_again(self, other):
        other.mode = "broken"
        found = self.send(other)
        assert isinstance(found, Retry)
        assert found.reason and "<html" not in found.reason

    @pytest.mark.parametrize("mode", ["hangs", "drips"])
    def test_an_other_side_that_does_not_come_to_an_end_is_left_and_may_have_got_it(self, other, mode):
        other.mode = mode
        found = self.send(other, seconds=0.5)
        assert isinstance(found, Retry)
        assert found.may_have_arrived

    def test_a_dropped_connection_may_have_delivered(self, other):
        other.mode = "drops"
        found = self.send(other)
        assert isinstance(found, Retry)
        assert found.may_have_arrived

    def test_when_nobody_listens_it_surely_did_not_arrive(self, tmp_path):
        found = channel_of(self.table(f"http://127.0.0.1:{free_port()}")).send(PAGE, self.to, NOW)
        assert isinstance(found, Retry)
        assert not found.may_have_arrived

    def test_one_who_accepts_connections_and_never_speaks_is_left(self):
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
            assert isinstance(channel_of(self.table(url), 0.5).send(PAGE, self.to, NOW), Retry)

    def test_revoked_credentials_fail_for_good_with_the_mend(self, other):
        other.mode = "revoked"
        found = self.send(other)
        assert isinstance(found, Failed)
        assert found.is_permanent and found.mend
        assert not self.secret or self.secret not in str(found)

    def test_secrets_are_not_shown(self, other):
        channel = channel_of(self.table(other.url))
        assert not self.secret or self.secret not in repr(channel)

    def test_hostile_and_endless_text_arrives_harmless(self, other):
        assert isinstance(self.send(other, HOSTILE_PAGE), Delivered)
        (got,) = other.got
        text = self.text(got)
        assert not set("\x00\x1b\u202e") & set(text)
        assert "javascript:alert" not in text.replace("\\", "")
        self.look(got)

    def test_an_unknown_certificate_is_refused_before_anything_is_said(self, tmp_path):
        leaf = certificates.make("127.0.0.1", until=datetime.now(UTC) + timedelta(days=1), hosts=["127.0.0.1"])
        with self.serve(tmp_path, leaf) as other:
            found = self.send(other)
            assert isinstance(found, Failed), found
            assert "certificate" in found.reason and "ca_file" in found.mend
            assert other.got == []
            trusted = tmp_path / "ca.pem"
            trusted.write_bytes(leaf.pem)
            channel = channel_of(self.table(other.url) | {"ca_file": str(trusted)})
            assert isinstance(channel.send(PAGE, self.to, NOW), Delivered)

    def test_a_certificate_for_another_name_is_refused(self, tmp_path):
        leaf = certificates.make("other", until=datetime.now(UTC) + timedelta(days=1), hosts=["other.example.com"])
        trusted = tmp_path / "ca.pem"
        trusted.write_bytes(leaf.pem)
        with self.serve(tmp_path, leaf) as other:
            channel = channel_of(self.table(other.url) | {"ca_file": str(trusted)})
            assert isinstance(channel.send(PAGE, self.to, NOW), Failed)
            assert other.got == []

    def test_many_threads_send_at_the_same_time(self, other):
        channel = channel_of(self.table(other.url))
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda _: channel.send(PAGE, self.to, NOW), range(16)))
        assert all(isinstance(each, Delivered) for each in found)
        assert len(other.got) == 16

    def test_the_check_sends_nothing_and_finds_what_can_be_found(self, other):
        channel = channel_of(self.table(other.url))
        assert channel.check()
        if self.has_check:
            other.mode = "revoked"
            with pytest.raises(errors.WrongUseError) as told:
                channel.check()
            assert told.value.mend
        assert [got for got in other.got if not getattr(got, "path", "").endswith(_QUESTIONS)] == []

    def test_the_check_cannot_tell_when_nobody_listens(self):
        with pytest.raises(errors.CannotTellError):
            channel_of(self.table(f"http://127.0.0.1:{free_port()}")).check()
