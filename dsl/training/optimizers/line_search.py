"""A line search for steps that satisfy the strong Wolfe conditions.

Nocedal and Wright, "Numerical Optimization", 2nd edition 2006, algorithms 3.5 (bracket) and 3.6 (zoom), with the constants
and the safeguards of PyTorch (which has them from minFunc), so that the trajectories of L-BFGS agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dsl.ops.parameters import Array

SUFFICIENT_DECREASE = 1e-4
"""c1: the share of the decrease that the slope at the start promises."""
CURVATURE = 0.9
"""c2: the share of the slope at the start that may remain."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A point on the line: how far it is, the loss, the gradient, and the slope along the line."""

    length: float
    loss: float
    gradient: Array
    slope: float


Evaluate = Callable[[float], Trial]


def strong_wolfe(
    evaluate: Evaluate, start: Trial, length: float, direction: Array, *, tolerance: float, limit: int
) -> tuple[Trial, int]:
    """A point along the direction that satisfies the strong Wolfe conditions, and the number of evaluations.

    `length` is the first to be tried. When `limit` evaluations after it have not found such a point, or the bracket has
    become so narrow that no element would move by `tolerance`, it is the lowest point found.
    """
    trial, before = evaluate(length), start
    count = 0
    bracket: list[Trial] | None = None
    while count < limit:
        if not _decreases(trial, start) or (count > 1 and trial.loss >= before.loss):
            bracket = [before, trial]
            break
        if _is_flat_enough(trial, start):
            return trial, count + 1
        if trial.slope >= 0:
            bracket = [before, trial]
            break
        nearest, farthest = trial.length + 0.01 * (trial.length - before.length), trial.length * 10
        further = cubic_minimum(before, trial, nearest, farthest)
        before, trial = trial, evaluate(further)
        count += 1
    if bracket is None:
        return min([start, trial], key=lambda end: end.loss), count + 1
    reach = float(np.max(np.abs(direction)))
    found, zoomed = _zoom(evaluate, start, bracket, reach=reach, tolerance=tolerance, limit=limit - count)
    return found, count + zoomed + 1


def _zoom(
    evaluate: Evaluate, start: Trial, bracket: list[Trial], *, reach: float, tolerance: float, limit: int
) -> tuple[Trial, int]:
    """Narrow a bracket down to a point that satisfies the conditions; the point and the number of evaluations."""
    low = _lower(bracket)
    was_near_end = False
    for count in range(limit):
        left, right = sorted(end.length for end in bracket)
        if (right - left) * reach < tolerance:
            return bracket[low], count
        length = cubic_minimum(bracket[0], bracket[1], left, right)
        length, was_near_end = _away_from_ends(length, left, right, was_near_end)
        trial = evaluate(length)
        high = 1 - low
        if not _decreases(trial, start) or trial.loss >= bracket[low].loss:
            bracket[high] = trial
            low = _lower(bracket)
            continue
        if _is_flat_enough(trial, start):
            return trial, count + 1
        if trial.slope * (bracket[high].length - bracket[low].length) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = trial
    return bracket[low], limit


def _lower(bracket: list[Trial]) -> int:
    return 0 if bracket[0].loss <= bracket[1].loss else 1


def _decreases(trial: Trial, start: Trial) -> bool:
    """The first condition; a loss that is nan does not violate it, so that a search over nan comes to its end."""
    return not trial.loss > start.loss + SUFFICIENT_DECREASE * trial.length * start.slope


def _is_flat_enough(trial: Trial, start: Trial) -> bool:
    """The second condition."""
    return abs(trial.slope) <= -CURVATURE * start.slope


def _away_from_ends(length: float, left: float, right: float, was_near_end: bool) -> tuple[float, bool]:
    """Keep a trial off the ends of the bracket: a second one in a row near an end is moved inwards.

    Gives the length, and whether it was left near an end.
    """
    margin = 0.1 * (right - left)
    if min(right - length, length - left) >= margin:
        return length, False
    if not was_near_end and left < length < right:
        return length, True
    return (right - margin if right - length < length - left else left + margin), False


def cubic_minimum(a: Trial, b: Trial, left: float, right: float) -> float:
    """The lowest point between `left` and `right` of the cubic through two trials with their slopes (eq. 3.59).

    The middle where there is none, or where the values are not finite.
    """
    if a.length > b.length:
        a, b = b, a
    middle = (left + right) / 2
    width = b.length - a.length
    if width == 0:
        return middle
    bend = a.slope + b.slope - 3 * (b.loss - a.loss) / width
    square = bend * bend - a.slope * b.slope
    if not square >= 0:
        return middle
    root = math.sqrt(square)
    divisor = b.slope - a.slope + 2 * root
    if divisor == 0 or not math.isfinite(divisor):
        return middle
    length = b.length - width * ((b.slope + root - bend) / divisor)
    return min(max(length, left), right) if math.isfinite(length) else middle
