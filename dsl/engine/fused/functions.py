"""Exponentials, logarithms and their kin as straight-line arithmetic, which LLVM turns into vector instructions.

Calls of the C library would keep a loop from becoming one. Each function is text for both precisions; the only liberty
taken is that a product and a sum may be one instruction with one rounding, which the bounds given here allow.
`tests/engine/fused/test_functions.py` holds them to these, and to NumPy's special values. The text runs under NumPy on whole
arrays as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from dsl.ops.dtypes import F32, F64, DType
from dsl.ops.special import BORDER, DOUBLE, SINGLE, Fit

HEADER = '''\
from math import inf, nan, sqrt

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy import ceil, floor, rint
from numpy import float32 as f32, float64 as f64, int32 as i32, int64 as i64


@intrinsic
def choose(context, condition, yes, no):
    """One of two values, both of them computed."""
    def generate(context, builder, signature, arguments):
        return builder.select(*arguments)
    return yes(types.boolean, yes, yes), generate
'''
"""What the text of functions and kernels begins with."""


@dataclass(frozen=True, slots=True)
class Precision:
    """What the functions need to know of a floating type.

    `digits` and `bias` are those of its bits; `integer` is as wide. `log_2` is the logarithm of 2 in two parts, whose first
    has so few bits that its products with exponents are exact. `exponential` is (exp(r) - 1 - r) / r**2 for |r| up to half of
    that, and `logarithm` is (log((1 + s) / (1 - s)) - 2 s) / s**3 in s**2 for s up to (root(2) - 1) / (root(2) + 1):
    polynomials, constant coefficients first, made by `tests/engine/fused/fit_functions.py`. `low` and `high` are where the
    exponential is 0 and infinite, and `end` is where the hyperbolic tangent is 1. `tiny` is so small that 1 - `tiny` is 1.
    """

    dtype: DType
    integer: str
    digits: int
    bias: int
    log_2: tuple[float, float]
    low: float
    high: float
    end: float
    tiny: float
    exponential: Sequence[float]
    logarithm: Sequence[float]
    error: Fit

    def polynomial(self, coefficients: Sequence[float], x: str) -> str:
        """The polynomial by Horner's rule."""
        text = f"{self.dtype}({coefficients[-1]!r})"
        for coefficient in coefficients[-2::-1]:
            text = f"({text} * {x} + {self.dtype}({coefficient!r}))"
        return text


PRECISIONS = {
    F32: Precision(
        F32,
        "i32",
        digits=23,
        bias=127,
        log_2=(0.693145751953125, 1.4286068203094173e-06),
        low=-104.0,
        high=89.0,
        end=9.5,
        tiny=1e-9,
        exponential=(0.5, 0.16666577018959405, 0.041666554653757494, 0.00836317418011074, 0.0013926177501010365),
        logarithm=(0.6666666655445466, 0.40000121874506667, 0.2855081687937602, 0.2333057432907243),
        error=SINGLE,
    ),
    F64: Precision(
        F64,
        "i64",
        digits=52,
        bias=1023,
        log_2=(0.6931471803691238, 1.9082149292705877e-10),
        low=-746.0,
        high=710.0,
        end=19.5,
        tiny=1e-18,
        exponential=(
            0.5,
            0.1666666666666667,
            0.04166666666666667,
            0.00833333333332614,
            0.0013888888888883752,
            0.00019841269874804214,
            2.4801587325536023e-05,
            2.7557255421023506e-06,
            2.7557273657975953e-07,
            2.5105208339987698e-08,
            2.0914680780540263e-09,
        ),
        logarithm=(
            0.666666666666667,
            0.3999999999989945,
            0.28571428626001427,
            0.22222211130560726,
            0.18182889433757515,
            0.15331711346672997,
            0.14616576421644387,
        ),
        error=DOUBLE,
    ),
}


def _power_of_two(p: Precision, exponent: str) -> str:
    """2 to an integer power whose result is a normal number, put together from its bits."""
    return f"{p.integer}({p.integer}({exponent} + {p.bias}) << {p.digits}).view({p.dtype})"


