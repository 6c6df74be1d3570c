"""Sections in text, and what a pass changed."""

from __future__ import annotations

import numpy as np
from pass_sections import fixed, op, section_of

import dsl
from dsl.graph.graph import Graph
from dsl.graph.passes.algebra import simplify
from dsl.graph.passes.common import merge_common
from dsl.graph.passes.describe import describe, difference
from dsl.graph.passes.pipeline import PASSES, trace
from dsl.graph.passes.section import Section, specialise
from dsl.graph.passes.shapes import cancel_shapes

X = np.ones((2, 3))

PROGRAM = """dtype f64
placeholder x: [2, 3]
parameter w: [3] = 1
h = relu(x[:, ::-1] * w)
loss = sum(h, axis=[1]) / 4
"""


def program_section() -> Section:
    program = dsl.loads(PROGRAM)
    leaves = [program.node("x"), program.node("w")]
    return specialise(program.model.graph, leaves, [program.node("loss")])


def test_a_line_for_each_node() -> None:
    assert describe(program_section()) == [
        "%0 = placeholder        f64[2, 3]  line 2  x",
        "%1 = parameter          f64[3]  line 3  w",
        "%2 = %0[:, 2::-1]       f64[2, 3]  line 4  h.getitem",
        "%3 = multiply(%2, %1)   f64[2, 3]  line 4  h.multiply",
        "%4 = relu(%3)           f64[2, 3]  line 4  h",
        "%5 = sum(%4, axis=[1])  f64[2]  line 5  loss.sum",
        "%6 = 4.0                f64  line 5  loss.constant",
        "%7 = divide(%5, %6)     f64[2]  line 5  loss  (result 0)",
    ]


def test_constants_and_attributes() -> None:
    def function(x):
        return (
            x * fixed(x, -0.0),
            op("unslice", x, shape=(4, 3), index=(slice(0, 2),)),
            fixed(x, [1.0, 2.0, np.inf]),
            fixed(x, np.zeros(1000)),
            fixed(x, np.full(12, 0.123456)),
            op("astype", x, dtype="f32"),
            op("sum", x),
            op("sum", x, axis=1, keepdims=True),
        )

    texts = [line.split(" = ", 1)[1].split("  ")[0] for line in describe(section_of(function, X))]
    assert texts == [
        "placeholder",
        "-0.0",
        "multiply(%0, %1)",
        "unslice(%0, shape=[4, 3], index=[0:2, :])",
        "[1.0, 2.0, inf]",
        "constant of 1000 elements",
        "constant of 12 elements",
        "astype(%0)",
        "sum(%0, axis=[0, 1])",
        "sum(%0, axis=[1], keepdims=true)",
    ]


def test_states_and_their_next_values() -> None:
    section = section_of(lambda x, state: (x * state, state + x), X, X)
    leaf, state = section.leaves
    product, total = section.results
    training = Section(section.graph, [leaf], [product, state], [state], [total])
    assert describe(training) == [
        "%0 = placeholder       f64[2, 3]",
        "%1 = placeholder       f64[2, 3]  (state, result 1)",
        "%2 = multiply(%0, %1)  f64[2, 3]  (result 0)",
        "%3 = add(%1, %0)       f64[2, 3]  (next %1)",
    ]


def test_the_backward_half_is_marked() -> None:
    program = dsl.loads(PROGRAM + "total = sum(loss)\n")
    graph = program.model.graph
    assert isinstance(graph, Graph)
    gradient = graph.gradient(program.node("total"), program.node("w"))  # pyright: ignore
    section = specialise(graph, [program.node("x"), program.node("w")], [gradient])
    lines = describe(section)
    assert any("  line 5  backward" in line for line in lines)
    assert not any("backward" in line for line in lines if "relu" in line)


def test_an_empty_section() -> None:
    assert describe(Section(Graph(), [], [])) == []


def test_long_operations_push_their_types_aside() -> None:
    values = [X] * 20
    lines = describe(section_of(lambda *nodes: op("concatenate", *nodes), *values))
    assert lines[0] == f"{'%0 = placeholder':60}  f64[2, 3]"
    assert lines[-1].endswith("%18, %19)  f64[40, 3]  (result 0)")


def test_what_a_pass_took_away_and_put_in() -> None:
    section = section_of(lambda x: op("exp", -x * -(x + 1)), X)
    assert difference(section, simplify(section)) == [
        "- %1 = neg(%0)           f64[2, 3]",
        "- %4 = neg(%3)           f64[2, 3]",
        "- %5 = multiply(%1, %4)  f64[2, 3]",
        "+ %3 = multiply(%0, %2)  f64[2, 3]",
    ]


def test_what_was_there_twice() -> None:
    section = section_of(lambda x: op("exp", x) * op("exp", x), X)
    assert difference(section, merge_common(section)) == ["- %2 = exp(%0)           f64[2, 3]"]


def test_no_change_is_no_difference() -> None:
    section = program_section()
    assert difference(section, section) == []
    assert difference(section, specialise(section.graph, section.leaves, section.results)) == []


def test_the_steps_of_all_passes_tell_the_whole_story() -> None:
    section = section_of(lambda x: op("transpose", op("transpose", x * 1)) + (2 - fixed(x, 1.0)), X)
    steps = trace(section)
    assert [name for name, _ in steps] == ["shapes", "constants", "common", "algebra"]
    assert {name for name, _ in steps} <= {name for name, _ in PASSES}
    before = section
    for _, after in steps:
        assert difference(before, after)
        before = after
    assert cancel_shapes(before) is before
