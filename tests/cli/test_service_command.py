"""`accelerapp service`: looking and changing, on a platform in memory."""

from __future__ import annotations

import getpass
import json

import pytest
from commands import CommandLine
from fakes import NOON, SHOP, FakePlatform, platforms, replica, workload
from story import StoryApp, settings_of

from accelerapp.base import clock as clocks
from accelerapp.base import errors
from accelerapp.cli import rollout


@pytest.fixture
def platform():
    return FakePlatform(workload(replica(1), replica(2)))


@pytest.fixture
def accelerapp(monkeypatch, capsys, tmp_path, platform):
    app = StoryApp(settings_of(tmp_path), platform, clocks.MovingClock(NOON))
    return CommandLine(monkeypatch, capsys, app)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("list",), "shop     local     team"),
        (("show",), "shop: version 1.0.0 (revision 1), complete"),
        (("replicas", "shop"), "shop-2   Running  yes"),
        (("history",), "1.0.0    2026-03-02"),
        (("nodes",), "0.50 of 2"),
    ],
)
def test_what_is_there_is_shown(accelerapp, arguments, words):
    ended = accelerapp("service", *arguments)
    assert (ended.code, ended.err) == (0, "")
    assert words in ended.out


@pytest.mark.parametrize("name", ["list", "show", "replicas", "events", "history", "usage", "nodes"])
def test_every_fact_comes_as_json_too(accelerapp, name):
    assert isinstance(json.loads(accelerapp("service", name, "--json").out), list | dict)


def test_events_are_shown_newest_first_and_no_more_than_asked(accelerapp):
    accelerapp("service", "scale", "shop", "3")
    accelerapp("service", "restart", "shop")
    events = json.loads(accelerapp("service", "events", "shop", "--limit", "1", "--json").out)
    assert [event["reason"] for event in events] == ["Restarted"]


def test_usage_shows_each_replica_with_its_limit(accelerapp, platform):
    platform.usages[SHOP] = [platforms.ReplicaUsage(replica(1).name, 0.5, 2**20, None, NOON)]
    assert "shop-1   0.50   1 MiB      -" in accelerapp("service", "usage").out


# -- changes -----------------------------------------------------------------------------------------------------------


def test_a_version_is_switched_by_the_person_who_asks_and_waited_for(accelerapp, platform):
    ended = accelerapp("service", "version", "shop", "1.1.0")
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == "shop: done, 2 replicas of version 1.1.0 ready."
    assert platform.revisions(SHOP)[0].by == getpass.getuser()


def test_an_undo_goes_back_to_the_revision_before_or_to_the_named_one(accelerapp, platform):
    accelerapp("service", "version", "shop", "1.1.0")
    assert accelerapp("service", "undo", "shop").code == 0
    assert platform.workload(SHOP).version == "1.0.0"
    assert accelerapp("service", "undo", "shop", "--to", "2").code == 0
    assert (platform.workload(SHOP).version, platform.workload(SHOP).revision) == ("1.1.0", 4)


def test_scaling_and_restarting_are_waited_for(accelerapp, platform):
    ended = accelerapp("service", "scale", "shop", "4", "--json")
    assert (ended.code, json.loads(ended.out)["desired"]) == (0, 4)
    assert "4 replicas" in ended.err
    assert accelerapp("service", "restart", "shop").code == 0


def test_a_rollout_that_fails_ends_with_1_and_the_platforms_reason(accelerapp, platform):
    platform.stuck = "The new replica crashes: ended with exit code 3."
    ended = accelerapp("service", "version", "shop", "1.1.0")
    assert ended.code == 1
    assert "The rollout of shop failed: The new replica crashes: ended with exit code 3." in ended.err
    assert "accelerapp service undo shop" in ended.err


