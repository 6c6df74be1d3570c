"""Numerics that NumPy lacks: the error function and its complement, and the stable forms of sigmoid and softplus.

Infinities on the way (an exponential that overflows, to be divided by) are meant; callers ignore NumPy's warnings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsl.ops.parameters import Array


def sigmoid(x: Array) -> Any:
    """1 / (1 + exp(-x)): an exponential that overflows gives the 0 it should."""
    return 1 / (1 + np.exp(-x))


def softplus(x: Array) -> Any:
    """log(1 + exp(x)), from an exponential that cannot overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def erf(x: Array) -> Array:
    """The error function, of any shape, within 3 units in the last place in f64 and in f32."""
    return _by_blocks(_erf_block, x)


def erfc(x: Array) -> Array:
    """1 - erf(x), of any shape, within 6 units in its own last place for x < 26.5 in f64 and x < 9.1 in f32; then 0."""
    return _by_blocks(_erfc_block, x)


@dataclass(frozen=True, slots=True)
class Fit:
    """The polynomials for one precision, constant coefficients first.

    `near_zero` is erf(x) / x - 1 in x**2, below the border. `tail` is (x + pole) * exp(x**2) * erfc(x) from the border to
    `end`, in t = (slope * x - offset) / (x + pole), which goes from -1 to 1; behind `end`, erfc(x) is 0 in this precision.
    """

    near_zero: tuple[float, ...]
    tail: tuple[float, ...]
    pole: float
    end: float

    @property
    def slope(self) -> float:
        """Of `t` in x."""
        return (BORDER + self.end + 2 * self.pole) / (self.end - BORDER)

    @property
    def offset(self) -> float:
        """What is subtracted in `t`."""
        return self.slope * BORDER + BORDER + self.pole


# Both polynomials interpolate in Chebyshev's nodes, computed with 60 digits by tests/operations/fit_erf.py. Their own
# relative error is below 7e-18 in f64 and 5e-9 in f32, so that rounding is all that remains.
BORDER = 0.5
SINGLE = Fit(
    near_zero=(
        0.12837916560179147,
        -0.37612609007469805,
        0.11282831428465862,
        -0.026757732735015517,
        0.004719082567218814,
    ),
    tail=(
        1.07496524949892,
        -0.5309418149392663,
        0.19197806062253117,
        -0.045859309997117945,
        0.004598677774526962,
        0.0009858143942512235,
        -0.0003261173699006897,
        -2.2861703404709876e-05,
        1.6998097110184063e-05,
    ),
    pole=2.5,
    end=10.5,
)
DOUBLE = Fit(
    near_zero=(
        0.12837916709551256,
        -0.37612638903183476,
        0.11283791670925353,
        -0.026866170632887928,
        0.00522397737302147,
        -0.0008548297753674966,
        0.00012053335124353741,
        -1.4845849259707869e-05,
        1.4725865480556744e-06,
    ),
    tail=(
        1.0741633306885938,
        -0.7018368745409093,
        0.3946019087875943,
        -0.1885036217706305,
        0.0747077015298748,
        -0.023441274908818435,
        0.005206305971546602,
        -0.0005034721275455351,
        -0.0001410362752279434,
        6.26972008939635e-05,
        -3.602214281819825e-06,
        -3.6984266981357405e-06,
        7.854152110810248e-07,
        1.9798658143191467e-07,
        -8.166232148683088e-08,
        -1.1645733163661155e-08,
        7.730487314351349e-09,
        8.380188564049547e-10,
        -6.942484407399112e-10,
        -5.4636153504344544e-11,
        4.499830256614858e-11,
    ),
    pole=3.5,
    end=28.0,
)

_BLOCK = 8192
"""Elements a block: some arrays of that many doubles stay in the processor's cache through all passes."""


def _by_blocks(kernel: Callable[[Array, Fit], Array], x: Array) -> Array:
    """The kernel's values in the floating type of `x`; half precision is computed in single, integers in double."""
    x = np.asarray(x)
    result = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    single = result.itemsize <= 4
    flat = x.astype(np.float32 if single else np.float64, copy=False).ravel()
    values = np.empty_like(flat)
    for start in range(0, flat.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        values[block] = kernel(flat[block], SINGLE if single else DOUBLE)
    return values.reshape(x.shape).astype(result, copy=False)


def _erf_block(x: Array, fit: Fit) -> Array:
    size = np.abs(x)
    far = 1 - np.exp(-np.square(size)) * _scaled_tail(size, fit)
    return np.where(size < BORDER, _near_zero(x, fit), np.copysign(far, x))


def _erfc_block(x: Array, fit: Fit) -> Array:
    size = np.minimum(np.abs(x), fit.end)
    # exp(-x**2) loses as many digits as x**2 has before the point; a head of few bits squares exactly
    head = np.floor(size * 64) / 64
    tail = np.exp(-np.square(head)) * np.exp((head - size) * (head + size)) * _scaled_tail(size, fit)
    return np.where(size < BORDER, 1 - _near_zero(x, fit), np.where(x < 0, 2 - tail, tail))


def _near_zero(x: Array, fit: Fit) -> Array:
    """erf(x) below the border."""
    x = np.clip(x, -BORDER, BORDER)
    return x + x * _polynomial(fit.near_zero, np.square(x))


def _scaled_tail(size: Array, fit: Fit) -> Array:
    """exp(x**2) * erfc(x) from the border on."""
    size = np.clip(size, BORDER, fit.end)
    shifted = size + fit.pole
    return _polynomial(fit.tail, (fit.slope * size - fit.offset) / shifted) / shifted


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """The polynomial by Horner's rule."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total
