"""The floating types as the functions of kernels need to know them: their bits, and polynomials exact enough for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.ops.dtypes import F32, F64, DType
from dsl.ops.special import DOUBLE, SINGLE, Fit


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
