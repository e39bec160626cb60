"""Subscribers: asked, confirmed, told once, and let go; whatever the other side does."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import databases
import pytest
from notifications import mail_servers
from tests import sites
from tests.statuspage.scenes import HOUR, NOON

from accelerapp.base import clock, errors
from accelerapp.base.settings import channels
from accelerapp.base.settings.people import StatusPage
from accelerapp.base.severity import Severity
from accelerapp.clients import mail, outgoing
from accelerapp.incidents.model import Viewer, Wanted
from accelerapp.statuspage import publishing, sending, subscribers
from accelerapp.statuspage.components import Edited
from accelerapp.statuspage.model import ComponentState, Progress
from accelerapp.statuspage.subscriber_store import MemorySubscribers
from accelerapp.statuspage.subscriber_store_sql import SqlSubscribers
from accelerapp.statuspage.subscribers import LetterState, Links, Outcome, SubscriberState, Way

ANN = Viewer("ann", is_administrator=True)
DOWN = {"Shop": ComponentState.MAJOR_OUTAGE}


class Sent:
    """What was sent, and what the other side says to it."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, Links]] = []
        self.answers: dict[str, Outcome] = {}

    def __call__(self, letter, subscriber, links, now):
        self.all.append((subscriber.address, letter.title, links))
        return self.answers.get(subscriber.address, Outcome())


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
def app(tmp_path, sent):
    made = sites.product(tmp_path)
    email = channels.Email(kind="email", host="127.0.0.1", port=25, security="none", sender="status@example.com")
    made.settings = made.settings.model_copy(
        update={"status_page": StatusPage(name="Bookshop", mail_by="mail"), "channels": {"mail": email}}
    )
    made.clock = clock.MovingClock(NOON)
    made.__dict__["status_subscribers"] = replace(made.status_subscribers, ways={Way.EMAIL: sent, Way.WEBHOOK: sent})
    made.status_editing.add_component("Shop", Edited())
    made.status_editing.add_component("Checkout", Edited())
    return made


def token(link: str) -> str:
    return link.rpartition("/")[2]


def subscribed(app, sent, address="cy@example.com", components=()):
    app.status_subscribers.ask(address, components)
    app.status_subscribers.deliver()
    return app.status_subscribers.confirm(token(sent.all[-1][2].confirm))


def publish(app, message="Down.", **given):
    incident = app.incidents.open(Wanted("x", Severity.P2, calls=False), ANN)
    app.status_updates.publish(incident.id, publishing.Wanted(message, **given), ANN)
    return incident.id


def test_nothing_is_told_to_an_address_that_was_not_confirmed(app, sent):
    app.status_subscribers.ask("cy@example.com", ())
    publish(app)
    while app.status_subscribers.deliver():
        pass
    assert [(to, title) for to, title, _ in sent.all] == [("cy@example.com", "Confirm: updates of Bookshop")]


def test_who_has_confirmed_is_told_once_with_a_link_to_leave(app, sent):
    subscribed(app, sent)
    id = publish(app, components=DOWN)
    for _ in range(3):
        app.status_subscribers.deliver()
    (_, told) = sent.all
    assert told[:2] == ("cy@example.com", "Bookshop: Problem with Shop (investigating)")
    assert told[2].event.endswith(f"/status/incidents/{id}.html")
    app.status_subscribers.unsubscribe(token(told[2].unsubscribe))
    app.status_updates.publish(id, publishing.Wanted("Over.", status=Progress.RESOLVED), ANN)
    app.status_subscribers.deliver()
    assert len(sent.all) == 2


def test_of_components_that_nobody_chose_nothing_is_told(app, sent):
    subscribed(app, sent, components=["Checkout"])
    publish(app, components=DOWN)
    app.status_subscribers.deliver()
    assert len(sent.all) == 1
    publish(app, components={"Checkout": ComponentState.DEGRADED})
    app.status_subscribers.deliver()
    assert len(sent.all) == 2


def test_a_letter_to_one_who_leaves_meanwhile_is_dropped(app, sent):
    known = subscribed(app, sent)
    publish(app)
    app.status_subscribers.remove(known.id)
    app.status_subscribers.deliver()
    assert len(sent.all) == 1
    with app.status_subscribers.reading() as stores:
        assert [each.reason for each in stores.subscribers.letters(known.id)][-1] == "The subscription has ended."


def test_an_address_that_bounces_is_let_go_and_one_that_is_away_is_tried_again(app, sent):
    known = subscribed(app, sent)
    sent.answers["cy@example.com"] = Outcome("451 later")
    publish(app)
    assert app.status_subscribers.deliver() == 1
    assert app.status_subscribers.deliver() == 0
    app.clock.move(timedelta(seconds=31))
    sent.answers["cy@example.com"] = Outcome("550 no such user", is_gone=True)
    assert app.status_subscribers.deliver() == 1
    (after,) = app.status_subscribers.all()
    assert (after.id, after.state, after.why) == (known.id, SubscriberState.ENDED, "550 no such user")


