"""Expressions as LaTeX, from the templates that operations declare."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from dsl.engine.figures import number, summary
from dsl.explain.expressions import Applied
from dsl.explain.notation import UNSAID_ATTRIBUTES, Notation, fields, filled, told_attributes
from dsl.graph.formula import ATOM, NEGATION, NOT_CHAINED, POWER, PRODUCT, SUM, Piece, is_given
from dsl.graph.node import Node
from dsl.ops.parameters import Array

_LEVELS: Mapping[str, tuple[int, ...]] = {
    "logical_and": (1, 2, 2),
    "logical_or": (0, 1, 1),
    **dict.fromkeys(("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"), (NOT_CHAINED, SUM, SUM)),
    "add": (SUM, SUM, SUM),
    "subtract": (SUM, SUM, PRODUCT),
    "multiply": (PRODUCT, PRODUCT, PRODUCT),
    "matmul": (PRODUCT, PRODUCT, POWER),
    "neg": (NEGATION, NEGATION),
    "square": (POWER, ATOM),
    "power": (POWER, ATOM),
}
"""How tightly an operation's formula holds, and how tightly its operands must; all others are taken for sums."""
_CLOSED = frozenset({"divide", "reciprocal", "rsqrt", "exp", "sqrt", "abs", "getitem", "transpose", "floor", "ceil"})
"""Operations whose formula has its own limits."""
_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
    }
)
_LETTERS = (
    *(("α", "alpha"), ("β", "beta"), ("γ", "gamma"), ("δ", "delta"), ("ε", "varepsilon"), ("ζ", "zeta"), ("η", "eta")),
    *(
        ("θ", "theta"),
        ("ι", "iota"),
        ("κ", "kappa"),
        ("λ", "lambda"),
        ("μ", "mu"),
        ("ν", "nu"),
        ("ξ", "xi"),
        ("π", "pi"),
    ),
    *(("ρ", "rho"), ("σ", "sigma"), ("τ", "tau"), ("υ", "upsilon"), ("φ", "varphi"), ("χ", "chi"), ("ψ", "psi")),
    *(("ω", "omega"), ("Γ", "Gamma"), ("Δ", "Delta"), ("Θ", "Theta"), ("Λ", "Lambda"), ("Ξ", "Xi"), ("Π", "Pi")),
    *(("Σ", "Sigma"), ("Φ", "Phi"), ("Ψ", "Psi"), ("Ω", "Omega")),
)
_GREEK = {letter: f"\\{command}" for letter, command in _LETTERS}


_SIGNS = {**_GREEK, "→": r"\rightarrow", "∂": r"\partial", "·": r"\cdot", "≤": r"\leq", "≥": r"\geq", "…": r"\ldots"}


def escaped(text: str) -> str:
    """A text in which nothing is a command: signs become formulas, everything else stays as it is."""
    return "".join(f"${_SIGNS[char]}$" if char in _SIGNS else char.translate(_SPECIAL) for char in text)


_WIDEST = 6
"""Rows and columns up to which a matrix is written out."""


def _edges(matrix: Array, write: Callable[[Any], str]) -> list[list[str]]:
    """The elements of a matrix row by row; of a large one those at its edges, with dots between."""
    rows, columns = matrix.shape

    def row(at: int) -> list[str]:
        if columns <= _WIDEST:
            return [write(one) for one in matrix[at]]
        ends = [write(one) for one in matrix[at, [0, 1, -2, -1]]]
        return [*ends[:2], r"\cdots", *ends[2:]]

    if rows <= _WIDEST:
        return [row(at) for at in range(rows)]
    dots = [r"\vdots"] * (columns if columns <= _WIDEST else 5)
    return [row(0), row(1), dots, row(rows - 2), row(rows - 1)]


