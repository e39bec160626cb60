"""Series and expressions made by a seeded generator: counters that reset, gaps, ended series, NaN, sparse ones."""

from __future__ import annotations

from random import Random

LENGTH = 61
"""Samples of a series: a quarter of an hour."""
_OVER_COUNTERS = ("rate", "increase", "irate", "resets", "changes", "idelta")
_OVER_GAUGES = (
    *("avg", "min", "max", "sum", "count", "last", "present", "stddev", "stdvar"),
    *("delta", "deriv", "changes", "resets", "idelta"),
)
_RANGES = ("15s", "29s", "1m", "90s", "5m", "10m")
_OFFSETS = ("", "", "", " offset 1m", " offset 7s", " offset 5m", " offset -1m", " @ 300", " @ 307.5 offset 30s")


class Generator:
    """Everything follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    # -- series ----------------------------------------------------------------------------------------------------

    def series(self) -> dict[str, str]:
        """Counters, gauges, histograms and information, in promtool's notation."""
        made: dict[str, str] = {}
        for job in ("shop", "cart"):
            for replica in ("1", "2", "3"):
                labels = f'job="{job}",replica="{replica}"'
                made[f"memory{{{labels}}}"] = self._holed(self._gauge())
                made[f"limit{{{labels}}}"] = self._holed([self.random.choice((0, 100, 1e9))] * LENGTH)
                for status in ("200", "404", "500"):
                    made[f'hits_total{{{labels},status="{status}"}}'] = self._holed(self._counter())
                made |= self._histogram(labels)
            made[f'info{{job="{job}",owner="team {self.random.randint(1, 2)}",mode=""}}'] = "1 " * LENGTH
        return made

    def _counter(self) -> list[float]:
        value, values = float(self.random.choice((0, 1, 1e6))), []
        fast, resets = self.random.choice((0, 1, 20, 0.3)), self.random.choice((0, 0, 0.02, 0.2))
        for _ in range(LENGTH):
            value = 0.0 if self.random.random() < resets else value + self.random.randint(0, 10) * fast
            values.append(value)
        return values

    def _gauge(self) -> list[float]:
        kind = self.random.randint(0, 4)
        if kind == 0:
            return [self.random.choice((0.0, 1.5, -2.0))] * LENGTH
        values = [self.random.uniform(-50, 1e3) if kind > 1 else self.random.randint(0, 3) for _ in range(LENGTH)]
        odd = (float("nan"), float("inf"), float("-inf"))
        return [self.random.choice(odd) if kind == 4 and self.random.random() < 0.1 else value for value in values]

    def _histogram(self, labels: str) -> dict[str, str]:
        """Buckets that grow together; holes differ, so they are not always monotonic."""
        bounds, counts = ("0.1", "0.5", "1", "2.5", "+Inf"), [[0.0] * LENGTH for _ in range(5)]
        spread = [self.random.randint(0, 5) for _ in bounds]
        for at in range(1, LENGTH):
            grown = 0
            for index in range(5):
                grown += self.random.randint(0, spread[index])
                counts[index][at] = counts[index][at - 1] + grown
        kept = bounds if self.random.random() < 0.8 else bounds[:-1]
        return {
            f'took_bucket{{{labels},le="{bound}"}}': self._holed(values, 0.3)
            for bound, values in zip(kept, counts, strict=False)
        }

    def _holed(self, values: list[float], often: float = 0.6) -> str:
        """With gaps, ends and stretches without samples, or as it is."""
        texts = [repr(value).replace("inf", "Inf").replace("nan", "NaN") for value in values]
        kind = self.random.random()
        if kind > often:
            return " ".join(texts)
        if kind < 0.1 * often:
            return " ".join(text if index % 17 == 3 else "_" for index, text in enumerate(texts))
        if kind < 0.4 * often:
            return " ".join("_" if self.random.random() < 0.3 else text for text in texts)
        if kind < 0.7 * often:
            return " ".join("stale" if self.random.random() < 0.1 else text for text in texts)
        start, length = self.random.randint(0, LENGTH), self.random.randint(2, 30)
        holed = ["_" if start < index < start + length else text for index, text in enumerate(texts)]
        if self.random.random() < 0.5 and start < LENGTH:
            holed[start] = "stale"
        return " ".join(holed)

    # -- expressions -----------------------------------------------------------------------------------------------

    def expr(self) -> str:
        """One expression out of all that is supported."""
        makers = (self._over, self._over, self._aggregate, self._quantile, self._binary, self._sets, self._function)
        return self.random.choice((*makers, self._manual, self._subquery, self._absent))()

    def _matchers(self) -> str:
        choices = ("", '{job="shop"}', '{job!="shop"}', '{replica=~"1|2"}', '{replica!~"[23]"}', '{nothing=""}')
        return self.random.choice(choices)

    def _gauges(self) -> str:
        return self.random.choice(("memory", "limit")) + self._matchers() + self.random.choice(_OFFSETS)

    def _vector(self) -> str:
        return self.random.choice((self._gauges, self._over, lambda: f"hits_total{self._matchers()}"))()

    def _over(self) -> str:
        length, offset = self.random.choice(_RANGES), self.random.choice(_OFFSETS)
        if self.random.random() < 0.5:
            return f"{self.random.choice(_OVER_COUNTERS)}(hits_total{self._matchers()}[{length}]{offset})"
        selector = f"memory{self._matchers()}[{length}]{offset}"
        kind = self.random.randint(0, 5)
        if kind == 0:
            return f"quantile_over_time({self.random.choice((0, 0.5, 0.95, 1, 2, -1))}, {selector})"
        if kind == 1:
            return f"predict_linear({selector}, {self.random.choice((60, 3600, -10))})"
        name = self.random.choice(_OVER_GAUGES)
        return (
            f"{name if name in ('delta', 'deriv', 'changes', 'resets', 'idelta') else name + '_over_time'}({selector})"
        )

    def _grouping(self) -> str:
        return self.random.choice(("", " by (job)", " by (job, replica)", " without (replica)", " by (nothing)"))

    def _aggregate(self) -> str:
        op = self.random.choice(("sum", "avg", "min", "max", "count", "stddev", "stdvar", "group"))
        if self.random.random() < 0.2:
            return f"quantile{self._grouping()} ({self.random.choice((0.1, 0.5, 0.99))}, {self._vector()})"
        if self.random.random() < 0.1:
            return f'count_values{self._grouping()} ("value", changes(hits_total[1m]))'
        if self.random.random() < 0.2:
            op, count = self.random.choice(("topk", "bottomk")), self.random.randint(0, 4)
            return f"{op}{self._grouping()} ({count}, rate(hits_total[5m]) > 0)"
        if op in ("stddev", "stdvar"):  # of what is not finite: 0 in Prometheus 2.42, not a number later and here
            return f"{op}{self._grouping()} (limit)"
        return f"{op}{self._grouping()} ({self._vector()})"

    def _quantile(self) -> str:
        share = self.random.choice((0, 0.5, 0.9, 0.95, 1, 1.5, -1))
        rate = f"rate(took_bucket{self._matchers()}[{self.random.choice(_RANGES)}])"
        inner = self.random.choice((rate, f"sum by (le) ({rate})", f"sum by (job, le) ({rate})", "took_bucket"))
        return f"histogram_quantile({share}, {inner})"

    def _number(self) -> str:
        return self.random.choice(("0", "1", "0.05", "-2", "100", "time()", "scalar(sum(limit))", "Inf", "NaN"))

    def _binary(self) -> str:
        # Without atan2: Prometheus 2.42 keeps the name in its result, later ones do not; ours neither.
        op = self.random.choice(("+", "-", "*", "/", "%", "^"))
        comparison = self.random.choice(("==", "!=", ">", "<", ">=", "<=")) + self.random.choice(("", " bool"))
        op = self.random.choice((op, comparison))
        kind = self.random.randint(0, 4)
        if kind == 0:
            return f"{self._vector()} {op} {self._number()}"
        if kind == 1:
            return f"{self._number()} {op} {self._vector()}"
        if kind == 2:
            return f"memory {op} {self.random.choice(('limit', 'on(job, replica) limit', 'ignoring(mode) limit'))}"
        if kind == 3:
            side = self.random.choice(("on(job)", "ignoring(replica, owner, mode)"))
            return f"memory {op} {side} group_left({self.random.choice(('owner', ''))}) info"
        return f"info {op} on(job) group_right(owner) memory"

    def _sets(self) -> str:
        op = self.random.choice(("and", "or", "unless"))
        side = self.random.choice(("", "on(job)", "on(job, replica)", "ignoring(status)"))
        return f"memory > {self.random.choice((0, 100))} {op} {side} ({self._vector()} > 1)"

    def _function(self) -> str:
        vector = self._vector()
        simple = self.random.choice(("abs", "ceil", "floor", "sgn", "sqrt", "exp", "ln", "log2", "log10", "sort", "-"))
        return self.random.choice(
            (
                f"{simple}({vector})",
                f"round({vector}, {self.random.choice((0.1, 1, 5))})",
                f"clamp({vector}, 1, {self.random.choice((0, 50))})",
                f"clamp_min({vector}, 3)",
                f"clamp_max({vector}, 3)",
                f"timestamp({vector})",
                f"vector({self._number()})",
                f"scalar({vector})",
                f"hour(vector(time() * {self.random.randint(1, 10**6)}))",
                f"day_of_year(vector(time() * {self.random.randint(1, 10**6)}))",
                f"days_in_month(vector(time() * {self.random.randint(1, 10**6)}))",
                f'label_replace({vector}, "short", "$1-x", "job", "(.).*")',
                f'label_replace({vector}, "job", "", "replica", "1")',
                f'label_join({vector}, "both", "/", "job", "replica")',
            )
        )

    def _manual(self) -> str:
        """The alerts of an operations manual."""
        return self.random.choice(
            (
                'sum(rate(hits_total{status=~"5.."}[5m])) / sum(rate(hits_total[5m])) > 0.05',
                'sum by (job) (rate(hits_total{status="500"}[1m])) / sum by (job) (rate(hits_total[1m])) > 0.05',
                "histogram_quantile(0.95, sum by (job, le) (rate(took_bucket[5m]))) > 0.5",
                "memory / on(job, replica) limit > 0.9",
                "predict_linear(memory[10m], 4 * 3600) < 0",
                "increase(hits_total[10m]) > 3 or absent(hits_total)",
            )
        )

    def _subquery(self) -> str:
        outer = self.random.choice(("max", "min", "avg", "sum", "count", "last"))
        inner = self.random.choice(("rate(hits_total[1m])", "memory", "sum by (job) (memory)", "time()"))
        step = self.random.choice(("15s", "30s", "1m", "7s"))
        return f"{outer}_over_time(({inner})[{self.random.choice(('1m', '5m'))}:{step}]{self.random.choice(_OFFSETS)})"

    def _absent(self) -> str:
        selector = self.random.choice(("memory", 'memory{job="none",replica=~"1"}', 'memory{job="a",job!="b",x="y"}'))
        if self.random.random() < 0.5:
            return f"absent({selector})"
        return f"absent_over_time({selector}[{self.random.choice(_RANGES)}])"
