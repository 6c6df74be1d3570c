"""What is known of a text: its diagnostics, and of its healthy part the tree, the model and every name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dsl.app.editor.edit import common_beginning
from dsl.app.failure import internal
from dsl.app.names.facts import Fact, facts
from dsl.graph.graph import Graph
from dsl.language import parser, syntax
from dsl.language.elaborate.elaboration import Read
from dsl.language.elaborate.model import Model
from dsl.language.program import elaborate
from dsl.language.resolution.names import Names
from dsl.language.resolution.statements import resolve
from dsl.source.diagnostic import Diagnostic
from dsl.source.text import Source, Span

Diagnostics = tuple[Diagnostic, ...]
Told = Callable[[Diagnostics], None]


@dataclass(frozen=True)
class Analysis:
    """A text and what `nn check` knows of it.

    `diagnostics` are those of `nn check`, in its order. `tree` and `model` are of the text without the lines of its syntax
    errors; all their offsets are offsets into the text. The model has what could be made of a program with errors.
    """

    source: Source
    diagnostics: Diagnostics
    tree: syntax.Program
    model: Model
    edited_at: int | None = None
    """None where all this is of this very text; else of one that it was a moment ago, the same up to this offset."""

    @property
    def has_syntax_errors(self) -> bool:
        """Whether a part of the text could not be read."""
        return any(diagnostic.code == "syntax" for diagnostic in self.diagnostics)

    @cached_property
    def names(self) -> Names:
        """Every name of the healthy part and what it stands for."""
        frame = self.model.frame
        definitions = frame.module.definitions if frame is not None else {}
        imported = {name: found for name, found in definitions.items() if found.home is not frame}
        return resolve(self.tree, imported)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """What can be said of the names at the top of the program."""
        return tuple(facts(self.model))

    def prepare(self) -> None:
        """Work out what the first question would have to wait for."""
        _ = self.names, self.facts

    @cached_property
    def files(self) -> frozenset[str]:
        """The files that the program imports, or tries to, by their real paths."""
        folder = self.source.path.parent if self.source.path else Path()
        imports = [item for item in self.tree.statements if isinstance(item, syntax.ImportStatement)]
        named = {os.path.realpath(folder / item.path.value) for item in imports}
        return frozenset(named | set(self.model.elaboration.modules if self.model.elaboration else ()))

    def now(self, source: Source) -> Analysis:
        """This analysis for a text that has changed since: what is above the change can be believed."""
        old, new = self.source.text, source.text
        if old == new:
            return self
        same = common_beginning(old, new)
        earlier = same if self.edited_at is None else min(same, self.edited_at)
        later = replace(self, source=source, edited_at=earlier)
        later.__dict__.update(names=self.names, facts=self.facts)
        return later


def analyse(source: Source, read: Read = Source.read, told: Told | None = None) -> Analysis:
    """All that is known of a text; `read` reads the files that it imports. Nothing is raised for a program that is wrong.

    Syntax errors are `told` before the healthy part is looked at.
    """
    reading = parser.read(source)
    found = _each_once(reading.mistakes)
    if found and told is not None:
        told(found)
    model = elaborate(source, tree=reading.tree, read=read)
    return Analysis(source, found or tuple(model.diagnostics.values()), reading.tree, model)


def _each_once(mistakes: Iterable[Diagnostic]) -> Diagnostics:
    found: dict[object, Diagnostic] = {}
    for mistake in mistakes:
        found.setdefault(mistake.identity, mistake)
    return tuple(found.values())


def broken(source: Source, error: Exception) -> Analysis:
    """What is known of a text that could not be analysed, which is a mistake of ours."""
    found = replace(internal(error), span=Span(source, 0, 0))
    return Analysis(source, (found,), syntax.Program(Span(source, 0, len(source.text)), (), {}), Model(Graph()))
