"""How expressions are written: what every notation has in common."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from string import Formatter
from types import MappingProxyType
from typing import Any, ClassVar, cast

from dsl.explain.expressions import (
    Applied,
    Equation,
    Expression,
    Formula,
    Name,
    Partial,
    Product,
    Sum,
    Value,
)
from dsl.graph.formula import ATOM, NEGATION, PRODUCT, SUM, Piece, is_given, written_over
from dsl.graph.node import Node
from dsl.ops.parameters import Array, spell
from dsl.ops.slicing import spell_index

UNSAID_ATTRIBUTES = frozenset({"dtype", "keepdims"})
"""Attributes that a derivative's formula is easier to read without."""
_OPENING = re.compile(r"([({\[,&]|\\\\|\\l(vert|floor|ceil|Vert)|\\left\\lVert)\s*$")
_CLOSING = re.compile(r"\s*([)}\],&]|\\\\|\\r(vert|floor|ceil|Vert)|\\right\\rVert)")


class Notation(ABC):
    """Writes expressions as text of one kind.

    A `Piece` is a text and how tightly it holds together, from which brackets follow.
    """

    times: ClassVar[str]
    equals: ClassVar[str]

    @abstractmethod
    def name(self, name: str) -> str:
        """What the program calls a value."""
        ...

    @abstractmethod
    def partial(self, of: str, wrt: str) -> str:
        """A partial derivative."""
        ...

    @abstractmethod
    def number(self, value: Array) -> str:
        """A number."""
        ...

    @abstractmethod
    def array(self, value: Array) -> str:
        """An array, in few words."""
        ...

    @abstractmethod
    def shaped(self, name: str, shape: tuple[int, ...]) -> str:
        """An array by its name and its shape."""
        ...

    @abstractmethod
    def operation(self, node: Node, inputs: list[Piece]) -> Piece:
        """An operation of a derivative's graph on what stands for its inputs."""
        ...

    @abstractmethod
    def template(self, applied: Applied) -> str:
        """The formula of an operation, with a place `{x}` for each of its parameters."""
        ...

    @abstractmethod
    def bracketed(self, text: str) -> str:
        """A text in brackets."""
        ...

    # -- the same for all -------------------------------------------------------------------------------------------------

    def equation(self, equation: Equation) -> str:
        """The sides with the sign of equality between them."""
        return f" {self.equals} ".join(map(self.write, equation.sides))

    def write(self, expression: Expression) -> str:
        """An expression that stands alone."""
        return self.piece(expression)[0]

    def piece(self, expression: Expression) -> Piece:
        """An expression as a part of another."""
        match expression:
            case Name(text, ()):
                return self.name(text), ATOM
            case Name(text, shape):
                return self.shaped(text, shape), ATOM
            case Partial(of, wrt):
                return self.partial(of, wrt), ATOM
            case Value(array):
                return self._value(array)
            case Product(factors):
                return self.times.join(self._factors(factors)), PRODUCT
            case Sum(terms):
                return " + ".join(self._terms(terms)), SUM
            case Formula(node, names):
                return written_over(node, {known: self.piece(name) for known, name in names.items()}, self.operation)
            case Applied():
                return self._applied(expression), SUM

    def within(self, piece: Piece, level: int) -> str:
        """A piece where it must hold at least so tightly."""
        text, own = piece
        return text if own >= level else self.bracketed(text)

    def _value(self, array: Array) -> Piece:
        if array.ndim or array.dtype.kind not in "fiub":
            return self.array(array), ATOM
        text = self.number(array)
        return text, NEGATION if text.startswith("-") else ATOM

    def _factors(self, factors: Sequence[Expression]) -> Iterable[str]:
        for place, factor in enumerate(factors):
            piece = self.piece(factor)
            yield self.bracketed(piece[0]) if place and piece[1] == NEGATION else self.within(piece, PRODUCT)

    def _terms(self, terms: Sequence[Expression]) -> Iterable[str]:
        for place, term in enumerate(terms):
            piece = self.piece(term)
            yield self.bracketed(piece[0]) if place and piece[1] == NEGATION else piece[0]

    def _applied(self, applied: Applied) -> str:
        """The operation's formula with its arguments in their places, and behind it what the formula does not say."""
        texts: dict[str, list[Piece]] = {name: [*map(self.piece, each)] for name, each in applied.arguments.items()}
        spelled = {name: self.attribute(name, value) for name, value in applied.attributes.items()}
        template = self.template(applied)
        said = fields(template)
        text = filled(template, texts, spelled, self.within)
        rest = [
            self.setting(name, spelled[name])
            for name, value in applied.attributes.items()
            if name not in said and name != "reduction" and is_given(applied.operation, name, value)
        ]
        return text + self.remark(", ".join(rest)) if rest else text

    def attribute(self, name: str, value: Any) -> str:
        """A hyper-parameter's value."""
        if name == "index":
            return spell_index(value)
        is_single = name == "axis" and isinstance(value, tuple) and len(cast("tuple[Any, ...]", value)) == 1
        return spell(cast("tuple[Any, ...]", value)[0] if is_single else value)

    def setting(self, name: str, value: str) -> str:
        """A hyper-parameter with its value."""
        return f"{name}={value}"

    def remark(self, text: str) -> str:
        """Words behind a formula."""
        return f"  ({text})"


def told_attributes(node: Node) -> dict[str, Any]:
    """A node's attributes but for axes that go without saying: all of them, the last two of a transpose."""
    told = dict(node.attributes)
    axis: Any = told.get("axis")
    if isinstance(axis, tuple) and node.inputs and len(cast("tuple[Any, ...]", axis)) == node.inputs[0].type.rank:
        del told["axis"]
    if node.label == "transpose" and swaps_last(node):
        del told["axes"]
    return told


def swaps_last(node: Node) -> bool:
    """Whether a transpose exchanges the last two axes and leaves the others, as the sign ⊤ says."""
    rank = node.type.rank
    return tuple(node.attributes["axes"]) == (*range(rank - 2), rank - 1, rank - 2)


def fields(template: str) -> set[str]:
    """The parameters that a template of `str.format` has places for."""
    return {field for _, field, _, _ in Formatter().parse(template) if field}


def filled(
    template: str,
    arguments: Mapping[str, Sequence[Piece]],
    attributes: Mapping[str, str],
    within: Callable[[Piece, int], str],
    needs: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """A template of `str.format` with pieces in its places, in brackets where they do not hold tightly enough.

    They must hold as tightly as a name, or as `needs` says, but where a place has brackets or braces of its own around it.
    """
    parts = list(Formatter().parse(template))
    text = ""
    for place, (literal, field, _, _) in enumerate(parts):
        text += literal
        if field is None:
            continue
        if field in attributes:
            text += attributes[field]
        elif field in arguments:
            following = parts[place + 1][0] if place + 1 < len(parts) else ""
            opened = bool(_OPENING.search(literal)) or (place == 0 and not literal)
            closed = bool(_CLOSING.match(following)) or place + 1 == len(parts)
            level = SUM if opened and closed else needs.get(field, ATOM)
            text += ", ".join(within(piece, level) for piece in arguments[field])
    return text
