"""The embedded evaluator and the real promtool say the same of series and expressions made by a generator."""

from __future__ import annotations

from pathlib import Path

import pytest
from metrics.promql import promtool
from metrics.promql.generator import LENGTH, Generator

from accelerapp.base import errors
from accelerapp.metrics.promql import evaluator, vectors
from accelerapp.metrics.promql.reading import MemoryReader

CASES = 60
"""Per seed."""


def ours(reader: MemoryReader, case: promtool.Case) -> promtool.Answer:
    try:
        found = evaluator.instant(reader, case.expr, case.seconds * 1000)
    except errors.WrongUseError:
        return promtool.ERROR
    return {vectors.identity({k: v for k, v in each.labels.items() if v}): each.point.value for each in found.elements}


def is_tie(case: promtool.Case, mine: promtool.Answer, theirs: promtool.Answer) -> bool:
    """Of elements with the same value `topk` may keep any."""
    if not case.expr.startswith(("topk", "bottomk")) or isinstance(mine, str) or isinstance(theirs, str):
        return False
    return sorted(mine.values()) == pytest.approx(sorted(theirs.values()))


@pytest.mark.prometheus
@pytest.mark.parametrize("seed", range(20))
def test_the_embedded_evaluator_says_what_promtool_says(seed: int, tmp_path: Path) -> None:
    generator = Generator(seed)
    series = generator.series()
    times = [generator.random.randint(0, (LENGTH + 30) * promtool.PERIOD) for _ in range(CASES)]
    cases = [promtool.Case(generator.expr(), at) for at in times]
    theirs = promtool.ask(tmp_path, series, cases)
    reader = MemoryReader(promtool.stored(series))
    wrong = [
        f"{case.expr} at {case.seconds}s:\n  ours   {mine}\n  theirs {answer}"
        for case, answer in zip(cases, theirs, strict=True)
        if not promtool.same(mine := ours(reader, case), answer) and not is_tie(case, mine, answer)
    ]
    assert not wrong, "\n".join(wrong)
    assert sum(bool(answer) for answer in theirs) > CASES / 2  # most cases say something
