"""Exponentials, logarithms and their kin as straight-line arithmetic, which LLVM turns into vector instructions.

Calls of the C library would keep a loop from becoming one. Each function is text for both precisions; the only liberty
taken is that a product and a sum may be one instruction with one rounding, which the bounds given here allow.
`tests/engine/fused/test_compiled_functions.py` holds them to these, and to NumPy's special values. The text runs under
NumPy on whole arrays as well.
"""

from __future__ import annotations

from collections.abc import Callable

from dsl.engine.fused.precision import Precision
from dsl.ops.dtypes import F32, F64
from dsl.ops.special import BORDER


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

NEEDS = {"erf": ("exp",), "erfc": ("exp",)}
"""The functions that another one calls."""
