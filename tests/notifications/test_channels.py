"""Every channel over HTTP, by the contract; and what is particular to each."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notifications import protocols
from notifications.contract import HOSTILE_PAGE, NOW, PAGE, ChannelContract, channel_of
from notifications.servers import Got, Reply, said, serve

from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.notifications import signatures
from accelerapp.notifications.channels.apprise import AppriseChannel
from accelerapp.notifications.channels.interface import Channel
from accelerapp.notifications.model import Address, Delivered, Event, Failed, Kind, Link, Message, Retry
from accelerapp.notifications.signatures import Genuine


class OverHttp(ChannelContract):
    protocol = staticmethod(protocols.webhook)

    def serve(self, folder, leaf=None):
        return serve(self.protocol, folder, leaf)


class TestSlack(OverHttp):
    protocol = staticmethod(protocols.slack)
    secret = protocols.SLACK_TOKEN
    has_check = True

    def table(self, url):
        return {"kind": "slack", "token": self.secret, "to": "#ops", "url": f"{url}/api", "signing_secret": "s"}

    def key(self, got):
        return got.json["metadata"]["event_payload"]["key"]

    def text(self, got):
        return json.dumps(got.json["blocks"], ensure_ascii=False) + got.json["text"]

    def look(self, got):
        assert "<!channel>" not in got.json["text"]
        assert {block["text"]["type"] for block in got.json["blocks"] if "text" in block} == {"plain_text"}
        assert not any(each.get("url", "").startswith("javascript") for each in _buttons(got))

    def test_buttons_carry_the_subject_when_presses_come_back(self, other):
        self.send(other)
        assert [(each["action_id"], each.get("value")) for each in _buttons(other.got[0])] == [
            ("acknowledge", "page-17"),
            ("resolve", "page-17"),
            ("link-0", None),
        ]

    def test_without_a_way_back_the_button_is_a_link(self, other):
        table = self.table(other.url)
        del table["signing_secret"]
        channel_of(table).send(PAGE, Address(), NOW)
        assert [each["url"] for each in _buttons(other.got[0])] == [PAGE.ack_link, PAGE.links[0].url]

    def test_a_person_is_written_to_by_id(self, other):
        found = channel_of(self.table(other.url)).send(PAGE, Address("U012AB3CD", "Ann"), NOW)
        assert found == Delivered("C1:1700000000.000000")

    @pytest.mark.parametrize(
        ("error", "expected", "mend"),
        [
            ("invalid_auth", Failed, "Install the app"),
            ("channel_not_found", Failed, "Name a channel"),
            ("not_in_channel", Failed, "/invite"),
            ("internal_error", Retry, ""),
            ("something_new", Failed, "Slack"),
        ],
    )
    def test_an_error_in_an_answer_of_200_is_an_error(self, tmp_path, error, expected, mend):
        with serve(lambda got, local: said(200, ok=False, error=error), tmp_path) as other:
            found = self.send(other)
        assert isinstance(found, expected)
        assert error in found.reason and mend in found.mend

    def test_what_is_no_slack_is_not_taken_for_it(self, tmp_path):
        with serve(lambda got, local: Reply(200, "welcome"), tmp_path) as other:
            assert isinstance(self.send(other), Retry)


def _buttons(got: Got) -> list[dict]:
    return [each for block in got.json["blocks"] if block["type"] == "actions" for each in block["elements"]]


class TestSlackWebhook(OverHttp):
    protocol = staticmethod(protocols.slack_webhook)
    secret = "B1/good"

    def table(self, url):
        return {"kind": "slack", "webhook_url": f"{url}/services/T1/B1/good"}

    def key(self, got):
        return got.body.decode()

    def text(self, got):
        return json.dumps(got.json["blocks"], ensure_ascii=False) + got.json["text"]


class TestPagerDuty(OverHttp):
    protocol = staticmethod(protocols.pagerduty)
    secret = protocols.ROUTING_KEY

    def table(self, url):
        return {"kind": "pagerduty", "routing_key": self.secret, "url": url}

    def key(self, got):
        return got.json["dedup_key"]

    def text(self, got):
        return got.json["payload"]["summary"]

    def test_trigger_acknowledge_and_resolve_speak_of_the_same_incident(self, other):
        for event in Event:
            assert self.send(other, replace(PAGE, event=event, idempotency_key=str(event))) == Delivered("page-17")
        assert [got.json["event_action"] for got in other.got] == ["trigger", "acknowledge", "resolve"]
        assert {got.json["dedup_key"] for got in other.got} == {"page-17"}
        assert other.got[0].json["payload"]["severity"] == "critical"

    @pytest.mark.parametrize("kind", [Kind.UPDATE, Kind.HANDOFF, Kind.TEST])
    def test_what_nobody_has_to_act_on_pages_nobody(self, other, kind):
        assert isinstance(self.send(other, replace(PAGE, kind=kind)), Delivered)
        assert other.got[0].path == "/v2/change/enqueue"


class TestTwilioSms(OverHttp):
    protocol = staticmethod(protocols.twilio)
    secret = protocols.TWILIO_TOKEN
    has_check = True
    kind = "twilio_sms"

    def table(self, url):
        return {
            "kind": self.kind,
            "account_sid": protocols.SID,
            "auth_token": self.secret,
            "sender": "+4930111111",
            "to": "+4915112345678",
            "url": url,
        }

    def key(self, got):
        return got.body.decode()

    def text(self, got):
        return got.form["Body"]

    def look(self, got):
        assert len(got.form["Body"]) <= 320
        assert got.form["Body"].endswith("Reply ACK 4821 to acknowledge.\nhttps://ops.example.com/ack/abc")

    def test_a_wrong_number_is_the_persons_to_correct(self, other):
        found = channel_of(self.table(other.url)).send(PAGE, Address("123"), NOW)
        assert isinstance(found, Failed) and found.is_permanent
        assert "21211" in found.reason and found.mend == "Correct the phone number."

    def test_the_check_says_where_answers_are_passed_on_to(self, other):
        answered = {**self.table(other.url), "kind": "twilio_sms", "replies": True}
        assert channel_of(answered).check().endswith("passed on to https://ops.example.com/hooks/twilio/sms.")
        for sender, where in (("+4930222222", "nobody"), ("+4930333333", "https://x"), ("+4930444444", "nobody")):
            with pytest.raises(errors.WrongUseError, match=f"passes answers by SMS on to {where}") as told:
                channel_of({**answered, "sender": sender}).check()
            assert "https://ops.example.com/hooks/twilio/sms (POST), or replies = false" in told.value.mend
            assert "server.url" not in told.value.mend
        service = channel_of({**answered, "sender": "MG" + "0a" * 16}).check()
        assert service.endswith(
            "messaging service whether answers are passed on to https://ops.example.com/hooks/twilio/sms."
        )

    def test_the_check_wants_the_whole_address_since_the_signature_is_over_it(self, other):
        answered = {**self.table(other.url), "kind": "twilio_sms", "replies": True}
        assert ":443/hooks/twilio/sms" in channel_of({**answered, "sender": "+4930555555"}).check()
        for sender, where in (("+4930666666", "https://old.example.com"), ("+4930777777", "http://ops.example.com")):
            with pytest.raises(errors.WrongUseError, match=f"on to {where}/hooks/twilio/sms") as told:
                channel_of({**answered, "sender": sender}).check()
            assert "to https://ops.example.com/hooks/twilio/sms (POST)" in told.value.mend
            assert "Or is server.url wrong?" in told.value.mend


class TestTwilioVoice(TestTwilioSms):
    kind = "twilio_voice"

    def text(self, got):
        return " ".join("".join(each.itertext()) for each in self._script(got).iter("Say"))

    def look(self, got):
        assert {each.tag for each in self._script(got).iter()} == {"Response", "Say", "Pause"}

    def _script(self, got):
        return ElementTree.fromstring(got.form["Twiml"])

    def test_a_pressed_key_goes_to_the_link(self, other):
        self.send(other, replace(PAGE, voice_link="https://ops.example.com/hooks/twilio/voice?page=17&x=1"))
        gather = self._script(other.got[0]).find("Gather")
        assert gather.attrib["action"] == "https://ops.example.com/hooks/twilio/voice?page=17&x=1"


class TestNtfy(OverHttp):
    protocol = staticmethod(protocols.ntfy)
    secret = protocols.NTFY_TOKEN
    has_check = True

    def table(self, url):
        return {"kind": "ntfy", "token": self.secret, "to": "ops", "url": url}

    def key(self, got):
        return got.json["sequence_id"]

    def text(self, got):
        return got.json["title"] + got.json["message"]

    def test_a_page_of_p1_is_loud_and_an_update_is_not(self, other):
        self.send(other)
        self.send(other, replace(PAGE, kind=Kind.UPDATE))
        assert [got.json["priority"] for got in other.got] == [5, 3]


class TestPushover(OverHttp):
    protocol = staticmethod(protocols.pushover)
    secret = protocols.PUSHOVER_TOKEN
    has_check = True

    def table(self, url):
        return {"kind": "pushover", "token": self.secret, "to": protocols.PUSHOVER_USER, "url": url}

    def key(self, got):
        return got.body.decode()

    def text(self, got):
        return got.form["title"] + got.form["message"]

    def test_a_wrong_user_key_is_the_persons_to_correct(self, other):
        found = channel_of(self.table(other.url)).send(PAGE, Address("nobody"), NOW)
        assert isinstance(found, Failed) and found.is_permanent
        assert "user" in found.reason and "user or group key" in found.mend


class TestTeams(OverHttp):
    protocol = staticmethod(protocols.teams)
    secret = "sig=good"

    def table(self, url):
        return {
            "kind": "teams",
            "webhook_url": f"{url}/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=good",
        }

    def key(self, got):
        return got.body.decode()

    def text(self, got):
        return " ".join(run["text"] for row in self._card(got)["body"] for run in row["inlines"]).replace(
            "[x](javascript:1)", ""
        )

    def look(self, got):
        assert {row["type"] for row in self._card(got)["body"]} == {"RichTextBlock"}

    def _card(self, got):
        return got.json["attachments"][0]["content"]


class TestMattermost(OverHttp):
    protocol = staticmethod(protocols.mattermost)
    secret = "hooks/good"

    def table(self, url):
        return {"kind": "mattermost", "webhook_url": f"{url}/hooks/good", "to": "ops"}

    def key(self, got):
        return got.body.decode()

    def text(self, got):
        return got.json["text"]

    def look(self, got):
        assert "@channel" not in got.json["text"] and "@all" not in got.json["text"]
        assert not re.search(r"(?<!\\)\]\(javascript", got.json["text"])


class TestWebhook(OverHttp):
    secret = "first-secret"

    def table(self, url):
        return {"kind": "webhook", "url": f"{url}/pages", "secrets": [self.secret, "second-secret"]}

    def key(self, got):
        assert got.json["event"]["id"] == got.headers["x-accelerapp-id"] == got.headers["idempotency-key"]
        return got.headers["x-accelerapp-id"]

    def text(self, got):
        return got.json["event"]["data"]["title"]

    def test_a_receiver_finds_its_secret_among_two(self, other):
        self.send(other)
        (got,) = other.got
        given = (got.headers["x-accelerapp-timestamp"], got.body, got.headers["x-accelerapp-signature"], NOW)
        assert signatures.webhook(self.secret, *given) is Genuine.YES
        assert signatures.webhook("second-secret", *given) is Genuine.YES
        assert signatures.webhook("third-secret", *given) is Genuine.WRONG

    @pytest.mark.parametrize(
        "url",
        [
            "http://169.254.169.254/latest/meta-data/",
            "http://[fe80::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[fd00:ec2::254]/",
            "http://0xa9fea9fe/",
            "http://2852039166/",
            "http://100.100.100.200/",
            "http://0.0.0.0/",
        ],
    )
    def test_metadata_services_and_link_local_addresses_are_refused(self, url):
        found = channel_of({"kind": "webhook", "url": url}).send(PAGE, Address(), NOW)
        assert isinstance(found, Failed) and found.is_permanent
        assert "do not go" in found.reason

    def test_what_answers_at_an_address_of_others_is_not_told_on(self, tmp_path):
        with serve(lambda got, local: Reply(404, "the inside of a network"), tmp_path) as other:
            own = channel_of(self.table(other.url))
            assert "the inside" in own.send(PAGE, Address(), NOW).reason
            assert "the inside" not in own.send(PAGE, Address(f"{other.url}/admin"), NOW).reason

    @pytest.mark.parametrize("to", ["ftp://example.com/", "file:///etc/passwd", "http://", "http://a b/", "http://ü/"])
    def test_what_is_no_web_address_is_refused(self, other, to):
        found = channel_of(self.table(other.url)).send(PAGE, Address(to), NOW)
        assert isinstance(found, Failed) and found.is_permanent

    def test_a_redirect_is_not_followed(self, tmp_path):
        with serve(protocols.webhook, tmp_path) as target:
            move = Reply(307, "", {"Location": f"{target.url}/elsewhere"})
            with serve(lambda got, local: move, tmp_path) as other:
                found = self.send(other)
            assert isinstance(found, Failed) and found.is_permanent
            assert "redirect" in found.mend and target.got == []

    def test_an_endless_answer_is_read_to_its_limit_only(self, tmp_path):
        with serve(lambda got, local: Reply(200, "x" * 10_000_000), tmp_path) as other:
            assert isinstance(self.send(other), Delivered)


NO_TO = [
    {"kind": "slack", "token": "t"},
    {"kind": "twilio_sms", "account_sid": protocols.SID, "auth_token": "t", "sender": "+4930111111"},
    {"kind": "ntfy"},
    {"kind": "pushover", "token": "t"},
    {"kind": "email", "host": "127.0.0.1", "sender": "a@example.com"},
]


@pytest.mark.parametrize("table", NO_TO, ids=lambda table: table["kind"])
def test_without_an_address_nothing_is_sent_and_that_is_said(table):
    channel: Channel = channel_of(table)
    found = channel.send(PAGE, Address(), NOW)
    assert isinstance(found, Failed) and found.is_permanent
    assert "was given no" in found.reason


@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_every_severity_is_taken(tmp_path, kind, severity):
    message = Message("Something", "key", kind, severity)
    for test in (TestSlack(), TestPagerDuty(), TestNtfy(), TestPushover(), TestTwilioVoice()):
        with test.serve(tmp_path) as other:
            assert isinstance(test.send(other, message), Delivered)


DEAD = "http://127.0.0.1:9"
ODD_SECRETS = [
    {"kind": "slack", "token": "x\u00fc\r\ny", "url": DEAD},
    {"kind": "ntfy", "token": "x\u00fc\r\ny", "url": DEAD, "to": "a"},
    {"kind": "twilio_sms", "account_sid": protocols.SID, "auth_token": "\u00fc", "sender": "+4930111111", "url": DEAD},
    {"kind": "twilio_voice", "account_sid": protocols.SID, "auth_token": "t", "sender": "+4930111111", "url": DEAD},
    {"kind": "pushover", "token": "\u00fc", "url": DEAD},
    {"kind": "pagerduty", "routing_key": "\u00fc", "url": DEAD},
    {"kind": "webhook", "url": DEAD, "secrets": ["\u00fc"]},
    {"kind": "mattermost", "webhook_url": DEAD},
    {"kind": "teams", "webhook_url": DEAD},
    {"kind": "email", "host": "127.0.0.1", "port": 9, "sender": "ops@b\u00fccher.example"},
]
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.mark.parametrize("table", ODD_SECRETS, ids=lambda table: table["kind"])
@settings(max_examples=30, deadline=None)
@given(to=ANY_TEXT, text=ANY_TEXT, key=ANY_TEXT, event=st.sampled_from(Event), kind=st.sampled_from(Kind))
def test_no_address_and_no_text_and_no_secret_makes_a_channel_raise(table, to, text, key, event, kind):
    link = Link(text, f"https://{text}")
    message = Message(text, key, kind, Severity.P1, text, text, key, event, (link,), link.url, text, link.url)
    found = channel_of(table).send(message, Address(to, text), NOW)
    assert isinstance(found, Retry | Failed)
    assert found.reason


class TestApprise:
    """Apprise's own JSON service, to a local server. It tells no more than whether it worked."""

    @pytest.fixture
    def other(self, tmp_path):
        with serve(protocols.webhook, tmp_path) as server:
            yield server

    def send(self, other, message=PAGE):
        channel = channel_of({"kind": "apprise", "url": other.url.replace("http://", "json://")})
        return channel.send(message, Address(), NOW)

    def test_it_delivers_hostile_text_too(self, other):
        assert [self.send(other), self.send(other, HOSTILE_PAGE)] == [Delivered(), Delivered()]
        assert other.got[0].json["title"] == "[P1] shop: The checkout fails"
        assert other.got[0].json["type"] == "failure"

    @pytest.mark.parametrize("mode", ["busy", "broken", "drops", "revoked"])
    def test_every_failure_is_tried_again(self, other, mode):
        other.mode = mode
        assert isinstance(self.send(other), Retry)

    def test_one_that_hangs_is_left(self, other):
        other.mode = "hangs"
        found = AppriseChannel("ops", other.url.replace("http://", "json://"), 0.5).send(PAGE, Address(), NOW)
        assert found == Retry("Apprise did not end in time.", may_have_arrived=True)

    def test_an_address_that_apprise_does_not_know_fails_with_the_mend(self):
        found = channel_of({"kind": "apprise", "url": "nonsense://"}).send(PAGE, Address(), NOW)
        assert isinstance(found, Failed) and found.mend
