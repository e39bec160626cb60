"""Questions asked side by side: one that hangs is its own affair."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from accelerapp.base.side_by_side import Answered, Failed, SideBySide, Silent


@pytest.fixture
def gate():
    """Opened at the end, so that no thread of a test outlives it for long."""
    event = threading.Event()
    yield event
    event.set()


def test_answers_come_in_the_order_of_the_questions_whatever_their_speed(gate):
    def slow() -> str:
        gate.wait(30)
        return "slow"

    def quick() -> str:
        gate.set()
        return "quick"

    told = SideBySide().ask({"slow": slow, "quick": quick}, 30)
    assert list(told) == ["slow", "quick"]
    assert isinstance(told["slow"], Answered) and told["slow"].value == "slow"


def test_a_question_that_hangs_is_silent_and_the_others_are_answered(gate):
    told = SideBySide().ask({"hangs": lambda: gate.wait(60), "works": lambda: 42}, 0.2)
    assert isinstance(told["hangs"], Silent)
    assert isinstance(told["works"], Answered)


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_what_is_raised_comes_back_as_it_is(error):
    def fails() -> None:
        raise error

    told = SideBySide().ask({"fails": fails}, 10)["fails"]
    assert isinstance(told, Failed) and told.error is error


def test_a_question_that_still_hangs_is_not_asked_again_until_it_ends(gate):
    asked: list[int] = []

    def hangs() -> None:
        asked.append(1)
        gate.wait(60)

    asker = SideBySide()
    for _ in range(3):
        told = asker.ask({"hangs": hangs}, 0.1)["hangs"]
        assert isinstance(told, Silent)
    assert len(asked) == 1
    assert told.seconds > 0.1
    gate.set()
    deadline = time.monotonic() + 30
    while isinstance(asker.ask({"hangs": hangs}, 0.1)["hangs"], Silent) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(asked) >= 2


def test_two_that_ask_the_same_at_once_are_both_answered():
    asker, barrier = SideBySide(), threading.Barrier(2, timeout=30)
    told: list[object] = []
    threads = [
        threading.Thread(target=lambda: told.append(asker.ask({"same": barrier.wait}, 30)["same"])) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [type(each) for each in told] == [Answered, Answered]


def test_nothing_asked_is_nothing_told():
    assert SideBySide().ask({}, 10) == {}


def test_a_hanging_question_does_not_hold_up_the_end_of_the_process():
    program = (
        "import threading; from accelerapp.base.side_by_side import SideBySide;"
        "print(SideBySide().ask({'hangs': threading.Event().wait}, 0.1)['hangs'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("Silent(")
