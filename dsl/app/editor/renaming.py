"""Renaming: all places of a name at once, and only where the program means the same afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dsl.app.editor.analysis import Analysis, analyse
from dsl.app.editor.edit import Edit, edited
from dsl.language import syntax
from dsl.language.elaborate.elaboration import Read
from dsl.language.elaborate.model import Model
from dsl.language.elaborate.modules import library
from dsl.language.elaborate.values import BUILTINS
from dsl.language.parser import grammar
from dsl.language.resolution.names import Kind, Names, Occurrence, Symbol
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import fail
from dsl.source.text import Source, Span

_NAME = re.compile(r"[^\W\d]\w*")


def renameable(analysis: Analysis, offset: int) -> Occurrence:
    """The name at an offset. Raises ProgramError, with a word on why, where nothing can be renamed."""
    found = analysis.names.at(offset)
    if found is None:
        raise fail("name", "there is no name here", Span(analysis.source, offset, offset))
    if found.symbol is None:
        raise fail("name", f"`{found.name}` belongs to the language, and is called so everywhere", found.span)
    if any(member.external for member in found.symbol.family()):
        raise fail("name", f"`{found.name}` is defined in another file", found.span, hint="rename it there")
    return found


def rename(analysis: Analysis, offset: int, name: str, read: Read = Source.read) -> list[Edit]:
    """The edits that give the name at an offset another one everywhere. Raises ProgramError where that cannot be done.

    What the program means stays: every place stands for what it stood for, and the graph is the same but for names.
    """
    found = renameable(analysis, offset)
    assert found.symbol is not None
    _check(name, found.kind, found.span)
    if name == found.name:
        return []
    edits = [Edit(span.start, span.end, name) for span in analysis.names.places(found.symbol)]
    if found.symbol.scope is analysis.names.file:
        edits += [Edit(span.start, span.end, name) for span in _in_paths(analysis.tree, found.name)]
    renamed = analyse(Source(edited(analysis.source.text, edits), analysis.source.name, analysis.source.path), read)
    clash = _clash(analysis.names, renamed.names, found.symbol, name)
    if clash is not None:
        raise fail("name", f"`{name}` is the name of something else already, which would be meant then", clash)
    if not _mean_the_same(analysis, renamed, found.name, name):
        message = f"the program would be another one if `{found.name}` were called `{name}`"
        raise fail("name", message, found.span, hint=f"`{found.name}` is written in other places, such as strings")
    return edits


def _in_paths(tree: syntax.Program, name: str) -> Iterator[Span]:
    """Where a name begins one of the paths that a `train` block is given as strings, such as `"encoder.*"`."""
    entries = [e for s in tree.statements if isinstance(s, syntax.TrainStatement) for e in s.entries]
    for entry in entries:
        if entry.key.id not in ("parameters", "watch"):
            continue
        items = entry.value.items if isinstance(entry.value, syntax.ListOf) else (entry.value,)
        for item in items:
            if isinstance(item, syntax.String) and item.value.partition(".")[0] == name:
                start = item.span.source.text.index('"', item.span.start) + 1
                yield Span(item.span.source, start, start + len(name))


def _check(name: str, kind: Kind, place: Span) -> None:
    """Raise ProgramError for what can be no name, or is one of the language's own."""
    if not _NAME.fullmatch(name):
        hint = "a name is made of letters, digits and `_`, and does not begin with a digit"
        raise fail("name", f"`{name}` is no name", place, hint=hint)
    if kind == "part":  # which is only written behind a dot and before `=`
        return
    if name in grammar().keywords:
        raise fail("name", f"`{name}` is a word of the language", place, hint="give it another name")
    if name in OPERATIONS or name in BUILTINS or name in library():
        raise fail("name", f"`{name}` is a name of the library", place, hint="give it another name")


def _clash(before: Names, after: Names, symbol: Symbol, name: str) -> Span | None:
    """The first place that would stand for something else, or the first that stands for the other thing of that name."""
    places = before.places(symbol)
    other = next((found.span for found in before.occurrences if found.name == name and found.symbol), places[0])
    if len(before.occurrences) != len(after.occurrences):
        return other
    pairs: dict[int, int] = {}
    for old, new in zip(before.occurrences, after.occurrences, strict=True):
        if (old.kind, old.is_definition) != (new.kind, new.is_definition) or (old.symbol is None) != (
            new.symbol is None
        ):
            return other
        if old.symbol is None or new.symbol is None:
            continue
        first, second = _leader(old.symbol), _leader(new.symbol)
        if not old.symbol.external and pairs.setdefault(first, second) != second:
            return other
    return other if len(set(pairs.values())) != len(pairs) else None


def _leader(symbol: Symbol) -> int:
    """What tells the family of a symbol from others."""
    return min(id(member) for member in symbol.family())


def _mean_the_same(before: Analysis, after: Analysis, old: str, new: str) -> bool:
    """Whether two programs are one but for a name; of programs with mistakes, whether they have as many."""
    if len(before.diagnostics) != len(after.diagnostics):
        return False
    if before.model.errors or before.has_syntax_errors:
        return [d.code for d in before.diagnostics] == [d.code for d in after.diagnostics]
    renaming = {old: new}
    first, second = _facts(before.model, renaming), _facts(after.model, {})
    return all(a == b for a, b in zip(first, second, strict=False)) and next(first, None) is next(second, None)


def _facts(model: Model, renaming: Mapping[str, str]) -> Iterator[Any]:
    """What a program is, with names only where they name sizes."""
    place = {node: index for index, node in enumerate(model.graph.nodes)}

    def known(nodes: Iterable[Any]) -> list[int]:
        return [place[node] for node in nodes]

    for node in model.graph.nodes:
        kind = node.operation.name if node.operation else node.kind
        said = [(key, _renamed(str(value), renaming)) for key, value in sorted(node.attributes.items())]
        yield kind, known(node.inputs), _renamed(str(node.type), renaming), said
    yield known(model.names.values()), known(model.metrics.values()), known(node for _, node in model.shown)
    yield [(known([each.left, each.right]), each.operator, each.tolerance) for each in model.expectations]
    yield [(len(plan.split.names), len(plan.fields)) for plan in model.data.values()]
    for run in model.runs:
        yield known([run.minimize]), known(run.trained(model.graph.parameters)), len(run.settings.watch)


def _renamed(text: str, renaming: Mapping[str, str]) -> str:
    return _NAME.sub(lambda word: renaming.get(word[0], word[0]), text)
