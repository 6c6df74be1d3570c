"""Makes the coefficients of the error function in dsl/ops/special.py; needs mpmath. Run: python tests/operations/fit_erf.py

Both functions are interpolated in Chebyshev's nodes, which is within a small factor of the best polynomial of that degree,
and the polynomials are then written out in powers of their variable.
"""

from collections.abc import Callable

import mpmath as mp

BORDER = 0.5
"""Below it the series in x**2 serves, above it the one for the tail."""

FITS = {"float32": (4, 8, 2.5, 10.5), "float64": (8, 20, 3.5, 28.0)}
"""For each precision: the degree of either polynomial, the pole of the tail's variable, and the end of the tail."""


def interpolate(function: Callable[[mp.mpf], mp.mpf], degree: int) -> list[mp.mpf]:
    """The coefficients, the constant one first, of the polynomial on [-1, 1] that meets `function` in Chebyshev's nodes."""
    count = degree + 1
    angles = [mp.pi * (2 * k + 1) / (2 * count) for k in range(count)]
    values = [function(mp.cos(angle)) for angle in angles]
    total = [mp.mpf(0)] * count
    lower, upper = [mp.mpf(1)], [mp.mpf(0), mp.mpf(1)]
    for order in range(count):
        weight = mp.mpf(2 if order else 1) / count
        factor = weight * mp.fsum(value * mp.cos(order * angle) for value, angle in zip(values, angles, strict=True))
        for power, coefficient in enumerate(lower):
            total[power] += factor * coefficient
        doubled = [mp.mpf(0), *(2 * c for c in upper)]
        lower, upper = upper, [c - (lower[i] if i < len(lower) else 0) for i, c in enumerate(doubled)]
    return total


def near_zero(degree: int) -> list[mp.mpf]:
    """erf(x) / x - 1 as a polynomial in x**2, for x up to the border."""
    half = mp.mpf(BORDER) ** 2 / 2

    def function(t: mp.mpf) -> mp.mpf:
        x = mp.sqrt(half * (t + 1))
        return mp.erf(x) / x - 1

    # from powers of t = x**2 / half - 1 to powers of x**2
    shifted = [mp.mpf(0)] * (degree + 1)
    for order, factor in enumerate(interpolate(function, degree)):
        for power in range(order + 1):
            shifted[power] += factor * mp.binomial(order, power) * (-1) ** (order - power) / half**power
    return shifted


def tail(degree: int, pole: float, end: float) -> tuple[mp.mpf, mp.mpf, list[mp.mpf]]:
    """(x + pole) * exp(x**2) * erfc(x) in t = (slope * x - offset) / (x + pole), from the border (-1) to the end (1)."""
    first, last, shift = mp.mpf(BORDER), mp.mpf(end), mp.mpf(pole)
    slope = (first + last + 2 * shift) / (last - first)
    offset = slope * first + first + shift

    def function(t: mp.mpf) -> mp.mpf:
        x = (offset + t * shift) / (slope - t)
        return (x + shift) * mp.exp(x * x) * mp.erfc(x)

    return slope, offset, interpolate(function, degree)


if __name__ == "__main__":
    mp.mp.dps = 60
    for precision, (low, high, pole, end) in FITS.items():
        slope, offset, coefficients = tail(high, pole, end)
        print(precision, f"{pole=} {end=} slope={float(slope)!r} offset={float(offset)!r}")
        print("near zero", [float(c) for c in near_zero(low)])
        print("tail", [float(c) for c in coefficients])
