"""Issues on GitHub and GitLab, against a server that speaks their APIs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.fakes import NOON
from tests.postmortems import trackers

from accelerapp.base import errors
from accelerapp.base.ids import ActionId
from accelerapp.postmortems.trackers import interface
from accelerapp.postmortems.trackers.github import GitHub
from accelerapp.postmortems.trackers.gitlab import GitLab
from accelerapp.postmortems.trackers.interface import Draft

ACTION = ActionId("act_1")
DRAFT = Draft(ACTION, "Test it", f"Really.\n\n{interface.mark(ACTION)}\n", date(2026, 3, 9))
BEFORE = NOON - timedelta(minutes=10)


@pytest.fixture
def server():
    with trackers.served() as made:
        yield made


@pytest.fixture(params=["github", "gitlab"])
def tracker(request, server):
    if request.param == "github":
        return GitHub("acme/shop", "secret", ("incident",), server.url)
    return GitLab("acme/team/shop", "secret", ("incident", "ops"), f"{server.url}/api/v4")


def test_an_issue_is_made_and_found_again(tracker):
    assert tracker.find(ACTION, BEFORE) is None
    made = tracker.create(DRAFT)
    assert (made.tracker, made.number) == (tracker.name, "#1")
    assert made.url.endswith("/issues/1")
    assert tracker.find(ACTION, BEFORE) == made
    assert tracker.find(ActionId("act_2"), BEFORE) is None
    assert tracker.find(ACTION, NOON + timedelta(minutes=1)) is None


def test_it_is_found_among_many(tracker, server):
    made = tracker.create(DRAFT)
    for number in range(150):
        tracker.create(Draft(ActionId(f"act_x{number}"), "other", "no mark"))
    assert tracker.find(ACTION, BEFORE) == made


def test_when_there_are_too_many_to_look_through_nobody_can_tell(tracker, server):
    server.issues = [{"updated_at": trackers.MADE_AT, "created_at": trackers.MADE_AT, "body": None}] * 2001
    with pytest.raises(errors.CannotTellError, match="more than 2,000 issues"):
        tracker.find(ACTION, BEFORE)


def test_github_hears_what_its_documentation_asks_for(server):
    GitHub("acme/shop", "secret", ("incident",), server.url).create(DRAFT)
    (method, path, headers), (issue,) = server.requests[0], server.issues
    assert (method, path) == ("POST", "/repos/acme/shop/issues")
    assert headers["authorization"] == "Bearer secret"
    assert headers["accept"] == "application/vnd.github+json"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["user-agent"].startswith("accelerapp/")
    assert {name: issue[name] for name in ("title", "body", "labels")} == {
        "title": "Test it",
        "body": DRAFT.body,
        "labels": ["incident"],
    }


def test_gitlab_hears_what_its_documentation_asks_for(server):
    GitLab("acme/team/shop", "secret", ("incident", "ops"), f"{server.url}/api/v4/").create(DRAFT)
    (method, path, headers), (issue,) = server.requests[0], server.issues
    assert (method, path) == ("POST", "/api/v4/projects/acme%2Fteam%2Fshop/issues")
    assert headers["private-token"] == "secret"
    assert {name: issue[name] for name in ("title", "description", "labels", "due_date")} == {
        "title": "Test it",
        "description": DRAFT.body,
        "labels": "incident,ops",
        "due_date": "2026-03-09",
    }


@pytest.mark.parametrize(
    ("status", "mend"),
    [(401, "issues.token"), (403, "issues.token"), (404, "issues.project"), (410, "keeps issues"), (422, "")],
)
def test_a_refusal_says_what_to_mend(tracker, server, status, mend):
    server.fail(status, b'{"message": "Bad credentials"}')
    with pytest.raises(interface.RefusedError, match=f"answers {status}: Bad credentials") as told:
        tracker.create(DRAFT)
    assert mend in told.value.mend


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {"Retry_After": "30"}), (403, {"X_RateLimit_Remaining": "0"}), (503, {})]
)
def test_one_that_is_busy_is_asked_later(tracker, server, status, headers):
    server.fail(status, **headers)
    with pytest.raises(interface.BusyError, match=f"answers {status}") as told:
        tracker.create(DRAFT)
    assert told.value.mend.startswith("Try again")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"number": null, "iid": null}'])
def test_an_answer_that_is_no_issue_is_not_taken_for_one(tracker, server, body):
    server.fail(201, body)
    with pytest.raises(errors.CannotTellError) as told:
        tracker.create(DRAFT)
    assert not isinstance(told.value, interface.BusyError)


@pytest.mark.parametrize("status", [500, 502, 0])
def test_after_an_error_in_the_midst_there_may_be_one(tracker, server, status):
    server.fail(status, b"oh", is_done=True)
    with pytest.raises(errors.CannotTellError) as told:
        tracker.create(DRAFT)
    assert not isinstance(told.value, interface.BusyError)
    assert tracker.find(ACTION, BEFORE)
