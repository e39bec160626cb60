"""The real promtool, where there is one."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed (apt-get install prometheus)"
)


def test_rules(folder, rules, tests):
    """What `promtool test rules` says about rules and their unit tests, both as data. JSON is YAML."""
    (folder / "rules.yml").write_text(json.dumps(rules))
    (folder / "tests.yml").write_text(json.dumps({"rule_files": ["rules.yml"], **tests}))
    return run("test", "rules", folder / "tests.yml")


test_rules.__test__ = False


def run(*arguments):
    """Exit code and all that it prints."""
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + done.stderr
