"""Grouping accuracy on the LogHub-2k sets: `… accuracy.py FOLDER [kernel|raw]`, a folder per set with `*_structured.csv`.

The sets are not shipped (research licence). One setting for all sets. The messages of a set are grouped as they stand in
its message column; with `kernel` after the kernel has read each as a line, with `raw` the whole lines of `*_2k.log`.
GA: the share of lines whose group is exactly their true group. FGA: the F1 of groups that are found exactly.
"""

from __future__ import annotations

import csv
import functools
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from accelerapp.logs import templates
from accelerapp.logs.kernel import binding

REFERENCE = 1_767_225_600_000
"""A fixed moment by which times without a year are understood."""


def main() -> None:
    folder, kind = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "messages"
    scores = []
    for path in sorted(folder.glob("*/*_structured.csv")):
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            rows = list(csv.DictReader(file))
        texts = [row["Content"] for row in rows]
        if kind == "raw":
            lines = path.with_name(path.name.removesuffix("_structured.csv")).read_bytes().splitlines()
            texts = [line.decode("utf-8", "surrogateescape") for line in lines]
        if kind != "messages":
            texts = [_read(text) for text in texts]
        found = templates.group(texts)
        scores.append(score([row["EventTemplate"] for row in rows], [found[text] for text in texts]))
        print(f"{path.parent.name:14} GA {scores[-1][0]:.3f}  FGA {scores[-1][1]:.3f}")
    if not scores:
        raise SystemExit(f"{folder} holds no */*_structured.csv")
    ga, fga = (sum(column) / len(scores) for column in zip(*scores, strict=True))
    print(f"{'mean':14} GA {ga:.4f} FGA {fga:.4f}")


@functools.cache
def _read(line: str) -> str:
    """What the kernel takes for the message of a line."""
    parsed = binding.parse(line.encode("utf-8", "surrogateescape"), REFERENCE)
    return line if parsed is None else parsed.message.decode("utf-8", "surrogateescape")


def score(true: Sequence[str], found: Sequence[str]) -> tuple[float, float]:
    """GA and FGA, of the true and the found group of each line."""
    right, made = _groups(true), _groups(found)
    same = right & made
    if not same:
        return 0.0, 0.0
    precision, recall = len(same) / len(made), len(same) / len(right)
    return sum(map(len, same)) / len(true), 2 * precision * recall / (precision + recall)


def _groups(labels: Sequence[str]) -> set[frozenset[int]]:
    members: dict[str, set[int]] = defaultdict(set)
    for number, label in enumerate(labels):
        members[label].add(number)
    return {frozenset(numbers) for numbers in members.values()}


if __name__ == "__main__":
    main()
