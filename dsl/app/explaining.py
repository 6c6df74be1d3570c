"""What `nn explain` and `program.explain` tell: which values are looked at, what feeds them, and how deep layers are opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsl.app.prediction import computable_nodes
from dsl.engine.bindings import Fed, Sizes
from dsl.explain.chain_rule import ChainRule
from dsl.explain.story import Backward, Explanation, Forward, Portrait, Source, Training
from dsl.explain.telling import Teller, called
from dsl.graph.node import Node
from dsl.graph.outline import fitting_depth, outline
from dsl.graph.scope import Scope
from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean

if TYPE_CHECKING:
    from dsl.app.program import Program
    from dsl.ops.parameters import Array

MOST_STEPS = 40
"""Layers are opened by themselves as long as there are no more steps to tell of."""
MOST_TOLD = 2_000
"""So many steps are told of at most; of a larger program, one value or layer at a time."""
ROWS = 2
"""So many rows of the training data are fed to what is not fed otherwise."""
PORTRAIT_PATHS = 12


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. `names` are values and layers to be told alone; `depth` is how many layers deep is opened."""

    names: Sequence[str] = ()
    of: str | None = None
    feeds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    on: str | None = None
    rows: int | None = None
    depth: int | None = None
    steps: int = 0
    """So many training steps are told, in place of all values."""
    and_a_step: bool = False
    """Whether a training step is told after all values."""
    origins: bool = False
    """Whether the values that the named ones were computed from are told before them."""


def explain(program: Program, request: Request) -> Explanation:
    """Tell of a program's values, and of the gradients of its loss if there is one. Raises ProgramError."""
    if not request.steps:
        told = Explainer(program, request).explanation()
        if request.and_a_step:
            told.training = _training(program, 1)
        return told
    training = _training(program, request.steps)
    told = Explanation(program.name, _title(program), training.of, training=training)
    if request.names:
        told.portraits = Explainer(program, request).explanation().portraits
    return told


def _training(program: Program, steps: int) -> Training:
    from dsl.app.told_training import told_training

    return told_training(program, program.runs()[0], steps)


def _title(program: Program) -> str:
    """What the program's file says of itself, in a line."""
    return program.model.documentation.split("\n")[0].strip()