def test_a_letter_has_an_end_however_long_the_other_side_hangs(app, sent):
    known = subscribed(app, sent)
    sent.answers["cy@example.com"] = Outcome("It did not end within 20 s.")
    publish(app)
    for _ in range(subscribers.MOST_TRIES + 3):
        app.status_subscribers.deliver()
        app.clock.move(3 * HOUR)
    with app.status_subscribers.reading() as stores:
        last = stores.subscribers.letters(known.id)[-1]
    assert (last.state, last.attempts) == (LetterState.FAILED, subscribers.MOST_TRIES)


def test_whoever_asks_again_and_again_makes_us_write_once_an_hour(app, sent):
    for _ in range(5):
        app.status_subscribers.ask("cy@example.com", ())
    app.status_subscribers.deliver()
    assert len(sent.all) == 1
    app.clock.move(HOUR)
    app.status_subscribers.ask("cy@example.com", ())
    app.status_subscribers.deliver()
    assert len(sent.all) == 2


def test_no_more_than_so_many_addresses_are_written_to_in_an_hour(app):
    with pytest.raises(errors.WrongUseError, match="Too many"):
        for number in range(1000):
            app.status_subscribers.ask(f"a{number}@example.com", ())


@pytest.mark.parametrize(
    "address", ["", "x", "a@b", "a@b.c,d@e.f", "a b@c.de", "a@b.c\nBcc: x@y.z", "ä@b.cd", "x" * 400 + "@a.bc"]
)
def test_what_is_no_mail_address_is_refused(app, address):
    with pytest.raises(errors.InvalidInputError, match="no e-mail address"):
        app.status_subscribers.ask(address, ())


def test_a_link_that_was_not_made_here_or_is_for_another_act_does_nothing(app, sent):
    known = subscribed(app, sent)
    good = subscribers.token(app.status_subscribers.key(), "confirm", known.id)
    for wrong in (good[:-1] + "x", f"{known.id}.", "", "ä.b", good):
        with pytest.raises(errors.NotFoundError):
            app.status_subscribers.unsubscribe(wrong)


def test_a_confirmation_comes_too_late_after_two_days(app, sent):
    app.status_subscribers.ask("cy@example.com", ())
    app.status_subscribers.deliver()
    app.clock.move(subscribers.CONFIRM_WITHIN + HOUR)
    with pytest.raises(errors.WrongUseError, match="had its time"):
        app.status_subscribers.confirm(token(sent.all[0][2].confirm))


# -- on the page -------------------------------------------------------------------------------------------------------


def test_on_the_page_only_buttons_act_and_whether_an_address_is_known_is_not_told(app, sent):
    anybody = sites.client(app)
    assert "Subscribe" in anybody.get("/status").text
    first = anybody.post("/status/subscribe", data={"email": "cy@example.com"})
    app.status_subscribers.deliver()
    path = "/status/confirm/" + token(sent.all[0][2].confirm)
    assert anybody.get(path).status_code == 200
    assert app.status_subscribers.all()[0].state is SubscriberState.PENDING
    assert "You are subscribed" in anybody.post(path).text
    assert anybody.post("/status/subscribe", data={"email": "cy@example.com"}).text == first.text
    refused = anybody.post("/status/subscribe", data={"email": "<script>"})
    assert (refused.status_code, "<script" in refused.text) == (422, False)
    assert anybody.get("/status/unsubscribe/nonsense").status_code == 404
    leaving = subscribers.token(app.status_subscribers.key(), "unsubscribe", app.status_subscribers.all()[0].id)
    one_click = anybody.post(f"/status/unsubscribe/{leaving}", data={"List-Unsubscribe": "One-Click"})
    assert "not subscribed any more" in one_click.text


def test_a_form_that_is_refused_comes_back_as_it_was_typed(app):
    shop, *_ = app.status_standing().components
    asked = {"email": 'cy"@example', "components": [shop.component.id]}
    again = sites.client(app).post("/status/subscribe", data=asked).text
    assert 'value="cy&#34;@example"' in again
    assert f'value="{shop.component.id}" checked' in again
    assert again.count(" checked") == 1


def test_without_a_channel_for_mail_nobody_can_subscribe_on_the_page(tmp_path):
    anybody = sites.client(sites.product(tmp_path))
    assert anybody.get("/status/subscribe").status_code == 404
    assert "/status/subscribe" not in anybody.get("/status").text


# -- real servers ------------------------------------------------------------------------------------------------------

