"""Mail, by the contract, against a real SMTP server with STARTTLS, TLS and login."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from notifications import mail_servers
from notifications.contract import HOSTILE_PAGE, NOW, PAGE, ChannelContract, channel_of
from notifications.mail_servers import Mail, MailServer

from accelerapp.base import errors
from accelerapp.base.settings.model import Settings
from accelerapp.notifications.model import Address, Delivered, Failed


class TestEmail(ChannelContract):
    secret = mail_servers.PASSWORD
    waits = None
    has_check = True
    implicit = False
    ca_file = ""

    @contextmanager
    def serve(self, folder, leaf=None) -> Iterator[MailServer]:
        with mail_servers.serve(folder, leaf, implicit=self.implicit) as server:
            self.ca_file = server.ca_file
            yield server

    def table(self, url):
        return {
            "kind": "email",
            "host": "127.0.0.1",
            "port": urlsplit(url).port,
            "security": "tls" if self.implicit else "starttls",
            "user": mail_servers.USER,
            "password": self.secret,
            "sender": "ops@example.com",
            "to": "ann@example.com, bob@example.com",
            "ca_file": self.ca_file,
        }

    def key(self, got: Mail):
        return got.message["Message-ID"]

    def text(self, got: Mail):
        return got.message["Subject"] + got.part("plain") + got.part("html").replace("[x](javascript", "")

    def look(self, got: Mail):
        assert got.receivers == ["ann@example.com", "bob@example.com"]
        assert got.message["Bcc"] is None
        assert set(re.findall(r"<(\w+)", got.part("html"))) == {"html", "body", "h2", "pre", "p", "a"}
        assert re.findall(r'href="(.*?)"', got.part("html")) == [
            "https://ops.example.com/ack/abc",
            "https://ops.example.com/ok",
        ]
        assert max(len(line) for line in got.raw.splitlines()) <= 998

    def test_it_goes_over_tls_to_all_of_the_team(self, other):
        self.send(other)
        (got,) = other.got
        assert got.was_secure
        assert got.receivers == ["ann@example.com", "bob@example.com"]
        assert (got.message["From"], got.message["Importance"]) == ("Accelerapp <ops@example.com>", "high")
        assert "https://ops.example.com/ack/abc" in got.part("plain")

    def test_a_page_and_its_updates_are_one_thread(self, other):
        self.send(other)
        self.send(other, replace(PAGE, idempotency_key="another"))
        first, second = (got.message for got in other.got)
        assert first["Message-ID"] != second["Message-ID"]
        assert first["References"] == second["References"]

    def test_a_mailbox_that_is_gone_is_the_persons_to_correct(self, other):
        found = channel_of(self.table(other.url)).send(PAGE, Address("nobody@example.com"), NOW)
        assert isinstance(found, Failed) and found.is_permanent
        assert "550" in found.reason

    def test_who_can_be_reached_is_reached_and_who_cannot_is_named(self, other):
        found = channel_of(self.table(other.url)).send(PAGE, Address("nobody@example.com,ann@example.com"), NOW)
        assert found == Failed(
            "The mail server takes it for the others, not for nobody@example.com: 550 5.1.1 No such user",
            "Correct these addresses.",
        )
        assert other.got[0].receivers == ["ann@example.com"]

    @pytest.mark.parametrize("to", ["no address", "a@b\r\nRCPT TO:<c@d>", "<a@b>", "a@", "ä@example.com", "a b@c"])
    def test_what_is_no_address_is_refused_here(self, other, to):
        found = channel_of(self.table(other.url)).send(PAGE, Address(to), NOW)
        assert isinstance(found, Failed) and found.is_permanent
        assert other.got == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the connection is TLS already
class TestEmailOverTls(TestEmail):
    implicit = True


def test_a_server_without_starttls_gets_neither_password_nor_mail(tmp_path):
    with mail_servers.serve(tmp_path, offers_tls=False) as server:
        test = TestEmail()
        found = channel_of(test.table(server.url)).send(HOSTILE_PAGE, Address(), NOW)
        assert isinstance(found, Failed) and found.is_permanent
        assert "STARTTLS" in found.reason and server.got == []
        with pytest.raises(errors.WrongUseError):
            channel_of(test.table(server.url)).check()


def test_a_server_on_this_machine_may_have_no_tls(tmp_path):
    with mail_servers.serve(tmp_path, offers_tls=False) as server:
        table = TestEmail().table(server.url) | {"security": "none", "user": "", "password": ""}
        assert isinstance(channel_of(table).send(PAGE, Address(), NOW), Delivered)
        assert not server.got[0].was_secure


def test_a_password_in_the_clear_is_refused_by_the_settings():
    table = TestEmail().table("http://127.0.0.1:25") | {"security": "none"}
    with pytest.raises(ValueError, match="in the clear"):
        Settings.model_validate({"channels": {"mail": table}})
