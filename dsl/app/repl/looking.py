"""What an expression stands for: a value with its type and its formula, or a function, a layer, a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from dsl.app.names.binding import values_of
from dsl.app.names.formulas import formula, spelled
from dsl.app.program import Program
from dsl.app.repl.editing import moved
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told
from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.values import DataName, LayerInstance
from dsl.language.parser import parse_expression
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError
from dsl.source.render import printable
from dsl.source.text import Source, Span

_WIDEST = 120


@dataclass(frozen=True, slots=True)
class Shown:
    """A value: its name where it has one, its formula where it is computed, what kind of leaf it is otherwise."""

    name: str
    formula: str
    kind: str
    type: str
    value: Array
    line: int | None

    def text(self) -> str:
        """`linear = k · x + b = 1.45   [f64, line 9]`, on several lines where it is long."""
        margin = ", ".join(filter(None, (self.type, self.kind, f"line {self.line}" if self.line else "")))
        is_statement = self.type.startswith("bool") and self.formula
        formula = f"({self.formula})" if is_statement else self.formula
        sides = [side for side in (self.name, formula, spelled(self.value)) if side]
        whole = f"{' = '.join(sides)}   [{margin}]"
        if len(whole) <= _WIDEST:
            return whole
        first, *others = sides
        return "\n".join([f"{first}   [{margin}]", *(f"    = {side}" for side in others)])

    def as_json(self) -> dict[str, Any]:
        """The facts for tools."""
        return {
            "name": self.name or None,
            "formula": self.formula or None,
            "value": self.value,
            "shape": list(self.value.shape),
            "dtype": self.type.partition("[")[0],
            "line": self.line,
        }

    def told(self) -> Told:
        """Words and facts."""
        return Told(lambda: click.echo(self.text()), self.as_json())


def look(session: Session, typed: Span) -> Told:
    """What an expression stands for. Raises ProgramError with places in what was typed."""
    expression = _expression(typed)
    described = None if _known(session, expression) else _described(session, expression)
    if described is not None:
        return described
    program, node, name, text = computed(session, typed)
    return shown(session, program, node, name, text).told()


def computed(session: Session, typed: Span) -> tuple[Program, Node, str, str]:
    """What computes an expression: a program and its node, the name that it has there, and the text of the expression.

    Raises ProgramError with places in what was typed.
    """
    expression = _expression(typed)
    text, start = expression.span.text, typed.start + expression.span.start
    known = _known(session, expression)
    if known is not None:
        return session.program, known, text, text
    beside = session.beside(f"show {text}", Span(typed.source, start, start + len(text)))
    return beside, beside.model.shown[-1][1], "", text


def _expression(typed: Span) -> syntax.Expression:
    own = Source(typed.text)
    try:
        return parse_expression(own)
    except ProgramError as error:
        raise moved(error, {own: typed}) from None


def _known(session: Session, expression: syntax.Expression) -> Node | None:
    """The value of the program that an expression is the name or the path of."""
    text = expression.span.text
    return session.model.names.get(text) or session.model.graph.names.get(text)


def shown(session: Session, program: Program, node: Node, name: str, text: str = "") -> Shown:
    """The value of a node; `name` is empty for an expression, whose `text` says how it was typed. Raises ProgramError."""
    value = program.evaluate([node], on=session.state.dataset or None)[node]
    where = program.model.frame.bound_at.get(name) if program.model.frame else None
    place = where or (node.span if name else None)
    own = place is not None and place.source is session.source
    kind = node.kind if name and node.kind in ("placeholder", "parameter") else ""
    return Shown(
        printable(name),
        formula(program.model, node, right_side(session, name) or text),
        kind,
        _type(value, node),
        value,
        place.line if place is not None and own else None,
    )


def _type(value: Array, node: Node) -> str:
    """The type with the sizes that the value has."""
    return f"{node.type.dtype}{list(value.shape)}" if value.ndim else str(node.type.dtype)


def right_side(session: Session, name: str) -> str:
    """What stands behind the `=` of the statement that binds a name."""
    for statement in session.statements:
        if isinstance(statement, syntax.Assignment | syntax.MetricStatement) and name in values_of(statement):
            return statement.value.span.text
    return ""


def _described(session: Session, expression: syntax.Expression) -> Told | None:
    """A function, a layer, an operation or a data set, for which there is no value; None for what has one."""
    from dsl.app.repl.describing import described_call, described_data

    parts: list[str] = []
    while isinstance(expression, syntax.Attribute):
        parts.insert(0, expression.name)
        expression = expression.value
    if not isinstance(expression, syntax.Name):
        return None
    found: Any = session.module.frame.names.get(expression.id)
    if isinstance(found, DataName):
        return described_data(session, ".".join([expression.id, *parts]))
    if parts:
        return None
    if isinstance(found, LayerInstance) or (found is None and expression.id in session.module.definitions):
        return described_call(session, expression.id)
    return _catalogued(expression.id) if found is None and expression.id not in session.module.binders else None


def _catalogued(name: str) -> Told | None:
    """What programs call by this name."""
    from dsl.app.catalogue import find, print_entries

    try:
        entries = find(name)
    except ProgramError:
        return None
    return Told(lambda: print_entries(entries), {"entries": [entry.as_json() for entry in entries]})
