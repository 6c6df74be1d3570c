"""Kernels: how operations are written as NumPy calls that put their result where it belongs."""

from dsl.engine.arrays.kernels import elementwise, labels, placing, products, reductions
from dsl.engine.arrays.kernels.kernel import IN_PLACE, KERNELS, Call, write
from dsl.engine.arrays.views import VIEWS

__all__ = [
    "IN_PLACE",
    "KERNELS",
    "VIEWS",
    "Call",
    "elementwise",
    "labels",
    "placing",
    "products",
    "reductions",
    "write",
]
