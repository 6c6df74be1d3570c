"""Layers and functions folded into steps: what lies in which, what they take, and in which order they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

import dsl
from dsl.graph.outline import Outline, fitting_depth, outline, scopes_of, to_depth

PROGRAMS = sorted((Path(__file__).resolve().parents[2] / "programs").glob("*.nn"))

NET = """
dim batch
placeholder x: [batch, 4]
layer Block(units)(x: [..., n]) {
    inner = x |> Dense(units) |> relu |> Dense(n)
    return x + inner
}
def energy(h) { return mean(square(h)) }
h = x |> Block(8) |> Block(8)
loss = energy(h)
train { minimize = loss; steps = 1 }
"""

SHARED = """
placeholder x: [3, 4]
encoder = Dense(2)
loss = mean(encoder(x) * encoder(-x))
train { minimize = loss; steps = 1 }
"""


def folded(text: str, depth: int) -> Outline:
    return outline(dsl.loads(text).forward, to_depth(depth))


def names(text: str, depth: int) -> list[str]:
    return [step.name for step in folded(text, depth).steps]


def test_folded_layers_and_functions_are_a_step_each_named_after_their_result() -> None:
    assert names(NET, 0) == ["x", "h.Block", "h", "loss"]


def test_opened_one_deep_a_layer_shows_the_layers_inside_it() -> None:
    found = folded(NET, 1)
    block = [step for step in found.steps if step.around and step.around.path == "h.Block"]
    assert [step.name for step in block] == [
        "h.Block.inner.Dense",
        "h.Block.inner.relu",
        "h.Block.inner",
        "h.add",
    ]
    assert [step.is_folded for step in block] == [True, False, True, False]
    assert [parameter.name for parameter in block[0].parameters] == ["h.Block.inner.Dense.w", "h.Block.inner.Dense.b"]


def test_opened_as_deep_as_it_goes_every_node_is_a_step() -> None:
    program = dsl.loads(NET)
    found = outline(program.forward)
    assert [step.nodes for step in found.steps] == [[node] for node in program.forward]


def test_a_skip_is_an_input_of_what_adds_it() -> None:
    found = folded(NET, 1)
    add = next(step for step in found.steps if step.name == "h.add")
    assert [source.name for source in found.sources(add)] == ["x", "h.Block.inner"]


def test_a_parameter_used_by_one_layer_lies_in_it_and_one_used_by_two_lies_around_both() -> None:
    found = folded(SHARED, 0)
    assert [step.name for step in found.steps if step.node.kind == "parameter"] == ["encoder.w", "encoder.b"]
    first, second = (step for step in found.steps if step.is_folded)
    assert first.nodes[0].scope is not second.nodes[0].scope
    assert [node.name for node in second.inputs] == ["loss.neg", "encoder.w", "encoder.b"]


def test_scopes_know_what_they_lie_in() -> None:
    scopes = scopes_of(dsl.loads(NET).forward)
    assert [(scope.path, scope.title, scope.is_layer, scope.depth) for scope in scopes] == [
        ("h.Block", "Block", True, 0),
        ("h.Block.inner.Dense", "Dense", True, 1),
        ("h.Block.inner.Dense_2", "Dense", True, 1),
        ("h.Block_2", "Block", True, 0),
        ("h.Block_2.inner.Dense", "Dense", True, 1),
        ("h.Block_2.inner.Dense_2", "Dense", True, 1),
        ("loss.energy", "energy", False, 0),
    ]


def test_the_depth_that_fits_is_the_deepest_with_so_few_steps() -> None:
    nodes = dsl.loads(NET).forward
    counts = [len(outline(nodes, to_depth(depth)).steps) for depth in range(3)]
    assert counts == sorted(set(counts))
    for depth, count in enumerate(counts):
        assert fitting_depth(nodes, count) == depth
        assert fitting_depth(nodes, count - 1) == max(depth - 1, 0)


def test_a_value_made_on_demand_inside_a_call_lies_outside_of_it() -> None:
    """A function may use a value that is bound further down: it is made then, and is no part of the call."""
    program = dsl.loads(
        "def shifted(x) { return x + later }\na = shifted(2.0 * early)\nlater = 3.0 * early\nplaceholder early\n"
    )
    inside = {node.name for node in program.forward if node.scope}
    assert inside == {"a"}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
@pytest.mark.parametrize("depth", [0, 1, 2, 9])
def test_in_every_program_each_node_is_shown_once_and_steps_come_after_what_they_take(path: Path, depth: int) -> None:
    nodes = dsl.load(path).forward
    found = outline(nodes, to_depth(depth))
    assert sorted(node.index for step in found.steps for node in step.nodes) == [node.index for node in nodes]
    place = {step: number for number, step in enumerate(found.steps)}
    for step in found.steps:
        assert step.outputs
        assert all(found.step_of[node] is step for node in step.nodes)
        assert all(place[source] < place[step] for source in found.sources(step))
    names = [step.name for step in found.steps]
    assert len(set(names)) == len(names)
