"""Kernels of operations that put elements into larger arrays."""

from __future__ import annotations

import numpy as np

from dsl.engine.arrays.kernels.kernel import Call, kernel
from dsl.engine.arrays.views import indexed
from dsl.ops.indexing import check_labels
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


@kernel("one_hot")
def one_hot(call: Call) -> bool:
    """The labels, along a new axis, compared with all classes."""
    labels, axis, classes = call.node.inputs[0], call.attributes["axis"], call.attributes["classes"]
    steps = np.arange(classes, dtype=labels.type.dtype.numpy).reshape(-1, *[1] * (labels.type.rank - axis))
    truth = call.scratch(np.dtype(np.bool_))
    call.line(f"{call.function(check_labels, 'check_labels')}({call.inputs[0]}, {classes})")
    index = (*[slice(None)] * axis, None)
    wide = call.derived(call.inputs[0], f"{{}}[{call.function(index, 'index')}]", lambda array: array[index])
    call.line(f"{call.function(np.equal, 'equal')}({wide}, {call.code.bind(steps, 'classes')}, {truth})")
    call.line(f"{call.function(np.copyto, 'copy')}({call.out}, {truth})")
    return True
