"""The scripts' door to log analysis: executors and baselines that the caller gives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from tests.logs import histories

from accelerapp.app import from_settings
from accelerapp.base import errors
from accelerapp.base.ids import ServiceName
from accelerapp.logs import baseline
from accelerapp.logs.model import Level
from accelerapp.logs.sources import parts
from accelerapp.logs.store_sql import SqlBaselines
from accelerapp.monitoring import LogAnalyzer

SHOP = ServiceName("shop")


class Counting(ThreadPoolExecutor):
    """Counts what it is given to do."""

    given = 0

    def submit(self, *arguments, **named):
        self.given += 1
        return super().submit(*arguments, **named)


@pytest.fixture
def log(tmp_path):
    """Six records of an error in the last hour."""
    path = tmp_path / "shop.log"
    start = datetime.now(UTC) - timedelta(minutes=20)
    lines = (f"{(start + timedelta(minutes=n)).isoformat()} ERROR disk {n} is full\n" for n in range(6))
    path.write_text("".join(lines))
    return path


@pytest.fixture
def config(tmp_path, log):
    path = tmp_path / "accelerapp.toml"
    path.write_text(
        f'[data]\nfolder = "{tmp_path}/data"\n[services.shop]\nlogs = ["{log}"]\n'
        f'[services.shop.local]\nreleases = "{tmp_path}"\nrelease = "1.0.0"\ncommand = ["true"]\n'
    )
    return path


def learn(config, hours: int) -> None:
    """Known hours up to now, of one usual message."""
    now = baseline.hour_of(datetime.now(UTC))
    known = baseline.Baseline()
    for hour in range(now - hours, now):
        known = baseline.learn(known, hour, histories.hour({(Level.INFO, "order <*> placed"): 60}, hour))
    product = from_settings(config)
    with product.database.write() as work:
        SqlBaselines(work).put(SHOP, baseline.Baseline(), known)
    product.database.engine.dispose()


def test_an_executor_reads_the_parts_of_a_services_log_and_of_files(config, log, monkeypatch):
    monkeypatch.setattr(parts, "SIZE", 100)
    monkeypatch.setattr(parts.of, "__defaults__", (100,))
    alone = LogAnalyzer(sources=[log]).analyze_logs(hours=1)
    with Counting(2) as many:
        of_files = LogAnalyzer(sources=[log], executor=many).analyze_logs(hours=1)
        assert many.given > 1
        many.given = 0
        of_service = LogAnalyzer("shop", config=config, executor=many).analyze_logs(hours=1)
        assert many.given > 1
        assert many.submit(int, "7").result() == 7, "it is the caller's, and stays open"
    assert of_files["top_errors"] == alone["top_errors"]
    assert [found["count"] for found in of_service["top_errors"]] == [6]


def test_files_are_compared_with_the_baseline_of_a_service(config, log):
    learn(config, hours=30)
    found = LogAnalyzer(sources=[log], config=config, baseline="shop").analyze_logs(hours=1)
    assert [(one["kind"], one["evidence"]["count"]) for one in found["anomalies"] if one["kind"] == "new_pattern"] == [
        ("new_pattern", 6)
    ]
    assert not [note for note in found["notes"] if "baseline" in note]


def test_a_baseline_that_is_too_young_is_said_and_so_is_none(config, log):
    learn(config, hours=3)
    young = LogAnalyzer(sources=[log], config=config, baseline="shop").analyze_logs(hours=1)
    assert [note for note in young["notes"] if note.startswith("No baseline yet: ")]
    none = LogAnalyzer(sources=[log]).analyze_logs(hours=1)
    assert "No baseline was named for these logs, so they are compared with themselves." in none["notes"]


def test_a_baseline_of_an_unknown_service_is_refused(config, log):
    with pytest.raises(errors.NotFoundError, match="shopp"):
        LogAnalyzer(sources=[log], config=config, baseline="shopp").analyze_logs(hours=1)