def test_without_waiting_a_failure_is_not_awaited(accelerapp, platform):
    platform.stuck = "It crashes."
    ended = accelerapp("service", "version", "shop", "1.1.0", "--no-wait")
    assert (ended.code, ended.err) == (0, "")
    assert "It goes on by itself" in ended.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("version", "shop", "9.9.9"), "There is no release 9.9.9"),
        (("version", "none", "1.0.0"), "There is no service 'none'"),
        (("undo", "shop", "--to", "7"), "no such revision"),
        (("undo", "shop"), "no such revision"),
        (("scale", "shop", "many"), "many"),
        (("scale", "shop", "-1"), "-1"),
        (("restart", "shop", "--timeout", "soon"), "not a duration"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_says_why(accelerapp, arguments, words):
    ended = accelerapp("service", *arguments)
    assert ended.code == 2
    assert words in ended.err


def test_a_command_runs_beside_a_replica_and_its_exit_code_passes_through(accelerapp, platform):
    platform.command_result = platforms.CommandResult(7, b"out\n", b"err\n")
    ended = accelerapp("service", "run", "shop-1", "--", "ls", "-l", "--all")
    assert ended.code == 7
    assert (ended.out, ended.err) == ("out\n", "err\n")
    assert platform.ran == [("shop-1", ("ls", "-l", "--all"))]
    platform.command_result = platforms.CommandResult(-9)
    assert accelerapp("service", "run", "shop-1", "true").code == 137
    assert accelerapp("service", "run", "none", "true").code == 2
    assert accelerapp("service", "run", "shop-1").code == 2


def test_a_platform_that_cannot_be_asked_ends_with_3(accelerapp, platform):
    platform.unreachable = True
    ended = accelerapp("service", "show")
    assert (ended.code, ended.out) == (3, "")
    assert "The supervisor does not run." in ended.err


# -- waiting -----------------------------------------------------------------------------------------------------------

HALF = workload(replica(1), replica(2, ready=False), phase=platforms.RolloutPhase.PROGRESSING, updated=1)
DONE = workload(replica(1), replica(2))
STUCK = workload(replica(1), phase=platforms.RolloutPhase.FAILED)


@pytest.mark.parametrize(
    ("found", "goal", "step"),
    [
        (DONE, rollout.Goal(), rollout.Step.DONE),
        (HALF, rollout.Goal(), rollout.Step.WAITING),
        (STUCK, rollout.Goal(), rollout.Step.FAILED),
        (DONE, rollout.Goal(revision=1), rollout.Step.DONE),
        (DONE, rollout.Goal(revision=2), rollout.Step.WAITING),  # complete, but that is the revision before
        (STUCK, rollout.Goal(revision=2), rollout.Step.WAITING),
        (workload(replica(1), revision=3), rollout.Goal(revision=2), rollout.Step.SUPERSEDED),
        (DONE, rollout.Goal(replicas=2), rollout.Step.DONE),
        (DONE, rollout.Goal(replicas=5), rollout.Step.SUPERSEDED),
        (workload(replica(1, ready=False)), rollout.Goal(), rollout.Step.WAITING),
        (workload(), rollout.Goal(replicas=0), rollout.Step.DONE),
    ],
)
def test_the_platforms_word_counts_only_for_what_was_asked(found, goal, step):
    assert rollout.reached(found, goal) is step


class Answers:
    """Answers one after the other; the last one again and again."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)

    def __call__(self):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


def test_each_change_is_said_once_and_a_short_silence_is_waited_out():
    said: list[str] = []
    ask = Answers(HALF, errors.CannotTellError("restarting"), HALF, DONE)
    assert rollout.wait(ask, rollout.Goal(), 60, said.append) is DONE
    assert said == [
        "shop: version 1.0.0, 1 of 2 replicas new, 1 ready",
        "shop: version 1.0.0, 2 of 2 replicas new, 2 ready",
        "shop: done, 2 replicas of version 1.0.0 ready.",
    ]


def test_a_failure_told_at_once_may_be_that_of_the_rollout_before():
    assert rollout.wait(Answers(STUCK, DONE), rollout.Goal(), 60, lambda line: None) is DONE
    assert rollout.wait(Answers(STUCK, DONE), rollout.Goal(), 60, lambda line: None, stale=0) is STUCK


def test_a_rollout_that_takes_too_long_cannot_be_told():
    with pytest.raises(errors.CannotTellError, match="has not come to an end within 0 ms"):
        rollout.wait(Answers(HALF), rollout.Goal(), 0, lambda line: None)


def test_an_interrupt_leaves_the_rollout_running_and_says_so():
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        rollout.wait(Answers(HALF, KeyboardInterrupt()), rollout.Goal(), 60, said.append)
    assert said[-1].startswith("Interrupted: the rollout goes on by itself.")
