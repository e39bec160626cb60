"""Which channels carry what, and who is left without one."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes import NOON
from tests.oncall.stories import book

from accelerapp.base.settings import channels as settings
from accelerapp.flows import carrying

MAIL = settings.Email(kind="email", host="mail", sender="a@example.com")
SMS = settings.Twilio(kind="twilio_sms", account_sid="AC" + "0" * 32, auth_token="t", sender="+15550001111")


def told(known, people=None):
    found = replace(book(), people=people) if people else book()
    return {each.subject: each.text for each in carrying.remarks(found, known)}


def test_who_is_reached_by_nothing_is_told_apart_from_who_lacks_a_way():
    assert told({"mail": MAIL, "text": SMS}) == {
        "person ann": "No channel of the settings carries ntfy, voice.",
        "person ben": "No channel of the settings carries voice.",
    }
    assert told({"mail": MAIL})["person ben"] == "Nothing reaches them: no channel of the settings carries sms, voice."


def test_only_methods_that_are_used_count():
    ann = book().people["ann"]
    methods = tuple(replace(each, verified_at=NOON if each.kind == "email" else None) for each in ann.methods)
    assert told({"mail": MAIL}, {"ann": replace(ann, methods=methods)}) == {}


def test_a_person_without_methods_is_not_its_concern():
    assert told({}, {"ann": replace(book().people["ann"], methods=())}) == {}


def test_of_two_channels_of_a_kind_it_is_told_which_one_reaches_people():
    known = {"mail": MAIL, "text": SMS, "board": SMS, "wall": SMS, "spare": settings.Ntfy(kind="ntfy")}
    (found,) = [each for each in carrying.remarks(book(), known) if each.subject == "channels"]
    first = "Of the kind twilio_sms text reaches people, since it is the first of the settings"
    assert found.text == f"{first}; board and wall carry only what names a channel ([notify])."
    assert not found.is_wrong


def test_two_channels_of_a_kind_that_nobody_is_reached_by_are_no_concern():
    push = settings.Ntfy(kind="ntfy")
    ben = {"ben": book().people["ben"]}
    assert "channels" not in told({"mail": MAIL, "one": push, "other": push}, ben)
    assert "channels" in told({"mail": MAIL, "one": push, "other": push})
