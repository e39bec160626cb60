"""Answers by SMS and pressed keys, as Twilio sends them: signed over the public address, answered in TwiML."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from notifications import protocols
from notifications.servers import serve
from tests import sites
from tests.fakes import NOON
from tests.paging import stories

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.settings.model import Settings
from accelerapp.oncall.model import MethodKind
from accelerapp.paging.model import PagingState

ADDRESS = "https://ops.example.com"
ANN = "+4915112345678"


class Phones:
    """ann has a mobile phone; a local Twilio takes what is sent, and she answers."""

    def __init__(self, folder, twilio) -> None:
        self.twilio = twilio
        table = {
            "account_sid": protocols.SID,
            "auth_token": protocols.TWILIO_TOKEN,
            "sender": "+4930111111",
            "url": twilio.url,
            "replies": True,
        }
        channels = {"sms": {"kind": "twilio_sms", **table}, "call": {"kind": "twilio_voice", **table}}
        known = Settings.model_validate({"server": {"url": ADDRESS}, "channels": channels})
        bare = sites.product(folder)
        changed = {"server": known.server, "channels": known.channels}
        self.app = App(bare.settings.model_copy(update=changed), MovingClock(NOON))
        self.story = stories.Story(self.app.pager.writing, self.app.clock)
        methods = (MethodKind.SMS, MethodKind.VOICE)
        ann = stories.person("ann", *methods)
        at = tuple(replace(each, address=ANN) for each in ann.methods)
        self.story.describe(stories.book(replace(ann, methods=at), stories.person("ben")))
        self.story.answers = lambda outgoing: self.app.sending.post(outgoing, self.story.now)
        self.client = sites.client(self.app)

    def page(self, **changes) -> None:
        self.story.page(stories.Severity.P1, **changes)

    def post(self, path, form, *, token=protocols.TWILIO_TOKEN, signed_for=None, headers=None):
        """As Twilio's documentation says: the address, then each field's name and value by name, HMAC-SHA1."""
        url = signed_for or f"{ADDRESS}{path}"
        said = url + "".join(f"{name}{form[name]}" for name in sorted(form))
        digest = hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()
        signature = {"X-Twilio-Signature": base64.b64encode(digest).decode()}
        return self.client.post(path, data=form, headers=signature if headers is None else headers)

    def write(self, body, number=ANN, **options):
        """The fields of a message that comes in, with an empty one as there often is."""
        form = {
            "MessageSid": options.pop("id", f"SM{body}"),
            "AccountSid": protocols.SID,
            "From": number,
            "To": "+4930111111",
            "Body": body,
            "NumMedia": "0",
            "FromCity": "",
            "ToCountry": "DE",
        }
        return self.post("/hooks/twilio/sms", form, **options)

    def press(self, digits, path="", **options):
        form = {"CallSid": "CA1", "AccountSid": protocols.SID, "Digits": digits, "From": "+4930111111", "To": ANN}
        return self.post(path or self.link, form, **options)

    @property
    def link(self) -> str:
        """What the last call named as its action."""
        call = next(each for each in reversed(self.twilio.got) if "Twiml" in each.form)
        gather = ElementTree.fromstring(call.form["Twiml"]).find("Gather")
        return gather.attrib["action"].removeprefix(ADDRESS)

    @property
    def paging(self):
        return self.app.pager.detail("pag_1").paging


@pytest.fixture
def phones(tmp_path):
    with serve(protocols.twilio, tmp_path) as twilio:
        yield Phones(tmp_path, twilio)


def said(answer) -> str:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    return "".join(ElementTree.fromstring(answer.text).itertext())


def test_the_code_of_the_message_acknowledges_and_the_answer_says_so(phones):
    phones.page()
    [sent] = [each.form["Body"] for each in phones.twilio.got]
    code = sent.partition("Reply ACK ")[2][:4]
    assert said(phones.write(f"ACK {code}")) == "High error rate: acknowledged."
    assert phones.paging.acknowledged_by == "ann (SMS)"
    assert said(phones.write(f"RES {code}")) == "High error rate: resolved."


def test_a_stranger_and_nonsense_are_answered_and_change_nothing(phones):
    phones.page()
    assert "No page went to this number" in said(phones.write("ACK", "+15550000000"))
    assert "That was not understood, and nothing was changed. Answer ACK" in said(phones.write("<b>what?</b>"))
    assert phones.paging.state is PagingState.TRIGGERED


def test_words_that_are_the_carriers_are_left_to_it(phones):
    phones.page()
    assert said(phones.write("Stop")) == ""
    assert phones.paging.state is PagingState.TRIGGERED


def test_the_same_message_twice_acknowledges_once(phones):
    phones.page()
    phones.write("ok", id="SM1")
    assert "taken already" in said(phones.write("ok", id="SM1"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "another"},
        {"headers": {}},
        {"headers": {"X-Twilio-Signature": "ü".encode("latin-1")}},
        {"signed_for": "http://127.0.0.1:8000/hooks/twilio/sms"},
        {"signed_for": f"{ADDRESS}:8443/hooks/twilio/sms"},
    ],
)
def test_what_twilio_did_not_sign_for_this_address_is_refused(phones, wrong):
    phones.page()
    assert phones.write("ACK", **wrong).status_code == 401
    assert phones.paging.state is PagingState.TRIGGERED


def test_the_usual_port_may_be_signed_or_not(phones):
    phones.page()
    assert said(phones.write("ACK", signed_for=f"{ADDRESS}:443/hooks/twilio/sms")).endswith("acknowledged.")


@pytest.mark.parametrize("body", [b"", b"\xff", b"=&=", b"Body=ack&From=%2B4915112345678", b"a" * 100_000])
def test_a_body_that_is_no_signed_form_is_refused(phones, body):
    phones.page()
    headers = {"X-Twilio-Signature": "x", "Content-Type": "application/x-www-form-urlencoded"}
    assert phones.client.post("/hooks/twilio/sms", content=body, headers=headers).status_code == 401
    assert phones.paging.state is PagingState.TRIGGERED


def test_a_pressed_1_acknowledges_and_says_so(phones):
    phones.page()
    phones.story.wait(timedelta(minutes=6))
    assert said(phones.press("1")) == "High error rate: acknowledged."
    assert phones.paging.acknowledged_by == "ann"
    assert "used already" in said(phones.press("1"))


def test_another_key_is_asked_again_and_changes_nothing(phones):
    phones.page()
    phones.story.wait(timedelta(minutes=6))
    answer = phones.press("7")
    assert said(answer) == "Press 1 to acknowledge."
    assert ElementTree.fromstring(answer.text).find("Gather").attrib["action"] == f"{ADDRESS}{phones.link}"
    assert phones.paging.state is PagingState.TRIGGERED


def test_whoever_presses_too_late_hears_who_was_quicker_and_an_old_call_that_it_is_over(phones):
    phones.page()
    phones.story.wait(timedelta(minutes=6))
    link = phones.link
    phones.story.acknowledge("ben")
    assert "acknowledged already, by ben" in said(phones.press("1", link))
    phones.app.clock.move(timedelta(days=2))
    assert "This link ended on" in said(phones.press("1", link))


def test_a_link_that_was_not_made_here_is_not_known(phones):
    assert "not known here" in said(phones.press("1", "/hooks/twilio/voice/a.b.c"))


class Away:
    """What answers are given to, while the database is away."""

    def text(self, number, body, id):
        raise errors.CannotTellError("The database does not answer.")

    def follow(self, token, verb):
        raise errors.CannotTellError("The database does not answer.")


def test_while_the_database_is_away_the_answer_is_to_try_again(phones):
    phones.page()
    phones.story.wait(timedelta(minutes=6))
    link = phones.link
    phones.app.__dict__.update(replying=Away(), pager=Away())
    assert "Send it again." in said(phones.write("ACK"))
    assert said(phones.press("1", link)) == "That was not taken. Press 1 again."


def test_without_replies_in_the_settings_nobody_is_asked_for_one(tmp_path):
    with serve(protocols.twilio, tmp_path) as twilio:
        phones = Phones(tmp_path, twilio)
        silent = {
            name: each.model_copy(update={"replies": False}) for name, each in phones.app.settings.channels.items()
        }
        phones.app.settings = phones.app.settings.model_copy(update={"channels": silent})
        phones.page()
        phones.story.wait(timedelta(minutes=6))
        texts = [each.form.get("Body", "") + each.form.get("Twiml", "") for each in twilio.got]
    assert any("<Say" in each for each in texts) and any("/ack/" in each for each in texts)
    assert not any("Reply" in each or "<Gather" in each for each in texts)


def test_replies_need_an_address_that_twilio_reaches():
    table = {"kind": "twilio_sms", "account_sid": protocols.SID, "auth_token": "t", "sender": "+4930111111"}
    with pytest.raises(ValueError, match=r"channels\.sms\.replies needs server\.url"):
        Settings.model_validate({"channels": {"sms": {**table, "replies": True}}})