def _reduction(p: Precision, x: str) -> str:
    """`r` and the whole number `n` with x = n log(2) + r, and `e`, which is exp(r) - 1."""
    f = p.dtype
    return f"""\
    n = floor({x} * {f}({1 / sum(p.log_2)!r}) + {f}(0.5))
    r = {x} - n * {f}({p.log_2[0]!r}) - n * {f}({p.log_2[1]!r})
    e = r + r * r * {p.polynomial(p.exponential, "r")}
"""


def exp(p: Precision) -> str:
    """2**n * exp(r). Within 1.1 units in the last place."""
    f = p.dtype
    return f"""\
def exp_{f}(x):
    y = choose(x < {f}({p.low}), {f}({p.low}), choose(x > {f}({p.high}), {f}({p.high}), x))
{_reduction(p, "y")}\
    m = i32(n)
    half = m >> 1
    y = (e + {f}(1)) * {_power_of_two(p, "half")} * {_power_of_two(p, "m - half")}
    return choose(x == x, y, x)
"""


def expm1(p: Precision) -> str:
    """2**n * (exp(r) - 1) + (2**n - 1), whose parts do not cancel. Within 2 units in the last place."""
    f = p.dtype
    return f"""\
def expm1_{f}(x):
    y = choose(x < {f}(-{p.digits}), {f}(-{p.digits}), choose(x > {f}({p.high}), {f}({p.high}), x))
{_reduction(p, "y")}\
    m = i32(n)
    half = m >> 1
    first, second = {_power_of_two(p, "half")}, {_power_of_two(p, "m - half")}
    power = first * second
    y = choose(n > {f}({p.digits + 3}), (e + {f}(1)) * first * second, power * e + (power - {f}(1)))
    return choose(abs(x) > {f}({p.tiny}), y, x)
"""


def _logarithm(p: Precision, f: str, beside: str) -> str:
    """log(1 + f) + k log(2), where `beside` is to be added to what is small."""
    t = p.dtype
    return f"""\
    s = {f} / ({f} + {t}(2))
    z = s * s
    square = {t}(0.5) * {f} * {f}
    rest = s * (square + z * {p.polynomial(p.logarithm, "z")})
    y = k * {t}({p.log_2[0]!r}) - ((square - (rest + {beside})) - {f})
"""


def _split(p: Precision, x: str) -> str:
    """The exponent `n` and the number `f` with x = 2**n * (1 + f), where 1 + f lies between the root of 1/2 and that of 2.

    numba has views of numbers only where they are converted in the same expression.
    """
    half_root = {F32: 0x3F3504F3, F64: 0x3FE6A09E667F3BCD}[p.dtype]
    i = p.integer
    return f"""\
    bits = {p.dtype}({x}).view({i})
    n = {i}({i}(bits - {i}({half_root})) >> {p.digits})
    f = {i}(bits - {i}(n << {p.digits})).view({p.dtype}) - {p.dtype}(1)
"""


def log(p: Precision) -> str:
    """From the bits of x = 2**k * (1 + f). Within 1 unit in the last place."""
    t = p.dtype
    return f"""\
def log_{t}(x):
    small = x < {t}({2.0 ** (2 - p.bias)!r})
    scaled = choose(small, x * {t}({2.0 ** (p.digits + 2)!r}), x)
{_split(p, "scaled")}\
    k = {t}(i32(n)) - choose(small, {t}({p.digits + 2}), {t}(0))
{_logarithm(p, "f", f"k * {t}({p.log_2[1]!r})")}\
    beyond = choose(x == {t}(0), {t}(-inf), {t}(nan))
    return choose(x > {t}(0), choose(x < {t}(inf), y, x), beyond)
"""


