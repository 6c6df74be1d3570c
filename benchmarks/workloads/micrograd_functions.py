"""The functions that the published micrograd lacks, written in its own manner."""

from __future__ import annotations

import math

from micrograd.engine import Value


def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    out = Value(math.tanh(x.data), (x,), "tanh")

    def backward() -> None:
        x.grad += (1 - out.data**2) * out.grad

    out._backward = backward
    return out


def sigmoid(x: Value) -> Value:
    """The logistic function."""
    out = Value(1 / (1 + math.exp(-x.data)), (x,), "sigmoid")

    def backward() -> None:
        x.grad += out.data * (1 - out.data) * out.grad

    out._backward = backward
    return out
