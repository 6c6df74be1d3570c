"""Kernels of operations that put elements into larger arrays."""

from __future__ import annotations

import numpy as np

from dsl.engine.arrays.kernels.kernel import Call, kernel
from dsl.engine.arrays.views import indexed
from dsl.ops.slicing import check_index


@kernel("unslice")
def unslice(call: Call) -> bool:
    """Zeros, and the value put where the index points."""
    index = call.attributes["index"]
    check_index(call.shape, index)
    zero = call.code.constant(0, call.dtype)
    copy = call.function(np.copyto, "copy")
    call.line(f"{copy}({call.out}, {zero})")
    place = call.derived(call.out, f"{{}}[{call.function(index, 'index')}]", lambda array: indexed(array, index))
    call.line(f"{copy}({place}, {call.inputs[0]})")
    return True
