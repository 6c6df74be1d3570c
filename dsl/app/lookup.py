"""What a program has by name: its values, its data sets, its training runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsl.app.wording import there_is
from dsl.graph.node import Node
from dsl.language.elaborate.model import Model
from dsl.source.diagnostic import fail
from dsl.source.nearest import did_you_mean
from dsl.training.data.dataset import Dataset
from dsl.training.run import TrainRun


def find_node(model: Model, forward: Sequence[Node], name: str) -> Node:
    """The node of this name or name path. Raises ProgramError with the nearest name."""
    node = model.names.get(name) or model.graph.names.get(name)
    if node is None:
        known = [*model.names, *(other.name for other in forward)]
        otherwise = there_is(known, "the program computes nothing")
        raise fail("name", f"there is no value `{name}`", hint=did_you_mean(name, known, otherwise))
    return node


def find_dataset(model: Model, name: str) -> Dataset:
    """The data set of a full name, such as `digits.train`, loaded when it is first asked for. Raises ProgramError."""
    block, _, part = name.partition(".")
    plan = model.data.get(block)
    if plan is None:
        known = list(model.data)
        hint = did_you_mean(block, known, there_is(known, "the program has no `data` block"))
        raise fail("data", f"there is no data set `{name}`", hint=hint)
    loaded = plan.load()
    part = part or ("all" if "all" in loaded.parts else "")
    if part not in loaded.parts:
        known = [f"{block}.{other}" for other in loaded.parts]
        raise fail("data", f"there is no data set `{name}`", hint=did_you_mean(name, known, there_is(known, "")))
    return loaded.parts[part]


def find_runs(model: Model, names: Sequence[str] | None, overrides: Mapping[str, Any] | None) -> list[TrainRun]:
    """The training runs, all or those named, with keys overridden. Raises ProgramError when there is none of that name."""
    from dsl.language.statements.train import train_run

    known = {run.name: run for run in model.runs}
    if not known:
        raise fail("train", "the program has no `train` block", hint="train { minimize = loss … }")
    for name in names or ():
        if name not in known:
            hint = did_you_mean(name, known, there_is(known, ""))
            raise fail("train", f"there is no `train` block named `{name}`", hint=hint)
    chosen = [name for name in known if names is None or name in names]
    if not overrides:
        return [known[name] for name in chosen]
    assert model.elaboration is not None
    statements = {s.name.id if s.name else "train": s for s in model.train_statements}
    return [train_run(model.elaboration, statements[name], overrides) for name in chosen]
