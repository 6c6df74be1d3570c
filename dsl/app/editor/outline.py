"""The outline of a program for an editor: what it declares, what stands inside, and what can be folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dsl.language import syntax
from dsl.language.blocks import inside
from dsl.language.lexemes import COMMENT, lexemes
from dsl.source.text import Source, Span

OutlineKind = Literal[
    "value", "dimension", "constant", "placeholder", "parameter", "metric", "function", "layer", "data", "train", "entry",
    "block",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that a program declares: its name, where that stands, all of its text, and what stands inside."""

    name: str
    kind: OutlineKind
    place: Span
    whole: Span
    detail: str
    inner: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines that can be folded away, counted from 1, the first of which stays."""

    first: int
    last: int
    is_comment: bool = False


_DECLARED: dict[type[syntax.Syntax], OutlineKind] = {
    syntax.DimStatement: "dimension",
    syntax.ConstantStatement: "constant",
    syntax.PlaceholderStatement: "placeholder",
    syntax.ParameterStatement: "parameter",
    syntax.MetricStatement: "metric",
}
_DEEPEST = 50
"""How deep blocks in blocks are told."""


def outline(tree: syntax.Program) -> tuple[Entry, ...]:
    """What a program declares, in the order of its text."""
    return tuple(_entries(tree.statements, 0))


def _entries(statements: Sequence[syntax.Statement], depth: int) -> Iterator[Entry]:
    if depth > _DEEPEST:
        return
    for statement in statements:
        match statement:
            case syntax.Assignment(targets=targets):
                for target in targets:
                    yield Entry(target.id, "value", target.span, statement.span, "", ())
            case (
                syntax.DimStatement()
                | syntax.ConstantStatement()
                | syntax.PlaceholderStatement()
                | syntax.ParameterStatement()
                | syntax.MetricStatement()
            ):
                declared = getattr(statement, "type", None)
                detail = declared.span.text if isinstance(declared, syntax.TypeOf) else ""
                name = statement.name
                yield Entry(name.id, _DECLARED[type(statement)], name.span, statement.span, detail, ())
            case syntax.FunctionStatement() | syntax.LayerStatement():
                yield _definition(statement, depth)
            case syntax.IfStatement(condition=condition):
                word = _word(statement.span, "if")
                yield from _block(f"if {condition.span.quoted('…')}", word, statement.span, statement.then, depth)
                if statement.otherwise is not None:
                    yield from _entries(statement.otherwise.statements, depth + 1)
            case syntax.RepeatStatement(variable=variable):
                yield from _block(f"repeat {variable.id}", variable.span, statement.span, statement.body, depth)
            case syntax.DataStatement(name=name):
                yield Entry(name.id, "data", name.span, statement.span, "data", _keys(statement.entries))
            case syntax.TrainStatement(name=name):
                place = name.span if name else _word(statement.span, "train")
                yield Entry(
                    name.id if name else "train", "train", place, statement.span, "train", _keys(statement.entries)
                )
            case _:
                pass


def _definition(statement: syntax.FunctionStatement | syntax.LayerStatement, depth: int) -> Entry:
    kind: OutlineKind = "layer" if isinstance(statement, syntax.LayerStatement) else "function"
    formals = ", ".join(formal.name.id for formal in statement.parameters)
    options = ""
    if isinstance(statement, syntax.LayerStatement):
        options = f"({', '.join(formal.name.id for formal in statement.options)})"
    inner = tuple(_entries(statement.body.statements, depth + 1))
    return Entry(statement.name.id, kind, statement.name.span, statement.span, f"{options}({formals})", inner)


def _block(name: str, place: Span, whole: Span, body: syntax.Block, depth: int) -> Iterator[Entry]:
    inner = tuple(_entries(body.statements, depth + 1))
    if inner:
        yield Entry(name, "block", place, whole, "", inner)


def _keys(entries: Sequence[syntax.Entry]) -> tuple[Entry, ...]:
    return tuple(Entry(entry.key.id, "entry", entry.key.span, entry.span, "", ()) for entry in entries)


def _word(span: Span, word: str) -> Span:
    return Span(span.source, span.start, span.start + len(word))


def folds(source: Source, tree: syntax.Program) -> tuple[Fold, ...]:
    """What can be folded: statements of several lines, and comments that follow each other."""
    found = [*_statement_folds(tree.statements), *_comment_folds(source)]
    return tuple(sorted(set(found), key=lambda fold: (fold.first, fold.last)))


def _statement_folds(statements: Sequence[syntax.Statement]) -> Iterator[Fold]:
    waiting = list(statements)
    while waiting:
        statement = waiting.pop()
        source, start, end = statement.span
        first, last = source.position(start)[0], source.position(end)[0]
        if last > first:
            yield Fold(first, last)
        waiting += inside(statement)


def _comment_folds(source: Source) -> Iterator[Fold]:
    first = last = -1
    for lexeme in lexemes(source.text):
        if lexeme.kind != COMMENT:
            continue
        line, column = source.position(lexeme.start)
        if source.line(line)[: column - 1].strip():
            continue
        if line != last + 1:
            if last > first:
                yield Fold(first, last, is_comment=True)
            first = line
        last = line
    if last > first:
        yield Fold(first, last, is_comment=True)
