"""Operators on elements as Python that numba compiles, in each element type by itself, with IEEE arithmetic throughout."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.engine.jit.compilation import CHOOSE
from dsl.engine.scalars.expressions import (
    ATOM,
    CHOICE,
    COMPARISON,
    PRODUCT,
    SIGN,
    SUM,
    Flavour,
    Template,
    Text,
    call,
    infix,
)
from dsl.engine.scalars.python_code import COMMON, literal
from dsl.engine.scalars.scalar import Scalar
from dsl.ops.dtypes import BOOL, F32, I32

_MATH: Mapping[str, str] = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "erf", "erfc", "isinf")},
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
}
_MATH_OF_TWO: Mapping[str, str] = {"power": "pow", "atan2": "atan2", "hypot": "hypot"}
_NUMPY: Mapping[str, str] = {"floor": "floor", "ceil": "ceil", "round": "rint"}

_TEMPLATES: Mapping[str, Template] = {
    **COMMON,
    **{name: call(function) for name, function in {**_MATH, **_NUMPY}.items()},
    **{name: call(function, 2) for name, function in _MATH_OF_TWO.items()},
    "where": call("choose", 3),
    "maximum": Template("choose(({0} > {1}) | ({0} != {0}), {0}, {1})", ATOM, (SUM, SUM)),
    "minimum": Template("choose(({0} < {1}) | ({0} != {0}), {0}, {1})", ATOM, (SUM, SUM)),
    "logical_and": Template("{0} & {1}", CHOICE, (ATOM, ATOM)),
    "logical_or": Template("{0} | {1}", CHOICE, (ATOM, ATOM)),
    "divide": infix("/", PRODUCT),
    "reciprocal": Template("1.0 / {0}", PRODUCT, (SIGN,)),
    "mod": infix("%", PRODUCT),
    "abs": call("abs"),
}

_CHOOSING = frozenset({"where", "maximum", "minimum"})
_OF_ONE_TYPE = _CHOOSING | {"add", "subtract", "multiply", "square", "neg", "divide"}
"""Operators that make an f32 of f32; numba makes others wider."""

IMPORTS = f"""\
from math import {", ".join(sorted({*_MATH.values(), *_MATH_OF_TWO.values()}))}

from numba import float32 as f32, float64 as f64, int32 as i32, int64 as i64
from numpy import {", ".join(sorted(_NUMPY.values()))}, inf, nan
{CHOOSE}"""
"""What the names in the code mean."""


def _template(one: Scalar) -> Template:
    if one.operator == "astype":
        return Template("{0} != 0", COMPARISON, (SUM,)) if one.dtype is BOOL else call(one.dtype.name)
    if one.operator == "sign":
        below, above = f"{one.dtype}({{0}} < 0)", f"{one.dtype}({{0}} > 0)"
        return Template(f"choose({{0}} != {{0}}, {{0}}, {one.dtype}({above} - {below}))", ATOM, (SUM,))
    template = _TEMPLATES[one.operator]
    widens = (one.dtype is F32 and one.operator not in _OF_ONE_TYPE) or (
        one.dtype is I32 and one.operator not in _CHOOSING
    )
    return Template(f"{one.dtype}({template.text})", ATOM, template.needs) if widens else template


def _literal(one: Scalar) -> Text:
    text = literal(one)
    return Text(f"{one.dtype}({text.code})") if one.dtype in (F32, I32) else text


_NAMES = {"abs", "choose", "inf", "nan", "f32", "f64", "i32", "i64"}

NUMBA = Flavour(_template, _literal, frozenset({*_NAMES, *_MATH.values(), *_MATH_OF_TWO.values(), *_NUMPY.values()}))
