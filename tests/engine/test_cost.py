"""What operations cost, and what a plan says of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dsl.engine.arrays.generator import ArrayGenerator
from dsl.engine.choice import GENERATORS
from dsl.engine.cost import flops
from dsl.engine.listing import Entry, listing
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import F32, F64, I64
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.types import TensorType

load()


def leaf(graph: Graph, *shape: int, dtype: Any = F32, name: str = "") -> Node:
    node = graph.placeholder(TensorType(dtype, as_shape(shape)))
    node.name = name
    return node


def apply(name: str, *inputs: Any, **attributes: Any) -> Node:
    return inputs[0].builder.apply(OPERATIONS[name], inputs, attributes)


class TestFlops:
    @pytest.mark.parametrize(
        ("left", "right", "expected"),
        [
            ((3, 4), (4, 5), 2 * 3 * 4 * 5),
            ((7, 3, 4), (4, 5), 7 * 2 * 3 * 4 * 5),
            ((4,), (4, 5), 2 * 4 * 5),
            ((3, 4), (4,), 2 * 3 * 4),
            ((4,), (4,), 2 * 4),
        ],
    )
    def test_a_product_multiplies_and_adds(self, left, right, expected):
        graph = Graph(F32)
        assert flops(apply("matmul", leaf(graph, *left), leaf(graph, *right))) == expected

    @pytest.mark.parametrize("name", ["exp", "neg", "tanh", "sqrt"])
    def test_a_function_costs_one_an_element(self, name):
        assert flops(apply(name, leaf(Graph(F32), 3, 4))) == 12

    def test_broadcasting_costs_the_elements_of_the_result(self):
        graph = Graph(F32)
        assert flops(apply("add", leaf(graph, 3, 1), leaf(graph, 4))) == 12
        assert flops(apply("multiply", leaf(graph), 2.0)) == 1

    @pytest.mark.parametrize("name", ["sum", "max", "prod"])
    def test_a_reduction_costs_the_elements_of_its_input(self, name):
        assert flops(apply(name, leaf(Graph(F32), 3, 4), axis=0)) == 12

    @pytest.mark.parametrize(
        ("name", "attributes"),
        [
            ("reshape", {"shape": (12,)}),
            ("transpose", {}),
            ("getitem", {"index": (0,)}),
            ("broadcast_to", {"shape": (2, 3, 4)}),
            ("astype", {"dtype": F64}),
            ("flip", {"axis": 0}),
            ("repeat", {"repeats": 2, "axis": 0}),
        ],
    )
    def test_moving_numbers_costs_none(self, name, attributes):
        assert flops(apply(name, leaf(Graph(F32), 3, 4), **attributes)) == 0

    def test_concatenating_costs_none(self):
        graph = Graph(F32)
        assert flops(apply("concatenate", leaf(graph, 3), leaf(graph, 4), axis=0)) == 0

    def test_adding_at_indices_costs_what_is_added(self):
        graph = Graph(F32)
        added = apply("index_add", leaf(graph, 100, 4), leaf(graph, 3, dtype=I64), leaf(graph, 3, 4), axis=0)
        assert flops(added) == 12

    def test_what_is_given_costs_none(self):
        assert flops(leaf(Graph(F32), 3, 4)) == 0


def listed(section: Section, states: list[np.ndarray] | None = None) -> list[Entry]:
    found = listing(section, ArrayGenerator(merges=False).compile(section, states or []), ["result"])
    assert found.flops == sum(map(flops, section.operations))
    return found.entries


def places(entries: list[Entry]) -> dict[str, str]:
    return {value.name: value.place for entry in entries for value in entry.writes}


class TestListing:
    def test_calls_stand_in_running_order_behind_what_is_given(self):
        graph = Graph(F32)
        x = leaf(graph, 2, 3, name="x")
        entries = listed(Section(graph, [x], [apply("exp", apply("neg", x))]))
        assert [entry.kind for entry in entries] == ["given", "call", "call"]
        assert [entry.nodes[0].label for entry in entries[1:]] == ["neg", "exp"]
        assert [value.name for value in entries[2].reads] == [entries[1].writes[0].name] == ["%1"]
        assert entries[2].nbytes == 2 * 24

    def test_a_result_without_a_name_gets_the_one_it_is_asked_for_by(self):
        graph = Graph(F32)
        x = leaf(graph, 2, name="x")
        assert list(places(listed(Section(graph, [x], [apply("neg", x)])))) == ["x", "result"]

    def test_a_value_takes_the_place_of_one_that_is_read_no_more(self):
        graph = Graph(F32)
        x = leaf(graph, 2, 3, name="x")
        first = apply("neg", x)
        first.name = "first"
        assert places(listed(Section(graph, [x], [apply("exp", first)])))["result"] == "@0, in place of first"

    def test_a_value_that_is_still_read_keeps_its_place(self):
        graph = Graph(F32)
        x = leaf(graph, 2, 3, name="x")
        first = apply("neg", x)
        second = apply("exp", first)
        found = places(listed(Section(graph, [x], [apply("add", first, second)])))
        assert found["%1"] == "@0"
        assert found["%2"] == "@64"

    def test_a_view_needs_no_call(self):
        graph = Graph(F32)
        x = leaf(graph, 2, 3, name="x")
        first = apply("neg", x)
        first.name = "first"
        turned = apply("transpose", first)
        turned.name = "turned"
        entries = listed(Section(graph, [x], [apply("exp", turned)]))
        assert [entry.kind for entry in entries] == ["given", "call", "free", "call"]
        assert places(entries)["turned"] == "view of first"
        assert entries[2].nbytes == entries[2].flops == 0

    def test_parts_lie_in_their_concatenation(self):
        graph = Graph(F32)
        x = leaf(graph, 3, name="x")
        parts = [apply("neg", x), apply("exp", x)]
        found = places(listed(Section(graph, [x], [apply("concatenate", *parts, axis=0)])))
        assert [found["%1"], found["%2"]] == ["result[0:3]", "result[3:6]"]

    def test_an_update_is_written_over_its_state(self):
        graph = Graph(F32)
        w = leaf(graph, 3, name="w")
        total, following = apply("sum", w), apply("multiply", w, 0.5)
        entries = listed(Section(graph, [], [total], [w], [following]), [np.ones(3, np.float32)])
        assert entries[0].kind == "state"
        assert "in place of w" in places(entries).values()

    def test_an_update_that_has_to_wait_is_copied_at_the_end(self):
        graph = Graph(F32)
        v, w = leaf(graph, 3, name="v"), leaf(graph, 3, name="w")
        states = [np.ones(3, np.float32), np.zeros(3, np.float32)]
        entries = listed(Section(graph, [], [apply("sum", v)], [v, w], [w, v]), states)
        copies = [(entry.kind, entry.writes[0].name) for entry in entries if not entry.nodes]
        assert copies == [("call", "v")]
        assert places(entries)["v"] == "state"

    def test_what_stays_inside_a_fused_step_is_not_written(self):
        graph = Graph(F32)
        x = leaf(graph, 1000, 500, name="x")
        entries = listed(Section(graph, [x], [apply("add", apply("exp", apply("neg", x)), 1)]))
        (call,) = (entry for entry in entries if entry.kind == "call")
        assert [node.label for node in call.nodes] == ["neg", "exp", "add"]
        assert [value.name for value in call.writes] == ["result"]
        assert [value.name for value in call.reads] == ["x", "1"]
        assert call.flops == 1_500_000

    def test_code_without_calls_is_listed_by_its_operations(self):
        graph = Graph(F64)
        x = leaf(graph, dtype=F64, name="x")
        section = Section(graph, [x], [apply("add", apply("neg", x), 1)])
        found = listing(section, GENERATORS["scalar"]().compile(section, []))
        assert found.arena is None
        assert [entry.kind for entry in found.entries] == ["given", "operation", "operation"]
        assert found.flops == 2
        assert found.constants == 8
