"""The channel of an incident in Slack: against a local Slack over sockets, on real databases, with a moving clock."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from notifications import protocols
from notifications.servers import serve
from notifications.slack_workspace import BOT, SCOPES, Workspace
from tests import databases
from tests.fakes import NOON
from tests.incidents.stories import ANN, ROOT
from tests.paging import stories as paging_stories

from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.clients.outgoing import Outgoing
from accelerapp.flows.chatting import Chatting, Stores
from accelerapp.incidents import chats, service
from accelerapp.incidents.chat_store import MemoryChats
from accelerapp.incidents.chat_store_sql import SqlChats
from accelerapp.incidents.chats import Chat, Mark
from accelerapp.incidents.model import EntryKind, Role, Status, Viewer, Wanted
from accelerapp.notifications.channels.slack import SlackChannel
from accelerapp.notifications.channels.slack_rooms import SlackRooms
from accelerapp.oncall.model import ContactMethod, MethodKind

MINUTE = timedelta(minutes=1)
BAD = (Severity.P1, Severity.P2)


class Chatted:
    """A story with a Slack beside it; ann and ben are members there, cat has no Slack."""

    def __init__(self, story, slack, local):
        self.story, self.slack, self.local = story, slack, local
        self.kept = MemoryChats()
        book = paging_stories.book()
        for name in ("ann", "ben"):
            method = ContactMethod("slack", MethodKind.SLACK, f"U{name.upper()}", NOON)
            known = book.people[name]
            book.people[name] = replace(known, methods=(*known.methods, method))
        story.describe(book)
        self.chatting = self.process()

    def process(self):
        door, url = Outgoing(10), f"{self.local.url}/api"

        @contextmanager
        def work():
            with self.story.work() as others:
                yield Stores(self.kept, others)

        return Chatting(
            work,
            work,
            self.story.clock,
            SlackRooms(door, url, protocols.SLACK_TOKEN),
            SlackChannel("ops", door, url, protocols.SLACK_TOKEN),
            "https://ops.example.com",
            BAD,
            ("pushpin",),
        )

    def open(self, title="Nobody can pay!", severity=Severity.P1, **changes):
        return self.story.open(title, severity, calls=False, **changes)

    def room(self):
        (found,) = self.slack.rooms
        return found

    def marked(self, ts, user="UBEN", reaction="pushpin"):
        return self.chatting.mark(reaction, self.room().id, ts, user)

    def chat_lines(self, incident):
        return [each for each in self.story.detail_of(incident).entries if each.kind is EntryKind.CHAT]

    def shown(self, incident):
        return self.chatting.show(incident.id, ROOT)


@pytest.fixture
def chatted(story, tmp_path):
    slack = Workspace()
    with serve(slack.answer, tmp_path) as local:
        yield Chatted(story, slack, local)


def test_a_channel_is_made_people_invited_and_the_topic_kept(chatted):
    incident = chatted.open()
    chatted.story.incidents.assign(incident.id, ANN, Role.RESPONDER, "ben")
    chatted.story.incidents.assign(incident.id, ANN, Role.RESPONDER, "cat")
    chatted.chatting.turn()
    room = chatted.room()
    assert room.name == f"inc-{NOON:%Y%m%d}-nobody-can-pay"
    assert sorted(room.members) == ["UANN", "UBEN", BOT]
    link = f"https://ops.example.com/incidents/{incident.id}"
    assert room.topic == f"P1 · investigating · no commander yet · {link}"
    assert "Nobody can pay!" in room.texts()[0]
    assert link in str(room.messages[0]["blocks"])
    chatted.story.incidents.assign(incident.id, ANN, Role.COMMANDER, "ann")
    chatted.story.incidents.change_status(incident.id, ANN, Status.IDENTIFIED, "the release")
    chatted.chatting.turn()
    assert room.topic == f"P1 · identified · commander: ann · {link}"
    assert room.texts()[-1].endswith("investigating became identified: the release")
    chatted.story.incidents.resolve(incident.id, ANN, "undone")
    chatted.chatting.turn()
    assert room.topic.startswith("P1 · resolved")
    assert room.texts()[-1].endswith("Resolved: undone")


def test_when_nothing_happens_slack_is_not_asked(chatted):
    chatted.open()
    chatted.chatting.turn()
    asked = len(chatted.slack.asked)
    assert chatted.chatting.turn() == 0
    assert chatted.process().turn() == 0
    assert len(chatted.slack.asked) == asked


def test_milder_and_private_incidents_have_no_channel(chatted):
    chatted.open(severity=Severity.P3)
    chatted.open("secret", is_private=True)
    chatted.chatting.turn()
    assert chatted.slack.rooms == []


def test_one_that_becomes_worse_gets_one_and_one_that_becomes_private_is_told_of_no_more(chatted):
    incident = chatted.open(severity=Severity.P3)
    chatted.chatting.turn()
    worse = chatted.story.incidents.change_severity(incident.id, ANN, Severity.P2)
    chatted.chatting.turn()
    told = len(chatted.room().messages)
    chatted.story.incidents.edit(incident.id, ANN, {"is_private": True}, worse.version)
    chatted.story.incidents.change_status(incident.id, ANN, Status.IDENTIFIED, "a customer's name")
    ts = chatted.slack.say(chatted.room(), "x")
    chatted.marked(ts)
    chatted.chatting.turn()
    assert len(chatted.room().messages) == told + 1
    assert chatted.chat_lines(incident) == []


def test_two_of_the_same_title_have_names_of_their_own(chatted):
    one, two = chatted.open(), chatted.open()
    chatted.chatting.turn()
    names = {each.name for each in chatted.slack.rooms}
    tails = {f"inc-{NOON:%Y%m%d}-nobody-can-pay-{each.id[-4:]}" for each in (one, two)}
    assert len(names) == 2
    assert len(names & tails) == 1


@pytest.mark.parametrize("title", ["支払いができない", "!!!", "a" * 290, "Ünïcode & <script>alert(1)</script> @here"])
def test_every_title_gives_a_name_that_slack_takes(chatted, title):
    chatted.open(title)
    chatted.chatting.turn()
    assert chatted.room().topic


def test_texts_from_outside_mention_and_format_nothing(chatted):
    incident = chatted.open("<!channel> & <https://evil.example|click> \x1b[31m")
    chatted.story.incidents.change_status(incident.id, ANN, Status.IDENTIFIED, "<!here>\n" + "x" * 50_000)
    chatted.chatting.turn()
    texts = " ".join(chatted.room().texts())
    assert "<!" not in texts
    assert "&lt;!channel&gt;" in texts
    assert len(chatted.room().messages) == 2


# -- trouble -----------------------------------------------------------------------------------------------------------


def test_slack_that_is_down_delays_nobody_and_is_tried_again(chatted):
    chatted.slack.is_down = True
    incident = chatted.open()
    chatted.chatting.turn()
    assert "Slack answers 503" in chatted.shown(incident).trouble
    asked = len(chatted.slack.asked)
    chatted.chatting.turn()
    assert len(chatted.slack.asked) == asked
    chatted.slack.is_down = False
    chatted.story.clock.move(MINUTE)
    chatted.chatting.turn()
    assert chatted.shown(incident).trouble == ""
    assert chatted.room().topic


def test_a_slack_that_hangs_up_is_told_and_tried_again(chatted):
    incident = chatted.open()
    chatted.local.mode = "drops"
    chatted.chatting.turn()
    assert chatted.shown(incident).trouble
    chatted.local.mode = "fine"
    chatted.story.clock.move(MINUTE)
    chatted.chatting.turn()
    assert len(chatted.slack.rooms) == 1


def test_too_many_requests_wait_as_long_as_slack_says(chatted):
    chatted.open()
    chatted.slack.limited = 1
    chatted.chatting.turn()
    chatted.story.clock.move(timedelta(seconds=29))
    chatted.chatting.turn()
    assert chatted.slack.rooms == []
    chatted.story.clock.move(timedelta(seconds=1))
    chatted.chatting.turn()
    assert chatted.room().topic


def test_a_revoked_token_is_named_with_the_mend(chatted):
    incident = chatted.open()
    chatted.slack.is_revoked = True
    chatted.chatting.turn()
    assert chatted.shown(incident).trouble == (
        "Slack answers token_revoked. Install the app to the workspace again and set its new token."
    )


@pytest.mark.parametrize("scope", sorted(SCOPES - {"reactions:read"}))
def test_a_scope_that_is_missing_is_named(chatted, scope):
    incident = chatted.open()
    chatted.slack.scopes -= {scope} if scope != "channels:history" else set()
    chatted.chatting.turn()
    if scope == "channels:history":
        ts = chatted.slack.say(chatted.room(), "it is the lock")
        chatted.slack.scopes -= {scope}
        chatted.marked(ts)
        chatted.chatting.turn()
    trouble = chatted.shown(incident).trouble
    assert scope in trouble
    assert "install it again" in trouble


def test_the_check_of_the_settings_names_the_scopes_that_are_missing(chatted):
    rooms = chatted.chatting.rooms
    assert rooms.check() == "The bot may make channels of incidents."
    chatted.slack.scopes = {"chat:write", "channels:history"}
    with pytest.raises(errors.WrongUseError, match="lacks channels:manage, reactions:read") as raised:
        rooms.check()
    assert "install it again" in raised.value.mend


def test_whoever_cannot_be_invited_is_named_and_keeps_nobody_else_out(chatted):
    chatted.slack.members.remove("UANN")
    incident = chatted.open()
    chatted.story.incidents.assign(incident.id, ANN, Role.RESPONDER, "ben")
    chatted.chatting.turn()
    assert chatted.room().members == [BOT, "UBEN"]
    assert "ann" in chatted.shown(incident).trouble
    assert "member ID" in chatted.shown(incident).trouble


def test_a_channel_that_people_archived_is_named(chatted):
    incident = chatted.open()
    chatted.chatting.turn()
    chatted.room().is_archived = True
    chatted.story.incidents.resolve(incident.id, ANN)
    chatted.chatting.turn()
    assert "archive" in chatted.shown(incident).trouble


def test_a_private_incident_shows_its_channel_to_nobody_else(chatted):
    incident = chatted.open()
    chatted.chatting.turn()
    chatted.story.incidents.edit(incident.id, ANN, {"is_private": True}, incident.version)
    with pytest.raises(errors.NotFoundError):
        chatted.chatting.show(incident.id, Viewer("zoe"))


# -- marked messages ---------------------------------------------------------------------------------------------------


def test_a_marked_message_flows_to_the_time_line_once(chatted):
    incident = chatted.open()
    chatted.chatting.turn()
    ts = chatted.slack.say(chatted.room(), "it is the &lt;lock&gt;, <@UBEN>; see <https://x.example/1|the plot>")
    assert chatted.marked(ts)
    assert chatted.marked(ts, "UANN")
    chatted.chatting.turn()
    (entry,) = chatted.chat_lines(incident)
    assert (entry.by, entry.text) == ("ann (Slack)", "it is the <lock>, @ben; see https://x.example/1")
    assert "marked by ben (Slack)" in entry.evidence[0].label
    assert ts in entry.evidence[0].target
    assert chatted.marked(ts) is False
    chatted.chatting.turn()
    assert len(chatted.chat_lines(incident)) == 1


def test_a_reply_in_a_thread_is_found_too(chatted):
    incident = chatted.open()
    chatted.chatting.turn()
    head = chatted.slack.say(chatted.room(), "what is it?")
    chatted.marked(chatted.slack.say(chatted.room(), "the lock", "UBEN", head))
    chatted.chatting.turn()
    assert [each.text for each in chatted.chat_lines(incident)] == ["the lock"]


def test_marks_wait_while_slack_is_away(chatted):
    incident = chatted.open()
    chatted.chatting.turn()
    ts = chatted.slack.say(chatted.room(), "the lock")
    chatted.slack.is_down = True
    chatted.marked(ts)
    chatted.chatting.turn()
    assert (chatted.chat_lines(incident), chatted.shown(incident).waiting) == ([], 1)
    chatted.slack.is_down = False
    chatted.story.clock.move(MINUTE)
    chatted.chatting.turn()
    assert len(chatted.chat_lines(incident)) == 1


def test_after_the_end_messages_can_still_be_marked(chatted):
    incident = chatted.open()
    chatted.chatting.turn()
    chatted.story.incidents.resolve(incident.id, ANN)
    chatted.chatting.turn()
    chatted.marked(chatted.slack.say(chatted.room(), "it was the lock"))
    chatted.chatting.turn()
    assert len(chatted.chat_lines(incident)) == 1


def test_other_reactions_other_channels_our_own_and_lost_messages_change_nothing(chatted):
    incident = chatted.open()
    chatted.chatting.turn()
    room = chatted.room()
    ts = chatted.slack.say(room, "x")
    assert chatted.marked(ts, reaction="eyes") is False
    assert chatted.chatting.mark("pushpin", "C9999", ts, "UANN") is False
    chatted.marked(room.messages[0]["ts"])
    chatted.marked("1700000000.000001")
    chatted.chatting.turn()
    assert (chatted.chat_lines(incident), chatted.shown(incident).waiting) == ([], 0)


def test_a_hostile_message_stays_text(chatted):
    incident = chatted.open()
    chatted.chatting.turn()
    chatted.marked(chatted.slack.say(chatted.room(), "<script>\x00" + "x" * 60_000, "USTRANGE"))
    chatted.chatting.turn()
    (entry,) = chatted.chat_lines(incident)
    assert entry.by == "USTRANGE (Slack)"
    assert "\x00" not in entry.text


# -- the store ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=("memory", *databases.KINDS))
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryChats()
        return
    with databases.opened(request, request.param, tmp_path) as database, database.write() as work:
        yield SqlChats(work)


def test_the_store_keeps_channels_and_finds_them(store):
    mark = Mark("1.1", "UANN", NOON)
    one = Chat("inc_1", "C1", "inc-1", 2, ("ann",), ("ben",), "topic", ("ent_1",), (mark,), "x", 3, NOON, "1.1")
    two = Chat("inc_2", is_over=True)
    for each in (one, two, replace(two, trouble="later")):
        store.put(each)
    assert (store.get("inc_1"), store.get("inc_2", lock=True)) == (one, replace(two, trouble="later"))
    assert (store.of_channel("C1"), store.of_channel("C2"), store.get("inc_3")) == (one, None, None)
    assert store.open() == [one]


def test_a_full_list_of_marks_takes_no_more():
    chat = Chat("inc_1", marks=tuple(Mark(f"{n}.1", "U", NOON) for n in range(chats.MOST_MARKS)))
    assert chats.marked(chat, Mark("x", "U", NOON)) == chat


def test_a_long_incident_does_not_tell_everything_again():
    """Fewer entries are looked at than are remembered as told."""
    incident, entries = service.open_by_person(Wanted("x", Severity.P1), "ann", NOON)
    told = Chat(incident.id, "C1", topic=chats.topic_of(incident, "x"))
    many = [replace(entries[0], id=f"ent_{n}") for n in range(1000)]
    while isinstance(step := chats.next_step(incident, many, told, {}, "x"), chats.Post):
        told = chats.done(told, step)
    assert step is None
    assert len(told.posted) == 250
