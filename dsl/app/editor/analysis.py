"""What is known of a text: its diagnostics, and of its healthy part the tree, the model and every name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from dsl.language import syntax
from dsl.language.elaborate.model import Model
from dsl.language.parser import read
from dsl.language.program import elaborate
from dsl.language.resolution.names import Names
from dsl.language.resolution.statements import resolve
from dsl.source.diagnostic import Diagnostic
from dsl.source.text import Source


@dataclass(frozen=True)
class Analysis:
    """A text and what `nn check` knows of it.

    `diagnostics` are those of `nn check`, in its order. `tree` and `model` are of the text without the lines of its syntax
    errors; all their offsets are offsets into the text. The model has what could be made of a program with errors.
    """

    source: Source
    diagnostics: tuple[Diagnostic, ...]
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

    def now(self, source: Source) -> Analysis:
        """This analysis for a text that has changed since: what is above the change can be believed."""
        old, new = self.source.text, source.text
        if old == new:
            return self
        same = _common_beginning(old, new)
        earlier = same if self.edited_at is None else min(same, self.edited_at)
        later = replace(self, source=source, edited_at=earlier)
        later.__dict__["names"] = self.names
        return later


def analyse(source: Source) -> Analysis:
    """All that is known of a text. Nothing is raised for a program that is wrong."""
    reading = read(source)
    model = elaborate(source, tree=reading.tree)
    if not reading.mistakes:
        return Analysis(source, tuple(model.diagnostics.values()), reading.tree, model)
    found: dict[object, Diagnostic] = {}
    for mistake in reading.mistakes:
        found.setdefault(mistake.identity, mistake)
    return Analysis(source, tuple(found.values()), reading.tree, model)


def _common_beginning(a: str, b: str) -> int:
    """How many characters two texts have in common at their beginning."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
