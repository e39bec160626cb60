"""The pages of incidents: the list, a new one, the room, what can be done there, and what two people do at once."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from tests import fakes
from tests.console import books
from tests.console.books import post
from tests.console.test_scenes import checked

from accelerapp.access.model import Role as Rank
from accelerapp.base import errors
from accelerapp.base.severity import Severity
from accelerapp.console import incident_forms, incident_plots, incident_verbs, live, war_room
from accelerapp.console.desk import Desk
from accelerapp.incidents.model import Evidence, Impact, Role, Status, Viewer, Wanted
from accelerapp.metrics.model import Line, Matrix, Point
from accelerapp.platforms import interface as platforms

HOSTILE = "<script>alert(1)</script>\u202e[x](javascript:alert(1))"
ANN, BEN = Viewer("ann"), Viewer("ben")
FORMS = sorted(incident_forms.FORMS)


@pytest.fixture
def desk(tmp_path):
    made = books.Desk(tmp_path)
    yield made
    made.app.database.engine.dispose()


@pytest.fixture
def app(desk):
    return desk.app


@pytest.fixture
def ann(desk):
    return desk.browser("ann")


@pytest.fixture
def one(app):
    """An open incident, of which nobody is called."""
    return opened(app)


def opened(app, title="Nobody can pay", **more):
    return app.incidents.open(Wanted(title, Severity.P1, ("shop",), calls=False, **more), ANN)


def now(app, one):
    return app.incidents.get(one.id, Viewer("", is_administrator=True))


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def hidden(html, name):
    return re.search(rf'name="{re.escape(name)}" value="([^"]*)"', html)[1]


def typed_of(html):
    """What a browser sends of the form of a page, as it is."""
    form = html[html.index('class="stacked') :]
    form = form[: form.index("</form>")]
    found = dict(re.findall(r'<input (?:type="hidden" |id="[^"]*" )name="([^"]*)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<textarea id="[^"]*" name="([^"]*)"[^>]*>\n([^<]*)</textarea>', form))
    return found


# -- the list ----------------------------------------------------------------------------------------------------------


def test_before_the_first_incident_the_list_says_what_opens_one(ann):
    page = ann.get("/incidents").text
    checked(page)
    assert "accelerapp incident open" in page


def test_the_list_has_the_worst_first_with_who_leads_and_when_people_hear_more(app, ann):
    app.incidents.open(Wanted("A wrong colour", Severity.P4, calls=False), ANN)
    worst = opened(app)
    app.incidents.open(Wanted("Slow", Severity.P3, calls=False), ANN)
    app.incidents.assign(worst.id, ANN, Role.COMMANDER, "ben")
    page = ann.get("/incidents").text
    checked(page)
    assert page.index("Nobody can pay") < page.index("Slow") < page.index("A wrong colour")
    assert "P1 investigating" in page
    assert re.search(r"Nobody can pay.*ben.*due in 30 min", words(page))


def test_what_is_over_says_how_long_it_lasted(app, ann, one):
    app.clock.move(timedelta(minutes=42))
    app.incidents.resolve(one.id, BEN, "undone")
    shown = words(ann.get("/incidents").text)
    assert "42 min" in shown
    assert "No incident is open" in shown


def test_the_overview_begins_with_the_incidents_that_are_open(app, ann, one):
    page = ann.get("/").text
    checked(page)
    assert "1 incident is open" in page
    assert f'href="/incidents/{one.id}"' in page
    assert "Nobody commands it" in page


def test_a_database_that_is_away_is_no_empty_list(app, ann):
    app.__dict__["incidents"] = replace(app.incidents, reading=books.unreachable)
    for path in ("/", "/incidents"):
        page = ann.get(path).text
        assert "The database does not answer." in page
        assert "Nothing needs you now" not in page
        assert "No incident is open" not in page


# -- a new one ---------------------------------------------------------------------------------------------------------


def test_the_form_says_what_each_severity_means(ann):
    page = ann.get("/incidents/new?service=shop").text
    checked(page)
    assert "P1: complete outage, to be answered within 15 min" in page
    assert 'value="shop" checked' in page


def test_an_incident_is_opened_and_whoever_is_on_call_is_called(app, ann):
    form = {"title": "Nobody can pay", "severity": "P1", "services": "shop", "started": "10m", "calls": "yes"}
    answer = post(ann, "/incidents", description="cards are **refused**\r\nsince noon", **form)
    id = answer.headers["location"].rpartition("/")[2]
    made = app.incidents.get(id, ANN)
    assert made.severity is Severity.P1
    assert made.opened_at - made.started_at == timedelta(minutes=10)
    assert made.pages
    page = ann.get(f"/incidents/{id}").text
    checked(page)
    assert "cards are <strong>refused</strong>" in page
    assert "\ufffd" not in page


def test_without_the_tick_nobody_is_called(app, ann):
    id = post(ann, "/incidents", title="Slow", severity="P3").headers["location"].rpartition("/")[2]
    assert app.incidents.get(id, ANN).pages == ()


def test_sent_twice_it_is_opened_once(app, ann):
    key = hidden(ann.get("/incidents/new").text, "key")
    places = {post(ann, "/incidents", title="Slow", key=key).headers["location"] for _ in range(2)}
    assert len(places) == 1
    assert len(app.incidents.find(ANN)) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": " "}, "title: is missing"),
        ({"severity": "P9"}, "is none of P1, P2, P3, P4"),
        ({"services": "payments"}, "no service &#39;payments&#39;"),
        ({"started": "soon"}, "is not a time"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(app, ann, wrong, said):
    form = {"title": "Slow", "severity": "P2", "description": "a long story", **wrong}
    answer = post(ann, "/incidents", **form)
    assert answer.status_code in (400, 404, 422)
    assert said in answer.text
    assert "a long story" in answer.text
    assert app.incidents.find(ANN) == []


def test_while_the_database_is_away_the_form_comes_back_with_its_key(app, ann):
    known = app.incidents
    app.__dict__["incidents"] = replace(known, writing=books.unreachable)
    answer = post(ann, "/incidents", title="Slow", description="a long story", key="key_1")
    assert answer.status_code == 503
    assert "The database does not answer." in answer.text
    assert hidden(answer.text, "key") == "key_1"
    app.__dict__["incidents"] = known
    assert post(ann, "/incidents", title="Slow", description="a long story", key="key_1").status_code == 303


# -- the room ----------------------------------------------------------------------------------------------------------


def test_the_room_shows_what_is_known(app, ann, one):
    app.incidents.acknowledge(one.id, BEN)
    app.incidents.assign(one.id, ANN, Role.COMMANDER, "ben")
    app.incidents.note(one.id, BEN, "pods **crash**", evidence=[Evidence("plot", "https://grafana.example.com/d/1")])
    app.incidents.add_task(one.id, ANN, "undo the release", owner="ben")
    app.incidents.add_link(one.id, ANN, "https://wiki.example.com/plan", "Plan")
    impact = Impact("no card works", app.clock.now(), None, 1200)
    app.incidents.set_impact(one.id, ANN, impact, now(app, one).version)
    page = ann.get(f"/incidents/{one.id}").text
    checked(page)
    shown = words(page)
    for each in (
        "P1 investigating",
        "complete outage",
        "Commander ben Take over",
        "undo the release ben",
        "no card works",
        "1,200 users",
        "Plan",
        "Update for the team due in 30 min",
    ):
        assert each in shown
    assert "pods <strong>crash</strong>" in page
    assert 'href="https://grafana.example.com/d/1"' in page
    for act in ("scale", "restart", "undo"):
        assert f'href="/services/shop/{act}"' in page


def test_it_says_who_was_called(app, ann):
    id = books.alarm(app)
    one = app.incidents.find(ANN)[0]
    page = ann.get(f"/incidents/{one.id}").text
    assert f'href="/pages/{id}"' in page
    assert "ann by email : queued" in words(page)


def test_what_a_viewer_of_the_stream_gets_is_what_the_page_shows(app, ann, one):
    app.incidents.note(one.id, BEN, "pods crash")
    shared = Desk(app)
    war_room.load(shared, one.id, ANN)
    page, made = ann.get(f"/incidents/{one.id}").text, war_room.Watch(shared, one.id).load()
    for name in ("head", "clocks", "team", "timeline", "tasks", "around", "impact", "calls"):
        assert made.parts[f"room-{name}"] in page
    assert books.CSRF not in "".join(made.parts.values())


def test_the_parts_are_made_anew_only_when_something_has_happened(app, one):
    watch = war_room.Watch(Desk(app), one.id)
    first = watch.load()
    app.clock.move(timedelta(seconds=1))
    assert watch.load().parts is first.parts
    assert watch.load().at == first.at + 1
    app.incidents.note(one.id, BEN, "pods crash")
    assert "pods crash" in watch.load().parts["room-timeline"]
    app.clock.move(war_room.ALL_ANEW)
    assert watch.load().parts is not first.parts


def test_a_clock_that_is_set_back_does_not_stop_the_room(app, one):
    watch = war_room.Watch(Desk(app), one.id)
    first = watch.load()
    app.clock.move(timedelta(hours=-1))
    assert watch.load().parts is not first.parts


def test_two_hundred_entries_and_a_text_of_100_kb_keep_the_page_small(app, ann, one):
    for number in range(200):
        app.incidents.note(one.id, BEN, f"entry {number:03} " + "x" * 500)
    long = app.incidents.note(one.id, BEN, "**" + "y " * 49_000 + HOSTILE)
    answer = ann.get(f"/incidents/{one.id}")
    assert len(answer.content) < 200_000
    assert f'href="/incidents/{one.id}/timeline"' in answer.text
    assert "entry 000" in ann.get(f"/incidents/{one.id}/timeline").text
    whole = ann.get(f"/incidents/{one.id}/entries/{long.id}").text
    checked(whole)
    assert whole.count("y y y") > 100
    assert "<script>alert" not in whole


def test_hostile_words_stay_words_everywhere(app, ann):
    one = app.incidents.open(Wanted(HOSTILE, Severity.P2, (HOSTILE,), HOSTILE, calls=False), Viewer(HOSTILE))
    app.incidents.note(one.id, Viewer(HOSTILE), HOSTILE, evidence=[Evidence(HOSTILE, "javascript:alert(1)")])
    app.incidents.add_task(one.id, ANN, HOSTILE, owner=HOSTILE)
    app.incidents.assign(one.id, ANN, Role.COMMANDER, HOSTILE)
    app.incidents.set_impact(one.id, ANN, Impact(HOSTILE), 99)
    paths = ["/", "/incidents", *(f"/incidents/{one.id}{each}" for each in ("", "/timeline", "/update"))]
    for path in [*paths, *(f"/incidents/{one.id}/{each}" for each in FORMS)]:
        page = ann.get(path).text
        checked(page)
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert "\u202e" not in page


def test_the_figures_have_marks_for_deployments_and_the_incident(app, one):
    begun = one.started_at
    ask = SimpleNamespace(range=lambda expr, since, until, step: Matrix((Line({}, (Point(begun.timestamp(), 0.25),)),)))
    app.__dict__["metrics"] = SimpleNamespace(source=ask)
    before = begun - timedelta(minutes=10)
    app.local_platform._revisions[fakes.SHOP] = [
        platforms.Revision(1, "1.0.0", before - timedelta(days=3), "ann"),
        platforms.Revision(2, "1.1.0", before, "ben"),
    ]
    shown = incident_plots.load(Desk(app), one)
    assert [each["label"] for each in shown.document["marks"]] == ["incident", "1.1.0"]
    failed, latency, traffic = shown.plots
    assert (failed.rows[0].last, latency.rows[0].last, traffic.rows[0].last) == (25.0, 250.0, 0.25)


def test_figures_that_cannot_be_told_are_said(app, ann, one):
    def away(*asked):
        raise errors.CannotTellError("Prometheus does not answer.")

    app.__dict__["metrics"] = SimpleNamespace(source=SimpleNamespace(range=away))
    page = ann.get(f"/incidents/{one.id}").text
    checked(page)
    assert "Prometheus does not answer." in page


# -- what can be done --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "form", "done"),
    [
        ("acknowledge", {}, lambda one: one.acknowledged_by == "ann"),
        ("severity", {"severity": "P2", "why": "cards only"}, lambda one: one.severity is Severity.P2),
        ("status", {"status": "identified", "text": "1.1.0"}, lambda one: one.status is Status.IDENTIFIED),
        ("resolve", {"text": "undone"}, lambda one: one.resolution == "undone"),
        ("assign", {"role": "scribe", "person": "ben"}, lambda one: one.roles == {Role.SCRIBE: "ben"}),
        ("take?role=commander&instead_of=", {}, lambda one: one.roles == {Role.COMMANDER: "ann"}),
        ("take?role=responder", {}, lambda one: one.responders == ("ann",)),
        ("task", {"text": "undo it", "owner": "ben", "due": "30m"}, lambda one: one.tasks[0].owner == "ben"),
        ("link", {"url": "https://a.example"}, lambda one: one.links[0].url == "https://a.example"),
        ("impact", {"text": "no pay", "users": "1,200", "version": "1"}, lambda one: one.impact.users == 1200),
    ],
)
def test_what_is_done_is_kept_and_leads_back_to_the_room(app, ann, one, verb, form, done):
    page = ann.get(f"/incidents/{one.id}/{verb}")
    assert page.status_code == (200 if verb in FORMS else 404)
    answer = post(ann, f"/incidents/{one.id}/{verb}", **form)
    assert answer.headers["location"] == f"/incidents/{one.id}"
    assert done(now(app, one))


def test_a_task_is_ended_with_its_button(app, ann, one):
    task = app.incidents.add_task(one.id, BEN, "undo it").tasks[0].id
    page = ann.get(f"/incidents/{one.id}").text
    assert f'form="act" formaction="/incidents/{one.id}/done?task={task}"' in page
    assert '<form id="act" method="post" hidden><input type="hidden" name="csrf" value="token">' in page
    post(ann, f"/incidents/{one.id}/done?task={task}")
    assert now(app, one).tasks[0].done_by == "ann"


def test_a_note_has_its_time_and_its_evidence(app, ann, one):
    post(ann, f"/incidents/{one.id}/note", text="a\r\nb", at="5m", evidence="https://a.example/plot")
    entry = app.incidents.detail(one.id, ANN).entries[0]
    assert (entry.text, app.clock.now() - entry.at) == ("a\nb", timedelta(minutes=5))
    assert entry.evidence[0].target == "https://a.example/plot"


def test_a_duplicate_is_merged_and_leads_to_the_other(app, ann, one):
    other = opened(app, "The same")
    answer = post(ann, f"/incidents/{other.id}/merge", other=one.id)
    assert answer.headers["location"] == f"/incidents/{one.id}"
    assert f'href="/incidents/{one.id}">go on there' in ann.get(f"/incidents/{other.id}").text
    refused = post(ann, f"/incidents/{one.id}/merge", other=one.id)
    assert refused.status_code == 400
    assert f'value="{one.id}"' in refused.text


def test_of_two_commanders_at_once_the_second_is_told_who_has_it_and_may_take_over(app, desk, ann, one):
    path = f"/incidents/{one.id}/take?role=commander&instead_of="
    ben = desk.browser("ben")
    assert post(ben, path).status_code == 303
    late = post(ann, path)
    assert late.status_code == 400
    assert "ben is commander" in late.text
    assert "Give it to ann instead of ben" in late.text
    assert now(app, one).roles[Role.COMMANDER] == "ben"
    again = {"role": "commander", "person": "ann", "instead_of": hidden(late.text, "instead_of")}
    assert post(ann, f"/incidents/{one.id}/assign", **again).status_code == 303
    assert now(app, one).roles[Role.COMMANDER] == "ann"


def test_an_edit_that_comes_too_late_keeps_what_was_typed_and_says_what_changed(app, ann, one):
    mine = typed_of(ann.get(f"/incidents/{one.id}/edit").text)
    assert mine["title"] == "Nobody can pay"
    app.incidents.edit(one.id, BEN, {"root_cause": "a lock", "title": "No card works"}, 1)
    mine["root_cause"] = "the new release"
    late = post(ann, f"/incidents/{one.id}/edit", **mine)
    assert late.status_code == 400
    assert "ben has changed the root cause" in late.text
    assert "to: a lock" in late.text
    back = typed_of(late.text)
    assert back["root_cause"] == "the new release"
    assert back["title"] == "No card works"  # which ann did not touch
    assert post(ann, f"/incidents/{one.id}/edit", **back).status_code == 303
    found = now(app, one)
    assert (found.root_cause, found.title) == ("the new release", "No card works")


def test_two_who_edit_different_fields_do_not_get_in_each_others_way(app, ann, one):
    mine = typed_of(ann.get(f"/incidents/{one.id}/edit").text)
    app.incidents.edit(one.id, BEN, {"title": "No card works"}, 1)
    assert post(ann, f"/incidents/{one.id}/edit", **{**mine, "tags": "cards, bank"}).status_code == 303
    found = now(app, one)
    assert (found.title, found.tags) == ("No card works", ("cards", "bank"))


def test_while_the_database_is_away_nothing_that_was_typed_is_lost(app, ann, one):
    known = app.incidents
    app.__dict__["incidents"] = replace(known, reading=books.unreachable, writing=books.unreachable)
    answer = post(ann, f"/incidents/{one.id}/note", text="a long\nstory", at="5m")
    assert answer.status_code == 503
    assert "a long\nstory" in answer.text
    assert "Try again" in answer.text
    app.__dict__["incidents"] = known
    assert post(ann, f"/incidents/{one.id}/note", **typed_of(answer.text)).status_code == 303
    assert "a long\nstory" in [each.text for each in known.detail(one.id, ANN).entries]


def test_a_correction_leaves_the_earlier_versions_readable(app, ann, one):
    entry = app.incidents.note(one.id, BEN, "since 1.1.0")
    path = f"/incidents/{one.id}/entries/{entry.id}"
    assert post(ann, path, text="since 1.0.9", why="misread", version="1").status_code == 303
    page = ann.get(path).text
    checked(page)
    assert re.search(r"version 2 by ann .*misread.*since 1\.0\.9.*How it read before.*since 1\.1\.0", words(page))
    late = post(ann, path, text="since 1.0.8", why="no", version="1")
    assert late.status_code == 400
    assert "ann has corrected this entry meanwhile" in late.text
    assert "since 1.0.8" in late.text
    assert len(app.incidents.versions(one.id, entry.id, ANN)) == 2


def test_on_a_resolved_one_an_act_is_refused_with_what_can_be_done(app, ann, one):
    app.incidents.resolve(one.id, BEN)
    answer = post(ann, f"/incidents/{one.id}/status", status="monitoring", text="back?")
    assert answer.status_code == 400
    assert "is resolved by ben" in answer.text
    assert "back?" in answer.text
    assert "Reopen…" in ann.get(f"/incidents/{one.id}").text
    post(ann, f"/incidents/{one.id}/reopen", text="back")
    assert now(app, one).is_open


# -- telling people ----------------------------------------------------------------------------------------------------


def test_an_update_is_previewed_then_published_as_it_was_typed(app, ann, one):
    app.status_editing  # noqa: B018  made before the page is asked for
    page = ann.get(f"/incidents/{one.id}/update").text
    checked(page)
    assert "We are investigating a problem with shop." in page
    path, said = f"/incidents/{one.id}/update", "Cards are **refused**."
    shown = post(ann, f"{path}/preview", message=said, status="identified", title="Payments")
    assert "Cards are <strong>refused</strong>." in shown.text
    assert "the first that they hear of it" in shown.text
    assert app.status_updates.reports() == []
    form = typed_of(shown.text)
    assert form["message"] == said
    assert post(ann, f"{path}/publish", **form, status="identified").status_code == 303
    assert app.status_updates.reports()[0].updates[0].body == said
    assert now(app, one).status is Status.IDENTIFIED


def test_the_team_is_told(app, ann, one):
    assert post(ann, f"/incidents/{one.id}/update/team", text="we undo it").status_code == 303
    assert "we undo it" in ann.get(f"/incidents/{one.id}").text


def test_an_empty_update_is_refused_and_a_private_incident_is_not_published(app, ann, one):
    assert post(ann, f"/incidents/{one.id}/update/preview", message=" ").status_code in (400, 422)
    hidden_one = opened(app, "Secret", is_private=True)
    assert "nothing of it is published" in ann.get(f"/incidents/{hidden_one.id}/update").text
    assert post(ann, f"/incidents/{hidden_one.id}/update/publish", message="x").status_code == 400
    assert app.status_updates.reports() == []


# -- who may -----------------------------------------------------------------------------------------------------------


def test_a_private_incident_is_there_for_its_people_and_administrators_alone(app, desk, ann):
    secret = opened(app, "Secret", is_private=True)
    paths = [f"/incidents/{secret.id}{each}" for each in ("", "/timeline", "/update", "/edit")]
    entry = app.incidents.detail(secret.id, ANN).entries[0].id
    paths += [f"/incidents/{secret.id}/entries/{entry}", f"/live/incidents/{secret.id}"]
    ben, root = desk.browser("ben"), desk.browser("root", Rank.ADMIN)
    for path in paths:
        assert ben.get(path).status_code == 404
    for path in paths[:-1]:
        assert root.get(path).status_code == ann.get(path).status_code == 200
    assert post(ben, f"/incidents/{secret.id}/note", text="x").status_code == 404
    for path in ("/", "/incidents", "/alerts"):
        assert "Secret" not in ben.get(path).text
    assert "Secret" in ann.get("/incidents").text
    assert "Secret" in root.get("/incidents").text


def test_a_stream_ends_for_whoever_may_see_the_incident_no_more(app, one):
    async def watched():
        shared = Desk(app)
        watch = war_room.Watch(shared, one.id)
        stream = live.stream(live.Board(watch.load, 0.01), may_see=lambda seen: war_room.may_see(seen, BEN))
        first = [await anext(stream) for _ in range(2)]
        await asyncio.to_thread(app.incidents.edit, one.id, ANN, {"is_private": True}, 99)
        return first, [each async for each in stream]

    first, rest = asyncio.run(asyncio.wait_for(watched(), 60))
    assert b"Nobody can pay" in first[1]
    assert all(b"private" not in each for each in rest)


def test_viewers_look_and_do_nothing(app, desk, one):
    viewer = desk.browser("vera", Rank.VIEWER)
    for path in ("/incidents", "/incidents/new", *(f"/incidents/{one.id}{each}" for each in ("", "/severity"))):
        assert viewer.get(path).status_code == 200
    assert "Not allowed" in viewer.get(f"/incidents/{one.id}/severity").text
    for verb in (*incident_verbs.VERBS, "update/publish", "update/team"):
        assert post(viewer, f"/incidents/{one.id}/{verb}").status_code == 403
        assert desk.browser("ann").post(f"/incidents/{one.id}/{verb}", data={"csrf": "x"}).status_code == 403
    assert now(app, one).version == one.version


def test_what_is_not_there_is_said(ann, one):
    for path in ("inc_nobody", "%00", "x" * 300, f"{one.id}/nothing", f"{one.id}/entries/ent_x"):
        assert ann.get(f"/incidents/{path}").status_code == 404
    assert post(ann, f"/incidents/{one.id}/nothing").status_code == 404
    assert post(ann, "/incidents/inc_nobody/note", text="x").status_code == 404


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("20m", -20), ("2026-03-20 10:55", -5), ("2026-03-20 11:55+01:00", -5), ("10:59", -1), ("11:01", 1 - 24 * 60)],
)
def test_a_moment_is_written_as_people_do(written, minutes):
    noon = fakes.NOON.replace(year=2026, month=3, day=20, hour=11, minute=0)
    assert incident_verbs.moment(written, noon) == noon + timedelta(minutes=minutes)


@pytest.mark.parametrize("written", ["soon", "25:00", "99999999999w", "2026-13-01 10:00"])
def test_what_is_no_moment_is_refused(written):
    with pytest.raises(errors.WrongUseError, match="is not a time"):
        incident_verbs.moment(written, fakes.NOON)
