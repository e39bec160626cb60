"""What people do in PagerDuty, as its webhooks (V3) tell it, and the whole way there and back."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifications import protocols
from notifications.servers import serve
from pydantic import SecretStr
from tests import sites
from tests.fakes import NOON
from tests.paging import stories

from accelerapp.app import App
from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.settings.channels import PagerDuty
from accelerapp.notifications import signatures
from accelerapp.notifications.channels import pagerduty_inbound
from accelerapp.notifications.channels.pagerduty_inbound import Change
from accelerapp.oncall.model import MethodKind
from accelerapp.paging.model import PagingState

SECRET = "the-secret-of-the-subscription"
USER = {
    "html_url": "https://acme.pagerduty.com/users/PLH1HKV",
    "id": "PLH1HKV",
    "self": "https://api.pagerduty.com/users/PLH1HKV",
    "summary": "Ann Lee",
    "type": "user_reference",
}


def body(kind="incident.acknowledged", key="pgg_1", **changes) -> bytes:
    """As the documentation shows it, shortened."""
    incident = {
        "id": "PGR0VU2",
        "type": "incident",
        "number": 2,
        "status": kind.partition(".")[2],
        "incident_key": key,
        "created_at": "2026-03-02T12:00:00Z",
        "title": "A little bump in the road",
        "service": {"id": "PF9KMXH", "summary": "API Service", "type": "service_reference"},
        "urgency": "high",
        "resolve_reason": None,
    }
    event = {
        "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
        "event_type": kind,
        "resource_type": "incident",
        "occurred_at": "2026-03-02T12:00:10.169Z",
        "agent": USER,
        "client": {"name": "PagerDuty"},
        "data": incident,
        **changes,
    }
    return json.dumps({"event": event}).encode()


def ping() -> bytes:
    data = {"message": "Hello from your friend Pagey!", "type": "ping"}
    return body("pagey.ping", agent=None, client=None, resource_type="pagey", data=data)


def test_the_change_says_what_about_what_and_by_whom():
    assert pagerduty_inbound.of_body(body()) == Change("acknowledge", "pgg_1", "Ann Lee")
    assert pagerduty_inbound.of_body(body("incident.resolved")) == Change("resolve", "pgg_1", "Ann Lee")


@pytest.mark.parametrize(
    "other",
    [
        ping(),
        body("incident.triggered"),
        body("incident.unacknowledged"),
        body(agent=None),
        body(agent={"id": "P1", "type": "inbound_integration_reference", "summary": "Events API V2"}),
        body(data={"id": "P1"}),
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
    ],
    ids=range(11),
)
def test_what_nobody_did_and_what_cannot_be_read_is_no_change(other):
    assert pagerduty_inbound.of_body(other) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["event", "event_type", "agent", "data", "type", "incident_key"]), inner)
        ),
    )
)
def test_any_json_is_a_change_or_none(found):
    assert isinstance(pagerduty_inbound.of_body(json.dumps(found).encode()), Change | None)


def test_one_of_several_signatures_has_to_be_right():
    right = "v1=" + hmac.new(b"new", b"{}", hashlib.sha256).hexdigest()
    wrong = "v1=f03de6f61df6e454f3620c4d6aca17ad072d3f8bbb2760eac3b2ad391b5e8073"
    assert signatures.pagerduty("new", b"{}", f"{wrong},{right}") is signatures.Genuine.YES
    assert signatures.pagerduty("new", b"{}", f"{wrong}, v0=1,") is signatures.Genuine.WRONG
    assert signatures.pagerduty("new", b"{ }", right) is signatures.Genuine.WRONG
    assert signatures.pagerduty("new", b"{}", "") is signatures.Genuine.UNSIGNED


class Duty:
    """ann is called by PagerDuty, which a local server plays."""

    def __init__(self, folder, other) -> None:
        self.other = other
        key = SecretStr(protocols.ROUTING_KEY)
        channel = PagerDuty(kind="pagerduty", routing_key=key, webhook_secret=SecretStr(SECRET), url=other.url)
        bare = sites.product(folder)
        self.app = App(bare.settings.model_copy(update={"channels": {"duty": channel}}), MovingClock(NOON))
        self.story = stories.Story(self.app.pager.writing, self.app.clock)
        ann = stories.person("ann", MethodKind.PAGERDUTY)
        methods = (replace(ann.methods[0], address=protocols.ROUTING_KEY),)
        self.story.describe(stories.book(replace(ann, methods=methods)))
        self.story.answers = lambda outgoing: self.app.sending.post(outgoing, self.story.now)
        self.story.page()
        self.client = sites.client(self.app)

    def say(self, kind="incident.acknowledged", *, secret=SECRET, raw=None, **changes):
        said = body(kind, self.paging.about, **changes) if raw is None else raw
        signature = "v1=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
        headers = {"X-PagerDuty-Signature": f"v1=00,{signature}", "X-Webhook-Id": "1"}
        return self.client.post("/hooks/pagerduty/webhooks", content=said, headers=headers)

    def events(self):
        self.story.send()
        return [(each.json["event_action"], each.json["dedup_key"]) for each in self.other.got]

    @property
    def paging(self):
        return self.app.pager.detail("pag_1").paging


@pytest.fixture
def duty(tmp_path):
    with serve(protocols.pagerduty, tmp_path) as other:
        yield Duty(tmp_path, other)


def test_an_incident_acknowledged_and_resolved_there_is_so_here(duty):
    answer = duty.say()
    assert (answer.status_code, answer.text) == (202, "High error rate: acknowledged.")
    assert duty.paging.acknowledged_by == "Ann Lee (PagerDuty)"
    assert duty.say("incident.resolved").status_code == 202
    assert duty.paging.resolved_by == "Ann Lee (PagerDuty)"


def test_what_is_done_here_goes_there_with_the_same_key_and_its_echo_changes_nothing(duty):
    duty.app.pager.act("pag_1", stories.Verb.ACKNOWLEDGE, "ben")
    about = duty.paging.about
    assert duty.events() == [("trigger", about), ("acknowledge", about)]
    integration = {"id": "P1", "type": "inbound_integration_reference", "summary": "Events API V2"}
    assert duty.say(agent=integration).status_code == 202
    assert "acknowledged already, by ben" in duty.say().text
    duty.app.pager.act("pag_1", stories.Verb.RESOLVE, "ben")
    assert duty.events()[2:] == [("resolve", about)]
    assert duty.say("incident.resolved").status_code == 202
    assert duty.paging.resolved_by == "ben"
    assert len(duty.events()) == 3


def test_an_event_that_comes_again_after_people_were_called_anew_changes_nothing(duty):
    said = body(key=duty.paging.about)
    duty.say(raw=said)
    duty.story.wait(stories.HOUR + stories.SECOND, stories.MINUTE)
    assert duty.say(raw=said).text == "No open page has this key."
    assert duty.paging.state is PagingState.TRIGGERED
    assert duty.events()[-1] == ("trigger", duty.paging.about)


def test_the_ping_of_a_new_subscription_and_incidents_of_others_are_taken(duty):
    assert duty.say(raw=ping()).status_code == 202
    assert duty.say(raw=body(key="d3640fbd41094207a1c11e58e46b1662")).status_code == 202
    assert duty.paging.state is PagingState.TRIGGERED


def test_what_is_not_signed_with_the_secret_is_refused(duty):
    assert duty.say(secret="another").status_code == 401
    assert duty.client.post("/hooks/pagerduty/webhooks", content=body(key=duty.paging.about)).status_code == 401
    assert duty.paging.state is PagingState.TRIGGERED


def test_without_a_secret_in_the_settings_nothing_is_believed(duty):
    [channel] = duty.app.settings.channels.values()
    deaf = channel.model_copy(update={"webhook_secret": SecretStr("")})
    duty.app.settings = duty.app.settings.model_copy(update={"channels": {"duty": deaf}})
    assert duty.say(secret="").status_code == 401


class Away:
    """What answers are given to, while the database is away."""

    def tool(self, about, verb, by):
        raise errors.CannotTellError("The database does not answer.")


def test_while_the_database_is_away_it_is_to_be_sent_again(duty):
    duty.app.__dict__["replying"] = Away()
    assert duty.say().status_code == 503
