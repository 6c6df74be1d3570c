"""Operations on single elements as numba code, in each element type by itself, with IEEE arithmetic.

Functions are either arithmetic of our own, which becomes vector instructions, or they stay NumPy calls and end what can be
fused: a call of the C library for each element would take longer, and make the whole loop scalar. Measured, nanoseconds an
element of 4,096 in f32 and f64:

| | exp | expm1 | log | log1p | tanh | erf | sin | tan | log2 | sinh | arctan |
|---|---|---|---|---|---|---|---|---|---|---|---|
| NumPy | 0.7, 1.2 | 0.6, 1.6 | 0.6, 1.3 | 0.7, 1.4 | 0.6, 2.3 | 15, 36 | 0.9, 8.5 | 0.7, 2.0 | 0.5, 1.3 | 0.6, 1.4 | 0.7, 1.8 |
| C library | 2.4, 7.3 | 7.8, 10 | 4.3, 6.9 | 10, 9.5 | 13, 16 | 8.9, 10 | 4.2, 8.5 | 13, 10 | 3.9, 3.3 | 18, 12 | 8.1, 8.3 |
| arithmetic | 0.4, 1.0 | 0.4, 1.1 | 0.5, 1.0 | 0.5, 1.2 | 0.4, 1.1 | 0.9, 3.7 | | | | | |

There is no arithmetic for the sine and the cosine: of large angles it would have to call the C library after all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dsl.engine.fused.functions import FUNCTIONS
from dsl.graph.node import Node
from dsl.graph.passes.section import element_total
from dsl.ops.dtypes import BOOL, F32, F64, I32, I64, DType

FLOATS = (F32, F64)
TYPES = (F32, F64, I32, I64, BOOL)
"""The element types that numba has."""

_ARITHMETIC: Mapping[str, str] = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "neg": "-{0}",
    "abs": "abs({0})",
    "square": "{0} * {0}",
    "maximum": "choose(({0} > {1}) | ({0} != {0}), {0}, {1})",
    "minimum": "choose(({0} < {1}) | ({0} != {0}), {0}, {1})",
}
"""On numbers of one type. NumPy takes the second of two equal values, and the first nan."""

_FLOATING: Mapping[str, str] = {
    **_ARITHMETIC,
    "divide": "{0} / {1}",
    "reciprocal": "{one} / {0}",
    "sqrt": "sqrt({0})",
    "floor": "floor({0})",
    "ceil": "ceil({0})",
    "round": "rint({0})",
    "sign": "choose({0} > {zero}, {one}, choose({0} < {zero}, -{one}, choose({0} == {zero}, {zero}, {0})))",
    **{name: f"{name}_{{type}}({{0}})" for name in FUNCTIONS},
}
"""On floating numbers of one type."""

_RELATIONS: Mapping[str, str] = {
    "equal": "{0} == {1}",
    "not_equal": "{0} != {1}",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    "greater": "{0} > {1}",
    "greater_equal": "{0} >= {1}",
}
"""From numbers of one type to a truth value."""

_TESTS: Mapping[str, str] = {"isnan": "{0} != {0}", "isinf": "abs({0}) == {inf}"}
"""From a floating number to a truth value."""

_LOGIC: Mapping[str, str] = {"logical_and": "{0} & {1}", "logical_or": "{0} | {1}", "logical_not": "not {0}"}
"""On truth values."""


def template(node: Node) -> str | None:
    """The code of an operation on elements, with its operands as `{0}`, `{1}` …; None where there is none for its types."""
    name, dtype = node.label, node.type.dtype
    sources = [source.type.dtype for source in node.inputs]
    if not set(sources) <= set(TYPES) or dtype not in TYPES:
        return None
    match name:
        case "astype":
            return _conversion(sources[0], dtype)
        case "where":
            return "choose({0}, {1}, {2})" if sources == [BOOL, dtype, dtype] else None
        case "power":
            return _FLOATING["square"] if dtype in FLOATS and sources[0] is dtype and _is_two(node.inputs[1]) else None
        case _:
            return _simple(name, sources, dtype)


def _simple(name: str, sources: list[DType], dtype: DType) -> str | None:
    """The code of an operation whose operands have one type."""
    if len(set(sources)) != 1:
        return None
    (source,) = set(sources)
    if dtype is BOOL:
        if source is BOOL:
            return _LOGIC.get(name) or _RELATIONS.get(name)
        return _RELATIONS.get(name) or (_filled(_TESTS, name, source) if source in FLOATS else None)
    if source is not dtype:
        return None
    if dtype in FLOATS:
        return _filled(_FLOATING, name, dtype)
    text = _ARITHMETIC.get(name)
    return f"{dtype}({text})" if text else None  # numba makes the results of small integers wider


def _filled(table: Mapping[str, str], name: str, dtype: DType) -> str | None:
    """The code in a floating type, its places for operands left as they are."""
    text = table.get(name)
    if text is None:
        return None
    return text.format("{0}", "{1}", type=dtype, zero=f"{dtype}(0)", one=f"{dtype}(1)", inf=f"{dtype}(inf)")


def _conversion(source: DType, target: DType) -> str | None:
    """NumPy's conversion; a float to an integer is left to NumPy, since what is out of range is undefined here."""
    if target is BOOL:
        return "{0} != 0"
    return None if source.is_float and not target.is_float else f"{target}({{0}})"


def _is_two(exponent: Node) -> bool:
    """Whether the general power is `square`."""
    value = exponent.literal
    return value is not None and value.ndim == 0 and bool(value == 2)


def literal(value: Any, dtype: DType) -> str:
    """A number as code."""
    if dtype is BOOL:
        return str(bool(value))
    number = dtype.numpy.type(value).item()
    return f"{dtype}({number!r})"


def is_fusible(node: Node) -> bool:
    """Whether an operation on elements can be part of a kernel."""
    assert node.operation is not None
    return node.operation.elementwise and template(node) is not None


def expression(node: Node, operands: list[str]) -> str:
    """The code of an operation on these operands, which are names or numbers."""
    text = template(node)
    assert text is not None
    return text.format(*operands)


def inlined(node: Node) -> bool:
    """Whether a value is a number of the program, which needs no array."""
    return node.literal is not None and element_total(node) == 1


def passed_number(node: Node) -> float | None:
    """The number that a value is, where it is better passed to a kernel than written into its code.

    Such are numbers that depend on sizes, as the 1 / 128 of a mean does: the same code serves others.
    """
    if not inlined(node) or not node.type.dtype.is_float:
        return None
    assert node.literal is not None
    value = float(node.literal.reshape(-1)[0])
    is_plain = not math.isfinite(value) or abs(value) == 0.5 or (value.is_integer() and abs(value) <= 16)
    return None if is_plain else value
