"""What goes wrong while a graph runs, told with the line of the value that could not be computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsl.engine.reference import ReferenceEngine
from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.source.diagnostic import Label, ProgramError, fail

RUN_ERRORS = (IndexError, KeyError, ValueError, OverflowError, MemoryError)
"""What an operation may raise for values that do not fit, and what a size that is not known raises."""


def run_error(
    engine: ReferenceEngine, given: Mapping[Node, Array], sizes: Mapping[str, int], error: Exception
) -> ProgramError:
    """The error of a run that has failed, found by running it again up to the value that fails."""
    if isinstance(error, KeyError):
        return _unknown_size(engine, str(error.args[0]))
    done: dict[Node, Array] = dict(given)

    def keep(node: Node, value: Array, values: Mapping[Node, Array]) -> None:
        done[node] = value

    try:
        engine.run(given, sizes, keep)
    except RUN_ERRORS:
        failing = next((node for node in engine.order if node.operation and node not in done), None)
        if failing is not None:
            return _at_node(failing, done, sizes, error)
    raise error


def _unknown_size(engine: ReferenceEngine, name: str) -> ProgramError:
    """The error of a dimension that nothing gives a size, at the first value that needs it."""
    needing = next(
        (node for node in engine.order if node.operation and any(name in dim.names for dim in node.shape)), None
    )
    return fail(
        "shape",
        f"the size of the dimension `{name}` is not known",
        needing.span if needing else None,
        hint=f"give it one: `dim {name} = …`, or feed a placeholder that has it",
    )


def _at_node(node: Node, values: Mapping[Node, Array], sizes: Mapping[str, int], error: Exception) -> ProgramError:
    known = ", ".join(f"`{name}` is {size}" for name, size in sizes.items() if _depends_on(node, name))
    hint = f"in this run {known}" if known else ""
    if isinstance(error, IndexError):
        labels = _origins(node, [source for source in node.inputs if source.type.dtype.kind == "int"])
        about_size = hint if "size" in str(error) else ""
        return fail("value", f"`{node.name or node.label}`: {error}", node.span, labels=labels, hint=about_size)
    if isinstance(error, MemoryError):
        return fail("memory", f"there is not enough memory for `{node.name or node.label}`", node.span, hint=hint)
    shapes = " and ".join(_described(source, values) for source in node.inputs)
    wanted = [value for key, value in node.attributes.items() if key == "shape"]
    return fail(
        "value",
        f"`{node.label}` has no result for {shapes or 'these sizes'}",
        node.span,
        label=f"the shape {_sized(wanted[0], sizes)} is wanted" if wanted else "",
        labels=_origins(node, node.inputs),
        hint=hint,
    )


def _sized(shape: tuple[object, ...], sizes: Mapping[str, int]) -> list[object]:
    from dsl.ops.dims import concrete

    return list(concrete(shape, sizes))


def _depends_on(node: Node, name: str) -> bool:
    return any(name in dim.names for value in (node, *node.inputs) for dim in value.shape)


def _origins(node: Node, sources: Iterable[Node]) -> list[Label]:
    """The lines that the inputs of a node come from."""
    places = {source.span: source for source in sources if source.span is not None and source.span != node.span}
    return [Label(place, f"{_called(source)} comes from here") for place, source in places.items()]


def _called(node: Node) -> str:
    """What the program calls a value: its name, or the words that make it."""
    if node.name and "." not in node.name:
        return f"`{node.name}`"
    words = node.span.quoted("") if node.span else ""
    return f"`{words}`" if words else "a value"


def _described(source: Node, values: Mapping[Node, Array]) -> str:
    value: Array = values.get(source, source.value)
    return f"{_called(source)} of shape {list(value.shape)}"
