"""The operations by name: declaring one, in its family's file, is all it takes to be here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsl.ops.operation import Operation

FAMILIES = (
    "arithmetic",
    "elementwise",
    "comparison",
    "reduction",
    "statistics",
    "linear_algebra",
    "shaping",
    "joining",
    "creation",
    "indexing",
    "activation",
    "layer",
    "loss",
    "class_loss",
    "calculus",
)
"""The modules that declare operations, in the order in which `nn ops` lists them."""

OPERATIONS: dict[str, Operation] = {}


def register(operation: Operation) -> Operation:
    """Add an operation. Raises ValueError when its name is taken."""
    if operation.name in OPERATIONS:
        raise ValueError(f"an operation named {operation.name} is there already")
    OPERATIONS[operation.name] = operation
    return operation


def load() -> dict[str, Operation]:
    """The operations of every family."""
    if "grad" not in OPERATIONS:
        for family in FAMILIES:
            import_module(f"dsl.ops.{family}")
    return OPERATIONS
