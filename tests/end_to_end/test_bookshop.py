"""The bookshop, operated for real: healthy, hurt and healed, a bad release found by health and by the log review."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ports import free_port
from tests.running import Running, eventually

pytestmark = pytest.mark.timeout(600)
EXAMPLE = Path(__file__).parents[2] / "examples" / "bookshop"


@pytest.fixture(scope="module")
def bookshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The example with ports of its own."""
    folder = tmp_path_factory.mktemp("bookshop")
    text = (EXAMPLE / "accelerapp.toml").read_text()
    shop, database = free_port(), free_port()
    text = text.replace("8080", str(shop)).replace("54329", str(database))
    text = text.replace('releases = "releases"', f'releases = "{EXAMPLE / "releases"}"')
    settings = folder / "accelerapp.toml"
    settings.write_text(text + "\n[health]\ncpu_percent = 100\n")  # the tests beside this one may use it all
    folder.chmod(0o755)
    running = Running(folder, settings, free_port())
    running.up()
    yield running
    running.end()


def complete(bookshop: Running) -> dict[str, object]:
    def look() -> dict[str, object] | None:
        workload: dict[str, object] = bookshop.json("service", "show", "bookshop")
        return workload if workload["phase"] == "complete" else None

    found = eventually(look, 90)
    assert found is not None
    return found


def test_a_day_at_the_bookshop(bookshop: Running) -> None:
    """One story, in its order."""
    the_good_release_is_healthy_with_its_figures(bookshop)
    a_killed_replica_shows_as_degraded_and_heals(bookshop)
    a_failing_release_is_found_by_health_and_named_by_the_log_review(bookshop)
    the_release_comes_first_of_what_changed_and_acts_stand_on_the_time_line(bookshop)
    a_release_that_crashes_costs_no_replica_and_is_undone(bookshop)
    stopping_ends_every_process(bookshop)


def the_good_release_is_healthy_with_its_figures(bookshop: Running) -> None:
    assert complete(bookshop)["version"] == "1.0.0"
    eventually(lambda: bookshop.run("health").returncode == 0, 60)
    report = bookshop.json("health")
    checks = {check["name"]: check for check in report["checks"]}
    assert report["verdict"] == "healthy", report["reasons"]
    assert checks["database"]["facts"]["version"]
    assert {checks[name]["verdict"] for name in ("replicas", "usage", "database", "url", "disk")} == {"healthy"}


def a_killed_replica_shows_as_degraded_and_heals(bookshop: Running) -> None:
    def killed_again() -> bool:
        """Each time it takes longer to come back, so that also a slow look meets it away."""
        complete(bookshop)
        replicas = bookshop.json("service", "show", "bookshop")["replicas"]
        os.kill(min(replicas, key=lambda replica: -replica["restarts"])["pid"], signal.SIGKILL)
        return any("ready" in reason or "bookshop-" in reason for reason in bookshop.json("health")["reasons"])

    eventually(killed_again, 120)
    complete(bookshop)
    eventually(lambda: bookshop.run("health").returncode == 0)


def a_failing_release_is_found_by_health_and_named_by_the_log_review(bookshop: Running) -> None:
    switched = bookshop.run("service", "version", "bookshop", "1.1.0")
    assert switched.returncode == 0, switched.stderr.decode()
    eventually(lambda: bookshop.run("health").returncode == 1, 90)
    assert any("POST /orders failed" in reason for reason in bookshop.json("health")["reasons"])
    review = bookshop.run("logs", "review")
    assert review.returncode == 1
    line = next(line for line in review.stdout.decode().splitlines() if "POST /orders failed: KeyError" in line)
    assert int(line.split("×")[0].replace(",", "")) >= 5


def the_release_comes_first_of_what_changed_and_acts_stand_on_the_time_line(bookshop: Running) -> None:
    incident = bookshop.json("incident", "open", "Orders fail", "--service", "bookshop", "--no-page")["id"]
    found = bookshop.json("incident", "changes", incident)
    first = found["ranked"][0]
    assert first["change"]["text"] == "bookshop: version 1.1.0, instead of 1.0.0 (revision 2).", found
    assert "new in the log (error" in first["why"] or "left its usual range" in first["why"], first
    assert {each["name"] for each in found["sources"]} >= {"deployments of bookshop", "log of bookshop", "alerts"}
    assert bookshop.run("service", "restart", "bookshop").returncode == 0
    told = [each["text"] for each in bookshop.json("incident", "show", incident)["entries"]]
    assert "bookshop: every replica is replaced (restart)." in told
    assert bookshop.run("incident", "resolve", incident).returncode == 0


def a_release_that_crashes_costs_no_replica_and_is_undone(bookshop: Running) -> None:
    failed = bookshop.run("service", "version", "bookshop", "1.4.0")
    assert failed.returncode == 1
    assert "PAYMENT_URL" in (failed.stdout + failed.stderr).decode()
    assert bookshop.json("service", "show", "bookshop")["ready"] == 3
    assert bookshop.run("service", "undo", "bookshop").returncode == 0
    assert complete(bookshop)["version"] == "1.1.0"


def stopping_ends_every_process(bookshop: Running) -> None:
    assert bookshop.left_over()
    assert bookshop.stop() == 0
    assert bookshop.left_over() == []
