"""The values that a program runs on: parameters with their first values, and what is fed to placeholders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from dsl.engine.bindings import Fed, Sizes
from dsl.graph.node import Node
from dsl.ops.dims import show_shape
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError, fail, placed
from dsl.training.data.casting import cast
from dsl.training.initializers import parameter_rng


def first_values(parameters: Iterable[Node], seed: int, sizes: Mapping[str, int]) -> dict[str, Array]:
    """The first value of each parameter by its name, drawn from streams of their own.

    Raises ProgramError when a shape has a dimension without a size.
    """
    values: dict[str, Array] = {}
    for node in parameters:
        unknown = sorted({name for dim in node.shape for name in dim.names if name not in sizes})
        if unknown:
            raise fail(
                "shape",
                f"the shape {show_shape(node.shape)} of the parameter `{node.name}` is not known",
                node.span,
                label=f"`{unknown[0]}` has no size yet",
                hint=f"give it one: `dim {unknown[0]} = …`, or feed a placeholder that has it",
            )
        shape = tuple(dim.evaluate(sizes) for dim in node.shape)
        with placed(node.span):
            try:
                values[node.name] = node.value(shape, node.type.dtype.numpy, parameter_rng(seed, node.name))
            except MemoryError:
                raise _too_large(node) from None
            except ValueError as error:
                raise fail("shape", f"the first value of `{node.name}`: {error}") from None
    return values


def fed_values(placeholders: Iterable[Node], feeds: Mapping[str, npt.ArrayLike], sizes: Sizes) -> dict[Node, Array]:
    """The values of the placeholders: what is fed, else their defaults; named dimensions are bound in `sizes`.

    A fed array has the declared shape, or any that broadcasts to a wholly known one when it is a single number. Raises
    ProgramError for a placeholder without a value, for the wrong shape, and for values its type cannot hold.
    """
    values: dict[Node, Array] = {}
    waiting: list[tuple[Node, Array]] = []
    for node in placeholders:
        given: Any = feeds.get(node.name, node.value)
        if given is None:
            raise fail(
                "data",
                f"the placeholder `{node.name}` has no value",
                node.span,
                label=f"{node.type} is needed",
                hint=f"feed it, `--feed {node.name}=…`, or give it a default, `placeholder {node.name} = …`",
            )
        array = _as_array(node, given)
        if array.ndim == 0 and node.shape:
            waiting.append((node, array))
            continue
        values[node] = array
    sizes.bind(Fed(node.name, node.shape, array.shape, node.span) for node, array in values.items())
    for node, array in waiting:
        unknown = sorted({name for dim in node.shape for name in dim.names if name not in sizes})
        if unknown:
            raise fail(
                "shape",
                f"`{node.name}` is given a single number, and the size of `{unknown[0]}` is not known",
                node.span,
                hint=f"feed an array of shape {show_shape(node.shape)}",
            )
        try:
            values[node] = np.full(tuple(dim.evaluate(sizes) for dim in node.shape), array)
        except (ValueError, MemoryError):
            raise _too_large(node) from None
    return values


def _too_large(node: Node) -> ProgramError:
    message = f"`{node.name}` does not fit into memory"
    return fail("memory", message, node.span, label=f"its shape is {show_shape(node.shape)}")


def _as_array(node: Node, given: Any) -> Array:
    try:
        array = np.asarray(given)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise fail("dtype", f"`{node.name}` is fed something that is not a number or an array of numbers", node.span)
    if array.dtype == node.type.dtype.numpy:
        return array
    with placed(node.span):
        return cast(np.atleast_1d(array), node.type.dtype, node.name).reshape(array.shape)
