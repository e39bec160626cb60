"""`accelerapp oncall test|tests|drill|drills`: in a data folder, and over a server."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.paging import stories
from tests.paging.stories import HOUR, failing

from accelerapp.base.clock import SystemClock
from accelerapp.paging.model import Outgoing, Purpose, Verb


@pytest.fixture
def story(app):
    made = stories.Story(app.pager.writing, SystemClock())
    made.pager = app.pager
    made.describe(stories.book())
    return made


@contextmanager
def at_work(story: stories.Story, answers: Callable[[Outgoing], bool] = lambda outgoing: False) -> Iterator[None]:
    """An engine that sends at once; who wants to answers what they got."""
    over = threading.Event()

    def work() -> None:
        known = 0
        while not over.wait(0.05):
            story.pager.turn()
            story.send()
            for _, outgoing in story.sent[known:]:
                known += 1
                if answers(outgoing):
                    story.pager.follow(story.pager.token(outgoing, HOUR), Verb.ACKNOWLEDGE)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(20)


def test_before_the_first_test_it_says_how_to_send_one(accelerapp, story):
    shown = accelerapp("oncall", "tests")
    assert (shown.code, "accelerapp oncall test --all" in shown.out) == (0, True)
    assert "accelerapp oncall drill POLICY" in accelerapp("oncall", "drills").out


def test_a_test_is_sent_and_the_report_says_who_answered_by_what(accelerapp, story):
    story.answers = lambda outgoing: failing()(outgoing) if outgoing.person == "ben" else failing("none")(outgoing)
    sent = accelerapp("oncall", "test", "--all", "--yes")
    assert sent.out.startswith("Test pages are on their way to ann, ben, cat.")
    assert accelerapp("oncall", "tests").code == 0
    story.send()
    story.pager.turn()
    ann = next(each for _, each in story.sent if each.person == "ann")
    story.pager.follow(story.pager.token(ann, HOUR), Verb.ACKNOWLEDGE)
    shown = accelerapp("oncall", "tests")
    lines = {line.split()[0]: line for line in shown.out.splitlines() if line}
    assert shown.code == 1
    assert ("answered" in lines["ann"], "ntfy" in lines["ann"]) == (True, True)
    assert "not reached" in lines["ben"]
    assert "ntfy failed: The token was revoked." in lines["ben"]
    assert "waiting" in lines["cat"]
    [one] = json.loads(accelerapp("oncall", "tests", "--json").out)
    assert [each["outcome"] for each in one["people"]] == ["answered", "not reached", "waiting"]
    assert json.loads(accelerapp("oncall", "tests", one["id"], "--json").out) == one


def test_without_a_name_one_tests_oneself_and_who_is_not_known_is_said(accelerapp, story):
    assert accelerapp("oncall", "test").out.startswith("Test pages are on their way to ann.")
    unknown = accelerapp("oncall", "test", "eve")
    assert (unknown.code, "There is no person 'eve'" in unknown.err) == (2, True)
    assert accelerapp("oncall", "test", "ann", "--all").code == 2
    assert accelerapp("oncall", "tests", "tst_x").code == 2


def test_nobody_is_called_before_the_question_is_answered(accelerapp, story, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))  # whoever is asked
    refused = accelerapp("oncall", "drill", "shop")
    assert (refused.code, story.pager.pages(kind=None)) == (130, [])
    assert "1. person ann: ann (ntfy); then 5 min for an answer" in refused.err
    assert "Begin the drill? It may call ann, ben, cat." in refused.err + refused.out


def test_a_drill_is_followed_until_the_first_answer(accelerapp, story):
    with at_work(story, answers=lambda outgoing: outgoing.person == "ann"):
        ended = accelerapp("oncall", "drill", "shop", "--yes")
    assert ended.code == 0
    assert "step 1: calls ann by ntfy" in ended.out
    assert "ann by ntfy: delivered after" in ended.out
    assert "ann answers by ntfy" in ended.out
    assert "STEP  WHO" in ended.out
    listed = accelerapp("oncall", "drills").out
    assert ("ann answered after" in listed, "P1" in listed) == (True, True)
    assert {each.purpose for _, each in story.sent} == {Purpose.EXERCISE}


def test_in_a_whole_drill_who_does_not_answer_is_named_and_ends_it_with_1(accelerapp, story):
    quick = stories.book()
    [policy] = quick.policies.values()
    steps = tuple(stories.replace(step, wait=stories.SECOND) for step in policy.steps)
    story.describe(stories.replace(quick, policies={policy.name: stories.replace(policy, steps=steps)}))
    with at_work(story, answers=lambda outgoing: outgoing.person != "cat"):
        ended = accelerapp("oncall", "drill", "shop", "--whole", "--yes", "--json")
    assert ended.code == 1
    report = json.loads(ended.out)
    assert (sorted(each["by"] for each in report["answers"]), report["silent"]) == (["ann", "ben"], ["cat"])
    assert [each["step"] for each in report["tried"]] == [1, 2, 3]


def test_a_drill_that_runs_is_stopped_by_its_name(accelerapp, story, app):
    begun = app.drilling.begin(_shop(), "root")
    again = accelerapp("oncall", "drill", "shop", "--yes")
    assert (again.code, f"The drill {begun.id} runs already" in again.err) == (2, True)
    stopped = accelerapp("oncall", "drills", begun.id, "--stop")
    assert f"{begun.id}: it was stopped." in stopped.out
    assert accelerapp("oncall", "drills", "--stop").code == 2
    assert accelerapp("oncall", "drills", "drl_x").code == 2


def test_where_nobody_sends_the_drill_is_stopped_and_that_is_said(accelerapp, story, monkeypatch):
    from accelerapp.cli import oncall_drills

    # A patch: a minute of patience is too long for a test; the waits of the steps are taken away with it.
    monkeypatch.setattr(oncall_drills, "_PATIENCE", -20 * stories.MINUTE + stories.SECOND)
    ended = accelerapp("oncall", "drill", "shop", "--yes")
    assert (ended.code, "The drill does not go on, so it was stopped" in ended.err) == (3, True)
    assert story.pager.pages(kind=None) == []


def _shop():
    from accelerapp.flows.drilling import Wanted

    return Wanted(policy="shop")
