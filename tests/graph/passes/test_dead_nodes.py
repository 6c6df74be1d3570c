"""What no result and no update needs is left out whenever a section is rebuilt; leaves and states stay."""

from __future__ import annotations

import numpy as np
from pass_sections import check_topological, fixed, names, op, run, section_of

from dsl.graph.passes.pipeline import optimise
from dsl.graph.passes.section import Section, rewrite
from dsl.ops.dtypes import BOOL

X = np.array([1.5, 2.0])


def with_dead_nodes() -> Section:
    def function(x, y):
        op("exp", op("log", x))
        used = x * 2
        op("sum", used)
        return used

    section = section_of(function, X, X)
    graph = section.graph
    dead = graph.apply(section.operations[0].operation, (section.leaves[1], section.leaves[1]), {})
    assert dead in graph.nodes
    return section


def test_rebuilding_leaves_dead_nodes_out() -> None:
    section = with_dead_nodes()
    after = rewrite(section, lambda graph, node, inputs: None)
    assert len(section.graph.nodes) > len(after.graph.nodes)
    assert after.graph.nodes == [*after.leaves, *(node for node in after.nodes if node not in after.leaves)]
    assert names(after) == ["multiply"]
    assert len(after.leaves) == 2
    check_topological(after)
    np.testing.assert_array_equal(run(after, [X, X])[0], [3.0, 4.0])


def test_what_a_section_runs_are_the_nodes_that_are_needed() -> None:
    assert names(with_dead_nodes()) == ["multiply"]


def test_what_a_pass_replaced_is_gone() -> None:
    section = section_of(lambda x: op("where", fixed(x, True, BOOL), x, op("exp", op("tanh", x))), X)
    assert names(section) == ["tanh", "exp", "where"]
    assert names(optimise(section)) == []


def test_updates_keep_what_only_they_need() -> None:
    section = section_of(lambda x, state: (x * 2, state + op("exp", x), op("log", x)), X, X)
    leaf, state = section.leaves
    result, update, _ = section.results
    training = Section(section.graph, [leaf], [result], [state], [update])
    after = optimise(training)
    assert sorted(names(after)) == ["add", "exp", "multiply"]
    np.testing.assert_array_equal(run(after, [X, X])[1], X + np.exp(X))
    assert len(after.states) == len(after.updates) == 1


def test_a_state_that_nothing_changes_or_reads_stays() -> None:
    section = section_of(lambda x, state: x * 2, X, X)
    leaf, state = section.leaves
    still = Section(section.graph, [leaf], section.results, [state], [state])
    after = optimise(rewrite(still, lambda graph, node, inputs: None))
    assert after.updates == after.states