class Explainer:
    """The values and gradients that an explanation tells of, computed once."""

    def __init__(self, program: Program, request: Request) -> None:
        self.program, self.request = program, request
        self.target = _target(program, request)
        self.feeds, self._sources, self.dataset, self.rows = _fed(program, request, self.target)
        self.nodes = computable_nodes(program.model, program.forward, self.feeds)
        if self.target is not None and self.target not in set(self.nodes):
            self.nodes = program.model.graph.ancestors([self.target])  # says what is missing when it is run
        self._chosen = [_Chosen.of(program, name, self.nodes) for name in request.names]
        self.outline = outline(self.nodes, self._is_open())
        self._check_size()
        self.values, self.gradients = self._run()
        self.teller = Teller(self.outline, self.values, self._sources, self._rule(), self.gradients)

    def explanation(self) -> Explanation:
        """All that is asked for."""
        folded = list(dict.fromkeys(step.scope.title for step in self.outline.steps if step.scope))
        told = Explanation(
            self.program.name,
            _title(self.program),
            self.target.name if self.target else "",
            *self._told(),
            dataset=self.dataset,
            rows=self.rows,
        )
        told.origins = self._origins() if self.request.origins else []
        told.portraits = [self._portrait(chosen.node) for chosen in self._chosen if chosen.node is not None]
        told.folded = folded if told.forward else ()
        return told

    # -- what is told -----------------------------------------------------------------------------------------------------

    def _told(self) -> tuple[list[Forward], list[Backward]]:
        """The lists of values and gradients: all of them, or those inside the layers that were named."""
        inside = {node for chosen in self._chosen for node in chosen.inside}
        if self._chosen and not inside:
            return [], []
        forward, backward = self.teller.forward(), self.teller.backward()
        if not self._chosen:
            return forward, backward
        return [told for told in forward if told.node in inside], [told for told in backward if told.node in inside]

    def _origins(self) -> list[Forward]:
        """What the named values were computed from."""
        named = [chosen.node for chosen in self._chosen if chosen.node is not None]
        needed = set(self.program.model.graph.ancestors(named)) - set(named)
        return [told for told in self.teller.forward() if told.node in needed]

    def _portrait(self, node: Node) -> Portrait:
        step = self.outline.step_of[node]
        users = [called(self.outline, user) for user in self.nodes if node in user.inputs]
        told = Portrait(
            self.teller.arrived(step),
            node.documentation.split("\n")[0].strip(),
            node.span.source.line(node.span.line).strip() if node.span else "",
            list(dict.fromkeys(users)),
            self.teller.flowed(node, PORTRAIT_PATHS) if node in self.gradients else None,
        )
        if told.backward is None:
            smooth = node.type.dtype.is_float
            told.reason = "integer" if not smooth else "nothing differentiated" if self.target is None else "no way"
        return told

    # -- what it needs ----------------------------------------------------------------------------------------------------

    def _is_open(self) -> Callable[[Scope], bool]:
        """Which layers are opened: so deep as was asked for or as fits, and those around what was named."""
        depth = self.request.depth
        if depth is None:
            depth = fitting_depth(self.nodes, MOST_STEPS)
        opened = {scope for chosen in self._chosen for scope in chosen.opened}
        return lambda scope: scope.depth < depth or scope in opened

    def _check_size(self) -> None:
        count = sum(step.is_folded or step.node.kind != "constant" for step in self.outline.steps)
        if count > MOST_TOLD and not self._chosen:
            raise fail(
                "limit",
                f"there are {count:,} values to tell of, and no more than {MOST_TOLD:,} can be read",
                hint=f"name one, `nn explain FILE {self.nodes[-1].name}`, or fold layers with `--depth 0`",
            )

    def _run(self) -> tuple[dict[Node, Array], dict[Node, Array]]:
        """The values of all nodes, and the gradients of those that have one, both by the program's engine."""
        found: dict[Node, Node] = {}
        if self.target is not None:
            reached = self.program.model.graph.ancestors([self.target])
            smooth = [node for node in reached if node.type.dtype.is_float and node.kind != "constant"]
            found = self.program.gradient_nodes(self.target.name, smooth)
            if not found and self.request.of is not None:
                raise fail(
                    "type",
                    f"`{self.target.name}` depends on nothing smoothly, so it has no gradients",
                    self.target.span,
                )
            self.target = self.target if found else None
        values = self.program.evaluate([*self.nodes, *found.values()], self.feeds)
        return {node: values[node] for node in self.nodes}, {node: values[made] for node, made in found.items()}

    def _rule(self) -> ChainRule | None:
        if self.target is None:
            return None
        sizes = Sizes()
        leaves = [node for node in self.nodes if node.kind in ("placeholder", "parameter")]
        sizes.bind(Fed(node.name, node.shape, self.values[node].shape, node.span) for node in leaves)
        graph = self.program.model.graph
        return ChainRule(graph, self.outline, self.target, self.values, sizes, lambda node: called(self.outline, node))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What a name stands for: a value, or all that a layer made. `opened` are the scopes to be shown open for it."""

    node: Node | None
    inside: Sequence[Node] = ()
    opened: Sequence[Scope] = ()

    @classmethod
    def of(cls, program: Program, name: str, nodes: Sequence[Node]) -> _Chosen:
        """What is called by this name. Raises ProgramError with the near ones."""
        graph = program.model.graph
        node = program.model.names.get(name) or graph.names.get(name)
        if node is not None and node in set(nodes):
            return cls(node, opened=list(node.scope.around()) if node.scope else [])
        scopes = [scope for other in nodes if other.scope for scope in other.scope.around()]
        named = {scope for scope in scopes if name in (scope.path, scope.path.rpartition(".")[2])}
        inside = [
            other
            for other in nodes
            if other.name.startswith(f"{name}.") or (other.scope and not named.isdisjoint(other.scope.around()))
        ]
        if inside:
            return cls(None, inside, [scope for other in inside if other.scope for scope in other.scope.around()])
        known = list(dict.fromkeys([*program.model.names, *(n.name for n in nodes), *(s.path for s in scopes)]))
        if node is not None:
            hint = "feed the placeholders that it needs, with `--feed` or `--on`"
            raise fail("name", f"`{name}` cannot be computed from what is fed", node.span, hint=hint)
        hint = did_you_mean(name, known, f"there is `{known[0]}`" if known else "the program computes nothing")
        raise fail("name", f"there is no value or layer `{name}`", hint=hint)


def _target(program: Program, request: Request) -> Node | None:
    """What is differentiated: as asked for, else the loss, if there is no doubt which value that is."""
    if request.of is not None:
        return program.node(request.of)
    try:
        target = program.node(program.loss_name())
    except ProgramError:
        return None
    return target if target.type.dtype.is_float else None


def _fed(
    program: Program, request: Request, target: Node | None
) -> tuple[dict[str, Any], dict[Node, Source], str, int]:
    """The feeds, where the value of each placeholder comes from, and the data set with the number of its rows.

    Where a placeholder is not fed at all, the first rows of the training data are.
    """
    given = {**program.given, **request.feeds}
    placeholders = [node for node in program.forward if node.kind == "placeholder"]
    open_ones = [node for node in placeholders if node.name not in given and node.value is None]
    dataset = request.on or ""
    if not dataset and open_ones:
        dataset = next((run.data for run in program.model.runs if run.data), "")
    rows = request.rows if request.rows is not None else None if request.on else ROWS
    arrays = {name: array[:rows] for name, array in program.dataset(dataset).arrays.items()} if dataset else {}
    feeds = {**{name: array for name, array in arrays.items() if name not in given}, **given}
    sources: dict[Node, Source] = {}
    for node in placeholders:
        kind = "fed" if node.name in given else "data" if node.name in arrays else "default"
        sources[node] = Source(kind, dataset if kind == "data" else "")
    count = len(next(iter(arrays.values()))) if arrays else 0
    return feeds, sources, dataset, count
