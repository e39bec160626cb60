"""Certificates of real servers on the loopback address, and what the check makes of them."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest
from clients import certificates

from accelerapp.base import clock
from accelerapp.base.settings import model as settings
from accelerapp.clients import tls
from accelerapp.health.checks.certificate import CertificateCheck, matches
from accelerapp.health.model import CheckResult, Verdict

LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=200)
SOON = LATER - timedelta(days=190)
GONE = LATER - timedelta(days=201)
ROOT = certificates.make("Test root", until=LATER, authority=True)


def middle(until: datetime = LATER) -> certificates.Made:
    return certificates.make("Test middle", until=until, by=ROOT, authority=True)


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """The test root is trusted: OpenSSL reads the variable, so nothing is patched."""
    path = tmp_path / "root.pem"
    path.write_bytes(ROOT.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def look(port: int, host: str = "localhost") -> CheckResult:
    return CertificateCheck(f"https://{host}:{port}/health", 10, settings.Health(), clock.SystemClock()).look()


def test_a_good_chain_is_healthy_and_told_from_leaf_upwards(tmp_path, trusted):
    issuer = middle()
    leaf = certificates.make("shop", until=LATER, by=issuer, hosts=["localhost", "127.0.0.1"])
    with certificates.server(tmp_path, leaf, issuer) as port:
        result, by_address = look(port), look(port, "127.0.0.1")
    assert (result.verdict, result.reasons, by_address.verdict) == (Verdict.HEALTHY, (), Verdict.HEALTHY)
    assert [each["subject"] for each in result.facts["chain"]] == ["shop", "Test middle"]
    assert result.facts["chain"][0]["names"] == ["localhost", "127.0.0.1"]
    assert result.facts["expires_at"] == LATER.isoformat()
    assert result.facts["distrust"] == ""


def test_an_intermediate_that_ends_first_is_a_reason(tmp_path, trusted):
    issuer = middle(SOON)
    leaf = certificates.make("shop", until=LATER, by=issuer, hosts=["localhost"])
    with certificates.server(tmp_path, leaf, issuer) as port:
        result = look(port)
    assert result.verdict is Verdict.DEGRADED
    assert result.reasons == (f"The certificate Test middle expires on {SOON:%Y-%m-%d}, in 9 days.",)


def test_an_expired_certificate_for_another_name_is_two_findings_and_no_error(tmp_path, trusted):
    leaf = certificates.make("shop", until=GONE, by=ROOT, hosts=["shop.example.com"])
    with certificates.server(tmp_path, leaf) as port:
        result = look(port)
    assert result.verdict is Verdict.DEGRADED
    assert result.reasons == (
        f"The certificate shop expired on {GONE:%Y-%m-%d %H:%M} UTC.",
        "The certificate is not for localhost but for shop.example.com.",
    )


def test_a_certificate_signed_by_itself_is_not_trusted(tmp_path):
    with certificates.server(tmp_path, certificates.make("shop", until=LATER, hosts=["localhost"])) as port:
        result = look(port)
    assert result.verdict is Verdict.DEGRADED
    assert result.reasons == ("The certificate is not trusted: self-signed certificate.",)


def test_a_wrong_name_does_not_hide_that_the_chain_is_not_trusted(tmp_path):
    with certificates.server(tmp_path, certificates.make("shop", until=LATER, hosts=["other"])) as port:
        reasons = look(port).reasons
    assert reasons == (
        "The certificate is not for localhost but for other.",
        "The certificate is not trusted: self-signed certificate.",
    )


def test_one_from_the_future_is_not_valid_yet(tmp_path, trusted):
    leaf = certificates.make("shop", since=SOON, until=LATER, by=ROOT, hosts=["localhost"])
    with certificates.server(tmp_path, leaf) as port:
        (reason,) = look(port).reasons
    assert reason.startswith("The certificate shop is not valid before ")


def test_a_server_without_tls_and_one_that_is_not_there_cannot_tell():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(tls.NoTlsError, match="offers no TLS"):
            tls.peer("127.0.0.1", port, 0.2)  # accepts and stays silent
    with pytest.raises(tls.NoTlsError, match="offers no TLS"):
        tls.peer("127.0.0.1", port, 5)


def test_plain_http_is_skipped():
    check = CertificateCheck("http://shop", 1, settings.Health(), clock.SystemClock())
    assert check.look().skipped == "the address is not https"


@pytest.mark.parametrize(
    ("host", "names", "is_match"),
    [
        ("shop.example.com", ["SHOP.example.com"], True),
        ("shop.example.com", ["*.example.com"], True),
        ("a.shop.example.com", ["*.example.com"], False),
        ("example.com", ["*.example.com"], False),
        ("example.com", ["*.com"], False),
        ("::1", ["0:0:0:0:0:0:0:1"], True),
        ("127.0.0.1", ["*.0.0.1"], False),
        ("shop", [], False),
    ],
)
def test_names_match_as_browsers_match_them(host, names, is_match):
    assert matches(host, names) is is_match
