"""Kernels of matrix products. BLAS reads transposed matrices as they are."""

from __future__ import annotations

import numpy as np

from dsl.engine.arrays.kernels.kernel import Call, kernel


@kernel("matmul")
def matmul(call: Call) -> bool:
    """`dot` where it is the same product, since its method takes a third of the time to begin; `matmul` for stacks."""
    if call.dtype.kind != "f" or call.dtype.itemsize == 2 or not call.all_inputs():
        return False
    left, right = call.inputs
    if any(source.type.rank > 2 for source in call.node.inputs):
        call.line(f"{call.function(np.matmul, 'matmul')}({left}, {right}, {call.out})")
        return True
    array = call.bound(left)
    dot = f"{left}.dot" if array is None else call.function(array.dot, "dot")
    call.line(f"{dot}({right}, {call.out})")
    return True
