"""Kernels of matrix products. BLAS reads transposed matrices as they are."""

from __future__ import annotations

import numpy as np

from dsl.engine.arrays.kernels.kernel import Call, kernel
from dsl.graph.passes.section import element_total


@kernel("matmul")
def matmul(call: Call) -> bool:
    """`dot` where it is the same product, since its method takes a third of the time to begin; else `matmul`."""
    if call.dtype.kind != "f" or call.dtype.itemsize == 2 or not call.all_inputs():
        return False
    left, right = call.inputs
    if not _dot_serves(call):
        call.line(f"{call.function(np.matmul, 'matmul')}({left}, {right}, {call.out})")
        return True
    array = call.bound(left)
    dot = f"{left}.dot" if array is None else call.function(array.dot, "dot")
    call.line(f"{dot}({right}, {call.out})")
    return True


def _dot_serves(call: Call) -> bool:
    """Whether `dot` is the same product: not of stacks, nor of one element, where its 0 * inf is 0 and no nan.

    It writes to C-contiguous arrays only, which parts of a concatenation need not be.
    """
    if any(source.type.rank > 2 or element_total(source) == 1 for source in call.node.inputs):
        return False
    out = call.bound(call.out)
    return out is not None and out.flags.c_contiguous
