"""A chain of 2,000 elementwise operations on 1,000 numbers, in single precision: its mean, and the gradient of that."""

from __future__ import annotations

import numpy as np
from interleaving import Run

from workloads.common import Faster, Workload
from workloads.ours import differentiating, load

PASSES = 250
X = np.random.default_rng(0).normal(size=1000).astype(np.float32)

workload = Workload(
    "chain",
    "2,000 elementwise operations on 1,000 numbers, f32: loss and gradient",
    tolerance=1e-4,
    targets=[Faster(3, "torch eager"), Faster(5, "torch eager", engine="numba")],
)


@workload.ours()
def nn_lang(engine: str) -> Run:
    return differentiating(load("chain.nn", {"x": X}), engine, "loss", "x", {})


@workload.peer("torch eager")
def torch_eager() -> Run:
    import torch

    x = torch.tensor(X, requires_grad=True)

    def run(steps: int) -> tuple[torch.Tensor, torch.Tensor]:
        for _ in range(steps):
            value = x
            for _ in range(PASSES):
                bowl = torch.square(torch.sin(1.3 * value) + 0.5)
                value = value - 0.05 * torch.sigmoid(torch.tanh(bowl))
            loss = value.mean()
            (gradient,) = torch.autograd.grad(loss, x)
        return loss.detach(), gradient

    return run


@workload.peer("jax.jit")
def jax_jit() -> Run:
    def unrolled(value):
        for _ in range(PASSES):
            value = _jax_pass(value)
        return value

    return _jax(unrolled)


@workload.peer("jax.lax.scan")
def jax_scan() -> Run:
    import jax

    return _jax(lambda x: jax.lax.scan(lambda value, _: (_jax_pass(value), None), x, length=PASSES)[0])


def _jax_pass(value):
    import jax
    import jax.numpy as jnp

    bowl = jnp.square(jnp.sin(1.3 * value) + 0.5)
    return value - 0.05 * jax.nn.sigmoid(jnp.tanh(bowl))


def _jax(chain) -> Run:
    import jax

    step = jax.jit(jax.value_and_grad(lambda x: jax.numpy.mean(chain(x))))
    x = jax.numpy.asarray(X)

    def run(steps: int) -> tuple[jax.Array, jax.Array]:
        for _ in range(steps):
            result = step(x)
        return jax.block_until_ready(result)

    return run


@workload.peer("autograd")
def autograd() -> Run:
    import autograd.numpy as anp
    from autograd import value_and_grad

    def loss_of(x):
        value = x
        for _ in range(PASSES):
            bowl = anp.square(anp.sin(1.3 * value) + 0.5)
            value = value - 0.05 / (1 + anp.exp(-anp.tanh(bowl)))
        return anp.mean(value)

    step = value_and_grad(loss_of)

    def run(steps: int) -> tuple[np.ndarray, np.ndarray]:
        for _ in range(steps):
            loss, gradient = step(X)
        return loss, gradient

    return run
