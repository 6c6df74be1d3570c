"""Kernels of matrix products. BLAS reads transposed matrices as they are."""

from __future__ import annotations

import numpy as np

from dsl.engine.arrays.kernels.kernel import Call, kernel


@kernel("matmul")
def matmul(call: Call) -> bool:
    """`dot` where it is the same product, since it takes half as long to begin; `matmul` for stacks of matrices."""
    if call.dtype.kind != "f" or call.dtype.itemsize == 2 or not call.all_inputs():
        return False
    ranks = [source.type.rank for source in call.node.inputs]
    small = all(rank <= 2 for rank in ranks)
    name = call.function(np.dot, "dot") if small else call.function(np.matmul, "matmul")
    call.line(f"{name}({call.inputs[0]}, {call.inputs[1]}, {call.out})")
    return True
