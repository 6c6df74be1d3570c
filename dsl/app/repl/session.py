"""The session itself: a program text, what is given to it, and how to go back. It knows no terminal and no commands."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsl.app.files import unreadable
from dsl.app.names.binding import values_of
from dsl.app.repl.change import Change
from dsl.app.repl.dependence import dependents
from dsl.app.repl.editing import Edit, at_home, chunks, moved
from dsl.app.repl.state import State
from dsl.engine.names import AUTOMATIC
from dsl.language import syntax
from dsl.language.elaborate.model import Model
from dsl.language.elaborate.scope import Module
from dsl.language.elaborate.values import LayerInstance
from dsl.language.parser import parse
from dsl.language.program import elaborate
from dsl.ops.parameters import Array
from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.source.text import Source, Span

if TYPE_CHECKING:
    from dsl.app.program import Program
    from dsl.app.repl.walking import Walk

_MOST_UNDOS = 200
_WHILE_WRITING = {"unused", "unreachable"}
"""Warnings that every program gives while it is being written; `:check` tells them."""
_AFFECTING = (
    syntax.DTypeStatement
    | syntax.IfStatement
    | syntax.FunctionStatement
    | syntax.LayerStatement
    | syntax.ImportStatement
)
"""What can change statements that are there already, though it takes the place of none."""


class Session:
    """A program that grows, with what is fed to it and what its parameters have become.

    An entry is taken whole or not at all: after a mistake, and after an interruption, everything is as it was.
    """

    def __init__(self, engine: str = AUTOMATIC) -> None:
        self.state = State(engine=engine)
        self.model = elaborate(_source(self.state))
        self._program: Program | None = None
        self._past: list[tuple[str, State]] = []
        self._saved = self.state
        self.quiet = False
        """Whether trainings show no progress."""
        self.walk: Walk | None = None
        """What made the last training step, where the state has such steps; only to spare making them again."""

    # -- what it is

    @property
    def program(self) -> Program:
        """The program with all that is given to it, made when it is first asked for: to import what runs it takes long."""
        if self._program is None:
            self._program = _made(self.state, self.model)
        return self._program

    @property
    def module(self) -> Module:
        """The program as one file."""
        assert self.model.frame is not None
        return self.model.frame.module

    @property
    def source(self) -> Source:
        """The program's text, as places in it are told."""
        return self.module.source

    @property
    def statements(self) -> Sequence[syntax.Statement]:
        """The statements at the top of the program."""
        return self.module.tree.statements

    @property
    def text_is_saved(self) -> bool:
        """Whether a file has the program as it is; an empty one is nothing to save."""
        return self.state.text == self._saved.text or not self.state.text.strip()

    @property
    def values_are_saved(self) -> bool:
        """Whether a file has the parameters as they are."""
        now, then = self.state.values, self._saved.values
        return all(value is then.get(name) for name, value in now.items())

    # -- what is entered

    def enter(self, typed: Span, entry: str = "") -> Change:
        """Take statements into the program, each in the place of the one that bound its names. Raises ProgramError.

        `entry` is what `:undo` calls it, if not as it was typed.
        """
        own = Source(typed.text)
        try:
            entered = parse(own).statements
        except ProgramError as error:
            raise moved(error, {own: typed}) from None
        edit = Edit(self.source, self.statements, typed, chunks(typed.text, entered))
        text = edit.text if entered else f"{self.source.text}{typed.text.strip()}\n"
        source = Source(text, self.state.name, self.state.path)
        model = elaborate(source)
        if model.errors:
            raise ProgramError(edit.located(found, source) for found in model.errors)
        return self._entered(edit, typed, model, entry or typed.text.strip())

    def _entered(self, edit: Edit, typed: Span, model: Model, entry: str) -> Change:
        frame = model.frame
        assert frame is not None
        source, statements = frame.module.source, frame.module.tree.statements
        entered = [s for s in statements if edit.home(s.span, source).source is typed.source]
        following: list[syntax.Statement] = []
        if edit.taken or any(isinstance(s, _AFFECTING) for s in entered):
            following = dependents(statements, entered, lambda name: isinstance(frame.names.get(name), LayerInstance))
        before = self.state
        bound_now = set(_values(statements))
        change = Change(
            entered,
            [self.statements[place] for place in sorted(edit.taken)],
            following,
            [name for name in _values(self.statements) if name not in bound_now],
            warnings=[edit.located(found, source) for found in self._new_warnings(model)],
        )
        declared = _values(s for s in entered if isinstance(s, syntax.ParameterStatement | syntax.PlaceholderStatement))
        after = replace(
            before,
            text=source.text,
            values={name: value for name, value in before.values.items() if name not in declared},
            feeds={name: value for name, value in before.feeds.items() if name not in declared},
            steps=None,
        )
        self._commit(entry, after, model, anew=set(_values([*entered, *following])))
        parameters = {node.name for node in model.graph.parameters}
        change.forgotten = [name for name in before.values if name in parameters and name not in self.state.values]
        change.unfed = [name for name in before.feeds if name not in self.state.feeds]
        if before.dataset != self.state.dataset:
            change.unfed = [*change.unfed, before.dataset]
        return change

    def _new_warnings(self, model: Model) -> list[Diagnostic]:
        """What the program before gave no warning of."""
        known = {(found.code, found.message) for found in self.model.warnings}
        return [w for w in model.warnings if w.code not in _WHILE_WRITING and (w.code, w.message) not in known]

    def beside(self, statement: str, typed: Span) -> Program:
        """The program with one more statement, which it does not keep. `typed` is what the statement ends with.

        Raises ProgramError, with places in what was typed.
        """
        start = f"{self.source.text.rstrip()}\n"
        source = Source(start + statement, self.state.name, self.state.path)
        model = elaborate(source)
        if model.errors:
            shift = typed.start + len(typed.text) - len(source.text)

            def home(span: Span) -> Span:
                if span.source is not source:
                    return span
                if span.start < len(start):
                    return Span(self.source, span.start, min(span.end, len(self.source.text)))
                first, last = (min(max(at + shift, typed.start), typed.end) for at in (span.start, span.end))
                return Span(typed.source, first, last)

            raise ProgramError(at_home(found, home) for found in model.errors)
        self._take_over(model, set())
        return _made(self.state, model)

    def fresh(self, values: Mapping[str, Array] | None = None) -> Program:
        """The program made anew, for what adds to its graph; with these parameters, or with those of the session."""
        state = self.state if values is None else replace(self.state, values=values)
        model = elaborate(_source(state))
        self._take_over(model, set())
        return _made(state, model)

    # -- what is given beside the text

    def change(self, entry: str, **fields: Any) -> None:
        """Have other feeds, parameters or settings; `entry` is what `:undo` calls it."""
        after = replace(self.state, **{"steps": None, **fields})
        if (after.engine, after.seed) != (self.state.engine, self.state.seed):
            self._commit(entry, after, elaborate(_source(after)), anew=set())
            return
        after = _fitting(after, self.model)
        self._remember(entry)
        if self._program is not None:
            _give(self._program, after)
        self.state = after

    # -- files

    def open(self, path: Path, entry: str = "", keep: bool = False) -> None:
        """Take the program of a file in place of this one; an `entry` can be undone. Raises ProgramError.

        With `keep`, parameters and feeds stay where they fit, as if the file's statements had been entered.
        """
        try:
            source = Source.read(path, str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise unreadable(path, error) from None
        self.begin(source, entry, keep)
        self._saved = replace(self.state, values=self._saved.values if keep else self.state.values)

    def begin(self, source: Source, entry: str = "", keep: bool = False) -> None:
        """Take a text in place of the program; an `entry` can be undone. Raises ProgramError."""
        model = elaborate(source)
        if model.errors:
            raise ProgramError(model.errors)
        kept = self.state if keep else State(engine=self.state.engine)
        after = replace(kept, text=source.text, name=source.name, path=source.path, steps=None)
        self._commit(entry, after, model)

    def wait_for(self, path: Path) -> None:
        """Begin with an empty program where a file cannot be read, until `:reload`."""
        self.state = self._saved = State(name=str(path), path=path, engine=self.state.engine)
        self.renew()

    def saved(self, path: Path, text: str, values: bool) -> None:
        """Note that a file has the program, and with `values` another one the parameters; `text` is the program there.

        It differs from the one here only where the files that it names are called otherwise from there.
        """
        before = self.state
        self.state = replace(before, path=path, name=str(path), text=text)
        if text == before.text:  # what is taken back stays beside the same files
            self._past = [
                (entry, replace(state, path=path, name=str(path)) if state.path == before.path else state)
                for entry, state in self._past
            ]
        self._saved = replace(self.state, values=self.state.values if values else self._saved.values)
        self.renew()

    # -- going back

    @contextmanager
    def as_one(self, entry: str) -> Generator[None]:
        """Take all that is done inside for one entry: it is done whole or not at all, and taken back at once."""
        before, past = self.state, list(self._past)
        try:
            yield
        except BaseException:
            self._past = past
            if self.state is not before:
                self._have(before, elaborate(_source(before)))
            raise
        if self.state is not before:
            self._past = [*past, (entry, before)][-_MOST_UNDOS:]

    @property
    def undoable(self) -> Sequence[str]:
        """The entries that can be taken back, the last one last."""
        return [entry for entry, _ in self._past]

    def undo(self) -> str:
        """Take back the last entry that changed something; what it was. There has to be one."""
        entry, state = self._past[-1]
        model = elaborate(_source(state))
        if state.text == self.state.text:
            self._take_over(model, set())
        self._past.pop()
        self._have(state, model)
        return entry

    def renew(self) -> None:
        """Make the program anew from its text, when something that was under way in it has been broken off."""
        model = elaborate(_source(self.state))
        self._take_over(model, set())
        self._have(self.state, model)

    def _commit(self, entry: str, after: State, model: Model, anew: set[str] | None = None) -> None:
        if anew is not None:
            self._take_over(model, anew)
        after = _fitting(after, model)
        self._remember(entry)
        self._have(after, model)

    def _have(self, state: State, model: Model) -> None:
        self.state, self.model = state, model
        self._program, self.walk = None, None

    def _remember(self, entry: str) -> None:
        if entry:
            self._past.append((entry, self.state))
            del self._past[:-_MOST_UNDOS]

    def _take_over(self, model: Model, anew: set[str]) -> None:
        """Have the data that are loaded, but for those to be read `anew`."""
        for name, plan in model.data.items():
            before = self.model.data.get(name)
            if before is not None and name not in anew and before.span.text == plan.span.text:
                plan.take_over(before)


def _made(state: State, model: Model) -> Program:
    """The program of a model, with what is given to it."""
    from dsl.app.program import Program

    program = Program(model)
    program.engine = state.engine
    if state.seed is not None:
        program.seed = state.seed
    _give(program, state)
    return program


def _give(program: Program, state: State) -> None:
    program.given = dict(state.feeds)
    program.statistics = dict(state.statistics)
    program.keep(state.values)


def _fitting(state: State, model: Model) -> State:
    """The state without what does not fit the program."""
    types = {node.name: node.type for node in model.graph.nodes if node.kind in ("placeholder", "parameter")}
    parameters = {node.name for node in model.graph.parameters}
    values = {n: v for n, v in state.values.items() if n in parameters and types[n].takes(v.shape)}
    feeds = {
        name: value
        for name, value in state.feeds.items()
        if name in types and name not in parameters and (np.ndim(value) == 0 or types[name].takes(np.shape(value)))
    }
    block, _, part = state.dataset.partition(".")
    known = block in model.data and (part or "all") in model.data[block].split.names
    return replace(state, values=values, feeds=feeds, dataset=state.dataset if known else "")


def _source(state: State) -> Source:
    return Source(state.text, state.name, state.path)


def _values(statements: Iterable[syntax.Statement]) -> list[str]:
    return [name for statement in statements for name in values_of(statement)]
