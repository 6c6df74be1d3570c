"""Parameters on disk, as safetensors: arrays by name path, and beside them what was fitted to the data.

Source of the format: https://github.com/huggingface/safetensors; nothing in it can run code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dsl.graph.node import Node
from dsl.ops.dims import show_shape
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.training.data.saving import from_tensors, to_tensors
from dsl.training.writing import written_whole

_STATISTICS = "@data/"
"""What the names of fitted statistics begin with: no parameter's name can."""
_METADATA = {"format": "nn-lang", "version": "1"}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Parameters by name path, and the statistics that scaling and encoding fitted, by data block and field."""

    parameters: dict[str, Array]
    statistics: dict[str, Array] = field(default_factory=dict[str, Array])


def save(path: Path | str, parameters: Mapping[str, Array], statistics: Mapping[str, Array] | None = None) -> None:
    """Write a checkpoint, whole or not at all. Raises ProgramError when it cannot be written."""
    from safetensors.numpy import save as serialize

    target = Path(path)
    tensors = {name: np.ascontiguousarray(value) for name, value in parameters.items()}
    for name, value in to_tensors(statistics or {}).items():
        tensors[_STATISTICS + name] = np.ascontiguousarray(value)
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
    except OSError as error:
        names = [other.name for other in source.parent.glob("*.safetensors")] if source.parent.is_dir() else []
        raise fail(
            "checkpoint",
            f"cannot read `{source}`: {error.strerror or error}",
            hint=did_you_mean(source.name, names, "`nn train FILE --save PATH` writes the trained parameters"),
        ) from None
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise fail("checkpoint", f"`{source}` is no safetensors file, or is damaged: {error}") from None
    parameters = {name: value for name, value in tensors.items() if not name.startswith(_STATISTICS)}
    fitted = {name.removeprefix(_STATISTICS): value for name, value in tensors.items() if name not in parameters}
    return Checkpoint(parameters, from_tensors(fitted))


def fit(checkpoint: Checkpoint, nodes: list[Node], path: Path | str) -> dict[str, Array]:
    """The parameters of a checkpoint as those of a program. Raises ProgramError where names or shapes differ."""
    values: dict[str, Array] = {}
    for node in nodes:
        value = checkpoint.parameters.get(node.name)
        if value is None:
            raise _missing(node, checkpoint, path)
        fits = len(value.shape) == len(node.shape) and all(
            dim.value is None or dim.value == size for dim, size in zip(node.shape, value.shape, strict=True)
        )
        if not fits:
            raise fail(
                "checkpoint",
                f"`{node.name}` has shape {list(value.shape)} in `{path}`, and {show_shape(node.shape)} in the program",
                node.span,
                hint="was the program changed, or `--set` given another value, since the parameters were saved?",
            )
        values[node.name] = value.astype(node.type.dtype.numpy, copy=False)
    return values


def _missing(node: Node, checkpoint: Checkpoint, path: Path | str) -> ProgramError:
    known = ", ".join(f"`{name}`" for name in list(checkpoint.parameters)[:6])
    return fail(
        "checkpoint",
        f"`{path}` has no parameter `{node.name}`",
        node.span,
        hint=did_you_mean(node.name, checkpoint.parameters, f"it has {known}"),
    )
