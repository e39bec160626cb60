"""Questions that hang, fail and crowd: the page gets an answer in time, and the platform is asked once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from accelerapp.base import errors
from accelerapp.console.asking import Asker, Question


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


class Counted:
    """A question that counts how often it was asked."""

    def __init__(self, wait: threading.Event | None = None) -> None:
        self.times = 0
        self._wait = wait

    def __call__(self) -> int:
        self.times += 1
        if self._wait:
            self._wait.wait(30)
        return self.times


def test_an_answer_is_shared_while_it_is_fresh() -> None:
    asker, question = Asker(), Counted()
    assert asker.ask(("a",), question, keep=60).value == 1
    assert asker.ask(("a",), question, keep=60).value == 1
    asker.forget("a")
    assert asker.ask(("a",), question, keep=60).value == 2


def test_forgetting_a_service_forgets_all_its_parts_and_no_others() -> None:
    asker, of_shop, of_mail = Asker(), Counted(), Counted()
    for _ in range(2):
        asker.ask(("service", "shop", "usage"), of_shop, keep=60)
        asker.ask(("service", "mail", "usage"), of_mail, keep=60)
        asker.forget("service", "shop")
    assert (of_shop.times, of_mail.times) == (2, 1)


def test_what_is_not_kept_is_asked_again() -> None:
    asker, question = Asker(), Counted()
    asker.ask(("a",), question, keep=0)
    assert asker.ask(("a",), question, keep=0).value == 2


def test_a_question_that_hangs_is_asked_once_however_many_wait(let_go: threading.Event) -> None:
    asker, question = Asker(timeout=0.05), Counted(let_go)
    answers = [asker.ask(("a",), question) for _ in range(20)]
    assert question.times == 1
    assert all("No answer within" in answer.trouble and not answer.known for answer in answers)


def test_a_question_that_hangs_holds_up_no_other(let_go: threading.Event) -> None:
    asker = Asker(timeout=0.05)
    answers = asker.ask_all({"slow": Question(("s",), Counted(let_go)), "quick": Question(("q",), Counted())})
    assert not answers["slow"].known
    assert answers["quick"].value == 1


def test_what_fails_says_so_and_how_to_mend_it() -> None:
    def silent() -> None:
        raise errors.CannotTellError("The supervisor does not run.", mend="Start it.")

    answer = Asker().ask(("a",), silent)
    assert (answer.known, answer.trouble, answer.mend) == (False, "The supervisor does not run.", "Start it.")


def test_a_mistake_of_ours_takes_only_its_part_of_the_page() -> None:
    answer = Asker().ask(("a",), lambda: 1 // 0)
    assert "ZeroDivisionError" in answer.trouble


def test_nothing_found_is_an_answer_and_not_a_trouble() -> None:
    answer = Asker().ask(("a",), lambda: None)
    assert answer.known
    assert answer.value is None
