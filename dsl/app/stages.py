"""A program at the stages of its way, for `nn check --print`: the syntax tree, the graph, the graph of gradients."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, cast

import click

from dsl.app.output import array, table
from dsl.app.program import Program
from dsl.graph.node import Node
from dsl.language.elaborate.model import Model
from dsl.language.syntax import Syntax
from dsl.ops.slicing import spell_index
from dsl.ops.parameters import spell

_INDENT = "  "


def print_stage(stage: str, model: Model) -> None:
    """Print one stage of a checked program."""
    program = Program(model)
    match stage:
        case "tree":
            assert model.frame is not None
            click.echo("\n".join(tree_lines(model.frame.module.tree)))
        case "graph":
            print_nodes(program.forward)
        case _:
            start = len(model.graph.nodes)
            program.gradient_nodes(program.loss_name(), [n for n in program.forward if n.kind == "parameter"])
            made = model.graph.nodes[start:]
            for node in made:
                model.graph.name(node, f"∂{node.backward_of.name if node.backward_of else ''}.{node.label}")
            print_nodes(made)


def print_nodes(nodes: Sequence[Node]) -> None:
    """A table of nodes: each with its type, how it is computed, and its line."""
    rows = [
        [node.name, str(node.type), expression(node), str(node.span.line) if node.span else ""] for node in nodes
    ]
    table(["node", "type", "is", "line"], rows, right=["line"])


def expression(node: Node) -> str:
    """A node as the call that computes it."""
    if node.kind == "constant":
        return array(node.value)
    if node.operation is None:
        return node.kind
    arguments = [source.name for source in node.inputs]
    for name, value in node.attributes.items():
        if value != node.operation.defaults.get(name):
            arguments.append(f"{name}={spell_index(value) if name == 'index' else spell(value)}")
    return f"{node.operation.name}({', '.join(arguments)})"


def tree_lines(tree: Syntax) -> Iterator[str]:
    """The syntax tree, a node a line, indented; no recursion, since trees may be deep."""
    waiting: list[tuple[int, str, Any]] = [(0, "", tree)]
    while waiting:
        depth, field, item = waiting.pop()
        prefix = f"{_INDENT * depth}{field}{': ' if field else ''}"
        if isinstance(item, Syntax):
            plain, inner = _fields(item)
            yield f"{prefix}{type(item).__name__}{plain}  @{item.span.line}"
            waiting += [(depth + 1, name, value) for name, value in reversed(inner)]
        elif isinstance(item, tuple):
            parts = cast("tuple[Any, ...]", item)
            yield f"{prefix}{len(parts)}"
            waiting += [(depth + 1, "", value) for value in reversed(parts)]


def _fields(item: Syntax) -> tuple[str, list[tuple[str, Any]]]:
    """The fields of a syntax node: simple values on its line, inner nodes below."""
    plain: list[str] = []
    inner: list[tuple[str, Any]] = []
    for field in dataclasses.fields(cast(Any, item)):
        value = getattr(item, field.name)
        if field.name in ("span", "docs") or value is None or value == ():
            continue
        if isinstance(value, Syntax | tuple):
            inner.append((field.name, value))
        else:
            plain.append(spell(value))
    return (f" {' '.join(plain)}" if plain else ""), inner

