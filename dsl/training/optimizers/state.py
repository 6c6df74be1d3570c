"""What an optimiser remembers of each parameter while a run lasts, and what a checkpoint keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError, fail
from dsl.training.optimizers.layout import Layout
from dsl.training.optimizers.lbfgs import Lbfgs, LbfgsMemory
from dsl.training.optimizers.optimizer import Coefficients, Elementwise, Optimizer

Evaluate = Callable[[Mapping[str, Array]], tuple[float, Mapping[str, Array | None]]]
"""From the parameters by name to the loss and its gradients; None for a parameter that the loss does not depend on."""


@dataclass(slots=True)
class _Memory:
    """One parameter's: how many steps it has made, the coefficients carried on, and the arrays beside it."""

    steps: int = 0
    carried: dict[str, float] = field(default_factory=dict[str, float])
    slots: dict[str, Array] = field(default_factory=dict[str, Array])


class OptimizerState:
    """Drives an elementwise optimiser over parameters by name. `steps` counts the calls of `step`."""

    def __init__(self, optimizer: Elementwise) -> None:
        self.optimizer = optimizer
        self.steps = 0
        self._memories: dict[str, _Memory] = {}

    def step(
        self,
        parameters: Mapping[str, Array],
        gradients: Mapping[str, Array | None],
        rate: float | None = None,
        momentum: float | None = None,
    ) -> dict[str, Array]:
        """The parameters after one step, in their element types.

        `rate` and `momentum` are those of this step where a schedule sets them. A parameter without a gradient (None or
        missing) is given back as it is, and its state stays.
        """
        self.steps += 1
        current = self.optimizer.at(self.optimizer.lr if rate is None else rate, momentum)
        slots, shared = current.slots(), dict[tuple[float, ...], Coefficients]()
        following = dict(parameters)
        with np.errstate(all="ignore"):
            for name, parameter in parameters.items():
                gradient = gradients.get(name)
                if gradient is None:
                    continue
                memory = self._memories.setdefault(name, _Memory())
                for slot, value in slots.items():
                    if slot not in memory.slots:
                        memory.slots[slot] = np.full(parameter.shape, value, parameter.dtype)
                coefficients = _advance(current, memory, shared)
                new, arrays = current.update(parameter, gradient, memory.slots, coefficients)
                memory.slots = {slot: np.asarray(array) for slot, array in arrays.items()}
                following[name] = np.asarray(new)
        return following

    def export(self) -> dict[str, Array]:
        """The state as arrays by name, `exp_avg/encoder.w`, for a checkpoint."""
        arrays: dict[str, Array] = {"steps": np.array(self.steps)}
        for name, memory in self._memories.items():
            arrays[f"step/{name}"] = np.array(memory.steps)
            arrays |= {f"{key}/{name}": np.array(value) for key, value in memory.carried.items()}
            arrays |= {f"{slot}/{name}": array for slot, array in memory.slots.items()}
        return arrays

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `export` gave. Raises ProgramError, of kind `checkpoint`, when another optimiser exported it."""
        memories: dict[str, _Memory] = {}
        slots = self.optimizer.slots()
        # A schedule may have given momentum to an optimiser that had none of its own.
        allowed = {**slots, **(self.optimizer.at(0.0, 0.5).slots() if self.optimizer.has_momentum else {})}
        for key, array in arrays.items():
            kind, _, name = key.partition("/")
            if not name:
                continue
            memory = memories.setdefault(name, _Memory())
            if kind == "step":
                memory.steps = int(array)
            elif kind in self.optimizer.carries:
                memory.carried[kind] = float(array)
            elif kind in allowed:
                memory.slots[kind] = np.array(array)
            else:
                raise _foreign(self.optimizer, f"it has `{kind}` for `{name}`, which `{self.optimizer.name}` has not")
        for name, memory in memories.items():
            missing = [kind for kind in (*self.optimizer.carries, *slots) if f"{kind}/{name}" not in arrays]
            if missing and memory.steps:
                raise _foreign(self.optimizer, f"it has no `{missing[0]}` for `{name}`")
        self.steps = int(arrays.get("steps", np.array(0)))
        self._memories = memories


def _advance(optimizer: Elementwise, memory: _Memory, shared: dict[tuple[float, ...], Coefficients]) -> Coefficients:
    """Count a step of one parameter; the coefficients of it, which parameters that went alike share."""
    memory.steps += 1
    key = (memory.steps, *memory.carried.values())
    if key not in shared:
        shared[key] = optimizer.coefficients(memory.steps, memory.carried)
    memory.carried = {name: shared[key][name] for name in optimizer.carries}
    return shared[key]


def _foreign(optimizer: Optimizer, fact: str) -> ProgramError:
    return fail(
        "checkpoint",
        f"the checkpoint does not continue a run with `{optimizer.name}`: {fact}",
        hint="resume with the optimiser and the hyper-parameters that the checkpoint was written with",
    )


class LbfgsState:
    """Drives L-BFGS over parameters by name. `steps` counts the calls of `step`."""

    def __init__(self, optimizer: Lbfgs) -> None:
        self.optimizer = optimizer
        self.steps = 0
        self.memory = LbfgsMemory()

    def step(
        self, parameters: Mapping[str, Array], evaluate: Evaluate, rate: float | None = None
    ) -> tuple[dict[str, Array], float]:
        """The parameters after one step, which evaluates the loss several times, and the loss before it."""
        self.steps += 1
        layout = Layout(parameters)

        def closure(point: Array) -> tuple[float, Array]:
            loss, gradients = evaluate(layout.split(point))
            return float(loss), layout.join(gradients)

        current = self.optimizer if rate is None else self.optimizer.at(rate)
        with np.errstate(all="ignore"):
            point, loss = current.minimize_step(closure, layout.join(parameters), self.memory)
        return layout.split(point), loss

    def export(self) -> dict[str, Array]:
        """The state as arrays by name, for a checkpoint."""
        memory = self.memory
        numbers = {
            "steps": self.steps,
            "iterations": memory.iterations,
            "evaluations": memory.evaluations,
            "length": memory.length,
            "scale": memory.scale,
        }
        arrays: dict[str, Array] = {name: np.array(value) for name, value in numbers.items()}
        if memory.direction is not None and memory.gradient is not None:
            arrays |= {"direction": memory.direction, "gradient": memory.gradient}
        if memory.moves:
            arrays |= {"moves": np.stack(memory.moves), "turns": np.stack(memory.turns)}
        return arrays

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `export` gave. Raises ProgramError, of kind `checkpoint`, when another optimiser exported it."""
        missing = {"steps", "iterations", "evaluations", "length", "scale"} - arrays.keys()
        if missing:
            raise _foreign(self.optimizer, f"it has no `{min(missing)}`")
        self.steps = int(arrays["steps"])
        self.memory = LbfgsMemory(
            iterations=int(arrays["iterations"]),
            evaluations=int(arrays["evaluations"]),
            direction=np.array(arrays["direction"]) if "direction" in arrays else None,
            length=float(arrays["length"]),
            gradient=np.array(arrays["gradient"]) if "gradient" in arrays else None,
            scale=float(arrays["scale"]),
            moves=list(np.array(arrays["moves"])) if "moves" in arrays else [],
            turns=list(np.array(arrays["turns"])) if "turns" in arrays else [],
        )


def start(optimizer: Optimizer) -> OptimizerState | LbfgsState:
    """The state at the beginning of a run."""
    if isinstance(optimizer, Lbfgs):
        return LbfgsState(optimizer)
    assert isinstance(optimizer, Elementwise)
    return OptimizerState(optimizer)
