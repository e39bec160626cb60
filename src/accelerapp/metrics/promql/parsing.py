"""From a text to an expression.

The grammar is that of the `promql-parser` package (Prometheus' grammar, generated, compiled, MIT): it knows the
precedences and types of all functions, keeps up with Prometheus and says what is wrong with a text. A parser of our
own would be 400 lines that lag behind. Its nodes copy themselves at each access, so they are translated once.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import promql_parser as grammar

from accelerapp.base import errors
from accelerapp.metrics.model import NAME
from accelerapp.metrics.promql import nodes
from accelerapp.metrics.promql.matchers import Matcher, compiled

LONGEST = 4_000
"""Characters of an expression: the grammar needs seconds for a chain of some thousand operators."""
DEEPEST = 100
"""Levels of an expression, so that no text can exhaust the stack."""
_OPS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
_CARDINALITIES = {
    "VectorMatchCardinality.ManyToOne": nodes.Cardinality.MANY_TO_ONE,
    "VectorMatchCardinality.OneToMany": nodes.Cardinality.ONE_TO_MANY,
}


@lru_cache(maxsize=4096)
def parse(text: str) -> nodes.Node:
    """The expression of a text. Raises WrongUseError that says what is wrong."""
    if len(text) > LONGEST or _depth(text) > DEEPEST:
        raise errors.WrongUseError(
            f"The expression is too long: at most {LONGEST:,} characters and {DEEPEST} levels are read."
        )
    try:
        parsed = grammar.parse(text)
    except ValueError as error:
        raise errors.WrongUseError(f"The expression cannot be read: {error}.", mend=f"It is: {text[:200]}") from error
    node = _translate(parsed, DEEPEST)
    if isinstance(node, nodes.Text):
        raise errors.WrongUseError("The expression is a text, not a number or a vector.")
    return node


def _depth(text: str) -> int:
    """How deep the brackets go, counting those in label values too."""
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _translate(node: object, levels: int) -> nodes.Node:
    if levels == 0:
        raise errors.WrongUseError(f"The expression is nested in more than {DEEPEST} levels.")
    match node:
        case grammar.ParenExpr():
            return _translate(node.expr, levels - 1)
        case grammar.NumberLiteral():
            return nodes.Number(node.val)
        case grammar.StringLiteral():
            return nodes.Text(node.val)
        case grammar.UnaryExpr():
            return nodes.Negative(_translate(node.expr, levels - 1))
        case grammar.VectorSelector():
            return _selector(node, None)
        case grammar.MatrixSelector():
            return _selector(node.vector_selector, node.range)
        case grammar.SubqueryExpr():
            return _subquery(node, levels)
        case grammar.Call():
            return nodes.Call(node.func.name, tuple(_translate(each, levels - 1) for each in node.args))
        case grammar.AggregateExpr():
            return _aggregate(node, levels)
        case grammar.BinaryExpr():
            return _binary(node, levels)
    raise errors.WrongUseError(f"{type(node).__name__} is not supported in expressions.")


def _selector(node: grammar.VectorSelector, length: timedelta | None) -> nodes.Selector:
    if node.matchers.or_matchers:
        raise errors.WrongUseError("'or' between matchers of one selector is not supported.")
    found = [Matcher(each.name, _OPS[str(each.op)], each.value) for each in node.matchers.matchers]
    if node.name is not None:
        found.append(Matcher(NAME, "=", node.name))
    for each in found:
        if each.op in ("=~", "!~"):
            compiled(each.value)
    return nodes.Selector(
        tuple(found), None if length is None else _ms(length), _ms(node.offset or timedelta()), _at(node.at)
    )


def _subquery(node: grammar.SubqueryExpr, levels: int) -> nodes.Subquery:
    inner, step = _translate(node.expr, levels - 1), node.step and _ms(node.step)
    return nodes.Subquery(
        inner, _ms(node.range or timedelta()), step or None, _ms(node.offset or timedelta()), _at(node.at)
    )


def _at(modifier: grammar.AtModifier | None) -> int | nodes.Anchor | None:
    if modifier is None:
        return None
    if modifier.at is not None:
        return round(modifier.at.timestamp() * 1000)
    return nodes.Anchor.START if modifier.type == grammar.AtModifierType.Start else nodes.Anchor.END


def _aggregate(node: grammar.AggregateExpr, levels: int) -> nodes.Aggregate:
    modifier = node.modifier
    return nodes.Aggregate(
        op=str(node.op),
        expr=_translate(node.expr, levels - 1),
        param=None if node.param is None else _translate(node.param, levels - 1),
        labels=tuple(modifier.labels) if modifier else (),
        without=modifier is not None and modifier.type == grammar.AggModifierType.Without,
    )


def _binary(node: grammar.BinaryExpr, levels: int) -> nodes.Binary:
    left, right = _translate(node.lhs, levels - 1), _translate(node.rhs, levels - 1)
    modifier = node.modifier
    if modifier is None:
        return nodes.Binary(str(node.op), left, right)
    if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
        raise errors.WrongUseError("'fill' between two vectors is not supported.")
    matching = modifier.matching
    return nodes.Binary(
        op=str(node.op),
        left=left,
        right=right,
        returns_bool=modifier.return_bool,
        on=matching is not None and matching.type == grammar.LabelModifierType.Include,
        labels=tuple(matching.labels) if matching else (),
        cardinality=_CARDINALITIES.get(str(modifier.card), nodes.Cardinality.ONE_TO_ONE),
        include=tuple(modifier.group_labels or ()),
    )


def _ms(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
