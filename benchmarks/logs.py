"""Measures the log analysis beside others in one run: `make bench-logs`, or with your own file: `… logs.py FILE`.

Everything is CPU seconds (user and system) of whole processes, the median of several runs, and told as ratios: machines
differ, ratios hardly. drain3, Polars and DuckDB are run by the Python that PEERS names, ripgrep, gzip and zstd are the
machine's; what is missing is left out and named.
"""

from __future__ import annotations

import functools
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

ACCELERAPP = str(Path(sys.executable).with_name("accelerapp"))
PEERS = os.environ.get("PEERS", sys.executable)
LINES = int(os.environ.get("LINES_TO_MAKE", "4000000"))
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Nobody's Python compiles its modules anew at each start: ours and the peers' run as they do where they are installed."""
DRAIN_SHARE = 20
"""drain3 reads one of so many lines: it takes minutes for all."""

Row = tuple[str, list[str], Path]
"""A name, a command, and the log that it reads."""

_DRAIN = """
import sys
from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig
miner = TemplateMiner(config=TemplateMinerConfig())
split = sys.argv[2] == "message"
with open(sys.argv[1], errors="replace") as file:
    for line in file:
        miner.add_log_message(line.rstrip("\\n").split("] ", 1)[-1] if split else line.rstrip("\\n"))
"""
_POLARS = """
import sys, polars as pl
lines = pl.read_csv(sys.argv[1], has_header=False, separator="\\x01", quote_char=None, new_columns=["line"], encoding="utf8-lossy")
masked = lines.select(pl.col("line").str.replace_all(r"\\S*\\d\\S*", "<*>").alias("masked"))
print(masked.group_by("masked").len().height)
"""
_DUCKDB = """
import sys, duckdb
print(duckdb.execute(f"SELECT count(*) FROM (SELECT regexp_replace(line, '[^ ]*[0-9][^ ]*', '<*>', 'g') m, count(*) FROM "
  f"read_csv('{sys.argv[1]}', columns={{'line': 'VARCHAR'}}, header=false, delim='\\x01', quote='', escape='') GROUP BY m)").fetchone())
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        plain = Path(sys.argv[1]) if len(sys.argv) > 1 else make(made / "plain.log", _plain)
        rows = [_review("plain", plain)]
        if len(sys.argv) == 1:
            rows += [
                _review(name, make(made / name, form)) for name, form in (("JSON lines", _json), ("CRI lines", _cri))
            ]
        rows += _peers(plain, made)
        _print(rows, cpu([command for _, command, _ in rows]), plain)


def _print(rows: list[Row], seconds: list[float], plain: Path) -> None:
    ours = seconds[0] / plain.stat().st_size
    print(f"{'':36}{'CPU s':>8}{'MB/s':>8}{'M lines/s':>11}{'ours is faster by':>20}")
    for (name, _, path), took in zip(rows, seconds, strict=True):
        size = path.stat().st_size
        print(f"{name:36}{took:8.2f}{size / took / 1e6:8.0f}{lines(path) / took / 1e6:11.2f}{took / size / ours:20.2f}")


@functools.cache
def lines(path: Path) -> int:
    """How many lines a file has."""
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _review(name: str, path: Path) -> Row:
    return f"accelerapp logs review, {name}", [ACCELERAPP, "logs", "review", str(path)], path


def _peers(plain: Path, folder: Path) -> list[Row]:
    rows: list[Row] = [("wc -l", ["wc", "-l", str(plain)], plain)]
    for tool, options in (("gzip", ["-k"]), ("zstd", ["-q", "-k"])):
        if shutil.which(tool):
            packed = folder / f"packed.{tool}"
            with packed.open("wb") as out:
                subprocess.run([tool, *options, "-c", str(plain)], stdout=out, check=True)
            rows.append((f"{tool} -d", [tool, "-dc", str(packed)], plain))
    if shutil.which("rg"):
        rows.append(("rg -c ERROR", ["rg", "-c", "ERROR", str(plain)], plain))
    part = folder / "part.log"
    with plain.open("rb") as file, part.open("wb") as out:
        out.writelines(line for number, line in enumerate(file) if number % DRAIN_SHARE == 0)
    for module, name, code, arguments, path in (
        ("drain3", "drain3, raw lines", _DRAIN, ["raw"], part),
        ("drain3", "drain3, message split before", _DRAIN, ["message"], part),
        ("polars", "Polars, mask and group", _POLARS, [], plain),
        ("duckdb", "DuckDB, mask and group", _DUCKDB, [], plain),
    ):
        if subprocess.run([PEERS, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0:
            rows.append((name, [PEERS, "-c", code, str(path), *arguments], path))
        else:
            print(f"left out: {name} ({PEERS} has no {module})")
    return rows


def cpu(commands: list[list[str]], rounds: int = 5) -> list[float]:
    """User and system seconds of each command: the median of several rounds in which all take their turn, so that a busy
    moment of the machine is not one command's alone. A round before those warms."""
    took = [[_once(command) for command in commands] for _ in range(rounds + 1)]
    return [statistics.median(column) for column in zip(*took[1:], strict=True)]


def _once(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_ENVIRONMENT, check=False)
    if ended.returncode not in (0, 1):  # 1: our review found errors
        raise SystemExit(f"{command[:2]} failed: {ended.stderr.decode()[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


_WORDS = [
    "session",
    "request",
    "order",
    "cache",
    "token",
    "worker",
    "queue",
    "payment",
    "index",
    "mail",
    "report",
    "shard",
    "account",
    "upload",
]
_FORMS = (
    "opened {w} for user {n} from 10.{b}.{c}.{d}:{p}",
    "{w} {x} finished in {n} ms with status 200",
    "retrying {w} after {n} ms, attempt {c}",
    "GET /api/{w}/{n} answered 200 in {f} ms",
    "connection to {w}-{c}.internal lost: timed out after {n} s",
    "could not write {w} {x}: no space left on device",
    "evicted {n} entries of {w} ({f} MB)",
    "scheduled {w} job {x} for shard {c}",
)


def make(path: Path, form: object) -> Path:
    """A log of a busy service: about a hundred kinds of messages at levels as they come in real life."""
    assert callable(form)
    chance, at = random.Random(1), datetime(2026, 3, 2, tzinfo=UTC)
    with path.open("w") as file:
        for _ in range(LINES):
            at += timedelta(milliseconds=86)
            level = chance.choices(("INFO", "DEBUG", "WARNING", "ERROR"), (80, 12, 6, 2))[0]
            n = chance.randrange(100_000)
            message = chance.choice(_FORMS).format(
                w=chance.choice(_WORDS), n=n, x=f"{n * 7919:08x}", b=n % 250, c=n % 17, d=n % 99, p=n % 60000, f=n / 100
            )
            file.write(form(at, level, message) + "\n")
    return path


def _plain(at: datetime, level: str, message: str) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03} {level} [worker] {message}"


def _json(at: datetime, level: str, message: str) -> str:
    return json.dumps({"time": at.isoformat(), "level": level, "logger": "worker", "message": message})


def _cri(at: datetime, level: str, message: str) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z stdout F {_plain(at, level, message)}"


if __name__ == "__main__":
    main()
