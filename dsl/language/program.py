"""A whole program: from a source to a model with its diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from dsl.language import syntax
from dsl.language.elaborate.checks import check_model
from dsl.language.elaborate.elaboration import Elaboration, Read
from dsl.language.elaborate.machine import Task, run
from dsl.language.elaborate.model import Model
from dsl.language.elaborate.modules import library, open_module
from dsl.language.elaborate.scope import Frame, Module
from dsl.language.elaborate.unresolved import check_uncalled
from dsl.source.collection import without_garbage_collection
from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.source.nearest import did_you_mean
from dsl.source.text import Source

for _module in ("elaborate.calls", "elaborate.expressions", "statements.control", "statements.declarations",
                "statements.expect", "statements.functions", "statements.imports"):  # fmt: skip
    import_module(f"dsl.language.{_module}")  # each registers what it elaborates


@without_garbage_collection()
def elaborate(
    source: Source,
    overrides: Mapping[str, Any] | None = None,
    *,
    tree: syntax.Program | None = None,
    read: Read = Source.read,
) -> Model:
    """The model of a program, with all diagnostics that could be found in `model.diagnostics`.

    `overrides` are `--set` values by name: constants and dimensions, and keys of train blocks as `train.epochs`.
    `tree` is the source's tree, where it has been read already; `read` reads the files it imports.
    """
    e = Elaboration(overrides or {}, library, read)
    model = e.model
    try:
        module = open_module(e, source, tree)
    except ProgramError as error:
        e.report_all(error)
        return model
    model.frame = module.frame
    model.elaboration = e
    model.documentation = module.tree.docs.get(0, "")
    run(_statements(e, module))
    _check_overrides(e, module)
    check_uncalled(e, module)
    e.loading = False
    if not model.errors:
        check_model(e, module)
    return model


def value_of(expression: syntax.Expression) -> Any:
    """What an expression stands for that belongs to no program. Raises ProgramError."""
    frame = Frame(Module(expression.span.source, syntax.Program(expression.span, (), {})))
    return run(Elaboration({}, library).evaluate(expression, frame))


def _statements(e: Elaboration, module: Module) -> Task:
    for index in range(len(module.tree.statements)):
        if not module.state[index]:
            yield e.top_statement(module, index)


def _check_overrides(e: Elaboration, module: Module) -> None:
    known = {*e.model.constants, *e.model.dims, *e.used_overrides}
    for name in e.overrides:
        if name in e.used_overrides:
            continue
        e.report(
            Diagnostic(
                "argument",
                f"there is nothing to set named `{name}`",
                hint=did_you_mean(name, known, "constants, dimensions, and the keys of train blocks can be set"),
            )
        )
