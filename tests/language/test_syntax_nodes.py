"""Nodes of the syntax tree are values: frozen, compared by what they say and not by where they stand."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from dsl.language import syntax
from dsl.language.parser import parse
from dsl.source.text import Source, Span

HERE, THERE = Span(Source("x = a + 1"), 4, 5), Span(Source("y = a"), 4, 5)
KINDS = [kind for kind in vars(syntax).values() if isinstance(kind, type) and issubclass(kind, syntax.Syntax)]


def test_a_node_cannot_be_changed():
    name = syntax.Name(HERE, "a")
    with pytest.raises(FrozenInstanceError):
        name.id = "b"
    with pytest.raises(FrozenInstanceError):
        del name.id
    with pytest.raises((FrozenInstanceError, AttributeError)):
        name.other = 1


def test_nodes_are_equal_when_they_say_the_same():
    assert syntax.Name(HERE, "a") == syntax.Name(THERE, "a")
    assert hash(syntax.Name(HERE, "a")) == hash(syntax.Name(THERE, "a"))
    assert syntax.Name(HERE, "a") != syntax.Name(HERE, "b")
    assert syntax.Name(HERE, "a") != syntax.String(HERE, "a")
    assert syntax.Name(HERE, "a") != "a"


def test_a_node_shows_what_it_says():
    unary = syntax.Unary(HERE, "-", syntax.Name(HERE, "a"))
    assert repr(unary) == "Unary(operator='-', operand=Name(id='a'))"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_kind_has_the_fields_of_a_dataclass(kind):
    names = tuple(field.name for field in fields(kind))
    assert names[0] == "span"
    assert kind.__match_args__ == names
    assert not hasattr(kind(*names), "__dict__")
    assert [getattr(kind(*names), name) for name in names] == list(names)


def test_nodes_can_be_matched_and_replaced():
    match syntax.Unary(HERE, "-", syntax.Name(HERE, "a")):
        case syntax.Unary(_, "-", syntax.Name(id=name)):
            assert name == "a"
        case _:
            pytest.fail("not matched")
    assert replace(syntax.Name(HERE, "a"), id="b") == syntax.Name(HERE, "b")


def test_a_tree_can_be_copied_and_stored():
    tree = parse(Source("x = f(a, axis=[1, -2])[0, 1:, ...] |> g\ntrain { epochs = 3 }\n"))
    assert copy.copy(tree) == tree
    assert copy.deepcopy(tree) == tree
    assert pickle.loads(pickle.dumps(tree)) == tree
