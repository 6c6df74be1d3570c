"""From operators on elements to expressions of Python, with no more parentheses than they need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dsl.engine.scalars.scalar import Scalar

CHOICE, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(9)
"""How tightly an expression holds together, from `a if c else b` to a name or a call."""


@dataclass(frozen=True, slots=True)
class Template:
    """An expression with places `{0}`, `{1}` for its operands, how tightly it holds, and how tightly each operand must.

    `raises` says whether Python may raise an exception where IEEE arithmetic has a value. `repeated` are the operands that
    stand in the expression more than once, each so often as it stands there beyond the first time.
    """

    text: str
    level: int
    needs: tuple[int, ...]
    raises: bool = False
    repeated: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        counts = [self.text.count(f"{{{index}}}") for index in range(len(self.needs))]
        repeated = [index for index, count in enumerate(counts) for _ in range(count - 1)]
        object.__setattr__(self, "repeated", tuple(repeated))


NOTHING: frozenset[Scalar] = frozenset()


@dataclass(slots=True)
class Text:
    """An expression as code. `reads` are the elements of states in it that are not behind a name of their own."""

    code: str
    level: int = ATOM
    raises: bool = False
    reads: frozenset[Scalar] = NOTHING


def filled(template: Template, operands: Sequence[Text]) -> Text:
    """The expression of a template on these operands."""
    raises, reads = template.raises, NOTHING
    parts: list[str] = []
    for operand, need in zip(operands, template.needs, strict=True):
        parts.append(operand.code if operand.level >= need else f"({operand.code})")
        if operand.raises:
            raises = True
        if operand.reads:
            reads = reads | operand.reads if reads else operand.reads
    return Text(template.text.format(*parts), template.level, raises, reads)


def call(name: str, operands: int = 1, *, raises: bool = False) -> Template:
    """The call of a function."""
    places = ", ".join(f"{{{index}}}" for index in range(operands))
    return Template(f"{name}({places})", ATOM, (CHOICE,) * operands, raises)


def infix(sign: str, level: int, *, raises: bool = False) -> Template:
    """A binary operator that takes its operands from the left to the right; comparisons stand alone."""
    left = level + 1 if level == COMPARISON else level
    return Template(f"{{0}} {sign} {{1}}", level, (left, level + 1), raises)


@dataclass(frozen=True, slots=True)
class Flavour:
    """How a kind of Python code is written: the template of an operator on its operands, and a number."""

    template: Callable[[Scalar], Template]
    literal: Callable[[Scalar], Text]
    reserved: frozenset[str]
    """Names that have a meaning in the code."""
