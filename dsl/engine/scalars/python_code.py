"""Operators on elements as plain Python, on its own floats, integers and truth values.

Python may raise an exception where IEEE arithmetic has an infinity or a nan. The functions of `math` do, which are `FUNCTIONS`;
`CAREFUL` are slower, and have NumPy's value there. Both may differ from NumPy's by some units in the last place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dsl.engine.scalars.expressions import (
    AND,
    ATOM,
    CHOICE,
    COMPARISON,
    NOT,
    OR,
    PRODUCT,
    SIGN,
    SUM,
    Flavour,
    Template,
    Text,
    call,
    infix,
)
from dsl.engine.scalars.scalar import Scalar
from dsl.ops.dtypes import BOOL, I32, I64, DType
from dsl.ops.parameters import Array

EXCEPTIONAL = (ArithmeticError, ValueError)
"""What Python raises where IEEE arithmetic has a value."""

_RELATIONS = {"equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}

COMMON: Mapping[str, Template] = {
    "add": infix("+", SUM),
    "subtract": infix("-", SUM),
    "multiply": infix("*", PRODUCT),
    "square": Template("{0} * {0}", PRODUCT, (SIGN,)),
    "neg": Template("-{0}", SIGN, (SIGN,)),
    **{name: infix(sign, COMPARISON) for name, sign in _RELATIONS.items()},
    "logical_and": infix("and", AND),
    "logical_or": infix("or", OR),
    "logical_not": Template("not {0}", NOT, (NOT,)),
    "where": Template("{1} if {0} else {2}", CHOICE, (OR, OR, CHOICE)),
    "maximum": Template("{0} if {0} > {1} or {0} != {0} else {1}", CHOICE, (ATOM, ATOM)),
    "minimum": Template("{0} if {0} < {1} or {0} != {0} else {1}", CHOICE, (ATOM, ATOM)),
    "isnan": Template("{0} != {0}", COMPARISON, (ATOM,)),
}
"""Operators that every kind of Python writes alike. NumPy takes the second of two equal values, and the first nan."""

_RAISING: Mapping[str, str] = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt")},
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh")},
    "arcsin": "asin",
    "arccos": "acos",
    "power": "pow",
}
_NEVER_RAISING: Mapping[str, str] = {
    **{name: name for name in ("tanh", "erf", "erfc", "atan2", "hypot", "isinf")},
    "arctan": "atan",
}
_OF_TWO = {"power", "atan2", "hypot"}
_ROUNDING = ("floor", "ceil", "round")

_DIVIDE = infix("/", PRODUCT, raises=True)
_DIVIDE_BY_NUMBER = infix("/", PRODUCT)

_FLOATS: Mapping[str, Template] = {
    **COMMON,
    **{name: call(function, 1 + (name in _OF_TWO), raises=True) for name, function in _RAISING.items()},
    **{name: call(function, 1 + (name in _OF_TWO)) for name, function in _NEVER_RAISING.items()},
    "divide": _DIVIDE,
    "reciprocal": Template("1.0 / {0}", PRODUCT, (SIGN,), raises=True),
    "mod": infix("%", PRODUCT, raises=True),
    "abs": call("fabs"),
    "sign": Template("1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else 0.0 if {0} == 0.0 else {0}", CHOICE, (ATOM,)),
    **{  # Python's functions make integers, which have no -0.0
        name: Template(f"copysign({name}({{0}}), {{0}})", ATOM, (CHOICE,), raises=True) for name in _ROUNDING
    },
}

_INTEGERS: Mapping[str, Template] = {
    **COMMON,
    "mod": infix("%", PRODUCT, raises=True),
    "abs": call("abs"),
    "sign": Template("1 if {0} > 0 else -1 if {0} < 0 else 0", CHOICE, (ATOM,)),
}


def _conversion(source: DType, target: DType) -> Template:
    if target is BOOL:
        return Template("{0} != 0", COMPARISON, (SUM,))
    if target.is_float:
        return Template("1.0 if {0} else 0.0", CHOICE, (OR,)) if source is BOOL else call("float")
    return Template("+{0}", SIGN, (SIGN,)) if source is BOOL else call(target.name, raises=True)


def _template(one: Scalar) -> Template:
    if one.operator == "astype":
        return _conversion(one.operands[0].dtype, one.dtype)
    if one.operator == "divide" and one.operands[1].is_literal and one.operands[1].value != 0:
        return _DIVIDE_BY_NUMBER
    return (_FLOATS if one.operands[-1].dtype.is_float else _INTEGERS)[one.operator]


def literal(one: Scalar) -> Text:
    """A number as Python writes it; infinities and nan by name."""
    return Text(repr(one.value), SIGN if str(one.value).startswith("-") else ATOM)


# -- functions --------------------------------------------------------------------------------------------------------


def _integer(dtype: DType) -> Callable[[float], int]:
    """The conversion to an integer type. Raises OverflowError or ValueError for what is outside of it."""
    low, high = -(2 ** (dtype.bits - 1)), 2 ** (dtype.bits - 1) - 1

    def convert(value: float) -> int:
        whole = int(value)
        if not low <= whole <= high:
            raise OverflowError
        return whole

    return convert


_CONSTANTS: Mapping[str, Any] = {"inf": math.inf, "nan": math.nan}

FUNCTIONS: Mapping[str, Any] = {
    **_CONSTANTS,
    **{name: getattr(math, name) for name in (*_RAISING.values(), *_NEVER_RAISING.values())},
    **{name: getattr(math, name) for name in ("fabs", "copysign", "floor", "ceil")},
    "round": round,
    "abs": abs,
    "float": float,
    "i32": _integer(I32),
    "i64": _integer(I64),
}
"""What the names in the code mean."""


def _careful(function: Callable[..., Any], numpy: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with NumPy's value where it raises an exception."""

    def apply(*operands: float) -> Any:
        try:
            return function(*operands)
        except EXCEPTIONAL:
            with np.errstate(all="ignore"):
                return numpy(*map(np.asarray, operands)).item()

    return apply


def _cast(dtype: DType) -> Callable[[Array], Array]:
    """NumPy's conversion to a type, of any number."""

    def convert(value: Array) -> Array:
        return value.astype(dtype.numpy)

    return convert


CAREFUL: Mapping[str, Any] = {
    **FUNCTIONS,
    **{function: _careful(FUNCTIONS[function], getattr(np, name)) for name, function in _RAISING.items()},
    **{name: _careful(FUNCTIONS[name], getattr(np, name)) for name in _ROUNDING},
    **{dtype.name: _careful(FUNCTIONS[dtype.name], _cast(dtype)) for dtype in (I32, I64)},
}
"""The same, where nothing but a division raises exceptions."""

PYTHON = Flavour(_template, literal, frozenset(FUNCTIONS))
