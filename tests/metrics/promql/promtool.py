"""Asks the real promtool what expressions are, for series written in its own notation."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from accelerapp.metrics import model
from accelerapp.metrics.promql.reading import Stored

PERIOD = 15
"""Seconds between two samples."""
ERROR = "error"
Answer = dict[frozenset[tuple[str, str]], float] | str
"""Values by labels, or ERROR."""
_SAMPLE = re.compile(r"(\{(?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*\}) ([^ ,]+)(?:, |$)")
_LABEL = re.compile(r"(\w+)=(\"(?:[^\"\\]|\\.)*\")")
_RESULT = re.compile(
    r"^    expr: (\".*\"), time: ([\dhms.]+),(?: err: .*|\n        exp: .*\n        got: (.*))$", re.MULTILINE
)


@dataclass(frozen=True)
class Case:
    """An expression, `seconds` after the first sample."""

    expr: str
    seconds: int


def needed() -> None:
    """Skips, with the reason, where there is no promtool."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")


def ask(folder: Path, series: Mapping[str, str], cases: Sequence[Case]) -> list[Answer]:
    """What promtool makes of each case. `series`: from a name with labels to values such as `1 _ stale NaN`."""
    needed()
    test = {
        "interval": f"{PERIOD}s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": case.expr, "eval_time": f"{case.seconds}s", "exp_samples": [{"labels": "never", "value": 1}]}
            for case in cases
        ],
    }
    file = folder / "cases.yml"
    file.write_text(json.dumps({"evaluation_interval": f"{PERIOD}s", "tests": [test]}))
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, timeout=100)
    answers = [_answer(match) for match in _RESULT.finditer(done.stdout + done.stderr)]
    assert len(answers) == len(cases), done.stdout + done.stderr
    return answers


def _answer(match: re.Match[str]) -> Answer:
    if match[3] is None:
        return ERROR
    if match[3] == "nil":
        return {}
    found = {
        frozenset((name, json.loads(value)) for name, value in _LABEL.findall(labels)): float(value)
        for labels, value in _SAMPLE.findall(match[3])
    }
    assert sum(len(each[0]) + len(each[1]) + 3 for each in _SAMPLE.findall(match[3])) == len(match[3]) + 2, match[3]
    return found


def stored(series: Mapping[str, str]) -> list[Stored]:
    """The same series for our evaluator, the first samples at 0."""
    found = []
    for name, values in series.items():
        metric, _, rest = name.partition("{")
        labels = {model.NAME: metric} | {key: json.loads(value) for key, value in _LABEL.findall(rest)}
        samples = [
            (index * PERIOD * 1000, model.STALE if text == "stale" else float(text))
            for index, text in enumerate(values.split())
            if text != "_"
        ]
        found.append(Stored(labels, [at for at, _ in samples], [value for _, value in samples]))
    return found


def same(ours: Answer, theirs: Answer) -> bool:
    """The same labels and values; the last two digits may differ, as sums may be in another order."""
    if isinstance(ours, str) or isinstance(theirs, str):
        return ours == theirs
    return ours.keys() == theirs.keys() and all(_close(ours[key], theirs[key]) for key in ours)


def _close(left: float, right: float) -> bool:
    return (
        left == right
        or (math.isnan(left) and math.isnan(right))
        or math.isclose(left, right, rel_tol=1e-13, abs_tol=1e-13)
    )
