"""The call around the cursor: what is called, with which arguments, and which of them is being typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsl.app.completion.beginning import beginning
from dsl.app.completion.brackets import Open, open_brackets
from dsl.app.completion.calls import under_way
from dsl.app.completion.language import Known
from dsl.app.editor.markdown import prose
from dsl.app.names.callees import Callee, callee
from dsl.language.lexemes import STRAY, lexemes, significant

if TYPE_CHECKING:
    from dsl.app.editor.analysis import Analysis

_HEADS = ("def", "layer")


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a signature, which has it from `start` to `end`, and what it takes."""

    name: str
    start: int
    end: int
    doc: str


@dataclass(frozen=True, slots=True)
class Signature:
    """What is called. `active` is the place of the argument under the cursor, None where there is no such argument.

    `doc` is a sentence as Markdown; `formula` is a text, and empty for all but operations.
    """

    label: str
    parameters: tuple[Parameter, ...]
    active: int | None
    doc: str
    formula: str


def signature(analysis: Analysis, offset: int) -> Signature | None:
    """The innermost call around an offset, None outside of calls and where nothing is known of what is called."""
    text = analysis.source.text[:offset]
    found = lexemes(text[beginning(text) :])
    while found and found[-1].kind == STRAY:
        found.pop()
    stack = open_brackets(list(significant(found)))
    known = Known(analysis.model)
    for place in range(len(stack) - 1, 0, -1):
        call = stack[place]
        if call.kind == "_LBRACE":
            return None
        is_head = stack[place - 1].key in _HEADS and stack[place - 1].is_block
        if call.kind == "LPAR" and call.owner and not is_head:
            called = callee(call.owner, call.section, known.definitions, known.values)
            return _signature(called, call) if called else None
    return None


def _signature(called: Callee, call: Open) -> Signature:
    found = under_way(called, call)
    every = [each for bracket in called.brackets for each in bracket]
    active = next((place for place, each in enumerate(every) if each is found), None)
    return Signature(called.signature, _parameters(called), active, prose(called.summary), called.formula)


def _parameters(called: Callee) -> tuple[Parameter, ...]:
    """The arguments, found one behind the other in the signature."""
    found: list[Parameter] = []
    at = called.signature.find("(") + 1
    for argument in (each for bracket in called.brackets for each in bracket):
        start = called.signature.index(argument.label, at)
        at = start + len(argument.label)
        found.append(Parameter(argument.name, start, at, argument.doc))
    return tuple(found)
