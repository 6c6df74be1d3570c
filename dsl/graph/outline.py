"""A graph as its readers show it: calls of layers and functions folded into one step each, or opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from dsl.graph.node import Node
from dsl.graph.scope import Scope, common

IsOpen = Callable[[Scope], bool]
"""Whether what a scope made is shown node by node."""

ScopeOf = Callable[[Node], Scope | None]
"""The scope that a node is shown in."""


def own_scope(node: Node) -> Scope | None:
    """The scope that made a node."""
    return node.scope


@dataclass(slots=True, eq=False)
class Step:
    """What is shown as one: a single node, or all that a folded scope made.

    `inputs` are the nodes that it takes from elsewhere, in the order in which it first uses them, `outputs` those of its own
    that others use or that nothing uses. `around` is the innermost open scope that it lies in.
    """

    name: str
    nodes: list[Node]
    scope: Scope | None
    around: Scope | None
    inputs: list[Node] = field(default_factory=list[Node])
    outputs: list[Node] = field(default_factory=list[Node])

    @property
    def is_folded(self) -> bool:
        """Whether it stands for a call of a layer or a function."""
        return self.scope is not None

    @property
    def node(self) -> Node:
        """The node itself, or the last output of a folded scope."""
        return self.outputs[-1]

    @property
    def parameters(self) -> list[Node]:
        """The parameters inside."""
        return [node for node in self.nodes if node.kind == "parameter"]

    def __repr__(self) -> str:
        return f"<{self.name}: {self.scope.title if self.scope else self.node.label}>"


@dataclass(slots=True, eq=False)
class Outline:
    """The steps in running order, each after those whose values it takes, and which step shows each node."""

    steps: list[Step]
    step_of: dict[Node, Step]

    def sources(self, step: Step) -> list[Step]:
        """The steps whose values a step takes, each once, in the order of its inputs."""
        return list(dict.fromkeys(self.step_of[node] for node in step.inputs))


def outline(nodes: Sequence[Node], is_open: IsOpen = lambda scope: True, scope_of: ScopeOf = own_scope) -> Outline:
    """The steps that show these nodes, which are in running order; a scope inside a folded one is folded with it.

    A parameter or a constant lies where it is used: in the innermost scope around all its users. A scope stays open where its
    step would both need a value of another step and be needed for it.
    """
    knotted: set[Scope] = set()
    while True:
        found = _folded(nodes, lambda scope: scope in knotted or is_open(scope), scope_of)
        order = _in_order(found)
        if len(order) == len(found.steps):
            return Outline(order, found.step_of)
        knotted.update(step.scope for step in set(found.steps).difference(order) if step.scope)


def _folded(nodes: Sequence[Node], is_open: IsOpen, scope_of: ScopeOf) -> Outline:
    """The steps, by the last of their nodes."""
    homes = _homes(nodes, scope_of)
    steps: dict[object, Step] = {}
    step_of: dict[Node, Step] = {}
    for node in nodes:
        folded = _outermost_folded(homes[node], is_open)
        around = folded.parent if folded else homes[node]
        key: object = folded or node
        step = steps.get(key)
        if step is None:
            step = steps[key] = Step(node.name, [], folded, around)
        step.nodes.append(node)
        step_of[node] = step
    _connect(nodes, step_of)
    for step in steps.values():
        step.name = _name(step)
    return Outline(sorted(steps.values(), key=lambda step: step.nodes[-1].index), step_of)


def _in_order(found: Outline) -> list[Step]:
    """The steps, each after those whose values it takes, as near to the given order as that allows; not those in circles."""
    place = {step: number for number, step in enumerate(found.steps)}
    sources = {step: found.sources(step) for step in found.steps}
    users: dict[Step, list[Step]] = {}
    for step, needed in sources.items():
        for source in needed:
            users.setdefault(source, []).append(step)
    waiting = {step: len(needed) for step, needed in sources.items()}
    ready = [place[step] for step, count in waiting.items() if not count]
    order: list[Step] = []
    while ready:
        step = found.steps[heappop(ready)]
        order.append(step)
        for user in users.get(step, ()):
            waiting[user] -= 1
            if not waiting[user]:
                heappush(ready, place[user])
    return order


def to_depth(depth: int) -> IsOpen:
    """Scopes are open that have fewer than `depth` scopes around them: with 0 none is."""
    return lambda scope: scope.depth < depth


def fitting_depth(nodes: Sequence[Node], most: int, scope_of: ScopeOf = own_scope) -> int:
    """The largest depth at which there are at most so many steps, 0 where there are more at any."""
    for depth in range(deepest(nodes, scope_of), 0, -1):
        if len(outline(nodes, to_depth(depth), scope_of).steps) <= most:
            return depth
    return 0


def deepest(nodes: Iterable[Node], scope_of: ScopeOf = own_scope) -> int:
    """The depth from which on every scope is open."""
    return max((scope.depth + 1 for scope in scopes_of(nodes, scope_of)), default=0)


def scopes_of(nodes: Iterable[Node], scope_of: ScopeOf = own_scope) -> list[Scope]:
    """All scopes that something lies in, those around others first."""
    found: dict[Scope, None] = {}
    for node in nodes:
        scope = scope_of(node)
        if scope is not None and scope not in found:
            found.update(dict.fromkeys(reversed(list(scope.around()))))
    return list(found)


def _homes(nodes: Sequence[Node], scope_of: ScopeOf) -> dict[Node, Scope | None]:
    """The scope that each node is shown in. Who uses a parameter for its gradient does not move it."""
    homes: dict[Node, Scope | None] = {}
    used_in: dict[Node, list[Scope | None]] = {}
    for node in reversed(nodes):
        leaf = node.kind in ("parameter", "constant")
        homes[node] = common(used_in[node]) if leaf and node in used_in else scope_of(node)
        for source in node.inputs:
            if node.backward_of is None or source.backward_of is not None:
                used_in.setdefault(source, []).append(homes[node])
    return homes


def _outermost_folded(home: Scope | None, is_open: IsOpen) -> Scope | None:
    folded = None
    for scope in home.around() if home else ():
        if not is_open(scope):
            folded = scope
    return folded


def _connect(nodes: Sequence[Node], step_of: dict[Node, Step]) -> None:
    """Find the inputs and outputs of each step."""
    inputs: dict[Step, dict[Node, None]] = {}
    used_inside: set[Node] = set()
    outputs: dict[Node, None] = {}
    for node in nodes:
        step = step_of[node]
        for source in node.inputs:
            if source not in step_of:
                continue
            if step_of[source] is step:
                used_inside.add(source)
            else:
                inputs.setdefault(step, {})[source] = None
                outputs[source] = None
    for node in nodes:
        step = step_of[node]
        if node in outputs or node not in used_inside:
            step.outputs.append(node)
    for step, found in inputs.items():
        step.inputs = list(found)


def _name(step: Step) -> str:
    """The name of the node; of a folded scope that of its result where the program gave it one, else its own path."""
    result = step.node
    if step.scope is None:
        return result.name
    last = result.name.rpartition(".")[2]
    made_up = last == result.label or last.startswith(f"{result.label}_")
    return step.scope.path if made_up or result.name.startswith(f"{step.scope.path}.") else result.name
