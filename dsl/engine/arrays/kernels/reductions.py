"""Kernels of reductions: the ufunc's own, which writes where its result belongs."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsl.engine.arrays.kernels.kernel import Call, kernel

_REDUCTIONS: dict[str, Any] = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}


@kernel(*_REDUCTIONS)
def reduction(call: Call) -> bool:
    """Along some axes, of floating numbers; half precision is left to NumPy, which sums it in single."""
    assert call.node.operation is not None
    if call.dtype.kind != "f" or call.dtype.itemsize == 2 or not call.all_inputs():
        return False
    axes, rank = call.attributes["axis"], call.node.inputs[0].type.rank
    axis = axes[0] if len(axes) == 1 else None if len(axes) == rank else axes
    reduce = call.function(_REDUCTIONS[call.node.operation.name].reduce, call.node.operation.name)
    keepdims = f", {call.attributes['keepdims']}" if call.attributes["keepdims"] else ""
    call.line(f"{reduce}({call.inputs[0]}, {axis}, None, {call.out}{keepdims})")
    return True
