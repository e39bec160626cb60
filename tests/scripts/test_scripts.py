"""The scripts of the operations manual pass their arguments on and the exit code back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
STAND_IN = '#!/bin/sh\necho "accelerapp $@"\nexit 3\n'


def run(script: Path, *arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(script), *arguments],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "passed"),
    [("health-check.sh", "health"), ("daily-health-check.sh", "health --daily"), ("update-status.sh", "status update")],
)
def test_a_script_passes_arguments_on_and_the_exit_code_back(tmp_path, name, passed):
    stand_in = tmp_path / "bin" / "accelerapp"
    stand_in.parent.mkdir()
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    done = run(SCRIPTS / name, "--service", "my shop", path=f"{stand_in.parent}:/usr/bin:/bin")
    assert (done.stdout, done.stderr, done.returncode) == (f"accelerapp {passed} --service my shop\n", "", 3)


def test_a_script_finds_the_command_in_the_environment_beside_it(tmp_path):
    (tmp_path / "scripts").mkdir()
    script = Path(shutil.copy(SCRIPTS / "health-check.sh", tmp_path / "scripts"))
    beside = tmp_path / ".venv" / "bin" / "accelerapp"
    beside.parent.mkdir(parents=True)
    beside.write_text(STAND_IN)
    beside.chmod(0o755)
    assert run(script, path="/usr/bin:/bin").returncode == 3


def test_the_health_check_script_works_with_the_product_itself(tmp_path):
    (tmp_path / "accelerapp.toml").write_text("")
    done = subprocess.run(
        [str(SCRIPTS / "health-check.sh")],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "describe no service" in done.stderr