SUBSCRIBER = subscribers.ask(Way.EMAIL, "cy@example.com", (), NOON)
LETTER = subscribers.Letter("sub_1/upd_1", SUBSCRIBER.id, "Shop: down", "**Down.**", "inc_1", NOON, NOON)
LINKS = Links("https://s.example", "https://s.example/incidents/inc_1.html", "", "https://s.example/unsubscribe/t")


def test_the_mail_has_a_button_to_leave_and_the_same_id_when_it_is_sent_again(tmp_path):
    with mail_servers.serve(tmp_path) as server:
        host, _, port = server.url.rpartition("/")[2].rpartition(":")
        given = mail.Server(host, int(port), "starttls", mail_servers.USER, mail_servers.PASSWORD, server.ca_file)
        mailer = sending.Mailer(given, "status@example.com")
        assert mailer.send(LETTER, SUBSCRIBER, LINKS, NOON) == Outcome()
        assert mailer.send(LETTER, SUBSCRIBER, LINKS, NOON) == Outcome()
        one, two = (each.message for each in server.got)
    assert one["Message-ID"] == two["Message-ID"]
    assert one["List-Unsubscribe"] == "<https://s.example/unsubscribe/t>"
    assert one["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.search(r"To hear no more: https://s.example/unsubscribe/t", one.get_content())


def test_a_long_link_to_leave_goes_out_as_it_is():
    leave = f"https://status.example.com/status/unsubscribe/{subscribers.token('key', 'unsubscribe', SUBSCRIBER.id)}"
    sender = "status@notifications.bookshop.example.com"
    made = sending.compose(LETTER, SUBSCRIBER, replace(LINKS, unsubscribe=leave * 2), sender, NOON)
    sent = made.as_bytes().decode()
    assert f"\r\nList-Unsubscribe: <{leave * 2}>\r\n" in sent
    assert f"\r\nReferences: {made['References']}\r\n" in sent


@contextmanager
def webhook(status):
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", got
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "is_gone", "has_reason"), [(204, False, False), (500, False, True), (410, True, True)]
)
def test_a_webhook_gets_signed_json_and_may_say_that_it_is_gone(status, is_gone, has_reason):
    poster = sending.Poster(outgoing.Outgoing(), lambda id: f"secret of {id}")
    with webhook(status) as (url, got):
        one = subscribers.ask(Way.WEBHOOK, url, (), NOON)
        outcome = poster.send(LETTER, one, LINKS, NOON)
    assert (outcome.is_gone, bool(outcome.reason)) == (is_gone, has_reason)
    headers, body = got[0]
    said = headers["X-Accelerapp-Timestamp"].encode() + b"." + body
    wanted = hmac.new(f"secret of {one.id}".encode(), said, hashlib.sha256).hexdigest()
    assert headers["X-Accelerapp-Signature"] == f"v1={wanted}"
    assert b'"html": "<p><strong>Down.</strong></p>"' in body


def test_an_operator_adds_a_webhook_and_is_shown_its_secret_once_and_the_same(app, sent):
    made = app.status_subscribers.add_webhook("https://hooks.example.com/x", ["Shop"])
    assert made.secret == app.status_subscribers.secret(made.subscriber.id)
    publish(app, components=DOWN)
    app.status_subscribers.deliver()
    assert [to for to, _, _ in sent.all] == ["https://hooks.example.com/x"]
    with pytest.raises(errors.WrongUseError, match="subscribed already"):
        app.status_subscribers.add_webhook("https://hooks.example.com/x", [])
    app.status_subscribers.remove(made.subscriber.id)
    assert app.status_subscribers.add_webhook("https://hooks.example.com/x", []).subscriber.id == made.subscriber.id


# -- the store ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["memory", *databases.KINDS])
def opened(request, tmp_path):
    with databases.units(request, request.param, tmp_path, MemorySubscribers, SqlSubscribers) as work:
        yield work


def test_what_the_store_is_given_it_keeps_finds_and_forgets(opened):
    late = replace(LETTER, id="sub_1/upd_2", due_at=NOON + HOUR)
    with opened() as store:
        store.put(SUBSCRIBER)
        store.add_letters([LETTER, late])
        store.add_letters([replace(LETTER, title="Twice")])
    with opened() as store:
        assert store.get(SUBSCRIBER.id) == SUBSCRIBER == store.at(Way.EMAIL, "cy@example.com")
        assert store.at(Way.WEBHOOK, "cy@example.com") is None
        assert (store.asked_since(NOON), store.asked_since(NOON + HOUR)) == (1, 0)
        assert store.all(SubscriberState.CONFIRMED) == []
        assert store.due(NOON, 9) == [LETTER]
        assert store.letters(SUBSCRIBER.id) == [LETTER, late]
        store.put_letter(replace(LETTER, state=LetterState.DELIVERED, ended_at=NOON))
        assert store.due(NOON + HOUR, 9) == [late]
        assert store.prune(NOON + HOUR) == 1
        assert store.all() == []
