"""Makes the coefficients in dsl/engine/fused/precision.py; needs mpmath. Run: python tests/engine/fused/fit_functions.py

The functions are interpolated in Chebyshev's nodes, which is within a small factor of the best polynomial of that degree,
and the polynomials are then written out in powers of their variable.
"""

from collections.abc import Callable

import mpmath as mp

Function = Callable[[mp.mpf], mp.mpf]

DEGREES = {"f32": (4, 3), "f64": (10, 6)}
"""For each precision: the degree of the polynomial of the exponential, and of that of the logarithm."""

HALF_STEP = mp.mpf("0.34658")
"""Half of log(2), and some more for rounding: where the exponential is reduced to."""
LARGEST_SQUARE = mp.mpf("0.02944")
"""The square of (root(2) - 1) / (root(2) + 1), and some more: where the logarithm is reduced to."""
TINY = 1e-20
"""Below it the functions are their limits, to all digits that matter."""


def interpolate(function: Function, low: mp.mpf, high: mp.mpf, degree: int) -> list[mp.mpf]:
    """The coefficients, the constant one first, of the polynomial that meets `function` in Chebyshev's nodes."""
    middle, half = (low + high) / 2, (high - low) / 2
    nodes = [middle + half * mp.cos(mp.pi * (2 * k + 1) / (2 * degree + 2)) for k in range(degree + 1)]
    powers = mp.matrix(degree + 1, degree + 1)
    for row, node in enumerate(nodes):
        for column in range(degree + 1):
            powers[row, column] = node**column
    return list(mp.lu_solve(powers, mp.matrix([function(node) for node in nodes])))


def exponential(r: mp.mpf) -> mp.mpf:
    """(exp(r) - 1 - r) / r**2."""
    return (mp.expm1(r) - r) / r**2 if abs(r) > TINY else mp.mpf(1) / 2


def logarithm(square: mp.mpf) -> mp.mpf:
    """(log((1 + s) / (1 - s)) - 2 s) / s**3 for s**2."""
    s = mp.sqrt(square)
    return 2 * (mp.atanh(s) - s) / s**3 if s > TINY else mp.mpf(2) / 3


def split(number: mp.mpf, bits: int) -> tuple[float, float]:
    """A number as a part of so many bits, and the rest."""
    exponent = int(mp.floor(mp.log(number, 2))) + 1
    high = mp.floor(mp.ldexp(number, bits - exponent)) / mp.ldexp(1, bits - exponent)
    return float(high), float(number - high)


if __name__ == "__main__":
    mp.mp.dps = 60
    print("log(2) in two parts:", {name: split(mp.log(2), bits) for name, bits in {"f32": 15, "f64": 32}.items()})
    for name, (first, second) in DEGREES.items():
        print(name, "exp", [float(c) for c in interpolate(exponential, -HALF_STEP, HALF_STEP, first)])
        print(name, "log", [float(c) for c in interpolate(logarithm, mp.mpf(0), LARGEST_SQUARE, second)])
