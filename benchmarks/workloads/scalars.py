"""100,000 operations on scalars: a sparse net written out neuron by neuron, in double precision; a step of gradient descent.

28 layers of 500 neurons, each joined to three of the layer before; every weight is a parameter by itself. The program is made
from the same random numbers as the peers' graphs.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from interleaving import Run

import dsl
from workloads.common import Faster, Workload
from workloads.ours import training

RATE = 0.1
FAN_IN = 3

workload = Workload(
    "scalars",
    "100,000 scalar operations, f64, SGD: a training step",
    tolerance=1e-9,
    targets=[Faster(200, "torch eager")],
)


@dataclass(frozen=True, eq=False)
class Net:
    """For every layer and neuron its sources in the layer before, and the weights of all neurons, the bias of each last."""

    inputs: list[float]
    targets: list[float]
    sources: list[list[list[int]]]
    weights: list[float]


@cache
def net(width: int = 500, layers: int = 28) -> Net:
    """A random net, in which the first sources of a layer are a permutation, so that no neuron is left without use."""
    chosen = random.Random(0)
    inputs, targets = ([chosen.uniform(-1, 1) for _ in range(width)] for _ in range(2))
    firsts = [chosen.sample(range(width), width) for _ in range(layers)]
    sources = [[[first, *chosen.choices(range(width), k=FAN_IN - 1)] for first in layer] for layer in firsts]
    weights = [chosen.gauss(0, 0.8) for _ in range(layers * width * (FAN_IN + 1))]
    return Net(inputs, targets, sources, weights)


@cache
def program(net: Net) -> str:
    """The net as a program."""
    lines = ["dtype f64"]
    lines += [f"placeholder x_{place} = {value}" for place, value in enumerate(net.inputs)]
    values = [f"x_{place}" for place in range(len(net.inputs))]
    weight = iter(net.weights)
    for depth, layer in enumerate(net.sources):
        for place, sources in enumerate(layer):
            neuron = f"{depth}_{place}"
            lines += [f"parameter w_{neuron}_{index} = {next(weight)}" for index in range(FAN_IN)]
            lines.append(f"parameter b_{neuron} = {next(weight)}")
            terms = [f"w_{neuron}_{index} * {values[source]}" for index, source in enumerate(sources)]
            lines.append(f"h_{neuron} = tanh({' + '.join(terms)} + b_{neuron})")
        values = [f"h_{depth}_{place}" for place in range(len(layer))]
    errors = [f"square({value} - {target})" for value, target in zip(values, net.targets, strict=True)]
    lines.append(f"loss = {in_pairs(errors, '({} + {})'.format)} * {1 / len(errors)}")
    lines.append(f"train {{ minimize = loss; optimizer = sgd(lr={RATE}); steps = 100 }}")
    return "\n".join(lines).replace("- -", "+ ") + "\n"


def loss_of(net: Net, parameters: Sequence[Any], tanh: Callable[[Any], Any]) -> Any:
    """The mean squared error, node by node, of parameters of any kind that can be added and multiplied."""
    values: list[Any] = net.inputs
    weight = iter(parameters)
    for layer in net.sources:
        values = [tanh(_weighted([values[source] for source in sources], weight)) for sources in layer]
    errors = [(value - target) ** 2 for value, target in zip(values, net.targets, strict=True)]
    return in_pairs(errors, operator.add) * (1 / len(errors))


def _weighted(values: list[Any], weight: Iterator[Any]) -> Any:
    total = next(weight) * values[0]
    for value in values[1:]:
        total = total + next(weight) * value
    return total + next(weight)


def in_pairs(values: list[Any], add: Callable[[Any, Any], Any]) -> Any:
    """The sum, pair by pair, which is not so deep as one value after the other."""
    while len(values) > 1:
        left_over = values[len(values) - len(values) % 2 :]
        values = [add(a, b) for a, b in zip(values[::2], values[1::2], strict=False)] + left_over
    return values[0]


@workload.ours()
def nn_lang(engine: str) -> Run:
    return training(dsl.loads(program(net())), engine, {})


@workload.peer("torch eager")
def torch_eager() -> Run:
    import torch

    parameters = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in net().weights]

    def run(steps: int) -> torch.Tensor:
        for _ in range(steps):
            loss = loss_of(net(), parameters, torch.tanh)
            gradients = torch.autograd.grad(loss, parameters)
            with torch.no_grad():
                torch._foreach_sub_(parameters, gradients, alpha=RATE)
        return loss.detach()

    return run


@workload.peer("micrograd")
def micrograd() -> Run:
    from micrograd.engine import Value

    from workloads.micrograd_functions import tanh

    parameters = [Value(value) for value in net().weights]

    def run(steps: int) -> float:
        for _ in range(steps):
            loss = loss_of(net(), parameters, tanh)
            for value in parameters:
                value.grad = 0
            loss.backward()
            for value in parameters:
                value.data -= RATE * value.grad
        return loss.data

    return run
