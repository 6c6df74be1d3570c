"""The work in progress: the graph being built, the diagnostics so far, and who elaborates which kind of syntax."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from dsl.graph.gradient import DifferentiableGraph
from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.model import Model
from dsl.language.elaborate.order import DONE, IN_PROGRESS, WAITING, bound_names, cycle
from dsl.language.elaborate.scope import Frame, Module
from dsl.language.elaborate.values import PENDING, POISON, Definition, LayerInstance
from dsl.source.diagnostic import Diagnostic, Label, ProgramError
from dsl.source.hint import Delete, Hint
from dsl.source.text import Source, Span

Handler = Callable[["Elaboration", Any, Frame], Task]
_HANDLERS: dict[type[syntax.Syntax], Handler] = {}
_IMPORTED_LATER: dict[type[syntax.Syntax], str] = {
    syntax.DataStatement: "dsl.language.statements.data",
    syntax.TrainStatement: "dsl.language.statements.train",
}
"""The handlers that bring all of `dsl.training` along, a sixth of the time that `nn check` takes to start."""

H = TypeVar("H", bound=Handler)
Read = Callable[[Path, str], Source]
"""What reads a file that is imported, under the name it is to be called by. Raises OSError or UnicodeDecodeError."""


def elaborates(kind: type[syntax.Syntax]) -> Callable[[H], H]:
    """Register the function that elaborates a kind of syntax node: a generator for `machine.run`."""

    def register(handler: H) -> H:
        _HANDLERS[kind] = handler
        return handler

    return register


class Elaboration:
    """What all handlers share. `overrides` are the `--set` values by name, taken out as they are used."""

    def __init__(
        self,
        overrides: Mapping[str, Any],
        library: Callable[[], Mapping[str, Definition]],
        read: Read = Source.read,
    ) -> None:
        self.graph = DifferentiableGraph()
        self.model = Model(self.graph)
        self.overrides = dict(overrides)
        self.used_overrides: set[str] = set()
        self.calls: list[tuple[Definition, Span]] = []
        """The functions and layers being applied, and where, the innermost last."""
        self.loading = True
        """Whether the program is being read; False when expressions are added to it later."""
        self.list_depth = 0
        """How many lists the expression under way lies in."""
        self.called: set[Span] = set()
        """The definitions of the functions and layers that have been used."""
        self.layers: list[LayerInstance] = []
        """The layers that have been made."""
        self.modules: dict[str, Module] = {}
        self.bound_at_top: set[Node] = set()
        """The nodes that have a name at the top of a file."""
        self._unnamed: list[Node] = []
        self._seen = 0
        """How many nodes of the graph have been looked at for `_unnamed`."""
        self.read = read
        self.library = library
        """The standard layers, read when they are first asked for."""

    def evaluate(self, expression: syntax.Expression | syntax.Slice | syntax.Ellipsis, frame: Frame) -> Task:
        """The task whose result is what an expression stands for."""
        return _HANDLERS[type(expression)](self, expression, frame)

    def execute(self, statement: syntax.Statement, frame: Frame) -> Task:
        """The task of carrying out a statement."""
        kind = type(statement)
        if kind not in _HANDLERS:
            import_module(_IMPORTED_LATER[kind])
        return _HANDLERS[kind](self, statement, frame)

    def quick(self, expression: Any, frame: Frame) -> Any:
        """What an expression stands for when a look is enough, else PENDING."""
        kind = expression.__class__
        if kind is syntax.Name:
            return frame.find(expression.id)
        if kind is syntax.Number or kind is syntax.String:
            return expression.value
        return PENDING

    def demand(self, name: syntax.Name, frame: Frame) -> Task:
        """Carry out the statement further down that binds a name. Raises ProgramError when it waits for this one."""
        module = frame.module
        index = module.binders[name.id]
        if module.state[index] == IN_PROGRESS:
            raise cycle(module, index, name)
        if module.state[index] == WAITING:
            calls, self.calls = self.calls, []
            scope, self.graph.scope = self.graph.scope, None
            try:
                yield self.top_statement(module, index)
            finally:
                self.calls, self.graph.scope = calls, scope

    def top_statement(self, module: Module, index: int) -> Task:
        """Carry out a statement at the top of a file; when it is wrong, the names it binds are passed over from then on."""
        statement = module.tree.statements[index]
        module.state[index] = IN_PROGRESS
        module.underway.append(index)
        try:
            yield self.execute(statement, module.frame)
        except ProgramError as error:
            self.report_all(error)
            for target in bound_names([statement]):
                module.frame.names.setdefault(target.id, POISON)
                module.frame.bound_at.setdefault(target.id, target.span)
        finally:
            module.underway.pop()
            module.state[index] = DONE

    def block(self, statements: Sequence[syntax.Statement], frame: Frame) -> Task:
        """Carry out statements in their order, up to a `return`."""
        for statement in statements:
            yield self.execute(statement, frame)
            if frame.returned is not PENDING:
                if isinstance(statement, syntax.ReturnStatement) and statement is not statements[-1]:
                    after = statements[statements.index(statement) + 1]
                    hint = Hint("delete it", Delete())
                    self.warn("unused", "nothing is carried out after a `return`", after.span, hint=hint)
                return

    def remember(self, place: Span, value: Any) -> None:
        """Keep what a name stands for that is bound here."""
        self.model.bindings.setdefault(place, []).append(value)

    def name_rest(self, start: int, path: str, leaving: Sequence[Any] = ()) -> None:
        """Name the nodes made since `start` that have no name yet after the statement that made them.

        Nodes among `leaving` are left for whoever asked for them.
        """
        left = {id(value) for value in leaving}
        for node in self._unnamed_since(start):
            if id(node) in left:
                self._unnamed.append(node)
            else:
                self.graph.name(node, f"{path}.{node.label}")

    def _unnamed_since(self, start: int) -> list[Node]:
        """The nodes made since `start` that have no name, taken off the list; so each is looked at once or twice in all."""
        unnamed, nodes = self._unnamed, self.graph.nodes
        unnamed.extend(node for node in nodes[self._seen :] if not node.name)
        self._seen = len(nodes)
        end = len(unnamed)
        while end and unnamed[end - 1].index >= start:
            end -= 1
        found = [node for node in unnamed[end:] if not node.name]
        del unnamed[end:]
        return found

    def remember_unknown(self, module: Module, name: str) -> None:
        """Pass over further uses of a name that is about to be reported as unknown."""
        if self.loading:
            module.unknown.add(name)

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, once."""
        self.model.diagnostics.setdefault(diagnostic.identity, diagnostic)

    def report_all(self, error: ProgramError) -> None:
        """Keep the diagnostics of an error."""
        for diagnostic in error.diagnostics:
            self.report(diagnostic)

    def warn(self, code: str, message: str, span: Span, *, labels: Sequence[Label] = (), hint: str = "") -> None:
        """Keep a warning."""
        self.report(Diagnostic(code, message, span, "", tuple(labels), hint, "warning"))

    def library_definition(self, name: str) -> Definition | None:
        """The standard layer of this name."""
        return self.library().get(name)

    def library_names(self) -> list[str]:
        """The names of the standard layers."""
        return list(self.library())

    def override(self, name: str) -> Any:
        """The `--set` value of a name, PENDING when there is none."""
        self.used_overrides.add(name)
        return self.overrides.get(name, PENDING)
