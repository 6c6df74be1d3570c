"""The values of a program that a cell shows, and those that become variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsl.app.notebook.names import Names, is_bindable
from dsl.app.prediction import Needs
from dsl.app.program import Program
from dsl.app.report import Outputs
from dsl.app.wording import some
from dsl.graph.node import Node
from dsl.source.diagnostic import fail


@dataclass(frozen=True, slots=True)
class Computed:
    """Values to be shown, and what there is to say of those that cannot be computed yet."""

    outputs: Outputs
    waiting: Sequence[str]


def computed(program: Program, fetch: Sequence[str], on: str | None) -> Computed:
    """The values of `fetch`, or else of the outputs and of what is shown, as far as they can be computed."""
    if fetch:
        return Computed(_evaluated(program, {name: program.node(name) for name in fetch}, on), [])
    wanted = {**{name: program.node(name) for name in program.outputs}, **dict(program.model.shown)}
    ready = _ready(program, wanted, on)
    return Computed(_evaluated(program, ready, on), _waiting(program, wanted, ready))


def bind_values(names: Names, program: Program, output: Sequence[str], on: str | None) -> list[str]:
    """Make variables of the values of `output`, or else of all that have a name at the top of the program and can be computed.

    What there is to say of the names. Raises ProgramError for an `output` that there is not.
    """
    if output:
        wanted = dict(_assigned(program, text) for text in output)
    else:
        kinds = ("parameter", "operation", "constant")
        named = {name: node for name, node in program.model.names.items() if is_bindable(name) and node.kind in kinds}
        wanted = _ready(program, named, on)
    values = {name: value[()] for name, (value, _) in _evaluated(program, wanted, on).items()}
    return names.bind(values, overwrite=bool(output))


def _assigned(program: Program, text: str) -> tuple[str, Node]:
    """The variable and the value that a text like `loss` or `w=h.Dense.w` is about. Raises ProgramError."""
    variable, equals, name = text.partition("=")
    if not is_bindable(variable):
        hint = f"name it: `-o NAME={text}`" if not equals else ""
        raise fail("argument", f"`{variable}` cannot be the name of a variable", hint=hint)
    return variable, program.node(name if equals else variable)


def _evaluated(program: Program, nodes: dict[str, Node], on: str | None) -> Outputs:
    """The values of nodes, as arrays of their own."""
    values = program.evaluate(nodes.values(), on=on) if nodes else {}
    return {name: (np.array(values[node]), node.type.dtype.name) for name, node in nodes.items()}


def _ready(program: Program, wanted: dict[str, Node], on: str | None) -> dict[str, Node]:
    """Those for which nothing is missing."""
    needs = Needs(program.model)
    missing = ~needs.given([*program.given, *(program.dataset(on).arrays if on else ())])
    return {name: node for name, node in wanted.items() if not needs.of(node) & missing}


def _waiting(program: Program, wanted: dict[str, Node], ready: dict[str, Node]) -> list[str]:
    """What is said of the values that nobody has fed; not of those that the program's data are for."""
    needs = Needs(program.model)
    unfed = [
        node.name
        for node in program.model.graph.placeholders
        if node.value is None and node.name not in program.given and node.name not in program.fed_by_data
    ]
    late = [name for name, node in wanted.items() if name not in ready and needs.of(node) & needs.given(unfed)]
    if not late:
        return []
    return [f"{some(late)} wait{'s' if len(late) == 1 else ''} for {some(unfed)}"]
