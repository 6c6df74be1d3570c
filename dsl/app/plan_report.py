"""The plan of a program in words, for `nn check --print`: its calls and their memory, what each pass did, the code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from typing import Any, Literal

import click

from dsl.app.output import table
from dsl.app.plan import Plan, compiled, stages_of
from dsl.app.planned import planned
from dsl.app.program import Program
from dsl.app.report import line_of
from dsl.app.stages import expression
from dsl.app.wording import plural
from dsl.engine.figures import short
from dsl.engine.listing import Entry, Listing, Value
from dsl.engine.names import AUTOMATIC
from dsl.graph.node import Node
from dsl.graph.passes.describe import describe, difference
from dsl.graph.passes.section import Section
from dsl.source.painting import styled
from dsl.source.render import printable

PlanStage = Literal["plan", "passes", "code"]


def print_plan(stage: PlanStage, program: Program, engine: str = AUTOMATIC) -> None:
    """Print the plan of a program, the passes that lead to it, or its code. Raises ProgramError."""
    found = planned(program)
    if stage == "passes":
        _print_passes(found.title, stages_of(found))
        return
    plan = compiled(found, engine)
    if stage == "code":
        click.echo("\n".join(map(printable, plan.executable.source.splitlines())))
    else:
        _print_calls(plan)


def plan_as_json(stage: PlanStage, program: Program, engine: str = AUTOMATIC) -> Any:
    """The same for tools: the plan or its passes as objects, the code as its lines. Raises ProgramError."""
    found = planned(program)
    if stage == "passes":
        return _passes_as_json(found.title, stages_of(found))
    plan = compiled(found, engine)
    return plan.executable.source.splitlines() if stage == "code" else _plan_as_json(plan, engine)


# -- the calls ------------------------------------------------------------------------------------------------------------


def _print_calls(plan: Plan) -> None:
    found = plan.listing
    numbers = count(1)
    rows = [
        _row(entry, "" if entry.kind in ("given", "state", "free") else str(next(numbers))) for entry in found.entries
    ]
    table(
        ["", "call", "value", "bytes", "FLOPs", "line"],
        rows,
        title=f"plan of {plan.title}",
        right=["", "bytes", "FLOPs", "line"],
    )
    click.echo()
    table(["in all", ""], [[name, text] for name, text in _summary(plan, found).items()])


def _row(entry: Entry, number: str) -> list[str]:
    return [
        number,
        _equation(entry),
        "; ".join(map(_described, entry.writes)),
        short(entry.nbytes) if entry.kind == "call" else "",
        short(entry.flops) if number else "",
        ", ".join(dict.fromkeys(map(_line, entry.nodes))),
    ]


def _described(value: Value) -> str:
    """The type of a value and where it lies: `f32[64, 10] @1024`, `f32[10], view of parameters`."""
    apart = " " if value.place.startswith("@") else ", "
    return f"{value.node.type}{apart}{value.place}" if value.place else str(value.node.type)


def _equation(entry: Entry) -> str:
    """What is written, from what is read: `h = matmul(x, w)`; several operations `y = {multiply ×2, add}(x, rate)`."""
    written = ", ".join(value.name for value in entry.writes)
    if entry.kind in ("given", "state"):
        return written
    if entry.kind == "free":
        names = {value.node: value.name for value in entry.reads}
        return f"{written} = {expression(entry.nodes[0], names.__getitem__)}"
    read = ", ".join(value.name for value in entry.reads)
    counts = Counter(node.label for node in entry.nodes)
    operations = ", ".join(name if times == 1 else f"{name} ×{times}" for name, times in counts.items())
    together = f"{{{operations}}}" if len(entry.nodes) > 1 else operations or "copy"
    return f"{written} = {together}({read})"


def _line(node: Node) -> str:
    """The line that a node comes from, marked where it serves a gradient."""
    return f"∂ {line_of(node)}" if node.backward_of else line_of(node)


def _summary(plan: Plan, found: Listing) -> dict[str, str]:
    calls, free = found.count("call"), found.count("free")
    none = f", and {plural(free, 'operation')} that {'needs' if free == 1 else 'need'} none" if free else ""
    return {
        "engine": f"{plan.generator}, {plan.reason}",
        **{f"not {name}": f"it {why}" for name, why in plan.others.items() if why},
        **({} if found.arena is None else {"calls": f"{calls:,}{none}", "arena": plural(found.arena, "byte")}),
        "states": plural(found.states, "byte"),
        "constants": plural(found.constants, "byte"),
        "FLOPs": f"{found.flops:,}",
    }


def _plan_as_json(plan: Plan, engine: str) -> dict[str, Any]:
    found = plan.listing
    return {
        "of": plan.title,
        "engine": plan.generator,
        "asked": engine,
        "reason": plan.reason,
        "others": plan.others,
        "entries": [_entry_as_json(entry) for entry in found.entries],
        "bytes": {"arena": found.arena, "states": found.states, "constants": found.constants},
        "flops": found.flops,
    }


def _entry_as_json(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "operations": [node.label for node in entry.nodes if node.operation],
        "reads": [_value_as_json(value) for value in entry.reads],
        "writes": [_value_as_json(value) for value in entry.writes],
        "bytes": entry.nbytes,
        "flops": entry.flops,
        "places": [
            {"file": node.span.source.name, "line": node.span.line, "backward": node.backward_of is not None}
            for node in entry.nodes
            if node.span
        ],
    }


def _value_as_json(value: Value) -> dict[str, Any]:
    return {"name": value.name, "place": value.place, "type": str(value.node.type)}


# -- the passes -----------------------------------------------------------------------------------------------------------


def _print_passes(title: str, stages: Sequence[tuple[str, Section]]) -> None:
    first = stages[0][1]
    click.echo(styled(f"{title}: {plural(len(first.operations), 'operation')}", bold=True))
    click.echo("\n".join(map(printable, describe(first))))
    for name, before, after, lines in _changes(stages):
        click.echo(styled(f"\n{name}: {before:,} operations before, {after:,} after", bold=True))
        for line in lines:
            click.echo(styled(printable(line), fg="green" if line.startswith("+") else "red"))


def _passes_as_json(title: str, stages: Sequence[tuple[str, Section]]) -> dict[str, Any]:
    passes = [
        {
            "name": name,
            "operations": after,
            "removed": [line[2:] for line in lines if line.startswith("-")],
            "added": [line[2:] for line in lines if line.startswith("+")],
        }
        for name, _, after, lines in _changes(stages)
    ]
    first = stages[0][1]
    return {"of": title, "operations": len(first.operations), "section": describe(first), "passes": passes}


def _changes(stages: Sequence[tuple[str, Section]]) -> Iterator[tuple[str, int, int, list[str]]]:
    """Each pass that changed something: its name, the operations before and after it, and the lines that differ."""
    for (_, before), (name, after) in pairwise(stages):
        lines = difference(before, after)
        if lines:
            yield name, len(before.operations), len(after.operations), lines
