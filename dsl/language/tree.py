"""From the grammar's rules to syntax nodes: one method a rule, called by the parser while it reads."""

from __future__ import annotations

import re
from typing import Any

from dsl.language import syntax
from dsl.language.automaton import Token
from dsl.source.text import Source, Span

_LONGEST_INTEGER = 1000
"""Digits; a longer number is read as a float, for Python refuses to read integers of any length."""
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def unescape(literal: str) -> str:
    """The text of a string literal; an unknown escape stands for itself."""
    if "\\" not in literal:
        return literal[1:-1]
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), literal[1:-1])


class TreeBuilder:
    """Builds the syntax tree bottom-up. `source` is set before each parse."""

    def __init__(self) -> None:
        self.source = Source("")

    def _token(self, token: Token) -> Span:
        return Span(self.source, token.start_pos, token.end_pos)

    def _over(self, first: Token | syntax.Syntax, last: Token | syntax.Syntax) -> Span:
        start = first.start_pos if isinstance(first, Token) else first.span.start
        end = last.end_pos if isinstance(last, Token) else last.span.end
        return Span(self.source, start, end)

    def _name(self, token: Token) -> syntax.Name:
        return syntax.Name(Span(self.source, token.start_pos, token.end_pos), str(token))

    # -- expressions

    def number(self, items: list[Any]) -> syntax.Number:
        """`64`, `1e-3`."""
        text = items[0]
        value = int(text) if text.isdigit() and len(text) < _LONGEST_INTEGER else _number(text)
        return syntax.Number(self._token(text), value)

    def name(self, items: list[Any]) -> syntax.Name:
        """A name in an expression."""
        return self._name(items[0])

    def string(self, items: list[Any]) -> syntax.String:
        """A string literal."""
        return syntax.String(self._token(items[0]), unescape(items[0]))

    def group(self, items: list[Any]) -> Any:
        """An expression in brackets: the expression itself, over the span of the brackets."""
        opening, inner, closing = items
        values = [getattr(inner, name) for name in inner.__match_args__[1:]]
        return type(inner)(self._over(opening, closing), *values)

    def list(self, items: list[Any]) -> syntax.ListOf:
        """`[a, b]`."""
        return syntax.ListOf(self._over(items[0], items[-1]), tuple(item for item in items[1:-1] if item is not None))

    def unary(self, items: list[Any]) -> syntax.Unary:
        """`-x`."""
        return syntax.Unary(self._over(items[0], items[1]), str(items[0]), items[1])

    def binary(self, items: list[Any]) -> syntax.Binary:
        """`a + b`."""
        left, operator, right = items
        return syntax.Binary(Span(self.source, left.span.start, right.span.end), str(operator), left, right)

    def pipe(self, items: list[Any]) -> syntax.Pipe:
        """`x |> f`."""
        return syntax.Pipe(self._over(items[0], items[2]), items[0], items[2])

    def call(self, items: list[Any]) -> syntax.Call:
        """`f(x)`."""
        arguments = tuple(
            item if isinstance(item, syntax.Argument) else syntax.Argument(item.span, None, item)
            for item in items[1:-1]
            if item is not None
        )
        return syntax.Call(self._over(items[0], items[-1]), items[0], arguments)

    def keyword(self, items: list[Any]) -> syntax.Argument:
        """`axis=0` in a call."""
        return syntax.Argument(self._over(items[0], items[1]), str(items[0]), items[1])

    def index(self, items: list[Any]) -> syntax.Index:
        """`x[0]`."""
        return syntax.Index(self._over(items[0], items[-1]), items[0], tuple(items[1:-1]))

    def attribute(self, items: list[Any]) -> syntax.Attribute:
        """`x.T`."""
        return syntax.Attribute(self._over(items[0], items[1]), items[0], str(items[1]))

    def slice(self, items: list[Any]) -> syntax.Slice:
        """`1:3`, `:`, `::2`."""
        start, colon, stop, second, step = items
        return syntax.Slice(self._over(start or colon, step or second or stop or colon), start, stop, step)

    def ellipsis(self, items: list[Any]) -> syntax.Ellipsis:
        """`...`."""
        return syntax.Ellipsis(self._token(items[0]))

    # -- declarations

    def dtype(self, items: list[Any]) -> syntax.DTypeStatement:
        """`dtype f64`."""
        return syntax.DTypeStatement(self._over(items[0], items[1]), self._name(items[1]))

    def dim(self, items: list[Any]) -> syntax.DimStatement:
        """`dim batch`."""
        return syntax.DimStatement(self._over(items[0], items[2] or items[1]), self._name(items[1]), items[2])

    def constant(self, items: list[Any]) -> syntax.ConstantStatement:
        """`constant hidden = 64`."""
        return syntax.ConstantStatement(self._over(items[0], items[2]), self._name(items[1]), items[2])

    def placeholder(self, items: list[Any]) -> syntax.PlaceholderStatement:
        """`placeholder x: [batch] = 0`."""
        keyword, name, type, value = items
        span = self._over(keyword, value or type or name)
        return syntax.PlaceholderStatement(span, self._name(name), type, value)

    def parameter_value(self, items: list[Any]) -> syntax.ParameterStatement:
        """`parameter b = 0`."""
        keyword, name, type, value = items
        return syntax.ParameterStatement(self._over(keyword, value), self._name(name), type, value, None)

    def parameter_initializer(self, items: list[Any]) -> syntax.ParameterStatement:
        """`parameter w ~ normal(0, 1)`."""
        keyword, name, type, initializer = items
        return syntax.ParameterStatement(self._over(keyword, initializer), self._name(name), type, None, initializer)

    def parameter_bare(self, items: list[Any]) -> syntax.ParameterStatement:
        """`parameter w`, which elaboration reports."""
        keyword, name, type = items
        return syntax.ParameterStatement(self._over(keyword, type or name), self._name(name), type, None, None)

    def assignment(self, items: list[Any]) -> syntax.Assignment:
        """`y = x`."""
        value = items[-1]
        targets = tuple(map(self._name, items[:-1]))
        return syntax.Assignment(Span(self.source, targets[0].span.start, value.span.end), targets, value)

    def target(self, items: list[Any]) -> Token:
        """A name at the beginning of a statement, which may be a keyword elsewhere."""
        return items[0]

    def metric(self, items: list[Any]) -> syntax.MetricStatement:
        """`metric accuracy = …`."""
        return syntax.MetricStatement(self._over(items[0], items[2]), self._name(items[1]), items[2])

    def type(self, items: list[Any]) -> syntax.TypeOf:
        """`f32[batch]`, `f32`."""
        dtype = items[0]
        shape: syntax.ListOf | None = items[1] if len(items) > 1 else None
        return syntax.TypeOf(self._over(dtype, shape or dtype), dtype, shape.items if shape else None)

    def type_shape(self, items: list[Any]) -> syntax.TypeOf:
        """`[batch, 64]`."""
        return syntax.TypeOf(items[0].span, None, items[0].items)

    def dtype_name(self, items: list[Any]) -> syntax.Name:
        """The element type's name."""
        return self._name(items[0])

    shape = list

    # -- functions, layers, and what is decided at compile time

    def block(self, items: list[Any]) -> syntax.Block:
        """`{ … }`, over the span of the closing brace."""
        return syntax.Block(self._token(items[-1]), tuple(items[:-1]))

    def function(self, items: list[Any]) -> syntax.FunctionStatement:
        """`def f(x) { … }`."""
        keyword, name, parameters, body = items
        return syntax.FunctionStatement(self._over(keyword, body), self._name(name), parameters, body)

    def layer(self, items: list[Any]) -> syntax.LayerStatement:
        """`layer L(n)(x) { … }`."""
        keyword, name, options, parameters, body = items
        return syntax.LayerStatement(self._over(keyword, body), self._name(name), options, parameters, body)

    def formals(self, items: list[Any]) -> tuple[syntax.Formal, ...]:
        """The parameters in brackets."""
        return tuple(item for item in items if item is not None)

    def formal(self, items: list[Any]) -> syntax.Formal:
        """`x: [n] = 0`."""
        name, type, default = items
        return syntax.Formal(self._over(name, default or type or name), self._name(name), type, default)

    def if_(self, items: list[Any]) -> syntax.IfStatement:
        """`if a { … } else { … }`."""
        keyword, condition, then, _, otherwise = items
        if otherwise is None:
            return syntax.IfStatement(self._over(keyword, then), condition, then, None)
        if isinstance(otherwise, syntax.IfStatement):
            otherwise = syntax.Block(otherwise.span, (otherwise,))
        return syntax.IfStatement(self._over(keyword, otherwise), condition, then, otherwise)

    def repeat(self, items: list[Any]) -> syntax.RepeatStatement:
        """`repeat i in 0..4 { … }`."""
        keyword, variable, _, (start, stop), *rest = items
        carried = tuple(item for item in rest if isinstance(item, syntax.Carried))
        span = self._over(keyword, rest[-1])
        return syntax.RepeatStatement(span, self._name(variable), start, stop, carried, rest[-1])

    def iteration(self, items: list[Any]) -> tuple[Any, Any]:
        """`0..4`, or a list."""
        return items[0], items[1]

    def carried(self, items: list[Any]) -> syntax.Carried:
        """`h = x`."""
        return syntax.Carried(self._over(items[0], items[1]), self._name(items[0]), items[1])

    def return_(self, items: list[Any]) -> syntax.ReturnStatement:
        """`return a, b`."""
        return syntax.ReturnStatement(self._over(items[0], items[-1]), tuple(items[1:]))

    def import_(self, items: list[Any]) -> syntax.ImportStatement:
        """`import "blocks.nn"`."""
        return syntax.ImportStatement(self._over(items[0], items[1]), self.string(items[1:2]), None)

    def from_import(self, items: list[Any]) -> syntax.ImportStatement:
        """`from "blocks.nn" import Block`."""
        names = tuple(map(self._name, items[3:]))
        return syntax.ImportStatement(self._over(items[0], items[-1]), self.string(items[1:2]), names)

    # -- experiments

    def data(self, items: list[Any]) -> syntax.DataStatement:
        """`data digits { … }`."""
        keyword, name, (entries, end) = items
        return syntax.DataStatement(self._over(keyword, end), self._name(name), entries)

    def train(self, items: list[Any]) -> syntax.TrainStatement:
        """`train { … }`."""
        keyword, name, (entries, end) = items
        return syntax.TrainStatement(self._over(keyword, end), self._name(name) if name else None, entries)

    def entries(self, items: list[Any]) -> tuple[tuple[syntax.Entry, ...], Token]:
        """The entries in braces, and the closing brace."""
        return tuple(item for item in items[:-1] if item is not None), items[-1]

    def entry(self, items: list[Any]) -> syntax.Entry:
        """`epochs = 30`."""
        return syntax.Entry(self._over(items[0], items[1]), self._name(items[0]), items[1])

    def expect(self, items: list[Any]) -> syntax.ExpectStatement:
        """`expect a > 1 on d within t`."""
        keyword, condition, _, dataset, _, tolerance = items
        span = self._over(keyword, tolerance or dataset or condition)
        return syntax.ExpectStatement(span, condition, dataset, tolerance)

    def dataset(self, items: list[Any]) -> syntax.DatasetName:
        """`digits.test`."""
        return syntax.DatasetName(self._over(items[0], items[-1]), tuple(map(str, items)))

    def show(self, items: list[Any]) -> syntax.ShowStatement:
        """`show x`."""
        return syntax.ShowStatement(self._over(items[0], items[1]), items[1])

    def start(self, items: list[Any]) -> tuple[syntax.Statement, ...]:
        """The statements of a file."""
        return tuple(items)

    def expression_only(self, items: list[Any]) -> syntax.Expression:
        """A single expression."""
        return items[0]


# The grammar names these rules with words that Python keeps for itself.
for _rule in ("if", "return", "import"):
    setattr(TreeBuilder, _rule, getattr(TreeBuilder, f"{_rule}_"))


def _number(text: str) -> int | float:
    digits = text.replace("_", "")
    return int(digits) if digits.isdigit() and len(digits) < _LONGEST_INTEGER else float(digits)
