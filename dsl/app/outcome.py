"""What became of an `expect` statement."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsl.language.elaborate.model import Expectation
from dsl.ops.parameters import Array

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class ExpectResult:
    """An expectation, whether it is met, and the value of its left side."""

    expectation: Expectation
    passed: bool
    value: Array

    def as_json(self) -> dict[str, Any]:
        """The facts for tools."""
        return {"text": self.expectation.text, "passed": self.passed, "value": self.value.tolist()}


def check_expectation(expectation: Expectation, left: Array, right: Array) -> ExpectResult:
    """Compare the two sides: every element has to hold. A tolerance widens the comparison in the expectation's favour.

    Without one, `==` means equal to the last bit, and nan is equal to nothing.
    """
    slack = expectation.tolerance or 0.0
    with np.errstate(all="ignore"):
        match expectation.operator:
            case "==":
                holds = np.abs(left - right) <= slack if slack else left == right
            case "!=":
                holds = np.abs(left - right) > slack if slack else left != right
            case "<" | "<=":
                holds = _COMPARE[expectation.operator](left, right + slack)
            case _:
                holds = _COMPARE[expectation.operator](left, right - slack)
    return ExpectResult(expectation, bool(np.all(holds)), np.asarray(left))