def log1p(p: Precision) -> str:
    """The logarithm of u = 1 + x, and what rounding took from u, divided by it. Within 2 units in the last place."""
    t = p.dtype
    return f"""\
def log1p_{t}(x):
    u = x + {t}(1)
{_split(p, "u")}\
    k = {t}(i32(n))
    lost = choose(n > 1, {t}(1) - (u - x), x - (u - {t}(1))) / u
    f = choose(n == 0, x, f)
    lost = choose(n == 0, {t}(0), lost)
{_logarithm(p, "f", f"(k * {t}({p.log_2[1]!r}) + lost)")}\
    beyond = choose(x == {t}(-1), {t}(-inf), {t}(nan))
    y = choose(x > {t}(-1), choose(x < {t}(inf), y, x), beyond)
    return choose(abs(x) < {t}({p.tiny}), x, y)
"""


def tanh(p: Precision) -> str:
    """e / (e + 2) for e = exp(2 |x|) - 1, with the sign of x. Within 3 units in the last place."""
    f = p.dtype
    return f"""\
def tanh_{f}(x):
    size = abs(x)
    y = {f}(2) * choose(size < {f}({p.end}), size, {f}({p.end}))
{_reduction(p, "y")}\
    power = {_power_of_two(p, "i32(n)")}
    e = power * e + (power - {f}(1))
    y = e / (e + {f}(2))
    y = choose(x < {f}(0), -y, y)
    return choose(size > {f}({p.tiny}), y, x)
"""


def _error_parts(p: Precision) -> str:
    """`near`, which is erf(x) near 0, and `tail`, which is exp(x**2) erfc(x) from the border on, of x = `size`."""
    f, fit = p.dtype, p.error
    return f"""\
    inner = choose(size < {f}({BORDER}), x, {f}(0))
    near = inner + inner * {p.polynomial(fit.near_zero, "(inner * inner)")}
    outer = choose(size > {f}({BORDER}), size, {f}({BORDER}))
    shifted = outer + {f}({fit.pole})
    t = ({f}({fit.slope!r}) * outer - {f}({fit.offset!r})) / shifted
    tail = {p.polynomial(fit.tail, "t")} / shifted
"""


def erf(p: Precision) -> str:
    """As `dsl.ops.special` has it. Within 3 units in the last place."""
    f, fit = p.dtype, p.error
    return f"""\
def erf_{f}(x):
    size = choose(abs(x) < {f}({fit.end}), abs(x), {f}({fit.end}))
{_error_parts(p)}\
    far = {f}(1) - exp_{f}(-(size * size)) * tail
    y = choose(size < {f}({BORDER}), near, choose(x < {f}(0), -far, far))
    return choose(x == x, y, x)
"""


def erfc(p: Precision) -> str:
    """As `dsl.ops.special` has it. Within 6 units in the last place."""
    f, fit = p.dtype, p.error
    return f"""\
def erfc_{f}(x):
    size = choose(abs(x) < {f}({fit.end}), abs(x), {f}({fit.end}))
{_error_parts(p)}\
    head = floor(size * {f}(64)) / {f}(64)
    tail = exp_{f}(-(head * head)) * exp_{f}((head - size) * (head + size)) * tail
    y = choose(size < {f}({BORDER}), {f}(1) - near, choose(x < {f}(0), {f}(2) - tail, tail))
    return choose(x == x, y, x)
"""


def short_sum(p: Precision) -> str:
    """The sum of fewer than 8 values, one after the other, as NumPy adds them."""
    return f"""\
def short_sum_{p.dtype}(values):
    total = {p.dtype}(0)
    for i in range(values.shape[0]):
        total += values[i]
    return total
"""


def row_sum(p: Precision) -> str:
    """The sum of 8 to 128 values, in 8 lanes, as NumPy adds them."""
    lanes = range(8)
    first = ", ".join(f"values[{lane}]" for lane in lanes)
    names = ", ".join(f"a{lane}" for lane in lanes)
    following = "\n".join(f"        a{lane} += values[8 * k + {lane}]" for lane in lanes)
    return f"""\
def row_sum_{p.dtype}(values):
    {names} = {first}
    count = values.shape[0]
    for k in range(1, count // 8):
{following}
    total = ((a0 + a1) + (a2 + a3)) + ((a4 + a5) + (a6 + a7))
    for i in range(count - count % 8, count):
        total += values[i]
    return total + {p.dtype}(0)
"""


