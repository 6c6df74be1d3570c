"""Expressions as plain text with mathematical signs: `∂loss/∂k = sigmoid · (1 − sigmoid)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from dsl.engine.figures import array, elements, number
from dsl.explain.expressions import Applied, Expression
from dsl.explain.notation import UNSAID_ATTRIBUTES, Notation, swaps_last, told_attributes
from dsl.graph.formula import ATOM, NEGATION, NOT_CHAINED, POWER, PRODUCT, SUM, Piece, is_given
from dsl.graph.node import Node
from dsl.ops.parameters import Array

SIGNS: Mapping[str, tuple[str, int]] = {
    "logical_and": ("and", 1),
    "logical_or": ("or", 0),
    "equal": ("=", NOT_CHAINED),
    "not_equal": ("≠", NOT_CHAINED),
    "less": ("<", NOT_CHAINED),
    "less_equal": ("≤", NOT_CHAINED),
    "greater": (">", NOT_CHAINED),
    "greater_equal": ("≥", NOT_CHAINED),
    "add": ("+", SUM),
    "subtract": ("−", SUM),
    "multiply": ("·", PRODUCT),
    "divide": ("/", PRODUCT),
    "matmul": ("·", PRODUCT),
}
"""Operations that are written between their operands: by which sign, and how tightly that binds."""
_RIGHT_BOUND = {"subtract", "divide", "matmul"}
"""Operators whose right operand must hold more tightly than they do."""
_SUPERSCRIPTS = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")
_TYPESET = (
    (r"\*\*2\b", "²"),
    (r"\*\*", "^"),
    (r" \* ", " · "),
    (r" @ ", " · "),
    (r"\.T\b", "ᵀ"),
    (r"<=", "≤"),
    (r">=", "≥"),
    (r"!=", "≠"),
    (r"==", "="),
    (r"(^|[(,\s])-(?=[\w({])", "\\1−"),
    (r"\bsqrt\(", "√("),
)
_UNSAID = {"unless_masked"}
"""Operations of derivatives that only matter where a value is infinite: they are written as their first input."""


class Plain(Notation):
    """Text for terminals and Markdown."""

    times: ClassVar[str] = " · "
    equals: ClassVar[str] = "="

    def __init__(self, digits: int | None = None, full: bool = False) -> None:
        self._digits, self._full = digits, full

    def name(self, name: str) -> str:
        """The name as it is."""
        return name

    def partial(self, of: str, wrt: str) -> str:
        """`∂of/∂wrt`."""
        return f"∂{of}/∂{wrt}"

    def number(self, value: Array) -> str:
        """All digits that tell the number from its neighbours, or so many as were asked for."""
        if self._digits is None or value.dtype.kind != "f":
            return number(value)
        return f"{value.item():.{self._digits}g}"

    def array(self, value: Array) -> str:
        """The elements of a small array; of a large one those in its corners, its range and its mean."""
        return elements(value, full=self._full)

    def shaped(self, name: str, shape: tuple[int, ...]) -> str:
        """`w[4, 2]`."""
        return f"{name}{list(shape)}"

    def bracketed(self, text: str) -> str:
        """Round brackets."""
        return f"({text})"

    def template(self, applied: Applied) -> str:
        """The formula that the operation declares, with the signs of print."""
        return typeset(applied.formula)

    def piece(self, expression: Expression) -> Piece:
        """As for every notation, with whole exponents raised."""
        text, level = super().piece(expression)
        if isinstance(expression, Applied):
            text = re.sub(r"\^(\d+)(?![\w.])", lambda match: match[1].translate(_SUPERSCRIPTS), text)
        return text, level

    def operation(self, node: Node, inputs: list[Piece]) -> Piece:
        """Operators between their operands, everything else as a call."""
        if node.kind == "constant":
            return self._constant(node.value)
        if node.operation is None:
            return node.name or node.kind, ATOM
        name = node.operation.name
        if name in _UNSAID:
            return inputs[0]
        if name in SIGNS and len(inputs) == 2:
            return self._infix(node, inputs)
        return self._short(name, node, inputs) or (self._call(node, inputs), ATOM)

    def _constant(self, value: Array) -> Piece:
        """A number in six digits; an array of a single one is meant for all elements that it stands beside."""
        item = value.reshape(()) if value.size == 1 else value
        text = array(item, lambda one: f"{one:.6g}" if item.dtype.kind == "f" else number(one))
        return text, NEGATION if text.startswith("-") else ATOM

    def _infix(self, node: Node, inputs: list[Piece]) -> Piece:
        sign, level = SIGNS[node.label]
        if node.label == "multiply" and all(source.shape for source in node.inputs):
            sign = "⊙"
        left = self.within(inputs[0], level + (level == NOT_CHAINED))
        right = self.within(inputs[1], level + (node.label in _RIGHT_BOUND or level == NOT_CHAINED))
        if inputs[1][1] == NEGATION:
            right = self.bracketed(inputs[1][0])
        return f"{left} {sign} {right}", level

    def _short(self, name: str, node: Node, inputs: list[Piece]) -> Piece | None:
        """The operations that have a sign of their own."""
        first = inputs[0] if inputs else ("", ATOM)
        match name:
            case "broadcast_to" if node.inputs[0].kind == "constant":
                return first
            case "neg":
                return f"−{self.within(first, NEGATION)}", NEGATION
            case "square":
                return f"{self.within(first, ATOM)}²", POWER
            case "power":
                exponent = inputs[1][0]
                base = self.within(first, ATOM)
                if re.fullmatch(r"-?\d+", exponent):
                    return base + exponent.translate(_SUPERSCRIPTS), POWER
                return f"{base}^{self.within(inputs[1], ATOM)}", POWER
            case "reciprocal":
                return f"1 / {self.within(first, NEGATION)}", PRODUCT
            case "sqrt":
                return f"√({first[0]})", ATOM
            case "abs":
                return f"|{first[0]}|", ATOM
            case "transpose" if swaps_last(node):
                return f"{self.within(first, ATOM)}ᵀ", POWER
            case "getitem":
                return f"{self.within(first, ATOM)}[{self.attribute('index', node.attributes['index'])}]", ATOM
            case _:
                return None

    def _call(self, node: Node, inputs: list[Piece]) -> str:
        assert node.operation is not None
        arguments = [text for text, _ in inputs]
        for key, value in told_attributes(node).items():
            if key not in UNSAID_ATTRIBUTES and is_given(node.operation, key, value):
                arguments.append(f"{key}={self.attribute(key, value)}")
        return f"{node.operation.name}({', '.join(arguments)})"


def typeset(formula: str) -> str:
    """An operation's formula with the signs of print: `(yhat − y)²`."""
    for pattern, sign in _TYPESET:
        formula = re.sub(pattern, sign, formula)
    return formula.replace(" - ", " − ")
