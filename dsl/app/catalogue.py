"""Everything that programs call by name, as entries to list and explain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from dsl.app.names.signature import signature
from dsl.app.wording import first_sentence
from dsl.source.diagnostic import fail
from dsl.source.nearest import did_you_mean


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be called: how, what it is, and where there are such, formula, derivative and example."""

    name: str
    section: str
    signature: str
    doc: str
    formula: str = ""
    derivative: str = ""
    example: str = ""

    @property
    def summary(self) -> str:
        """The first sentence of the documentation."""
        return first_sentence(self.doc)

    def as_json(self) -> dict[str, Any]:
        """The facts for tools."""
        return {
            "name": self.name,
            "section": self.section,
            "signature": self.signature,
            "doc": self.doc,
            "formula": self.formula,
            "derivative": self.derivative,
            "example": self.example,
        }


def catalogue() -> dict[str, list[Entry]]:
    """The entries by section: the families of operations, then layers, initializers, optimisers and schedules."""
    sections: dict[str, list[Entry]] = {}
    for entry in (*_operations(derivatives=False), *_layers(), *_declared()):
        sections.setdefault(entry.section, []).append(entry)
    return sections


def find(name: str) -> list[Entry]:
    """What is called by this name. Raises ProgramError with the nearest name."""
    entries = [*_operations(derivatives=False), *_layers(), *_declared()]
    found = [entry for entry in entries if entry.name == name]
    if not found:
        hint = did_you_mean(name, [entry.name for entry in entries], "`nn ops` lists them")
        raise fail("name", f"there is no operation `{name}`", hint=hint)
    detailed = {entry.section: entry for entry in _operations(derivatives=True, only=name)}
    return [detailed.get(entry.section, entry) for entry in found]


def print_sections(sections: Mapping[str, Sequence[Entry]]) -> None:
    """A table for each section: signatures, and what they are in a line."""
    from dsl.app.output import table

    for number, (title, entries) in enumerate(sections.items()):
        if number:
            click.echo()
        table(["signature", "what it is"], [[e.signature, e.summary] for e in entries], title=title)


def print_entries(entries: Iterable[Entry]) -> None:
    """All that there is to say of some entries."""
    for entry in entries:
        click.echo(f"{entry.signature}\n\n{entry.doc}\n")
        facts = entry.as_json()
        for key in ("section", "formula", "derivative", "example"):
            lines = str(facts[key]).split("\n") if facts[key] else []
            if lines:
                click.echo("\n".join(f"{f'{key}:' if i == 0 else '':<12}{line}" for i, line in enumerate(lines)))


def _operations(derivatives: bool, only: str | None = None) -> Iterable[Entry]:
    from dsl.graph.formula import derivative_formulas
    from dsl.ops.registry import FAMILIES, load

    order = {family: place for place, family in enumerate(FAMILIES)}
    operations = sorted(load().values(), key=lambda operation: order.get(operation.family, len(order)))
    for operation in operations:
        if only is not None and operation.name != only:
            continue
        names = {parameter.name: parameter.name for parameter in operation.parameters}
        yield Entry(
            operation.name,
            operation.family.replace("_", " "),
            operation.signature,
            operation.doc,
            operation.formula.format(**names),
            "\n".join(derivative_formulas(operation)) if derivatives else "",
            operation.example,
        )


def _layers() -> Iterable[Entry]:
    from dsl.language.elaborate.modules import library

    for definition in library().values():
        yield Entry(definition.name, "layer", signature(definition.statement), definition.documentation)


def _declared() -> Iterable[Entry]:
    from dsl.training.initializers import INITIALIZERS
    from dsl.training.optimizers import OPTIMIZERS
    from dsl.training.schedules import SCHEDULES

    for section, registry in (("initializer", INITIALIZERS), ("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        for name, declaration in registry.items():
            arguments = "\n".join(f"{parameter}: {parameter.doc}" for parameter in declaration.hyperparameters())
            doc = f"{declaration.documentation()}\n\n{arguments}" if arguments else declaration.documentation()
            yield Entry(name, section, declaration.signature(), doc)
