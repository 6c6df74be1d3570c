"""What of a program is differentiated, and the nodes of its gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from dsl.graph.gradient import gradients
from dsl.graph.node import Node
from dsl.language.elaborate.model import Model
from dsl.ops.parameters import Array
from dsl.source.diagnostic import fail


class Differentiation:
    """The gradients of a program, added to its graph when they are first asked for."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._found: dict[tuple[Node, ...], dict[Node, Node]] = {}

    def nodes(self, target: Node, wrt: Iterable[Node]) -> dict[Node, Node]:
        """The gradients of a value by what it is differentiated with respect to, without those that are not smooth.

        Raises ProgramError for a value that does not change smoothly, such as an integer.
        """
        if not target.type.dtype.is_float:
            runs = self._model.runs
            hint = f"differentiate the loss, `{runs[0].minimize.name}`" if runs else ""
            message = f"`{target.name}` is {target.type}, and only floating values have gradients"
            raise fail("type", message, target.span, hint=hint)
        key = (target, *wrt)
        if key not in self._found:
            self._found[key] = gradients(self._model.graph, target, key[1:])
        return self._found[key]


def loss_name(model: Model, outputs: Sequence[str]) -> str:
    """The value that gradients are taken of by default. Raises ProgramError when it is not clear which."""
    if model.runs:
        return model.runs[0].minimize.name
    if "loss" in model.names:
        return "loss"
    scalars = [name for name in outputs if not model.names[name].shape and name not in model.metrics]
    if len(scalars) == 1:
        return scalars[0]
    raise fail(
        "name",
        "which value should be differentiated?",
        hint=f"name it, `--of {scalars[0]}`" if scalars else "name it: `--of NAME`",
    )


def gradient_value(node: Node, values: Mapping[Node, Array], found: Mapping[Node, Node]) -> Array:
    """The gradient with respect to a node, zeros where nothing depends on it."""
    return np.array(values[found[node]]) if node in found else np.zeros_like(values[node])
