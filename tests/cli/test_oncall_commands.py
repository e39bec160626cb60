"""`accelerapp oncall`: in a data folder, and over a server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.oncall.stories import BOOK_TOML

from accelerapp.base import errors
from accelerapp.flows import oncall

HOSTILE = "\x1b[31mred\u202eevil"


@pytest.fixture
def team(accelerapp, tmp_path):
    (tmp_path / "oncall.toml").write_text(BOOK_TOML)
    taken = accelerapp("oncall", "import", "oncall.toml")
    assert taken.out.startswith("Changed: people ann, people ben, people cy")
    return accelerapp


def test_from_nothing_to_somebody_on_call_by_commands_alone(accelerapp):
    assert "There is no schedule" in accelerapp("oncall", "now").out
    for name in ("ann", "ben"):
        accelerapp("oncall", "person", "add", name, "--zone", "Europe/Berlin", "--method", f"email={name}@example.com")
    accelerapp("oncall", "person", "method", "ann", "sms=+4915112345678", "--as", "mobile")
    accelerapp("oncall", "team", "add", "platform", "--lead", "ben", "--members", "ann")
    made = accelerapp(
        "oncall", "schedule", "add", "shop", "--zone", "Europe/Berlin", "--members", "ann, ben", "--secondary", "ben,ann",
        "--starts", "2026-01-01",
    )  # fmt: skip
    assert made.out == "Changed: schedules shop.\n"
    accelerapp("oncall", "policy", "add", "all", "--step", "primary shop:5m", "--step", "secondary shop, lead platform")
    assert accelerapp("oncall", "policy", "which", "P1").out == "all\n"
    assert "primary shop, 5m; secondary shop and lead platform, 5m" in accelerapp("oncall", "policy", "list").out
    assert "email?, mobile?" in accelerapp("oncall", "person", "list").out
    shown = accelerapp("oncall", "now")
    assert (shown.code, shown.out.count("Fri ")) == (0, 4)
    assert accelerapp("oncall", "gaps", "--days", "30").code == 0
    assert "No contact method is verified" in accelerapp("oncall", "check").out
    assert 'zone = "Europe/Berlin"' in accelerapp("oncall", "schedule", "show", "shop").out
    removed = accelerapp("oncall", "person", "remove", "ann")
    assert (removed.code, "there is no person 'ann'" in removed.err) == (2, True)
    assert accelerapp("oncall", "policy", "remove", "all").out == "Removed: policies all.\n"


def test_what_is_exported_is_imported_and_changes_nothing(team, tmp_path):
    exported = team("oncall", "export").out
    (tmp_path / "again.toml").write_text(exported)
    assert team("oncall", "import", "again.toml").out == "Nothing changed.\n"
    assert "+4915112345678" in exported


def test_mistakes_of_a_file_are_told_all_at_once(team, tmp_path):
    (tmp_path / "bad.toml").write_text('[people.ann]\nzone = "Mars"\n[schedules.x]\nzone = "UTC"\nlayers = [{}]\n')
    refused = team("oncall", "import", "bad.toml")
    assert refused.code == 2
    assert "people.ann.zone: 'Mars' is not a time zone. Name one of the IANA list" in refused.err
    assert "schedules.x.layers[0].starts_on: is missing." in refused.err
    assert team("oncall", "import", "none.toml").code == 2


def test_overrides_swaps_and_shifts(team):
    added = team("oncall", "override", "add", "shop", "cy", "--until", "2h", "--reason", HOSTILE)
    assert "cy is primary of shop from" in added.out
    (now,) = [each for each in json.loads(team("oncall", "now", "shop", "--json").out) if each["rank"] == "primary"]
    assert now["shift"]["person"] == "cy"
    listed = team("oncall", "override", "list").out
    assert ("cy" in listed, "\x1b" in listed, "\u202e" in listed) == (True, False, False)
    id = json.loads(team("oncall", "override", "list", "--json").out)[0]["id"]
    assert team("oncall", "override", "end", id).out == f"{id} is over.\n"
    assert team("oncall", "override", "end", id).code == 2

    shifts = json.loads(team("oncall", "next", "shop", "--json").out)
    coming = [each for each in shifts if each["rank"] == "primary"][1]
    at = coming["starts_at"].replace("Z", "+00:00")
    asked = json.loads(team("oncall", "swap", "ask", "shop", "cy", "--shift", at, "--json").out)
    assert coming["person"] in team("oncall", "swap", "list").out
    assert team("oncall", "swap", "accept", asked["id"]).out == f"{asked['id']} is accepted.\n"
    assert team("oncall", "swap", "decline", asked["id"]).code == 2
    assert "cy" in team("oncall", "next", "shop", "--person", "cy").out
    past = team("oncall", "swap", "ask", "shop", "cy", "--shift", "2026-01-05 12:00")
    assert (past.code, "cannot reach into the past" in past.err) == (2, True)
    nonsense = team("oncall", "override", "add", "shop", "cy", "--until", "soon")
    assert (nonsense.code, "is not a time" in nonsense.err) == (2, True)


def test_gaps_and_the_load_of_each(team):
    gaps = team("oncall", "gaps", "shop")
    assert (gaps.code, "secondary" in gaps.out, "primary" in gaps.out) == (1, True, False)
    load = {each["person"]: each for each in json.loads(team("oncall", "fairness", "shop", "--json").out)}
    assert set(load) == {"ann", "ben"}
    assert "WEEKENDS" in team("oncall", "fairness", "shop", "--back").out
    assert team("oncall", "gaps", "bar").code == 2


def test_a_time_without_a_zone_is_in_the_zone_of_the_schedule(team):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    made = team(
        "oncall",
        "override",
        "add",
        "shop",
        "cy",
        "--from",
        f"{tomorrow} 10:00",
        "--until",
        f"{tomorrow} 12:00",
        "--json",
    )
    begins = datetime.fromisoformat(json.loads(made.out)["starts_at"].replace("Z", "+00:00"))
    assert begins.astimezone(clocks_berlin()).hour == 10


def clocks_berlin():
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Berlin")


def test_a_calendar_has_a_link_until_it_is_revoked(team):
    made = team("oncall", "ical", "add", "--person", "ann")
    id, url = made.out.strip().split(": ")
    assert "/oncall/ical/" in url
    assert "ann" in team("oncall", "ical", "list").out
    assert "worth nothing" in team("oncall", "ical", "revoke", id).out
    assert team("oncall", "ical", "revoke", id).code == 2
    assert team("oncall", "ical", "add").code == 2


def test_without_a_channel_a_code_cannot_be_sent(team):
    refused = team("oncall", "person", "verify", "ann", "mobile")
    assert (refused.code, "No channel is set up" in refused.err) == (2, True)
    assert team("oncall", "person", "verify", "ann", "fax").code == 2
    wrong = team("oncall", "person", "verify", "ann", "mobile", "--code", "123456")
    assert (wrong.code, "No code was sent" in wrong.err) == (2, True)


def test_the_brief_of_a_handoff_is_printed_as_of_now(team):
    shown = team("oncall", "handoff", "shop").out
    assert shown.startswith("On-call as of ")
    assert "\nOn call\n  shop primary: " in shown
    assert "\nDeployed in 7 days\n" in shown
    found = json.loads(team("oncall", "handoff", "--json").out)
    assert [each["head"] for each in found["sections"]][:2] == ["On call", "Open incidents"]
    assert team("oncall", "handoff", "bar").code == 2


def test_the_check_knows_that_no_channel_carries_a_method(team):
    found = team("oncall", "check")
    assert found.code == 1
    assert "person cy: Nothing reaches them: no channel of the settings carries email. Describe one" in found.out
    told = json.loads(team("oncall", "check", "--json").out)
    assert {each["is_wrong"] for each in told} == {True, False}


def test_a_schedule_that_can_reach_nobody_is_saved_and_said_to_be_so(accelerapp):
    def add(members):
        given = ("--zone", "UTC", "--members", members, "--starts", "2026-01-01")
        return accelerapp("oncall", "schedule", "add", "shop", *given)

    accelerapp("oncall", "person", "add", "ann")
    nobody = add("ann")
    assert (nobody.code, nobody.out) == (0, "Changed: schedules shop.\n")
    assert nobody.err.startswith("schedule shop: The rotation of the layer primary names nobody who has a contact")
    empty = add("")
    assert (empty.code, "The rotation of the layer primary is empty. Name its members." in empty.err) == (0, True)
    accelerapp("oncall", "person", "add", "ann", "--method", "email=ann@example.com")
    assert add("ann").err == ""


def test_an_import_says_what_should_be_known_of_what_it_changed_and_of_nothing_else(team, tmp_path):
    people = "".join(f"[people.p{number:02}]\nmethods = {{ email = 'p@example.com' }}\n" for number in range(13))
    (tmp_path / "more.toml").write_text(f"{people}[people.eve]\n[schedules.bar]\nzone = 'UTC'\nlayers = []\n")
    taken = team("oncall", "import", "more.toml")
    assert (taken.code, "schedule bar: It has no layer: nobody is ever on call." in taken.err) == (0, True)
    assert "person p00: No contact method is verified" in taken.err
    assert ("schedule shop" in taken.err, "person ann" in taken.err) == (False, False)
    assert taken.err.endswith("and 8 more: `accelerapp oncall check` lists them.\n")
    assert team("oncall", "import", "more.toml").err == ""


def test_what_was_saved_stays_saved_when_its_remarks_cannot_be_told(team, monkeypatch):
    def away(self):
        raise errors.CannotTellError("The database does not answer.")

    monkeypatch.setattr(oncall.Rota, "remarks", away)  # a patch: the database has to go away between the two questions
    given = ("--zone", "UTC", "--members", "ann", "--starts", "2026-01-01")
    saved = team("oncall", "schedule", "add", "bar", *given)
    assert (saved.code, saved.out) == (0, "Changed: schedules bar.\n")
    assert "cannot be told: The database does not answer. Later: `accelerapp oncall check`." in saved.err
