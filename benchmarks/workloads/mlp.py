"""A multilayer perceptron of 784, 256, 128 and 10 neurons, 128 images in a batch, in single precision: a step of Adam."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from interleaving import Run

from workloads.common import AtMost, Workload
from workloads.ours import load, training_calls

RATE, DECAYS, EPSILON = 1e-5, (0.9, 0.999), 1e-8
"""So low a rate that no runner, however often it is called, comes to where gradients underflow."""
BATCH = 128
SIZES = (784, 256, 128, 10)
_random = np.random.default_rng(0)
X = _random.uniform(-1, 1, (BATCH, SIZES[0])).astype(np.float32)
Y = _random.integers(0, SIZES[-1], BATCH).astype(np.int32)
LAYERS = [
    (_random.normal(0, (2 / inputs) ** 0.5, (inputs, outputs)).astype(np.float32), np.zeros(outputs, np.float32))
    for inputs, outputs in pairwise(SIZES)
]
PARAMETERS = {
    f"{name}.{part}": value
    for name, layer in zip(("first", "second", "third"), LAYERS, strict=True)
    for part, value in zip("wb", layer, strict=True)
}

workload = Workload(
    "mlp",
    "MLP 784-256-128-10, 128 rows, f32, Adam: a training step",
    tolerance=1e-4,
    targets=[AtMost(1.05, "torch eager, fused Adam"), AtMost(0.85, "jax.jit", engine="numba")],
)


@workload.ours()
def nn_lang(engine: str) -> Run:
    return training_calls(load("mlp.nn", PARAMETERS), engine, {"x": X, "y": Y})


@workload.peer("torch eager, fused Adam")
def torch_fused() -> Run:
    return _torch(fused=True)


@workload.peer("torch eager, plain Adam")
def torch_plain() -> Run:
    return _torch(fused=False)


def _torch(fused: bool) -> Run:
    import torch

    x, y = torch.tensor(X), torch.tensor(Y, dtype=torch.int64)
    net = torch_net()
    optimizer = torch.optim.Adam(net.parameters(), RATE, DECAYS, EPSILON, fused=fused)

    def run(steps: int) -> torch.Tensor:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
        return loss.detach()

    return run


def torch_net():
    """The net as a PyTorch module."""
    import torch

    modules: list[torch.nn.Module] = []
    for w, b in LAYERS:
        linear = torch.nn.Linear(*w.shape)
        linear.weight.data, linear.bias.data = torch.tensor(w.T).contiguous(), torch.tensor(b)
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


@workload.peer("jax.jit")
def jax_jit() -> Run:
    import jax
    import jax.numpy as jnp

    def loss_of(layers, x, y):
        chances = jax.nn.log_softmax(jax_logits(layers, x))
        return -jnp.mean(jnp.take_along_axis(chances, y[:, None], axis=1))

    def step(layers, means, squares, count, x, y):
        loss, gradients = jax.value_and_grad(loss_of)(layers, x, y)
        count = count + 1
        first, second = DECAYS
        means = jax.tree.map(lambda m, g: first * m + (1 - first) * g, means, gradients)
        squares = jax.tree.map(lambda s, g: second * s + (1 - second) * g * g, squares, gradients)
        rate = RATE / (1 - first**count)
        spread = 1 / jnp.sqrt(1 - second**count)
        layers = jax.tree.map(lambda p, m, s: p - rate * m / (jnp.sqrt(s) * spread + EPSILON), layers, means, squares)
        return layers, means, squares, count, loss

    step = jax.jit(step, donate_argnums=(0, 1, 2, 3))
    x, y = jnp.asarray(X), jnp.asarray(Y)
    layers = jax.tree.map(jnp.array, LAYERS)
    state = layers, jax.tree.map(jnp.zeros_like, layers), jax.tree.map(jnp.zeros_like, layers), jnp.float32(0)

    def run(steps: int) -> jax.Array:
        nonlocal state
        for _ in range(steps):
            *state, loss = step(*state, x, y)
        return jax.block_until_ready(loss)

    return run


def jax_logits(layers, x):
    """The net as a function of JAX arrays."""
    import jax

    for w, b in layers[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = layers[-1]
    return x @ w + b
