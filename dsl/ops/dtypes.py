"""Element types, and the type that two of them make together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Kind = Literal["bool", "int", "float"]
_KIND_ORDER: dict[Kind, int] = {"bool": 0, "int": 1, "float": 2}


@dataclass(frozen=True, slots=True)
class DType:
    """An element type as programs name it: `f32`, `i64`, `bool`."""

    name: str
    kind: Kind
    bits: int
    numpy: np.dtype[Any]

    @property
    def is_float(self) -> bool:
        """Whether gradients can flow through values of this type."""
        return self.kind == "float"

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


BOOL = DType("bool", "bool", 1, np.dtype(np.bool_))
I32 = DType("i32", "int", 32, np.dtype(np.int32))
I64 = DType("i64", "int", 64, np.dtype(np.int64))
F16 = DType("f16", "float", 16, np.dtype(np.float16))
F32 = DType("f32", "float", 32, np.dtype(np.float32))
F64 = DType("f64", "float", 64, np.dtype(np.float64))

DTYPES = {dtype.name: dtype for dtype in (F16, F32, F64, I32, I64, BOOL)}


def promote(left: DType, right: DType) -> DType:
    """The type of a result made of both, as in the Array API standard.

    Where the standard leaves it open (kinds that differ), the higher kind wins with its own width, as in JAX.
    """
    if left is right:
        return left
    if left.kind == right.kind:
        return left if left.bits >= right.bits else right
    return left if _KIND_ORDER[left.kind] > _KIND_ORDER[right.kind] else right


def literal_dtype(value: complex | bool, beside: DType | None, default_float: DType) -> DType:
    """The type that a bare number takes beside a value of type `beside` (None: alone).

    A bare number does not widen: `x * 2` and `x * 0.5` keep the type of a floating `x`. A fraction beside integers, and a
    number alone, have the program's floating type.
    """
    if isinstance(value, bool):
        return beside if beside is not None else BOOL
    if beside is None or (beside.kind != "float" and not isinstance(value, int)):
        return default_float
    return I64 if beside.kind == "bool" else beside


def of_array(array: np.ndarray[Any, Any], default_float: DType) -> DType:
    """The type an array of data has in a program: floats take the program's, small integers are widened."""
    match array.dtype.kind:
        case "b":
            return BOOL
        case "i" | "u":
            return I32 if array.dtype.itemsize <= 4 and array.dtype != np.uint32 else I64
        case "f":
            return default_float
        case _:
            raise TypeError(f"values of type {array.dtype} are no numbers")
