"""The text format of metrics: what is read, what is refused, what is left out and said."""

from __future__ import annotations

import math

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from accelerapp.metrics import exposition
from accelerapp.metrics.columns import LONGEST_VALUE, Columns


def read(body: str | bytes, most: int = 100, columns: Columns | None = None) -> dict[frozenset[tuple[str, str]], float]:
    kept = columns or Columns({}, most)
    kept.begin()
    exposition.read(body.encode() if isinstance(body, str) else body, kept)
    pairs = zip(kept.labels, kept.row(), strict=True)
    return {frozenset(labels.items()): value for labels, value in pairs}


def of(name: str, **labels: str) -> frozenset[tuple[str, str]]:
    return frozenset({"__name__": name, **labels}.items())


def test_what_the_clients_of_prometheus_write_is_read() -> None:
    registry = CollectorRegistry()
    Counter("hits", "Hits.", ["path"], registry=registry).labels('a"b\\c\nd}e, f="g').inc(3)
    Gauge("free", "Free.", registry=registry).set(-1.5e-7)
    Histogram("took_seconds", "Took.", buckets=(0.1, 1), registry=registry).observe(0.5)
    found = read(generate_latest(registry))
    assert found[of("hits_total", path='a"b\\c\nd}e, f="g')] == 3
    assert found[of("free")] == -1.5e-7
    assert found[of("took_seconds_bucket", le="+Inf")] == 1


def test_known_lines_are_read_the_short_way_with_the_same_result() -> None:
    columns = Columns({"service": "shop"}, 100)
    body = 'a{x="1",y="}"} 1\na{x="2"} 2 1700000000000\nb 3\nc{} +Inf\n# HELP d } 1\n\nd NaN\n'
    first = read(body, columns=columns)
    second = read(body.replace(" 1\n", " 7\n"), columns=columns)
    assert first[of("a", x="1", y="}", service="shop")] == 1
    assert second[of("a", x="1", y="}", service="shop")] == 7
    assert second[of("a", x="2", service="shop")] == 2
    assert second[of("c", service="shop")] == math.inf
    assert math.isnan(second[of("d", service="shop")])


@pytest.mark.parametrize(
    "line",
    [
        *(
            "<html>",
            "a",
            "a{",
            'a{x="1} 1',
            'a{x="1"',
            "a{x=1} 1",
            'a{x="1" y="2"} 1',
            'a{x="1",x="2"} 1',
            "1a 1",
            "a 1 2 3",
        ),
        *("a one", "a 1_000", '{x="1"} 1', "a{}", b"a\xff 1", b'a{x="\xff"} 1', "\x00", 'a{x="1"} 1 2 3', "é 1"),
    ],
)
def test_a_line_that_is_no_metric_spoils_the_answer_and_is_named(line: str | bytes) -> None:
    data = line.encode() if isinstance(line, str) else line
    with pytest.raises(exposition.MalformedError, match="Line 2"):
        read(b"good 1\n" + data + b"\n")


def test_a_million_label_values_are_bounded_and_counted() -> None:
    columns = Columns({}, 100)
    body = "\n".join(f'a{{id="{number}"}} 1' for number in range(1000))
    assert len(read(body, columns=columns)) == 100
    assert columns.dropped == {"too many series": 900}
    more = "\n".join(f'a{{id="{number}"}} 1' for number in range(500, 1500))
    read(more, columns=columns)
    assert columns.dropped == {"too many series": 1000}
    assert columns.is_worn  # all that it has has ended: the next scrape begins anew


def test_long_labels_and_many_labels_are_left_out_and_counted() -> None:
    columns = Columns({}, 100)
    many = ",".join(f'l{number}="1"' for number in range(100))
    found = read(f'a{{x="{"y" * (LONGEST_VALUE + 1)}"}} 1\nb{{{many}}} 1\nc 1\n', columns=columns)
    assert list(found) == [of("c")]
    assert sum(columns.dropped.values()) == 2


def test_labels_of_the_target_win_and_the_others_are_kept_beside_them() -> None:
    columns = Columns({"service": "shop"}, 10)
    found = read('a{service="other",empty=""} 1', columns=columns)
    assert list(found) == [of("a", service="shop", exported_service="other")]


def test_an_exemplar_does_not_disturb() -> None:
    columns = Columns({}, 10)
    for value in (1, 2):
        found = read(f'a_bucket{{le="1"}} {value} # {{trace="x"}} 0.5\n', columns=columns)
        assert found == {of("a_bucket", le="1"): value}
