"""`import "blocks.nn"` and `from "blocks.nn" import ResidualBlock`."""

from __future__ import annotations

from dsl.language import syntax
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.scope import Frame
from dsl.source.diagnostic import fail


@elaborates(syntax.ImportStatement)
def import_(e: Elaboration, statement: syntax.ImportStatement, frame: Frame) -> Task:
    """Imports are followed before anything is elaborated; all that is left to say is that they stand at the top."""
    if not any(statement is top for top in frame.module.tree.statements):
        raise fail("syntax", "an import stands at the top of a file, not inside a block", statement.span)
    return
    yield
