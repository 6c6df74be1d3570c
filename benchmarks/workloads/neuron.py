"""One neuron with scalars, in double precision: a training step on the squared error, by gradient descent."""

from __future__ import annotations

import math

import numpy as np
from interleaving import Run

from workloads.common import Faster, Workload
from workloads.ours import load, training, training_calls

X, Y, K, B, RATE = 3.0, 0.6, 0.36, 0.37, 0.01

workload = Workload(
    "neuron",
    "one neuron, scalars, f64, SGD: a training step",
    tolerance=1e-9,
    targets=[
        Faster(50, "micrograd"),
        Faster(150, "torch eager"),
        Faster(1, "jax.lax.fori_loop", engine="numba"),
    ],
)

FEEDS = {"x": np.array(X), "y": np.array(Y)}
PARAMETERS = {"k": np.array(K), "b": np.array(B)}


@workload.ours()
def loop(engine: str) -> Run:
    return training(load("neuron.nn", PARAMETERS), engine, FEEDS)


@workload.ours("a call a step")
def calls(engine: str) -> Run:
    return training_calls(load("neuron.nn", PARAMETERS), engine, FEEDS)


@workload.peer("micrograd")
def micrograd() -> Run:
    from micrograd.engine import Value

    from workloads.micrograd_functions import sigmoid

    k, b = Value(K), Value(B)

    def run(steps: int) -> float:
        for _ in range(steps):
            loss = (sigmoid(k * X + b) - Y) ** 2
            k.grad = b.grad = 0
            loss.backward()
            k.data -= RATE * k.grad
            b.data -= RATE * b.grad
        return loss.data

    return run


@workload.peer("torch eager")
def torch_eager() -> Run:
    import torch

    x, y, k, b = (torch.tensor(number, dtype=torch.float64) for number in (X, Y, K, B))
    k.requires_grad_()
    b.requires_grad_()

    def run(steps: int) -> torch.Tensor:
        for _ in range(steps):
            loss = torch.square(torch.sigmoid(k * x + b) - y)
            to_k, to_b = torch.autograd.grad(loss, (k, b))
            with torch.no_grad():
                k.sub_(to_k, alpha=RATE)
                b.sub_(to_b, alpha=RATE)
        return loss.detach()

    return run


@workload.peer("jax.jit, a call a step")
def jax_jit() -> Run:
    import jax

    step = jax.jit(_jax_step())
    k, b, x, y = (jax.numpy.float64(number) for number in (K, B, X, Y))

    def run(steps: int) -> jax.Array:
        nonlocal k, b
        for _ in range(steps):
            k, b, loss = step(k, b, x, y)
        return jax.block_until_ready(loss)

    return run


@workload.peer("jax.lax.fori_loop")
def jax_loop() -> Run:
    import jax

    step = _jax_step()

    @jax.jit
    def many(steps, k, b, x, y):
        return jax.lax.fori_loop(0, steps, lambda _, state: step(*state[:2], x, y), (k, b, 0.0))

    k, b, x, y = (jax.numpy.float64(number) for number in (K, B, X, Y))

    def run(steps: int) -> jax.Array:
        nonlocal k, b
        k, b, loss = many(steps, k, b, x, y)
        return jax.block_until_ready(loss)

    return run


def _jax_step():
    import jax

    def loss_of(k, b, x, y):
        return (jax.nn.sigmoid(k * x + b) - y) ** 2

    def step(k, b, x, y):
        loss, (to_k, to_b) = jax.value_and_grad(loss_of, (0, 1))(k, b, x, y)
        return k - RATE * to_k, b - RATE * to_b, loss

    return step


@workload.peer("autograd")
def autograd() -> Run:
    import autograd.numpy as anp
    from autograd import value_and_grad

    def loss_of(parameters):
        k, b = parameters
        return (1 / (1 + anp.exp(-(k * X + b))) - Y) ** 2

    step = value_and_grad(loss_of)
    k, b = K, B

    def run(steps: int) -> float:
        nonlocal k, b
        loss = math.nan
        for _ in range(steps):
            loss, (to_k, to_b) = step((k, b))
            k, b = k - RATE * to_k, b - RATE * to_b
        return loss

    return run
