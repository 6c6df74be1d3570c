"""Operations of the language on the arrays of a file, before there is a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsl.ops.dims import as_shape, concrete
from dsl.ops.dtypes import F64, of_array
from dsl.ops.operation import Inference, Operation, OperationError
from dsl.ops.parameters import Array
from dsl.ops.types import TensorType
from dsl.source.diagnostic import fail


def on_arrays(operation: Operation) -> Callable[..., Array]:
    """The operation as a function of arrays, with its attributes by keyword.

    The shape rule is asked first, as it is in a graph: it brings attributes such as a negative axis to the form that the
    operation works with, and says what is wrong. The function raises ProgramError.
    """
    assert operation.infer is not None
    assert operation.forward is not None
    infer, forward = operation.infer, operation.forward

    def apply(*arrays: Array, **attributes: Any) -> Array:
        types = [TensorType(of_array(array, F64), as_shape(array.shape)) for array in arrays]
        try:
            call = Inference(operation, types, operation.fill(attributes), F64)
            infer(call)
        except OperationError as error:
            raise fail("data", error.message) from None
        return forward(*arrays, **{name: concrete(value, {}) for name, value in call.attributes.items()})

    return apply