def long_sum(p: Precision) -> str:
    """The sum of more than 128 values by halves, as NumPy adds them.

    A loop over the shortest parts takes the place of recursion, which numba cannot keep on disk: `rest` is the length of the
    second half at each level, 0 when that is under way, and `left` the sum of the first.
    """
    t = p.dtype
    return f"""\
def long_sum_{t}(values):
    rest, left = np.empty(64, i64), np.empty(64, {t})
    level, start, count = 0, 0, values.shape[0]
    while True:
        while count > 128:
            half = count // 2
            half -= half % 8
            level += 1
            rest[level] = count - half
            count = half
        total = row_sum_{t}(values[start : start + count])
        start += count
        while level > 0 and rest[level] == 0:
            total = left[level] + total
            level -= 1
        if level == 0:
            return total
        left[level] = total
        count = rest[level]
        rest[level] = 0
"""


def _short_extreme(name: str, relation: str) -> Callable[[Precision], str]:
    def text(p: Precision) -> str:
        """The extreme of some values; nan where there is one."""
        return f"""\
def short_{name}_{p.dtype}(values):
    best = values[0]
    for i in range(1, values.shape[0]):
        best = choose((best {relation} values[i]) | (best != best), best, values[i])
    return best
"""

    return text


def _row_extreme(name: str, relation: str) -> Callable[[Precision], str]:
    def text(p: Precision) -> str:
        """The extreme of many values, by integers in the same order, which LLVM compares in vectors; nan where there is one."""
        i, top = p.integer, p.dtype.bits - 1
        lowest, mask = -(2**top), 2**top - 1
        return f"""\
def row_{name}_{p.dtype}(values):
    best = {i}({lowest if name == "max" else mask})
    unordered = {i}(0)
    for k in range(values.shape[0]):
        value = values[k]
        bits = {p.dtype}(value).view({i})
        key = {i}(bits ^ {i}({i}(bits >> {top}) & {i}({mask})))
        best = choose(key {relation} best, key, best)
        unordered = {i}(unordered | choose(value != value, {i}(1), {i}(0)))
    bits = {i}(best ^ {i}({i}(best >> {top}) & {i}({mask})))
    return choose(unordered != 0, {p.dtype}(nan), {i}(bits).view({p.dtype}))
"""

    return text


FUNCTIONS: dict[str, Callable[[Precision], str]] = {
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "tanh": tanh,
    "erf": erf,
    "erfc": erfc,
}
"""The text of each function of an element, by the operation that it is."""

_ROW_FUNCTIONS: dict[str, Callable[[Precision], str]] = {
    "short_sum": short_sum,
    "row_sum": row_sum,
    "long_sum": long_sum,
    "short_max": _short_extreme("max", ">"),
    "short_min": _short_extreme("min", "<"),
    "row_max": _row_extreme("max", ">"),
    "row_min": _row_extreme("min", "<"),
}
"""The text of each function of a row."""

_NEEDS = {"erf": ("exp",), "erfc": ("exp",), "long_sum": ("row_sum",)}
"""The functions that another one calls."""


_OF_ROWS = '@njit(error_model="numpy")'
_OF_ELEMENTS = '@njit(error_model="numpy", fastmath={"contract"}, forceinline=True)'


def row_function(name: str, length: int) -> str:
    """The function that is the reduction of this name for rows of this length, at least 2."""
    if name == "sum":
        return "short_sum" if length < 8 else "row_sum" if length <= 128 else "long_sum"
    return f"short_{name}" if length < 16 else f"row_{name}"


def texts(names: Iterable[str], dtype: DType) -> Iterator[str]:
    """The functions of these names for a floating type, and those that they call, ready to be compiled."""
    wanted = dict.fromkeys(needed for name in names for needed in (*_NEEDS.get(name, ()), name))
    for name in wanted:
        if name in _ROW_FUNCTIONS:
            yield f"{_OF_ROWS}\n{_ROW_FUNCTIONS[name](PRECISIONS[dtype])}"
        else:
            yield f"{_OF_ELEMENTS}\n{FUNCTIONS[name](PRECISIONS[dtype])}"
