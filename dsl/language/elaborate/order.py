"""The order of statements at the top of a file: that of the text, except where one needs a name bound further down."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from dsl.language import syntax
from dsl.language.elaborate.scope import Module
from dsl.source.diagnostic import Label, ProgramError, fail

WAITING, IN_PROGRESS, DONE = 0, 1, 2
"""The states of a statement, in `Module.state`."""


def bound_names(statements: Iterable[syntax.Statement]) -> Iterator[syntax.Name]:
    """The names that statements bind at their own level, those inside their blocks included."""
    waiting = [iter(statements)]
    while waiting:
        for statement in waiting[-1]:
            match statement:
                case syntax.Assignment():
                    yield from statement.targets
                case syntax.IfStatement():
                    inner = [
                        *statement.then.statements,
                        *(statement.otherwise.statements if statement.otherwise else ()),
                    ]
                    waiting.append(iter(inner))
                    break
                case syntax.RepeatStatement():
                    for carried in statement.carried:
                        yield carried.name
                case (
                    syntax.DimStatement()
                    | syntax.ConstantStatement()
                    | syntax.PlaceholderStatement()
                    | syntax.ParameterStatement()
                    | syntax.MetricStatement()
                    | syntax.DataStatement()
                ):
                    yield statement.name
                case _:
                    pass
        else:
            waiting.pop()


def binders(statements: Iterable[syntax.Statement]) -> dict[str, int]:
    """The statement, by its index, that binds each name first."""
    found: dict[str, int] = {}
    for index, statement in enumerate(statements):
        for name in bound_names([statement]):
            found.setdefault(name.id, index)
    return found


def cycle(module: Module, index: int, name: syntax.Name) -> ProgramError:
    """The error of statements that wait for each other, named one by one."""
    ring = module.underway[module.underway.index(index) :]
    statements = [module.tree.statements[i] for i in ring]
    names = [next(iter(bound_names([statement])), name) for statement in statements]
    names[0] = name if len(ring) == 1 else names[0]
    if len(ring) == 1:
        return fail(
            "cycle",
            f"`{name.id}` is used in its own definition",
            name.span,
            label="not known yet here",
            hint=f"a name is bound once: give the new value another name, or write `repeat … with {name.id} = …`",
        )
    way = " → ".join(f"`{part.id}`" for part in [*names, names[0]])
    labels = [Label(part.span, f"`{part.id}` needs `{following.id}`") for part, following in itertools.pairwise(names)]
    return fail(
        "cycle",
        f"these values need each other: {way}",
        name.span,
        label=f"`{names[-1].id}` needs `{names[0].id}`",
        labels=labels[:8],
        hint="a graph has no cycle; a recurrence is unrolled with `repeat`",
    )
