"""Nodes as formulas, and the derivatives that `nn ops` reads off the gradient rules."""

from __future__ import annotations

import numpy as np
import pytest

from dsl.graph.formula import derivative_formulas, formula
from dsl.graph.graph import Graph
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import F64
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.types import TensorType


@pytest.fixture
def scalars():
    graph = Graph(F64)
    nodes = [graph.placeholder(TensorType(F64)) for _ in "abc"]
    return nodes, dict(zip(nodes, "abc", strict=True))


class TestFormula:
    @pytest.mark.parametrize(
        ("build", "text"),
        [
            (lambda a, b, c: a + b * c, "a + b * c"),
            (lambda a, b, c: (a + b) * c, "(a + b) * c"),
            (lambda a, b, c: a - (b - c), "a - (b - c)"),
            (lambda a, b, c: a - b - c, "a - b - c"),
            (lambda a, b, c: a / (b / c), "a / (b / c)"),
            (lambda a, b, c: a * (b / c), "a * b / c"),
            (lambda a, b, c: -(a + b) * c, "-(a + b) * c"),
            (lambda a, b, c: a ** (b**c), "a ** b ** c"),
            (lambda a, b, c: (a**b) ** c, "(a ** b) ** c"),
            (lambda a, b, c: (-a) ** b, "(-a) ** b"),
            (lambda a, b, c: 2.5 * a, "2.5 * a"),
            (lambda a, b, c: OPERATIONS["exp"](a + b), "exp(a + b)"),
            (lambda a, b, c: OPERATIONS["where"](OPERATIONS["less"](a, b), a, b), "where(a < b, a, b)"),
            (
                lambda a, b, c: OPERATIONS["equal"](OPERATIONS["less"](a, b), OPERATIONS["less"](b, c)),
                "(a < b) == (b < c)",
            ),
        ],
    )
    def test_brackets_where_they_are_needed_and_nowhere_else(self, scalars, build, text):
        nodes, names = scalars
        assert formula(build(*nodes), names) == text

    def test_an_index_stands_in_brackets(self):
        graph = Graph(F64)
        x = graph.placeholder(TensorType(F64, as_shape((3, 4))))
        node = OPERATIONS["getitem"](x, index=(slice(1, 3, 1), 0))
        assert formula(node, {x: "x"}) == "x[1:3, 0]"

    def test_a_formula_deeper_than_the_stack(self, scalars):
        (a, _, _), names = scalars
        node = a
        for _ in range(5000):
            node = -node
        assert formula(node, names) == "-" * 5000 + "a"

    def test_an_array_is_written_out(self, scalars):
        (a, _, _), names = scalars
        assert formula(a * a.builder.constant(np.array([1.0, 2.0])), names) == "a * [1.0, 2.0]"


class TestDerivatives:
    @pytest.mark.parametrize(
        ("name", "lines"),
        [
            ("sigmoid", ["x: g * y * (1 - y)"]),
            ("multiply", ["a: g * b", "b: g * a"]),
            ("divide", ["a: g / b", "b: -g * y / b"]),
            ("where", ["x: where(condition, g, 0)", "y: where(condition, 0, g)"]),
            (
                "matmul",
                ["a: g @ transpose(b, axes=[1, 0])", "b: transpose(a, axes=[1, 0]) @ g", "where a: [2, 3], b: [3, 4]"],
            ),
            ("floor", []),
        ],
    )
    def test_are_what_the_rules_build(self, name, lines):
        assert list(derivative_formulas(load()[name])) == lines

    def test_every_operation_with_a_rule_has_one_to_show(self):
        silent = [
            operation.name
            for operation in load().values()
            if operation.infer and any(operation.gradients) and not list(derivative_formulas(operation))
        ]
        assert len(silent) <= 3, "these are too long to be read"
