"""The plan of a program as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsl.app.plan import compiled
from dsl.app.planned import planned
from dsl.diagram.formats import Subject
from dsl.diagram.plan import plan_diagram
from dsl.engine.names import AUTOMATIC

if TYPE_CHECKING:
    from dsl.app.drawing import View
    from dsl.app.program import Program


def plan_subject(program: Program, view: View) -> Subject:
    """The calls of the compiled step, for the sizes of what is fed or of a batch. Raises ProgramError."""
    program.feed(view.feeds or {})
    plan = compiled(planned(program), view.engine if isinstance(view.engine, str) else AUTOMATIC)
    return Subject(plan_diagram(f"plan of {plan.title}", plan.listing, next(iter(plan.results), "")))
