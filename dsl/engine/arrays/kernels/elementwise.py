"""Kernels of operations on each element by itself: one ufunc that writes where its result belongs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dsl.engine.arrays.kernels.kernel import Call, kernel
from dsl.engine.ufuncs import ARITHMETIC, LOGIC, RELATIONS
from dsl.ops.parameters import Array

_KEYWORD_OUT = (np.maximum, np.minimum)
"""NumPy wants to be told which of their arguments is the output."""

_FILLED_LIMIT = 65_536
"""Elements up to which a number is written out for `maximum`, which is three times as fast on two whole arrays."""

_INTEGERS = {4: np.dtype(np.int32), 8: np.dtype(np.int64)}


def _ufunc(call: Call, function: Any, inputs: list[str] | None = None) -> bool:
    name = call.function(function, function.__name__)
    out = f"out={call.out}" if function in _KEYWORD_OUT else call.out
    call.line(f"{name}({', '.join([*(inputs or call.inputs), out])})")
    return True


@kernel(*ARITHMETIC, in_place=True)
def arithmetic(call: Call) -> bool:
    """Floating numbers of one type."""
    assert call.node.operation is not None
    if call.dtype.kind != "f" or not call.all_inputs():
        return False
    return _ufunc(call, ARITHMETIC[call.node.operation.name], _written_out(call))


def _written_out(call: Call) -> list[str]:
    """The inputs, where `maximum` and `minimum` get a whole array in place of a number."""
    assert call.node.operation is not None
    size = math.prod(call.blocks.shape if call.blocks else call.shape)
    if call.node.operation.name not in ("maximum", "minimum") or not 64 <= size <= _FILLED_LIMIT:
        return call.inputs
    names = list(call.inputs)
    for at, source in enumerate(call.node.inputs):
        if source.literal is not None and source.literal.ndim == 0:
            names[at] = call.filled(source.literal, call.dtype)
    return names


@kernel(*RELATIONS)
def relation(call: Call) -> bool:
    """Numbers of one type, compared."""
    assert call.node.operation is not None
    dtype = call.node.inputs[0].type.dtype.numpy
    return call.all_inputs(dtype) and _ufunc(call, RELATIONS[call.node.operation.name])


@kernel(*LOGIC, in_place=True)
def logic(call: Call) -> bool:
    """Truth values."""
    assert call.node.operation is not None
    return call.all_inputs(np.dtype(np.bool_)) and _ufunc(call, LOGIC[call.node.operation.name])


@kernel("power", in_place=True)
def power(call: Call) -> bool:
    """Floating numbers; the square where the exponent is 2."""
    if call.dtype.kind != "f" or not call.all_inputs():
        return False
    exponent = call.node.inputs[1].literal
    if exponent is not None and exponent.ndim == 0:
        return _ufunc(call, np.square, call.inputs[:1]) if exponent == 2 else _ufunc(call, np.power)
    return bool(call.node.inputs[1].type.shape) and _ufunc(call, np.power)


@kernel("reciprocal", in_place=True)
def reciprocal(call: Call) -> bool:
    """One divided by each element."""
    one = call.code.constant(1, call.dtype)
    return call.dtype.kind == "f" and call.all_inputs() and _ufunc(call, np.true_divide, [one, *call.inputs])


@kernel("astype", in_place=True)
def astype(call: Call) -> bool:
    """The elements in another type, as NumPy's `astype` converts them."""
    call.line(f'{call.function(np.copyto, "copy")}({call.out}, {call.inputs[0]}, "unsafe")')
    return True


@kernel("where")
def where(call: Call) -> bool:
    """One of two values; where one of them is 0, the other's bits are multiplied by the condition as 0 or 1."""
    _, first, second = call.node.inputs
    zero_second, zero_first = _is_zero(second.literal), _is_zero(first.literal)
    whole = first if zero_second else second
    bits = _INTEGERS.get(call.dtype.itemsize)
    if not (zero_first or zero_second) or bits is None or call.dtype.kind != "f":
        return False
    if whole.type != call.node.type or call.node.inputs[0].type.shape != call.node.type.shape:
        return False
    if not call.shape:
        return False
    condition, copy = call.inputs[0], call.function(np.copyto, "copy")
    if not zero_second:
        flipped = call.scratch(np.dtype(np.bool_))
        call.line(f"{call.function(np.logical_not, 'logical_not')}({condition}, {flipped})")
        condition = flipped
    factor = call.scratch(bits)
    call.line(f"{copy}({factor}, {condition})")
    source = _as_bits(call, call.inputs[1 if zero_second else 2], bits)
    out = _as_bits(call, call.out, bits)
    call.line(f"{call.function(np.multiply, 'multiply')}({source}, {factor}, {out})")
    return True


def _is_zero(value: Array | None) -> bool:
    return value is not None and value.ndim == 0 and value == 0 and not np.signbit(value)


def _as_bits(call: Call, name: str, bits: np.dtype[Any]) -> str:
    """The same memory as integers."""
    dtype = call.function(bits, "bits")
    return call.derived(name, f"{{}}.view({dtype})", lambda array: array.view(bits))
