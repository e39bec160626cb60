"""The manual's log scripts: run as it says, on a real log, with nothing but a settings file."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
SETTINGS = """
[services.shop]
owner = "team"
logs = ["{log}"]
[services.shop.local]
releases = "releases"
release = "1.0.0"
command = ["true"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    now = datetime.now(UTC)
    words = ["ERROR order {n} failed", "WARNING slow order {n}", "CRITICAL no stock of {n}", "INFO 0 errors {n}"]
    log = tmp_path / "shop.log"
    log.write_text(
        "".join(
            f"{(now - timedelta(minutes=9 - n)).isoformat()} {word.format(n=n)}\n" for n in range(9) for word in words
        )
    )
    (tmp_path / "accelerapp.toml").write_text(SETTINGS.format(log=log))
    return tmp_path


def run(folder: Path, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ACCELERAPP_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return subprocess.run(
        command, cwd=folder, env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_manuals_review_prints_its_summary(folder):
    done = run(folder, sys.executable, str(SCRIPTS / "review-logs.py"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "Log Analysis Summary:\n  Total Errors: 9\n  Total Warnings: 9\n  Critical Issues: 9\n\nTop 5 Errors:\n"
    )
    assert "order <*> failed (count: 9)" in done.stdout


def test_analyze_errors_takes_the_manuals_arguments(folder):
    done = run(folder, str(SCRIPTS / "analyze-errors.sh"), "--last=15m")
    assert done.returncode == 1
    assert "9 × error order <*> failed" in done.stdout
    assert "9 × critical no stock of <*>" in done.stdout


def test_standard_input_needs_no_settings(tmp_path):
    at = datetime.now(UTC).isoformat()
    done = run(tmp_path, str(SCRIPTS / "analyze-errors.sh"), "-", stdin=f"{at} ERROR gone\n")
    assert (done.returncode, done.stderr) == (1, "")
    assert "1 × error gone" in done.stdout
