"""Parameters on disk, as safetensors: arrays by name path, and beside them what was fitted to the data.

Source of the format: https://github.com/huggingface/safetensors; nothing in it can run code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dsl.graph.node import Node
from dsl.ops.dims import show_shape
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean, nearest
from dsl.source.writing import written_whole
from dsl.training.data.saving import from_tensors, to_tensors

_STATISTICS = "@data/"
"""What the names of fitted statistics begin with: no parameter's name can."""
_METADATA = {"format": "nn-lang 1"}
"""One entry only: the library writes several in any order, and the same parameters are to make the same file."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Parameters by name path, and the statistics that scaling and encoding fitted, by data block and field."""

    parameters: dict[str, Array]
    statistics: dict[str, Array] = field(default_factory=dict[str, Array])


def save(path: Path | str, parameters: Mapping[str, Array], statistics: Mapping[str, Array] | None = None) -> None:
    """Write a checkpoint, whole or not at all. Raises ProgramError when it cannot be written."""
    from safetensors.numpy import save as serialize

    target = Path(path)
    tensors = {name: np.asarray(value, order="C") for name, value in parameters.items()}
    for name, value in to_tensors(statistics or {}).items():
        tensors[_STATISTICS + name] = np.asarray(value, order="C")
    data = serialize(tensors, metadata=_METADATA)
    with written_whole(target) as part:
        part.write_bytes(data)


def load(path: Path | str) -> Checkpoint:
    """Read a checkpoint. Raises ProgramError for a file that is missing or is none."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as deserialize

    source = Path(path)
    try:
        tensors = deserialize(source.read_bytes())
        fitted = {name: value for name, value in tensors.items() if name.startswith(_STATISTICS)}
        statistics = from_tensors({name.removeprefix(_STATISTICS): value for name, value in fitted.items()})
    except OSError as error:
        names = [other.name for other in source.parent.glob("*.safetensors")] if source.parent.is_dir() else []
        found = nearest(source.name, sorted(names))
        usage = "`nn train FILE --save PATH` writes the trained parameters"
        raise fail(
            "checkpoint",
            f"cannot read `{source}`: {(error.strerror or str(error)).lower()}",
            hint=f"did you mean `{source.with_name(found)}`?" if found else usage,
        ) from None
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise fail("checkpoint", f"`{source}` is no safetensors file, or is damaged: {error}") from None
    return Checkpoint({name: value for name, value in tensors.items() if name not in fitted}, statistics)


def fit(checkpoint: Checkpoint, nodes: Sequence[Node], origin: str) -> dict[str, Array]:
    """The parameters of a checkpoint as those of a program.

    `origin` is what messages call where they come from. Raises ProgramError where names or shapes differ, and for values
    that are no numbers.
    """
    for node in nodes:
        if node.name not in checkpoint.parameters:
            raise _missing(node, checkpoint, origin)
    known = [node.name for node in nodes]
    for name in checkpoint.parameters:
        if name not in known:
            hint = did_you_mean(name, known, "was the program changed since the parameters were saved?")
            raise fail(
                "checkpoint", f"{origin} has a parameter `{name}`, and the program has none of that name", hint=hint
            )
    return {node.name: _fitting(node, checkpoint.parameters[node.name], origin) for node in nodes}


def _fitting(node: Node, value: Array, origin: str) -> Array:
    """The value in the parameter's element type. Raises ProgramError when its shape is another."""
    if not node.type.takes(value.shape):
        raise fail(
            "checkpoint",
            f"`{node.name}` has shape {list(value.shape)} in {origin}, and {show_shape(node.shape)} in the program",
            node.span,
            hint="was the program changed, or `--set` given another value, since the parameters were saved?",
        )
    if value.dtype.kind not in "biuf":
        raise fail("checkpoint", f"`{node.name}` is {value.dtype} in {origin}, and not numbers", node.span)
    return value.astype(node.type.dtype.numpy, copy=False)


def _missing(node: Node, checkpoint: Checkpoint, origin: str) -> ProgramError:
    known = ", ".join(f"`{name}`" for name in list(checkpoint.parameters)[:6]) or "no parameters"
    return fail(
        "checkpoint",
        f"{origin} has no parameter `{node.name}`",
        node.span,
        hint=did_you_mean(node.name, checkpoint.parameters, f"it has {known}"),
    )
