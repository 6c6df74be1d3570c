"""What elaboration makes of a program: the graph, and what the program says about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.language import syntax
from dsl.ops.dims import Dim
from dsl.source.diagnostic import Diagnostic, Severity
from dsl.source.text import Span

if TYPE_CHECKING:
    from dsl.language.elaborate.elaboration import Elaboration
    from dsl.language.elaborate.scope import Frame
    from dsl.training.data.plan import DataPlan
    from dsl.training.run import TrainRun


@dataclass(frozen=True, slots=True)
class Expectation:
    """`expect left OP right on dataset within tolerance`; the sides are nodes."""

    text: str
    operator: str
    left: Node
    right: Node
    dataset: str | None
    tolerance: float | None
    span: Span


@dataclass(slots=True)
class Model:
    """An elaborated program.

    `names` are the values of the top of the file by the name the program gives them; node name paths are in `graph.names`.
    """

    graph: Graph
    frame: Frame | None = None
    names: dict[str, Node] = field(default_factory=dict[str, Node])
    dims: dict[str, Dim] = field(default_factory=dict[str, Dim])
    constants: dict[str, Any] = field(default_factory=dict[str, Any])
    metrics: dict[str, Node] = field(default_factory=dict[str, Node])
    shown: list[tuple[str, Node]] = field(default_factory=list[tuple[str, Node]])
    data: dict[str, DataPlan] = field(default_factory=dict)
    runs: list[TrainRun] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list[Expectation])
    checking: set[Node] = field(default_factory=set[Node])
    """The nodes that only expectations need: they are computed, and are no part of the program's graph."""
    train_statements: list[syntax.TrainStatement] = field(default_factory=list[syntax.TrainStatement])
    bindings: dict[Span, list[Any]] = field(default_factory=dict[Span, list[Any]])
    """What names stand for, by the places where they are bound: inside a function, one thing for each call."""
    diagnostics: dict[Any, Diagnostic] = field(default_factory=dict[Any, Diagnostic])
    documentation: str = ""
    elaboration: Elaboration | None = None
    """What made this model, for expressions that are added to it later."""

    @property
    def errors(self) -> list[Diagnostic]:
        """The diagnostics that keep the program from running."""
        return self._in_order("error")

    @property
    def warnings(self) -> list[Diagnostic]:
        """The diagnostics that do not."""
        return self._in_order("warning")

    def _in_order(self, severity: Severity) -> list[Diagnostic]:
        """The diagnostics of a kind in the order of the text; those of imported files where they were found."""
        found = [diagnostic for diagnostic in self.diagnostics.values() if diagnostic.severity == severity]
        sources = list(dict.fromkeys(diagnostic.span.source for diagnostic in found if diagnostic.span))
        return sorted(
            found, key=lambda d: (sources.index(d.span.source), d.span.start) if d.span else (len(sources), 0)
        )
