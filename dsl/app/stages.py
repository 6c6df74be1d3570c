"""A program at the stages of its way, for `nn check --print`: the syntax tree, the graph, the graph of gradients."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, cast

import click

from dsl.app.output import table
from dsl.app.program import Program
from dsl.app.report import line_of
from dsl.engine.figures import array
from dsl.graph.node import Node
from dsl.language.elaborate.model import Model
from dsl.language.syntax import Syntax
from dsl.ops.parameters import spell
from dsl.ops.slicing import spell_index

Stage = Literal["tree", "graph", "gradient"]

_INDENT = "  "


def print_stage(stage: Stage, model: Model) -> None:
    """Print one stage of a checked program. Raises ProgramError where it is not clear what to differentiate."""
    if stage == "tree":
        click.echo("\n".join(tree_lines(_tree(model))))
        return
    rows = [[node.name, str(node.type), expression(node), line_of(node)] for node in _nodes(stage, model)]
    table(["node", "type", "is", "line"], rows, right=["line"])


def stage_as_json(stage: Stage, model: Model) -> list[Any]:
    """One stage for tools: the lines of the tree, which may be too deep for nested objects, or the nodes in their order."""
    if stage == "tree":
        return list(tree_lines(_tree(model)))
    return [
        {
            "name": node.name,
            "kind": node.kind,
            "operation": node.operation.name if node.operation else None,
            "inputs": [source.name for source in node.inputs],
            "type": str(node.type),
            "expression": expression(node),
            "file": node.span.source.name if node.span else None,
            "line": node.span.line if node.span else None,
        }
        for node in _nodes(stage, model)
    ]


def _tree(model: Model) -> Syntax:
    assert model.frame is not None
    return model.frame.module.tree


def _nodes(stage: Stage, model: Model) -> Sequence[Node]:
    """The program's own nodes, or those that the gradient of its loss adds, which are named after what they belong to."""
    program = Program(model)
    if stage == "graph":
        return program.forward
    start = len(model.graph.nodes)
    program.gradient_nodes(program.loss_name(), [n for n in program.forward if n.kind == "parameter"])
    made = model.graph.nodes[start:]
    for node in made:
        model.graph.name(node, f"∂{node.backward_of.name if node.backward_of else ''}.{node.label}")
    return made


def expression(node: Node, called: Callable[[Node], str] = lambda node: node.name) -> str:
    """A node as the call that computes it, on inputs by what they are `called`."""
    if node.kind == "constant":
        return array(node.value)
    if node.operation is None:
        return node.kind
    arguments = [called(source) for source in node.inputs]
    for name, value in node.attributes.items():
        if not _same(value, node.operation.defaults.get(name)):
            arguments.append(f"{name}={spell_index(value) if name == 'index' else spell(value)}")
    return f"{node.operation.name}({', '.join(arguments)})"


def _same(value: Any, default: Any) -> bool:
    """Whether an attribute has its default value; arrays are never taken for one."""
    return bool(value == default) if not hasattr(value, "shape") else False


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
        else:
            yield f"{prefix}{spell(item)}"


def _fields(item: Syntax) -> tuple[str, list[tuple[str, Any]]]:
    """The fields of a syntax node: simple values on its line, inner nodes below."""
    plain: list[str] = []
    inner: list[tuple[str, Any]] = []
    for field in dataclasses.fields(cast(Any, item)):
        value: Any = getattr(item, field.name)
        if field.name in ("span", "docs") or value is None or value == ():
            continue
        if isinstance(value, Syntax | tuple):
            inner.append((field.name, cast(Any, value)))
        else:
            plain.append(spell(value))
    return (f" {' '.join(plain)}" if plain else ""), inner
