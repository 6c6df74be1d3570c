"""Exclusive or with eight hidden neurons, all four rows in a batch, in double precision: a step of gradient descent."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
from interleaving import Run

from workloads.common import Faster, Workload
from workloads.ours import load, training, training_calls

RATE = 0.01
HIDDEN = 8
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
_random = np.random.default_rng(0)
W1, B1 = _random.normal(size=(2, HIDDEN)), np.zeros(HIDDEN)
W2, B2 = _random.normal(size=(HIDDEN, 1)), np.zeros(1)

workload = Workload(
    "xor",
    "XOR 2-8-1, four rows, f64, SGD: a training step",
    tolerance=1e-9,
    targets=[
        Faster(12, "torch eager"),
        Faster(1.5, "jax.jit, a call a step"),
        Faster(1, "jax.lax.fori_loop", engine="numba"),
    ],
)

FEEDS = {"x": X, "y": Y}
PARAMETERS = {"hidden.w": W1, "hidden.b": B1, "output.w": W2, "output.b": B2}


@workload.ours()
def loop(engine: str) -> Run:
    return training(load("xor.nn", PARAMETERS), engine, FEEDS)


@workload.ours("a call a step")
def calls(engine: str) -> Run:
    return training_calls(load("xor.nn", PARAMETERS), engine, FEEDS)


@workload.peer("torch eager")
def torch_eager() -> Run:
    import torch

    x, y = torch.tensor(X), torch.tensor(Y)
    parameters = [torch.tensor(value, requires_grad=True) for value in (W1, B1, W2, B2)]

    def run(steps: int) -> torch.Tensor:
        w1, b1, w2, b2 = parameters
        for _ in range(steps):
            hidden = torch.tanh(torch.addmm(b1, x, w1))
            loss = torch.nn.functional.mse_loss(torch.sigmoid(torch.addmm(b2, hidden, w2)), y)
            gradients = torch.autograd.grad(loss, parameters)
            with torch.no_grad():
                torch._foreach_sub_(parameters, gradients, alpha=RATE)
        return loss.detach()

    return run


@workload.peer("jax.jit, a call a step")
def jax_jit() -> Run:
    import jax

    step = jax.jit(_jax_step())
    x, y, *parameters = (jax.numpy.asarray(value) for value in (X, Y, W1, B1, W2, B2))

    def run(steps: int) -> jax.Array:
        nonlocal parameters
        for _ in range(steps):
            parameters, loss = step(parameters, x, y)
        return jax.block_until_ready(loss)

    return run


@workload.peer("jax.lax.fori_loop")
def jax_loop() -> Run:
    import jax

    step = _jax_step()

    @jax.jit
    def many(steps, parameters, x, y):
        return jax.lax.fori_loop(0, steps, lambda _, state: step(state[0], x, y), (parameters, 0.0))

    x, y, *parameters = (jax.numpy.asarray(value) for value in (X, Y, W1, B1, W2, B2))

    def run(steps: int) -> jax.Array:
        nonlocal parameters
        parameters, loss = many(steps, parameters, x, y)
        return jax.block_until_ready(loss)

    return run


def _jax_step():
    import jax

    def loss_of(parameters, x, y):
        w1, b1, w2, b2 = parameters
        return jax.numpy.mean((jax.nn.sigmoid(jax.numpy.tanh(x @ w1 + b1) @ w2 + b2) - y) ** 2)

    def step(parameters, x, y):
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, y)
        return [value - RATE * gradient for value, gradient in zip(parameters, gradients, strict=True)], loss

    return step


@workload.peer("micrograd")
def micrograd() -> Run:
    from micrograd.engine import Value

    from workloads.micrograd_functions import sigmoid, tanh

    w1 = [[Value(number) for number in row] for row in W1.T.tolist()]
    b1 = [Value(number) for number in B1.tolist()]
    w2 = [Value(number) for number in W2[:, 0].tolist()]
    b2 = Value(float(B2[0]))
    parameters = [*(value for row in w1 for value in row), *b1, *w2, b2]
    rows = list(zip(X.tolist(), Y[:, 0].tolist(), strict=True))

    def squared_error(x: list[float], y: float) -> Value:
        hidden = [tanh(row[0] * x[0] + row[1] * x[1] + b) for row, b in zip(w1, b1, strict=True)]
        return (sigmoid(reduce(add, (w * h for w, h in zip(w2, hidden, strict=True)), b2)) - y) ** 2

    def run(steps: int) -> float:
        for _ in range(steps):
            loss = reduce(add, (squared_error(x, y) for x, y in rows)) * 0.25
            for value in parameters:
                value.grad = 0
            loss.backward()
            for value in parameters:
                value.data -= RATE * value.grad
        return loss.data

    return run


@workload.peer("autograd")
def autograd() -> Run:
    import autograd.numpy as anp
    from autograd import value_and_grad

    def loss_of(parameters):
        w1, b1, w2, b2 = parameters
        score = anp.dot(anp.tanh(anp.dot(X, w1) + b1), w2) + b2
        return anp.mean((1 / (1 + anp.exp(-score)) - Y) ** 2)

    step = value_and_grad(loss_of)
    parameters = [W1, B1, W2, B2]

    def run(steps: int) -> float:
        nonlocal parameters
        for _ in range(steps):
            loss, gradients = step(parameters)
            parameters = [value - RATE * gradient for value, gradient in zip(parameters, gradients, strict=True)]
        return loss

    return run
