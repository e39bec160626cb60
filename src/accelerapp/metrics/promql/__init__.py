"""PromQL: `parsing` makes an expression of a text, `evaluator` says what it is at a time. Pure.

The semantics are those of Prometheus 2.42, tried against its promtool: windows are closed at both ends.
"""
