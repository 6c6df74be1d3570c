"""Kernels of operations on labels, which are integers from 0 on."""

from __future__ import annotations

import math

import numpy as np

from dsl.engine.arrays.kernels.kernel import Call, kernel
from dsl.graph.passes.section import sizes
from dsl.ops.indexing import check_labels


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


@kernel("nll")
def nll(call: Call) -> bool:
    """The terms by themselves: each label's element of its row is taken from the rows one behind the other."""
    values, labels = call.node.inputs
    shape, classes = sizes(values), sizes(values)[-1]
    is_last = call.attributes["axis"] == len(shape) - 1
    if call.attributes["reduction"] != "none" or not is_last or values.type.dtype is not call.node.type.dtype:
        return False
    if not classes:
        return False
    rows = call.bound(call.inputs[0])
    if rows is not None and not rows.flags.c_contiguous:
        return False
    flat = call.derived(call.inputs[0], "{}.reshape(-1)", lambda array: array.reshape(-1))
    starts = np.arange(0, math.prod(shape), classes).reshape(sizes(labels))
    place = call.scratch(starts.dtype, starts.shape)
    call.line(f"{call.function(check_labels, 'check_labels')}({call.inputs[1]}, {classes})")
    call.line(f"{call.function(np.add, 'add')}({call.code.bind(starts, 'starts')}, {call.inputs[1]}, {place})")
    call.line(f'{flat}.take({place}, None, {call.out}, "clip")')
    call.line(f"{call.function(np.negative, 'negative')}({call.out}, {call.out})")
    return True
