"""The graph that users are given: a NetworkX directed graph of names, in running order."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsl

TEXT = """
dim n
placeholder x: [n, 3]
parameter w: [3, 2] = 0.5
h = x @ w
square_of_h = h * h
loss = mean(h - square_of_h, axis=[0, 1])
"""


@pytest.fixture(scope="module")
def program() -> dsl.Program:
    return dsl.loads(TEXT)


def test_it_is_a_directed_graph_without_cycles(program):
    assert isinstance(program.graph, nx.DiGraph)
    assert nx.is_directed_acyclic_graph(program.graph)


def test_its_nodes_stand_in_running_order(program):
    assert list(program.graph) == ["x", "w", "h", "square_of_h", "loss.subtract", "loss"]
    assert list(program.graph) == [node.name for node in program.forward]


def test_a_node_tells_what_it_is(program):
    facts = dict(program.graph.nodes["h"])
    assert facts.pop("node") is program.node("h")
    assert facts == {
        "kind": "operation",
        "operation": "matmul",
        "inputs": ("x", "w"),
        "attributes": {},
        "dtype": "f32",
        "shape": ("n", 2),
        "line": 5,
    }
    assert program.graph.nodes["x"]["kind"] == "placeholder"
    assert program.graph.nodes["w"]["operation"] is None
    assert program.graph.nodes["loss"]["attributes"]["axis"] == (0, 1)


def test_an_edge_tells_at_which_places_the_source_stands(program):
    assert program.graph.edges["x", "h"]["positions"] == (0,)
    assert program.graph.edges["w", "h"]["positions"] == (1,)
    assert program.graph.edges["h", "square_of_h"]["positions"] == (0, 1)
    assert program.graph.edges["h", "loss.subtract"]["positions"] == (0,)


def test_inputs_stay_in_their_order_whatever_the_order_of_the_text():
    graph = dsl.loads("y = where(c, a, b)\nb = 1\na = 2\nplaceholder c = true\nz = a - b\nu = b - a\n").graph
    assert graph.nodes["y"]["inputs"] == ("c", "a", "b")
    assert graph.nodes["z"]["inputs"] == ("a", "b")
    assert graph.edges["a", "u"]["positions"] == (1,)


def test_networkx_answers_questions_about_the_program(program):
    assert nx.ancestors(program.graph, "loss") == {"x", "w", "h", "square_of_h", "loss.subtract"}
    assert nx.descendants(program.graph, "w") == {"h", "square_of_h", "loss.subtract", "loss"}
    assert nx.dag_longest_path_length(program.graph) == 4
    assert not nx.descendants(program.graph, "loss")


def test_gradients_do_not_change_the_graph_of_the_program(program):
    before = list(program.graph.edges)
    program.gradients("loss", feeds={"x": [[1.0, 2.0, 3.0]]})
    assert list(dsl.loads(TEXT).graph.edges) == before
    assert list(program.graph.edges) == before


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=15),
    st.randoms(use_true_random=False),
)
def test_its_order_is_topological_and_its_edges_are_the_inputs(pairs, chance):
    lines = [f"v{i} = v{a % i} + v{b % i}" for i, (a, b) in enumerate(pairs, 1)]
    chance.shuffle(lines)
    graph = dsl.loads("\n".join([*lines, "placeholder v0 = 1", ""])).graph
    place = {name: index for index, name in enumerate(graph)}
    assert all(place[source] < place[target] for source, target in graph.edges)
    for name, facts in graph.nodes(data=True):
        assert set(graph.predecessors(name)) == set(facts["inputs"])
        for source in graph.predecessors(name):
            for position in graph.edges[source, name]["positions"]:
                assert facts["inputs"][position] == source
    text_order = [
        node.name for node in dsl.loads("\n".join(["placeholder v0 = 1", *sorted(lines, key=_number), ""])).forward
    ]
    assert text_order == [f"v{i}" for i in range(len(pairs) + 1)]


def _number(line: str) -> int:
    return int(line.split()[0][1:])
