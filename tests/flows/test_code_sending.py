"""Codes go out by the channel that carries the kind of the contact method."""

from __future__ import annotations

import pytest
from tests.fakes import NOON
from tests.oncall.stories import book

from accelerapp.base import errors
from accelerapp.base.clock import MovingClock
from accelerapp.base.settings import channels as settings
from accelerapp.flows.code_sending import ByChannels
from accelerapp.notifications.model import Delivered, Failed, Retry

BEN = book().people["ben"]


class FakeChannel:
    """Answers as it is told, and keeps what it was given."""

    name = "text"

    def __init__(self, answer):
        self.answer = answer
        self.sent = []

    def send(self, message, address, now):
        self.sent.append((message, address))
        return self.answer

    def check(self):
        return "Fine."


def sender(channel):
    known = settings.Twilio(kind="twilio_sms", account_sid="AC" + "0" * 32, auth_token="t", sender="+15550001111")
    return ByChannels({"text": known}, lambda name: channel, MovingClock(NOON))


def test_the_code_is_in_the_message_and_goes_to_the_methods_address():
    channel = FakeChannel(Delivered())
    sender(channel).send_code(BEN, BEN.methods[0], "048213")
    ((message, address),) = channel.sent
    assert ("048213" in message.title, address.to, address.name) == (True, "+4915112345679", "ben")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Failed("the number is not known", is_permanent=True), errors.WrongUseError),
        (Failed("500"), errors.CannotTellError),
        (Retry("busy"), errors.CannotTellError),
    ],
)
def test_what_the_channel_says_is_passed_on(answer, kind):
    with pytest.raises(kind, match=answer.reason):
        sender(FakeChannel(answer)).send_code(BEN, BEN.methods[0], "048213")


def test_a_kind_that_no_channel_carries_is_said():
    with pytest.raises(errors.WrongUseError, match="no channel of the kind twilio_voice"):
        sender(FakeChannel(Delivered())).send_code(BEN, BEN.methods[1], "048213")
