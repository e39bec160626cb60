"""Which policy counts, whom its steps call at a moment, and what may wait until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.oncall.stories import BOOK_TOML, at, book, override

from accelerapp.base.severity import Severity
from accelerapp.oncall import checking, policies
from accelerapp.oncall.model import Holiday, PolicyStep, Rank, Target, TargetKind, WorkingHours

BOOK = book()
SHOP = BOOK.policies["shop"]


def test_the_policy_that_names_the_service_counts_before_one_for_all_then_the_severity():
    for_all = replace(SHOP, name="a-all", services=(), severities=())
    worst = replace(SHOP, name="b-worst", services=(), severities=(Severity.P1,))
    mine = replace(SHOP, name="c-mine", services=("shop",), severities=())
    known = [for_all, worst, mine]

    def chosen(service, severity, of=known):
        found = policies.choose(of, service, severity)
        return found and found.name

    assert chosen("shop", Severity.P1) == "c-mine"
    assert chosen("shop", Severity.P1, [*known, SHOP]) == "shop"
    assert chosen("other", Severity.P1) == "b-worst"
    assert chosen("other", Severity.P3) == "a-all"
    assert chosen("", Severity.P3, [SHOP]) is None


def test_a_step_calls_who_is_on_call_at_that_moment():
    def called(kind, name="", moment="2026-03-09 12:00", *overrides):
        return policies.called(Target(TargetKind(kind), name), BOOK, overrides, at(moment))

    assert called("primary", "shop") == ["ben"]
    assert called("primary", "shop", "2026-03-13 17:00") == ["ann"]
    assert called("primary", "shop", "2026-03-09 12:00", override("cy", "2026-03-09 00:00", "2026-03-10 00:00")) == [
        "cy"
    ]
    assert called("secondary", "shop") == ["ann"]
    assert called("secondary", "shop", "2026-03-09 18:00") == []  # a gap calls nobody, and the next step is due
    assert called("person", "ann") == ["ann"]
    assert called("lead", "platform") == ["cy"]
    assert called("everyone", "platform") == ["ann", "ben", "cy"]
    assert called("everyone") == ["ann", "ben", "cy"]
    assert called("primary", "gone") == called("lead", "gone") == called("person", "gone") == []


def test_what_can_wait_waits_for_the_working_hours_and_over_holidays():
    hours = WorkingHours("Europe/Berlin")
    wait = policies.working_moment
    assert wait(hours, at("2026-03-09 12:00")) == at("2026-03-09 12:00")
    assert wait(hours, at("2026-03-09 08:00")) == at("2026-03-09 09:00")
    assert wait(hours, at("2026-03-06 17:00")) == at("2026-03-09 09:00")
    assert wait(hours, at("2026-03-27 18:00")) == at("2026-03-30 09:00")  # over the change of the clock
    assert wait(hours, at("2026-03-06 17:00"), [date(2026, 3, 9)]) == at("2026-03-10 09:00")
    never = replace(hours, hours=replace(hours.hours, days=()))
    assert wait(never, at("2026-03-06 17:00")) == at("2026-03-06 17:00")


def test_a_policy_waits_over_the_holidays_of_every_schedule_that_its_steps_name():
    other = replace(BOOK.schedules["shop"], name="other", holidays=(Holiday(date(2026, 5, 1)),))
    far = replace(other, name="far", holidays=(Holiday(date(2026, 7, 4)),))
    known = replace(BOOK, schedules={**BOOK.schedules, "other": other, "far": far})
    steps = (*BOOK.policies["shop"].steps, PolicyStep((Target(TargetKind.SECONDARY, "other"),), timedelta(minutes=5)))
    policy = replace(BOOK.policies["shop"], steps=steps)
    assert policies.holidays(policy, known) == {date(2026, 12, 25), date(2026, 5, 1)}
    gone = replace(policy, steps=(PolicyStep((Target(TargetKind.PRIMARY, "gone"),), timedelta(minutes=5)),))
    assert policies.holidays(gone, known) == set()


# -- remarks -----------------------------------------------------------------------------------------------------------


def remarks(toml):
    found = checking.remarks(book(toml), (), at("2026-03-02 12:00"))
    return [f"{remark.subject}: {remark.text}" for remark in found]


def test_a_whole_book_has_remarks_about_what_it_leaves_open():
    found = "\n".join(remarks(BOOK_TOML))
    assert "schedule shop: In the next 90 days nobody is secondary for" in found
    assert "nobody is primary" not in found
    assert "primary and secondary at once" not in found
    assert "person ann: No contact method is verified" in found
    assert "policies: A P1 of a service that no policy names calls everyone." in found


def test_an_overlap_is_counted_within_the_days_looked_at_though_turns_reach_over_their_edges():
    toml = BOOK_TOML.replace('rank = "secondary"\n', "").replace(
        'hours = ["Mon-Fri 09:00-17:00", "Sat,Sun 10:00-14:00"]', ""
    )
    assert any("lies over week for 90 d of 90 days" in each for each in remarks(toml.replace('holidays = "off"', "")))


def test_overlaps_empty_rotations_and_people_in_two_places_are_told():
    toml = BOOK_TOML.replace('rank = "secondary"\n', "").replace('members = ["ben", "ann"]', 'members = ["ben"]')
    assert any("The layer backup lies over week for" in each for each in remarks(toml))
    assert any(
        "rotation of the layer week is empty" in each
        for each in remarks(toml.replace('["ann", "ben"]\nstarts', "[]\nstarts"))
    )
    both = remarks(BOOK_TOML.replace('members = ["ben", "ann"]', 'members = ["ann", "ben"]'))
    assert any("ann is primary and secondary at once for" in each for each in both)


def test_a_person_without_methods_and_steps_and_policies_that_reach_nobody_are_told():
    toml = BOOK_TOML.replace('[people.cy.methods]\nemail = "cy@example.com"', "[people.cy]")
    found = remarks(toml.replace('["secondary shop", "lead platform"]', '"lead platform"'))
    assert any(each.startswith("person cy: No contact method") for each in found)
    assert "policy shop: Step 2 can reach nobody; the others can." in found
    broken = replace(BOOK, people={name: replace(each, methods=()) for name, each in BOOK.people.items()})
    told = checking.remarks(broken, (), at("2026-03-02 12:00"))
    assert any("it can reach nobody" in remark.text for remark in told)


def test_a_rotation_that_names_nobody_with_a_contact_method_is_told_and_one_with_somebody_is_not():
    def told(*without):
        people = {name: replace(each, methods=()) if name in without else each for name, each in BOOK.people.items()}
        found = checking.remarks(replace(BOOK, people=people), (), at("2026-03-02 12:00"))
        return [each.text for each in found if each.subject == "schedule shop" and "names nobody" in each.text]

    assert told("ann") == told("cy") == []
    assert told("ann", "ben") == [
        f"The rotation of the layer {name} names nobody who has a contact method." for name in ("week", "backup")
    ]


def test_two_policies_for_the_same_are_told():
    twin = BOOK_TOML + '\n[policies.twin]\nservices = ["shop"]\nseverities = ["P2"]\nsteps = [{ call = "everyone" }]'
    assert "policies: 2 policies are for P2 of shop; the first by name counts." in remarks(twin)


def test_a_zone_that_is_not_known_any_more_is_told_and_stops_nothing_else():
    lost = replace(BOOK.schedules["shop"], zone="Europe/Gone")
    told = checking.remarks(replace(BOOK, schedules={"shop": lost}), (), at("2026-03-02 12:00"))
    assert any("not a time zone" in remark.text for remark in told)
    assert any(remark.subject == "person ann" for remark in told)
    assert Rank.PRIMARY in {layer.rank for layer in lost.layers}


def test_a_zone_of_a_person_or_of_working_hours_that_is_not_known_any_more_is_told():
    ann = replace(BOOK.people["ann"], zone="Europe/Gone")
    policy = replace(BOOK.policies["shop"], working_hours=WorkingHours("Mars"))
    broken = replace(BOOK, people={**BOOK.people, "ann": ann}, policies={"shop": policy})
    told = [f"{each.subject}: {each.text}" for each in checking.remarks(broken, (), at("2026-03-02 12:00"))]
    assert "person ann: 'Europe/Gone' is not a time zone." in told
    assert "policy shop: 'Mars' is not a time zone." in told


def test_what_may_be_meant_is_told_apart_from_what_is_wrong():
    twin = BOOK_TOML + '\n[policies.twin]\nservices = ["shop"]\nseverities = ["P2"]\nsteps = [{ call = "everyone" }]'
    over = twin.replace('rank = "secondary"\n', "")
    found = checking.remarks(book(over), (), at("2026-03-02 12:00"))
    meant = [each.text.split(" for ")[0] for each in found if not each.is_wrong]
    assert meant == ["The layer backup lies over week", "2 policies are"]


def test_a_gap_of_layers_that_keep_to_hours_is_meant_and_any_other_is_wrong():
    def gaps(toml):
        found = checking.remarks(book(toml), (), at("2026-03-02 12:00"), timedelta(days=30))
        return [(each.text.split(" for ")[0], each.is_wrong) for each in found if "nobody is" in each.text]

    assert gaps(BOOK_TOML) == [("In the next 30 days nobody is secondary", False)]
    late = BOOK_TOML.replace("starts_on = 2026-01-01\nhandoff", "starts_on = 2026-03-20\nhandoff")
    assert ("In the next 30 days nobody is primary", True) in gaps(late)