class Tex(Notation):
    """LaTeX in mathematical mode, for amsmath."""

    times: ClassVar[str] = r" \cdot "
    equals: ClassVar[str] = "="

    def __init__(self, digits: int | None = None) -> None:
        self._digits = digits

    def name(self, name: str) -> str:
        """A letter in italics, a word upright."""
        if name in _GREEK:
            return _GREEK[name]
        if re.fullmatch(r"[A-Za-z]", name):
            return name
        plain = name.isascii() and re.fullmatch(r"[\w.]+", name)
        return rf"\mathrm{{{escaped(name)}}}" if plain else self.words(name)

    def words(self, text: str) -> str:
        """A text within mathematics."""
        return rf"\text{{{escaped(text)}}}"

    def partial(self, of: str, wrt: str) -> str:
        """A fraction of two ∂."""
        return rf"\frac{{\partial {self.name(of)}}}{{\partial {self.name(wrt)}}}"

    def number(self, value: Array) -> str:
        """The number with its power of ten, if it has one."""
        item: Any = value.item()
        if value.dtype.kind == "b":
            return self.words(number(value))
        if value.dtype.kind != "f":
            return str(item)
        if not np.isfinite(item):
            return self.words("nan") if np.isnan(item) else r"-\infty" if item < 0 else r"\infty"
        text = number(value) if self._digits is None else f"{item:.{self._digits}g}"
        mantissa, _, exponent = text.partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa

    def array(self, value: Array) -> str:
        """The elements of a small array; of a large one those in its corners, its range and its mean."""
        if not value.size or value.ndim > 2:
            return f"{self._shape(value.shape)} {self.summary(value)}".rstrip()
        rows = _edges(value if value.ndim == 2 else value[None], self._element)
        matrix = r" \\ ".join(" & ".join(row) for row in rows)
        text = rf"\begin{{bmatrix}} {matrix} \end{{bmatrix}}"
        return text if self.is_whole(value) else f"{text} {self.summary(value)}"

    def is_whole(self, value: Array) -> bool:
        """Whether all elements of an array are shown."""
        return value.size > 0 and value.ndim <= 2 and all(size <= _WIDEST for size in value.shape)

    def summary(self, value: Array) -> str:
        """Shape, range and mean in words."""
        return rf"\allowbreak \quad {self.words(summary(value))}" if value.size else self.words("empty")

    def _element(self, value: Any) -> str:
        number = np.asarray(float(f"{float(value):.4g}")) if np.asarray(value).dtype.kind == "f" else np.asarray(value)
        return self.number(number)

    def shaped(self, name: str, shape: tuple[int, ...]) -> str:
        """The name with its shape as index."""
        return rf"{{{{{self.name(name)}}}_{{{self._shape(shape)}}}}}"

    def _shape(self, shape: tuple[int, ...]) -> str:
        sizes = r" \times ".join(map(str, shape))
        return f"[{sizes}]"

    def bracketed(self, text: str) -> str:
        """Brackets that grow with what is inside."""
        return rf"\left({text}\right)"

    def template(self, applied: Applied) -> str:
        """The template that the operation declares."""
        return applied.latex

    def attribute(self, name: str, value: Any) -> str:
        """A hyper-parameter's value as text, numbers as they are."""
        text = super().attribute(name, value)
        return text if re.fullmatch(r"-?[\d.]+", text) else self.words(text)

    def setting(self, name: str, value: str) -> str:
        """A hyper-parameter with its value."""
        return f"{self.words(name)}={value}"

    def remark(self, text: str) -> str:
        """Words in brackets behind a formula."""
        return rf"\quad ({text})"

    def operation(self, node: Node, inputs: list[Piece]) -> Piece:
        """The operation's own template; a call by its name where there is none that says enough."""
        if node.kind == "constant":
            return self._constant(node.value)
        if node.operation is None:
            return self.name(node.name or node.kind), ATOM
        operation = node.operation
        if operation.name == "unless_masked" or (
            operation.name == "broadcast_to" and node.inputs[0].kind == "constant"
        ):
            return inputs[0]
        if operation.name == "multiply" and all(source.shape for source in node.inputs):
            return rf"{self.within(inputs[0], PRODUCT)} \odot {self.within(inputs[1], PRODUCT)}", PRODUCT
        tensors = [parameter.name for parameter in operation.parameters if parameter.is_tensor]
        attributes = told_attributes(node)
        spelled = {name: self.attribute(name, value) for name, value in node.attributes.items()}
        said = fields(operation.latex) | UNSAID_ATTRIBUTES
        given = [name for name, value in attributes.items() if is_given(operation, name, value)]
        if len(tensors) != len(inputs) or any(name not in said for name in given):
            arguments = [text for text, _ in inputs] + [self.setting(name, spelled[name]) for name in given]
            return rf"\operatorname{{{escaped(operation.name)}}}({', '.join(arguments)})", ATOM
        level, *needs = _LEVELS.get(operation.name, (SUM,))
        pieces = {
            name: [(self.bracketed(piece[0]), ATOM) if place and piece[1] == NEGATION else piece]
            for place, (name, piece) in enumerate(zip(tensors, inputs, strict=True))
        }
        text = filled(operation.latex, pieces, spelled, self.within, dict(zip(tensors, needs, strict=False)))
        return text, ATOM if operation.name in _CLOSED else level

    def _constant(self, value: Array) -> Piece:
        value = value.reshape(()) if value.size == 1 else value
        if value.ndim:
            return self._shape(value.shape), ATOM
        text = self.number(np.asarray(float(f"{value.item():.6g}")) if value.dtype.kind == "f" else value)
        return text, NEGATION if text.startswith("-") else ATOM
