"""From a program's values to what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dsl.explain.chain_rule import ChainRule, Crossing, Path
from dsl.explain.expressions import Applied, Equation, Expression, Formula, Name, Partial, Product, Value
from dsl.explain.notation import told_attributes
from dsl.explain.story import Backward, Forward, Local, Role, Source, Way
from dsl.graph.node import Node
from dsl.graph.outline import Outline, Step
from dsl.ops.parameters import Array

MOST_PATHS = 6
"""So many paths are told one by one; of more, what flows through each use of the value."""
LONGEST_PATH = 8
"""Crossings up to which a path is told from end to end."""
MOST_OPERATIONS = 12
"""Operations up to which the derivative of a step is written out."""
MOST_FOLDED = 4
"""Operations up to which a folded layer is told by one formula."""


class Teller:
    """Tells of the values of an outline. `gradients` are the engine's, of the nodes that have one."""

    def __init__(
        self,
        outline: Outline,
        values: Mapping[Node, Array],
        sources: Mapping[Node, Source],
        rule: ChainRule | None = None,
        gradients: Mapping[Node, Array] | None = None,
    ) -> None:
        self._outline, self._values, self._sources = outline, values, sources
        self._rule, self._gradients = rule, gradients or {}

    # -- forward ----------------------------------------------------------------------------------------------------------

    def forward(self) -> list[Forward]:
        """How each value came to be, in running order; numbers written in the program are told where they are used."""
        return [self.arrived(step) for step in self._outline.steps if step.is_folded or step.node.kind != "constant"]

    def arrived(self, step: Step) -> Forward:
        """How the value of a step came to be."""
        node = step.node
        told = Forward(node, step.name, _role(step), self._values[node], scope=step.scope)
        if node.kind == "placeholder":
            told.source = self._sources[node]
        if step.is_folded:
            told.inputs = [called(self._outline, source) for source in step.inputs]
            told.parameters = step.parameters
            told.operations = sum(inner.operation is not None for inner in step.nodes)
            if told.operations <= MOST_FOLDED and len(step.outputs) == 1:
                told.equation = self._composed(step)
        elif node.operation is not None:
            sources = [source for source in dict.fromkeys(node.inputs) if source.kind != "constant"]
            told.inputs = [called(self._outline, source) for source in sources]
            numbers = [applied(node, self._number)] if sources else []
            told.equation = Equation((Name(step.name), applied(node, self._symbol), *numbers))
        return told

    def _composed(self, step: Step) -> Equation:
        """A folded layer as one formula over its inputs and parameters."""
        leaves = [*step.inputs, *(node for node in step.nodes if node.operation is None and node.kind != "constant")]
        symbols = {node: self._symbol(node) for node in leaves}
        numbers = {node: self._number(node) for node in leaves}
        return Equation((Name(step.name), Formula(step.node, symbols), Formula(step.node, numbers)))

    def _symbol(self, node: Node) -> Expression:
        return Value(node.value) if node.kind == "constant" else Name(called(self._outline, node))

    def _number(self, node: Node) -> Expression:
        value = self._values.get(node)
        if value is None:
            return self._symbol(node)
        return (
            Name(called(self._outline, node), value.shape) if value.ndim and node.kind != "constant" else Value(value)
        )

    # -- backward ---------------------------------------------------------------------------------------------------------

    def backward(self) -> list[Backward]:
        """The gradient of each value: of operations in reverse order, then of parameters and of placeholders in theirs."""
        if self._rule is None:
            return []
        nodes = self._rule.nodes
        computed = [node for node in nodes if node.operation]
        leaves = [node for kind in ("parameter", "placeholder") for node in reversed(nodes) if node.kind == kind]
        first = [] if computed[:1] == nodes[:1] else nodes[:1]
        return [self.flowed(node) for node in dict.fromkeys([*first, *computed, *leaves])]

    def flowed(self, node: Node, most_paths: int = MOST_PATHS) -> Backward:
        """The gradient of a value, by each path or by each use."""
        rule = self._rule
        assert rule is not None
        told = Backward(node, self._called(node), self._called(rule.of), self._gradients[node])
        if node is rule.of:
            return told
        told.path_count = rule.path_count[node]
        told.locals = [self._local(crossing) for crossing in rule.uses[node]]
        told.by_uses = told.path_count > most_paths or rule.longest[node] > LONGEST_PATH
        if told.by_uses:
            told.ways = [self._through(crossing) for crossing in rule.uses[node]]
        else:
            told.ways = [self._along(path) for path in rule.paths(node)]
        return told

    def _local(self, crossing: Crossing) -> Local:
        is_short = crossing.operations <= MOST_OPERATIONS
        return Local(
            self._called(crossing.user),
            self._called(crossing.source),
            crossing.form,
            crossing.derivative if is_short else None,
            crossing.shaped if is_short and crossing.form == "product" else None,
            crossing.operations,
            (self._values[crossing.user].shape, self._values[crossing.source].shape),
            crossing.factor,
        )

    def _along(self, path: Path) -> Way:
        """The chain rule along one path."""
        rule = self._rule
        assert rule is not None
        names = [self._called(crossing.source) for crossing in reversed(path)]
        symbols = [Partial(self._called(crossing.user), self._called(crossing.source)) for crossing in path]
        formulas = [crossing.derivative for crossing in path]
        told = len(path) > 1 and all(c.form != "product" and c.operations <= MOST_OPERATIONS for c in path)
        factors = [crossing.factor for crossing in path]
        numbers = [Value(factor) for factor in factors if factor is not None and not factor.shape]
        whole = len(path) > 1 and len(numbers) == len(path)
        return Way(
            _product(symbols),
            _product(formulas) if told else None,
            _product(numbers) if whole else None,
            rule.along(path),
            [*names, self._called(rule.of)],
        )

    def _through(self, crossing: Crossing) -> Way:
        """The chain rule through one use: the gradient of the user, which is known, times the last factor."""
        rule = self._rule
        assert rule is not None
        of, user, source = (self._called(node) for node in (rule.of, crossing.user, crossing.source))
        gradient = self._gradients[crossing.user]
        last = Partial(user, source)
        direct = crossing.user is rule.of
        factor = crossing.factor
        numbers = None
        if not direct and factor is not None and not factor.shape:
            numbers = _product([Value(gradient), Value(factor)])
        return Way(
            last if direct else _product([Partial(of, user), last]),
            None,
            numbers,
            crossing.pull(gradient),
            [source, user] if direct else [source, user, of],
        )

    def _called(self, node: Node) -> str:
        return called(self._outline, node)


def applied(node: Node, shown: Callable[[Node], Expression]) -> Applied:
    """A computed node by the formula of its operation, with each input as it is to be shown."""
    operation = node.operation
    assert operation is not None
    formula, latex = operation.formulas([source.type for source in node.inputs], node.attributes)
    tensors = [parameter.name for parameter in operation.parameters if parameter.is_tensor]
    pieces = [shown(source) for source in node.inputs]
    if len(tensors) == len(pieces):
        arguments = {name: (piece,) for name, piece in zip(tensors, pieces, strict=True)}
    else:
        arguments = {tensors[0]: tuple(pieces)} if tensors else {}
    return Applied(operation, formula, latex, arguments, told_attributes(node))


def _role(step: Step) -> Role:
    return "layer" if step.is_folded else step.node.kind


def _product(factors: Sequence[Expression]) -> Expression:
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def called(outline: Outline, node: Node) -> str:
    """What a node is called: a folded step's only result as the step is."""
    step = outline.step_of.get(node)
    return step.name if step is not None and step.is_folded and step.outputs == [node] else node.name
