"""Reshapes, transposes and repetitions: as few as give the same, element for element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pass_sections import Array, assert_same_bits, check_topological, fixed, names, op, run, section_of

from dsl.graph.passes.section import Section
from dsl.graph.passes.shapes import OF_ELEMENTWISE, RULES, cancel_shapes
from dsl.ops.operation import OperationError
from dsl.ops.slicing import WHOLE

X = np.array([[1.5, -0.0, np.nan, 4.0], [np.inf, 3.0, -2.0, 7.0], [8.0, 9.0, 10.0, -1.0]])
ROW = np.array([[1.0, 2.0, 3.0]])
VECTOR = np.array([0.5, -1.5, 2.5, 0.0])
SCALAR = np.array(-2.5)
ONE = np.array([3.5])

BACK: Any = slice(None, None, -1)
PART: Any = slice(1, 3)

CHANGES: dict[str, tuple[Callable[[Any], Any], Array, str]] = {
    "reshape to its own shape": (lambda x: op("reshape", x, shape=(3, 4)), X, ""),
    "reshape of a reshape": (lambda x: op("reshape", op("reshape", x, shape=(2, 6)), shape=(4, 3)), X, "reshape"),
    "reshape there and back": (lambda x: op("reshape", op("reshape", x, shape=-1), shape=(3, 4)), X, ""),
    "expand_dims": (lambda x: op("expand_dims", x, axis=1), X, "reshape"),
    "squeeze of expand_dims": (lambda x: op("squeeze", op("expand_dims", x, axis=1), axis=1), X, ""),
    "a long row of them": (
        lambda x: op("squeeze", op("reshape", op("expand_dims", op("expand_dims", x, axis=0), axis=0), shape=(1, 12))),
        X,
        "reshape",
    ),
    "transpose there and back": (lambda x: op("transpose", op("transpose", x)), X, ""),
    "transpose to its own order": (lambda x: op("transpose", x, axes=(0, 1)), X, ""),
    "transpose of a transpose": (
        lambda x: op("transpose", op("transpose", op("reshape", x, shape=(3, 2, 2)), axes=(1, 2, 0)), axes=(1, 2, 0)),
        X,
        "reshape transpose",
    ),
    "transpose of a row": (lambda x: op("transpose", x), ROW, "reshape"),
    "transpose around an axis of size 1": (
        lambda x: op("transpose", op("expand_dims", x, axis=1), axes=(1, 0, 2)),
        X,
        "reshape",
    ),
    "transpose that changes the order": (lambda x: op("transpose", x), X, "transpose"),
    "a whole index": (lambda x: op("getitem", x, index=(WHOLE, WHOLE)), X, ""),
    "an index that adds an axis": (lambda x: op("getitem", x, index=(None, WHOLE)), X, "reshape"),
    "an axis added and taken away": (lambda x: op("getitem", op("getitem", x, index=(None,)), index=(0,)), X, ""),
    "an index that turns an axis around": (lambda x: op("getitem", x, index=(BACK,)), X, "getitem"),
    "a part": (lambda x: op("getitem", x, index=(PART,)), X, "getitem"),
    "put in the whole": (lambda x: op("unslice", x, shape=(3, 4), index=(WHOLE,)), X, ""),
    "put back": (
        lambda x: op("getitem", op("unslice", x, shape=(5, 4), index=(slice(1, 4),)), index=(slice(1, 4),)),
        X,
        "",
    ),
    "put elsewhere": (
        lambda x: op("getitem", op("unslice", x, shape=(5, 4), index=(slice(1, 4),)), index=(slice(2, 5),)),
        X,
        "unslice getitem",
    ),
    "repeated once": (lambda x: op("repeat", op("tile", x, reps=1), repeats=1, axis=0), X, ""),
    "repeated once and flattened": (lambda x: op("repeat", x, repeats=1), X, "reshape"),
    "tiled": (lambda x: op("tile", x, reps=2), X, "tile"),
    "padded by nothing": (lambda x: op("pad", x, pad_width=0), X, ""),
    "padded": (lambda x: op("pad", x, pad_width=1), X, "pad"),
    "joined from one": (lambda x: op("concatenate", x, axis=1), X, ""),
    "stacked from one": (lambda x: op("stack", x, axis=1), X, "reshape"),
    "joined with itself": (lambda x: op("concatenate", x, x), X, "concatenate"),
    "flip of an axis of size 1": (lambda x: op("flip", x, axis=0), ROW, ""),
    "flip": (lambda x: op("flip", x), ROW, "flip"),
    "broadcast to its own shape": (lambda x: op("broadcast_to", x, shape=(3, 4)), X, ""),
    "broadcast to more axes of size 1": (lambda x: op("broadcast_to", x, shape=(1, 3, 4)), X, "reshape"),
    "broadcast twice": (
        lambda x: op("broadcast_to", op("broadcast_to", x, shape=(3, 4)), shape=(2, 3, 4)),
        VECTOR,
        "broadcast_to",
    ),
    "axes of size 1, then broadcast": (
        lambda x: op("broadcast_to", op("expand_dims", x, axis=(0, 1)), shape=(2, 3, 4)),
        VECTOR,
        "broadcast_to",
    ),
    "a column, broadcast": (
        lambda x: op("broadcast_to", op("expand_dims", x, axis=1), shape=(4, 3)),
        VECTOR,
        "reshape broadcast_to",
    ),
    "a number, broadcast and reshaped": (
        lambda x: op("reshape", op("broadcast_to", x, shape=(3, 4)), shape=12),
        SCALAR,
        "broadcast_to",
    ),
    "a number with axes, broadcast and transposed": (
        lambda x: op("transpose", op("broadcast_to", x, shape=(3, 4))),
        ONE,
        "reshape broadcast_to",
    ),
    "a vector, broadcast and reshaped": (
        lambda x: op("reshape", op("broadcast_to", x, shape=(3, 4)), shape=12),
        VECTOR,
        "broadcast_to reshape",
    ),
    "a function of repetitions": (
        lambda x: op("exp", op("broadcast_to", x, shape=(3, 4))),
        VECTOR,
        "exp broadcast_to",
    ),
    "a sum of repetitions": (
        lambda x: op("broadcast_to", x, shape=(3, 4)) + op("broadcast_to", fixed(x, 2.0), shape=(3, 4)),
        VECTOR,
        "add broadcast_to",
    ),
    "repetitions that only together have the shape": (
        lambda x: op("broadcast_to", x, shape=(3, 4)) * op("broadcast_to", fixed(x, [[1], [2], [3]]), shape=(3, 4)),
        VECTOR,
        "multiply",
    ),
    "a repeated operand": (lambda x: x * op("broadcast_to", fixed(x, 2.0), shape=(3, 4)), X, "multiply"),
    "repeated operands of a choice": (
        lambda x: op("where", op("greater", x, 0), x, op("broadcast_to", fixed(x, 0.0), shape=(3, 4))),
        X,
        "greater where",
    ),
    "an operation with attributes": (
        lambda x: op("leaky_relu", op("broadcast_to", x, shape=(3, 4)), negative_slope=0.25),
        VECTOR,
        "leaky_relu broadcast_to",
    ),
    "a repeated exponent": (
        lambda x: x ** op("broadcast_to", fixed(x, 2.0), shape=(3, 4)),
        X,
        "broadcast_to power",
    ),
    "an operand with axes of size 1 in front": (
        lambda x: x + op("expand_dims", fixed(x, VECTOR), axis=0),
        X,
        "add",
    ),
    "an operand reshaped to have axes of size 1 in front": (
        lambda x: op("reshape", fixed(x, VECTOR), shape=(1, 4)) * x,
        X,
        "multiply",
    ),
    "operands of which one must keep its axes": (
        lambda x: op("expand_dims", x, axis=0) + op("expand_dims", x * 2, axis=0),
        VECTOR,
        "multiply reshape add",
    ),
    "an operand with an axis of size 1 behind": (
        lambda x: x + op("expand_dims", fixed(x, [1, 2, 3]), axis=1),
        X,
        "reshape add",
    ),
}


def checked(section: Section, array: Array, title: str = "") -> Section:
    after = cancel_shapes(section)
    check_topological(after)
    assert_same_bits(run(after, [array]), run(section, [array]), title)
    return after


@pytest.mark.parametrize("title", CHANGES)
def test_what_is_left_of_a_change_of_shape(title: str) -> None:
    function, array, left = CHANGES[title]
    section = section_of(function, array)
    assert " ".join(names(checked(section, array, title))) == left
    if left == " ".join(names(section)):
        assert cancel_shapes(section) is section


def test_every_rule_is_used() -> None:
    rules = {rule for group in RULES.values() for rule in group} | set(OF_ELEMENTWISE)
    used: set[Any] = set()
    for function, array, _ in CHANGES.values():
        section = cancel_shapes(section_of(lambda x: x, array))
        for node in section_of(function, array).operations:
            own = OF_ELEMENTWISE if node.operation.elementwise else RULES.get(node.operation.name, ())
            used |= {rule for rule in own if rule(section.graph, node, node.inputs)}
    assert used == rules


def test_the_gradient_of_a_mean_is_no_array_of_equal_numbers() -> None:
    from dsl.graph.gradient import gradients
    from dsl.graph.graph import Graph

    def loss(x: Any) -> Any:
        value = op("mean", op("square", x - 1))
        assert isinstance(x.builder, Graph)
        return value, gradients(x.builder, value, [x])[x]

    section = section_of(loss, X)
    assert "broadcast_to" in names(section)
    assert not {"broadcast_to", "expand_dims"} & set(names(checked(section, X)))


def test_empty_arrays() -> None:
    empty = np.zeros((0, 3))
    section = section_of(
        lambda x: (
            op("exp", op("broadcast_to", op("reshape", x, shape=(0,)), shape=(2, 0))),
            op("concatenate", op("pad", x, pad_width=0), op("getitem", x, index=(slice(0, 0),))),
            op("transpose", op("transpose", x)) + op("broadcast_to", fixed(x, 2.0), shape=(0, 3)),
        ),
        empty,
    )
    checked(section, empty)


# -- at random ----------------------------------------------------------------------------------------------------------

MOVES: list[Callable[[Any, int, int], Any]] = [
    lambda x, i, j: op("reshape", x, shape=-1),
    lambda x, i, j: op("reshape", x, shape=(-1, 2)),
    lambda x, i, j: op("reshape", x, shape=(2, -1, 1)),
    lambda x, i, j: op("transpose", x),
    lambda x, i, j: op("swapaxes", x, axis1=i, axis2=j),
    lambda x, i, j: op("moveaxis", x, source=i, destination=j),
    lambda x, i, j: op("expand_dims", x, axis=i),
    lambda x, i, j: op("squeeze", x),
    lambda x, i, j: op("flip", x, axis=i),
    lambda x, i, j: op("getitem", x, index=(None, Ellipsis)),
    lambda x, i, j: op("getitem", x, index=(i,)),
    lambda x, i, j: op("getitem", x, index=(Ellipsis, BACK)),
    lambda x, i, j: op("getitem", x, index=(slice(i, None),)),
    lambda x, i, j: op("broadcast_to", x, shape=(2, *x.shape)),
    lambda x, i, j: op("broadcast_to", x, shape=(*x.shape[:-1], 3)),
    lambda x, i, j: op("broadcast_to", op("getitem", x, index=tuple([0] * x.type.rank)), shape=x.shape),
    lambda x, i, j: op("tile", x, reps=i),
    lambda x, i, j: op("stack", x, axis=i),
    lambda x, i, j: op("neg", x),
    lambda x, i, j: x * 3,
    lambda x, i, j: x - op("reshape", fixed(x, 2.5), shape=(1, 1)),
    lambda x, i, j: x + op("transpose", op("transpose", x)),
    lambda x, i, j: op("where", op("greater", x, 0), x, op("broadcast_to", fixed(x, 0.5), shape=x.shape)),
]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from([1, 2, 3]), max_size=3),
    st.lists(st.tuples(st.sampled_from(MOVES), st.integers(-2, 2), st.integers(-2, 2)), max_size=14),
)
def test_random_changes_of_shape_move_every_element_to_its_place(shape: list[int], moves: list[Any]) -> None:
    def function(x: Any) -> Any:
        for move, i, j in moves:
            try:
                moved = move(x, i, j)
            except OperationError:
                continue
            if moved.type.rank < 6 and 0 < np.prod([dim.value for dim in moved.shape]) < 2000:
                x = moved
        return x

    array = np.random.default_rng(0).normal(size=shape)
    section = section_of(function, array)
    after = checked(section, array)
    assert len(after.operations) <= len(section.operations)
    assert len(cancel_shapes(after).operations) <= len(after.operations)
