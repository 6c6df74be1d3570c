"""L-BFGS: a quasi-Newton method which evaluates the loss several times a step, on all parameters as one vector.

Liu and Nocedal 1989; the two-loop recursion is algorithm 7.4 of Nocedal and Wright. Conditions and constants are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dsl.ops.parameters import Array
from dsl.training.hyperparameters import choice, hyper, integer, number, optional
from dsl.training.optimizers.line_search import Trial, strong_wolfe
from dsl.training.optimizers.optimizer import OPTIMIZERS, RATE, Optimizer

Closure = Callable[[Array], tuple[float, Array]]
"""From a vector of all parameters to the loss there and its gradient."""

LEAST_CURVATURE = 1e-10
"""Pairs whose product is smaller say nothing about the curvature and are not kept."""


@dataclass(slots=True)
class LbfgsMemory:
    """What L-BFGS knows of the loss between two steps.

    `moves` and `turns` are the latest moves of the point and the changes of the gradient along them, the oldest first.
    """

    iterations: int = 0
    evaluations: int = 0
    direction: Array | None = None
    length: float = 0.0
    gradient: Array | None = None
    scale: float = 1.0
    moves: list[Array] = field(default_factory=list[Array])
    turns: list[Array] = field(default_factory=list[Array])

    def learn(self, gradient: Array, size: int) -> None:
        """Keep what the last move says about the curvature, in at most `size` pairs."""
        assert self.direction is not None
        assert self.gradient is not None
        turn = gradient - self.gradient
        move = self.direction * self.length
        curvature = float(turn @ move)
        if not curvature > LEAST_CURVATURE:
            return
        self.moves = [*self.moves, move][-size:]
        self.turns = [*self.turns, turn][-size:]
        self.scale = curvature / float(turn @ turn)

    def newton_direction(self, gradient: Array) -> Array:
        """Minus the gradient times the approximated inverse Hessian."""
        result = -gradient
        pairs = [(move, turn, 1 / float(turn @ move)) for move, turn in zip(self.moves, self.turns, strict=True)]
        taken: list[float] = []
        for move, turn, inverse in reversed(pairs):
            taken.append(float(move @ result) * inverse)
            result = result - taken[-1] * turn
        result = result * self.scale
        for (move, turn, inverse), share in zip(pairs, reversed(taken), strict=True):
            result = result + (share - float(turn @ result) * inverse) * move
        return result


@OPTIMIZERS.register("lbfgs")
@dataclass(frozen=True, kw_only=True)
class Lbfgs(Optimizer):
    """A quasi-Newton method for small problems with a loss that does not change from step to step (whole batches).

    One step makes up to `max_iter` iterations. Liu and Nocedal 1989.
    """

    lr: float = hyper(RATE, 1.0, "the length of a move, or the first that the line search tries")
    max_iter: int = hyper(integer(1), 20, "the largest number of iterations a step")
    max_eval: int | None = hyper(
        optional(integer(1)), None, "the largest number of evaluations a step; none is 1.25 max_iter"
    )
    tolerance_grad: float = hyper(number(0), 1e-7, "stop when no element of the gradient is larger")
    tolerance_change: float = hyper(number(0), 1e-9, "stop when neither the loss nor a parameter changes more")
    history_size: int = hyper(integer(1), 100, "how many past moves the curvature is learnt from")
    line_search: str | None = hyper(
        optional(choice("strong_wolfe")), None, "how the length of a move is found", elsewhere="line_search_fn"
    )

    def minimize_step(self, closure: Closure, point: Array, memory: LbfgsMemory) -> tuple[Array, float]:
        """The point after one step and the loss before it; what was learnt is put into the memory.

        Arithmetic is in the element type of the point, a vector.
        """
        first_loss, gradient = closure(point)
        memory.evaluations += 1
        if self._is_flat(gradient) or self.lr == 0:
            return point, first_loss
        budget = (self.max_iter * 5 // 4 if self.max_eval is None else self.max_eval) - 1
        loss = first_loss
        for iteration in range(1, self.max_iter + 1):
            slope = self._aim(gradient, memory)
            if slope > -self.tolerance_change:
                break
            is_last = iteration == self.max_iter
            loss_before = loss
            point, loss, gradient, used = self._move(closure, point, loss, gradient, slope, memory, budget, is_last)
            budget -= used
            memory.evaluations += used
            assert memory.direction is not None
            largest_move = float(np.max(np.abs(memory.direction))) * abs(memory.length)
            if (
                is_last
                or budget <= 0
                or self._is_flat(gradient)
                or largest_move <= self.tolerance_change
                or abs(loss - loss_before) < self.tolerance_change
            ):
                break
        return point, first_loss

    def _aim(self, gradient: Array, memory: LbfgsMemory) -> float:
        """Choose the next direction and the length to begin with; the slope of the loss along it."""
        memory.iterations += 1
        if memory.direction is None:
            memory.direction = -gradient
            memory.length = min(1.0, 1 / float(np.sum(np.abs(gradient)))) * self.lr
        else:
            memory.learn(gradient, self.history_size)
            memory.direction = memory.newton_direction(gradient)
            memory.length = self.lr
        memory.gradient = gradient
        return float(gradient @ memory.direction)

    def _move(
        self,
        closure: Closure,
        point: Array,
        loss: float,
        gradient: Array,
        slope: float,
        memory: LbfgsMemory,
        budget: int,
        is_last: bool,
    ) -> tuple[Array, float, Array, int]:
        """Go along the direction: the new point, the loss and the gradient there, and the number of evaluations.

        Without a line search the loss after the last iteration is not evaluated: the next step may see another batch.
        """
        direction = memory.direction
        assert direction is not None
        if self.line_search is None:
            point = point + memory.length * direction
            if is_last:
                return point, loss, gradient, 0
            return point, *closure(point), 1

        def evaluate(length: float) -> Trial:
            loss, gradient = closure(point + length * direction)
            return Trial(length, loss, gradient, float(gradient @ direction))

        start = Trial(0.0, loss, gradient, slope)
        found, used = strong_wolfe(
            evaluate, start, memory.length, direction, tolerance=self.tolerance_change, limit=budget
        )
        memory.length = found.length
        return point + found.length * direction, found.loss, found.gradient, used

    def _is_flat(self, gradient: Array) -> bool:
        return bool(np.max(np.abs(gradient), initial=0.0) <= self.tolerance_grad)
