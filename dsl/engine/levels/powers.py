"""Powers of many numbers at once that have the bits of the operations they stand for.

For the exponents below `np.power` takes a shorter way, whose rounding and infinities differ, if it sees that there is one
exponent for all bases: always for a single number, never for vectors of which it is given both.
"""

from __future__ import annotations

import numpy as np

from dsl.ops.parameters import Array

SHORTER = (-1.0, 0.0, 0.5, 1.0, 2.0)


def power_of_pairs(base: Array, exponent: Array) -> Array:
    """Each base to its exponent, as powers of single numbers."""
    bases, exponents = _of_one_type(base, exponent)
    found = np.asarray(np.power(bases, exponents))
    if exponents.ndim == 0:
        return found
    bases = np.broadcast_to(bases, found.shape)
    for short in SHORTER:
        picked = np.broadcast_to(exponents == short, found.shape)
        if picked.any():
            found[picked] = np.power(bases[picked], short)
    return found


def power_of_vectors(base: Array, exponent: Array) -> Array:
    """Each base to its exponent, as powers of two vectors."""
    bases, exponents = np.broadcast_arrays(*_of_one_type(base, exponent))
    # two of each, in memory of their own: NumPy would see a single number, or one that is repeated
    return np.asarray(np.power(np.stack([bases, bases]), np.stack([exponents, exponents])))[0]


def _of_one_type(base: Array, exponent: Array) -> tuple[Array, Array]:
    dtype = np.result_type(base.dtype, exponent.dtype)
    return base.astype(dtype, copy=False), exponent.astype(dtype, copy=False)
