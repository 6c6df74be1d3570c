"""Which line of a program an operation belongs to, and what that line calls it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dsl.app.program import Program
from dsl.graph.node import Node
from dsl.source.text import Span

_LAYER = re.compile(r"^layer (\w+)", re.MULTILINE)
_NUMBER = re.compile(r"_\d+$")
"""What tells the second layer of a kind from the first: `Dense_2`."""

UPDATE = "update"
"""What is called the update of the parameters: clipping, the optimiser's memory, the step."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a program: its file where it is not the program's own, its number and its text."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file.rpartition('/')[2]}:{self.line}" if self.file else str(self.line)


class Places:
    """Finds the line of the program that an operation belongs to, and what that line calls it."""

    def __init__(self, program: Program) -> None:
        frame = program.model.frame
        self._main = frame.module.source if frame else None
        self._statements = dict(frame.bound_at) if frame else {}
        """Where each value at the top of the file is bound."""
        self._nodes = program.model.graph.names
        self._by_span = {node.span: node.name for node in reversed(program.forward) if node.span}

    def of(self, node: Node, name: str) -> tuple[str, Place | None]:
        """The name of the value or of the layer, and the line; no line for an update of parameters."""
        span = node.span
        if span is None:
            return UPDATE, None
        name = name or self._by_span.get(span, "")
        if not span.source.name.startswith("<library>"):
            return name, self._place(span)
        statement = self._statements.get(name.partition(".")[0])
        return self._layer(name, span), self._place(statement or span)

    def _layer(self, name: str, span: Span) -> str:
        """The layer of the library in whose lines a value is computed: `h.LayerNorm` of `h.LayerNorm.centred.mean`.

        The value that a layer returns has a name outside it, and its inputs have not. A layer with a name of its own is
        found by what is directly below it.
        """
        node = self._nodes.get(name)
        sources = node.inputs if node else ()
        inside = [
            name,
            *(
                source.name
                for source in sources
                if source.operation and source.span and source.span.source is span.source
            ),
        ]
        layer = _LAYER.findall(span.source.text, 0, span.start)[-1:]
        for path in inside:
            parts = path.split(".")
            found = [at for at, part in enumerate(parts, 1) if _NUMBER.sub("", part) in layer]
            if found:
                return ".".join(parts[: found[-1]])
        return next((path.rpartition(".")[0] for path in [*inside[1:], name] if "." in path), name)

    def _place(self, span: Span) -> Place:
        source = span.source
        return Place("" if source is self._main else source.name, span.line, " ".join(source.line(span.line).split()))
