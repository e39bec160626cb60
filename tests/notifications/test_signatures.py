"""Signatures: the vectors of the documentation, clocks that are off, and what is not signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from accelerapp.notifications import signatures
from accelerapp.notifications.signatures import Genuine

SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SLACK_STAMP = "1531420618"
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack"
    b".com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a"
    b"0bc887a14d10d2c447fce8b6703c"
)
SLACK_SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
SIGNED_AT = datetime.fromtimestamp(1531420618, UTC)


def slack(
    signature: str = SLACK_SIGNATURE, at: timedelta = timedelta(0), stamp: str = SLACK_STAMP, body: bytes = SLACK_BODY
) -> Genuine:
    return signatures.slack(SLACK_SECRET, stamp, body, signature, SIGNED_AT + at)


def test_slacks_own_example_is_genuine():
    assert slack() is Genuine.YES


@pytest.mark.parametrize("minutes", [5, -5])
def test_five_minutes_of_skew_are_allowed_and_not_a_second_more(minutes):
    assert slack(at=timedelta(minutes=minutes)) is Genuine.YES
    assert slack(at=timedelta(minutes=minutes) * 301 / 300) is Genuine.STALE


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"signature": ""}, Genuine.UNSIGNED),
        ({"stamp": ""}, Genuine.UNSIGNED),
        ({"stamp": "soon"}, Genuine.STALE),
        ({"stamp": "9" * 400}, Genuine.STALE),
        ({"stamp": "-1531420618"}, Genuine.STALE),
        ({"body": SLACK_BODY + b"&x=1"}, Genuine.WRONG),
        ({"signature": SLACK_SIGNATURE[:-1] + "4"}, Genuine.WRONG),
        ({"signature": "v0=ü\ud800"}, Genuine.WRONG),
    ],
)
def test_what_is_not_signed_by_slack_says_why(changes, expected):
    assert slack(**changes) is expected


TWILIO = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"


def test_twilios_own_example_is_genuine():
    assert signatures.twilio("12345", TWILIO_URL, TWILIO, "RSOYDt4T1cUTdK1PDd93/VVr8B8=") is Genuine.YES


@pytest.mark.parametrize(
    ("token", "url", "form", "signature", "expected"),
    [
        ("12345", TWILIO_URL, TWILIO, "", Genuine.UNSIGNED),
        ("54321", TWILIO_URL, TWILIO, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", Genuine.WRONG),
        ("12345", TWILIO_URL.replace("1", "2"), TWILIO, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", Genuine.WRONG),
        ("12345", TWILIO_URL, TWILIO | {"From": "+15550000000"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8=", Genuine.WRONG),
    ],
)
def test_what_is_not_signed_by_twilio_says_why(token, url, form, signature, expected):
    assert signatures.twilio(token, url, form, signature) is expected


@pytest.mark.parametrize(
    ("called", "signed", "expected"),
    [
        ("https://a.example/x?y=1", "https://a.example:443/x?y=1", Genuine.YES),
        ("https://a.example:443/x", "https://a.example/x", Genuine.YES),
        ("http://a.example", "http://a.example:80", Genuine.YES),
        ("https://a.example:8443/x", "https://a.example/x", Genuine.WRONG),
        ("https://a.example/x", "https://a.example:8443/x", Genuine.WRONG),
        ("https://a.example/x", "http://a.example/x", Genuine.WRONG),
    ],
)
def test_twilio_may_sign_the_usual_port_and_no_other(called, signed, expected):
    digest = hmac.new(b"12345", signed.encode(), hashlib.sha1).digest()
    assert signatures.twilio("12345", called, {}, base64.b64encode(digest).decode()) is expected


def test_a_webhook_that_was_kept_is_stale():
    stamp, body = str(int(SIGNED_AT.timestamp())), b"{}"
    signed = signatures.of_webhook(["old", "new"], stamp, body)
    assert signed.count("v1=") == 2
    assert signatures.webhook("new", stamp, body, signed, SIGNED_AT) is Genuine.YES
    assert signatures.webhook("new", stamp, body, signed, SIGNED_AT + timedelta(minutes=6)) is Genuine.STALE
    assert signatures.webhook("new", stamp, body, "", SIGNED_AT) is Genuine.UNSIGNED
