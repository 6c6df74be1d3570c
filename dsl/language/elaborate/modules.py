"""Files: their functions and layers collected, their imports followed, the library of standard layers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from dsl.language import syntax
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.order import binders
from dsl.language.elaborate.scope import Module
from dsl.language.elaborate.values import POISON, Definition
from dsl.language.parser import parse
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.hint import Hint, Instead
from dsl.source.nearest import did_you_mean, nearest
from dsl.source.text import Source

_LIBRARY = Path(__file__).resolve().parent.parent / "library"


def open_module(e: Elaboration, source: Source, tree: syntax.Program | None = None) -> Module:
    """Parse a file, where its tree is not there yet, and collect its definitions and those it imports.

    Raises ProgramError when it cannot be parsed.
    """
    module = Module(source, tree or parse(source))
    if source.path is not None:
        e.modules[os.path.realpath(source.path)] = module
    module.binders = binders(module.tree.statements)
    _collect(e, module, syntax.FunctionStatement | syntax.LayerStatement, _define)
    _collect(e, module, syntax.ImportStatement, _import)  # after its own definitions: files may import each other
    return module


def _collect(e: Elaboration, module: Module, kind: Any, collect: Callable[[Elaboration, Module, Any], None]) -> None:
    for statement in module.tree.statements:
        if isinstance(statement, kind):
            try:
                collect(e, module, statement)
            except ProgramError as error:
                e.report_all(error)


def _define(e: Elaboration, module: Module, statement: syntax.FunctionStatement | syntax.LayerStatement) -> None:
    name = statement.name
    first = module.definitions.get(name.id)
    if first is not None:
        raise fail(
            "name",
            f"`{name.id}` is defined twice",
            name.span,
            labels=[Label(first.statement.name.span, "first defined here")],
            hint="give one of them another name",
        )
    if name.id in OPERATIONS:
        e.warn("shadow", f"`{name.id}` hides the operation of that name", name.span, hint="give it another name")
    doc = module.tree.docs.get(statement.span.line, "")
    module.definitions[name.id] = Definition(statement, module.frame, doc)


def _import(e: Elaboration, module: Module, statement: syntax.ImportStatement) -> None:
    wanted = statement.names
    try:
        imported = _load(e, module, statement)
    except ProgramError:
        module.lacks_imports = module.lacks_imports or wanted is None
        _give_up(module, wanted or ())
        raise
    if wanted is None:
        for name, definition in imported.definitions.items():
            if name in module.definitions and module.definitions[name] is not definition:
                raise _taken(module, name, statement.path)
            module.definitions[name] = definition
        return
    for name in wanted:
        if name.id not in imported.definitions:
            _give_up(module, (name,))
            raise fail(
                "import",
                f'"{statement.path.value}" has no function or layer `{name.id}`',
                name.span,
                hint=did_you_mean(name.id, imported.definitions, "only functions and layers are imported"),
            )
        if name.id in module.definitions and module.definitions[name.id] is not imported.definitions[name.id]:
            raise _taken(module, name.id, name)
        module.definitions[name.id] = imported.definitions[name.id]


def _give_up(module: Module, names: Iterable[syntax.Name]) -> None:
    """Let names that could not be imported stand for nothing, in silence."""
    for name in names:
        module.frame.names[name.id] = POISON
        module.frame.bound_at[name.id] = name.span


def _taken(module: Module, name: str, place: syntax.String | syntax.Name) -> ProgramError:
    other = module.definitions[name].statement.name.span
    hint = 'name what is needed: `from "…" import NAME`' if isinstance(place, syntax.String) else "rename one of them"
    return fail("name", f"`{name}` is defined twice", place.span, labels=[Label(other, "also defined here")], hint=hint)


def _load(e: Elaboration, module: Module, statement: syntax.ImportStatement) -> Module:
    folder = module.source.path.parent if module.source.path else Path()
    path = folder / statement.path.value
    known = e.modules.get(os.path.realpath(path))
    if known is not None:
        return known
    shown = os.path.join(os.path.dirname(module.source.name), statement.path.value)
    try:
        source = e.read(path, shown)
    except OSError as error:
        raise _unreadable(path, statement.path, error) from None
    except UnicodeDecodeError:
        raise fail("import", f'"{statement.path.value}" is not UTF-8 text', statement.path.span) from None
    imported = open_module(e, source)
    imported.frame.path = path.stem  # its values are named after the file
    return imported


def _unreadable(path: Path, written: syntax.String, error: OSError) -> ProgramError:
    """The error of an import that leads to no file, with the nearest one there is."""
    if isinstance(error, FileNotFoundError):
        beside = sorted(other.name for other in path.parent.glob("*.nn")) if path.parent.is_dir() else []
        found = nearest(path.name, beside)
        meant = written.value.removesuffix(path.name) + (found or "")
        hint = "a path is relative to the file that imports it"
        hint = Hint(f'did you mean "{meant}"?', Instead(written.value, meant)) if found else hint
        return fail("import", f'there is no file "{written.value}"', written.span, hint=hint)
    if path.is_dir():
        return fail(
            "import", f'"{written.value}" is a folder', written.span, hint='name a file in it: "FOLDER/FILE.nn"'
        )
    return fail("import", f'"{written.value}" cannot be read: {error.strerror or error}', written.span)


@lru_cache(maxsize=1)
def library() -> Mapping[str, Definition]:
    """The standard layers, written in `.nn` beside the interpreter."""
    definitions: dict[str, Definition] = {}
    for path in sorted(_LIBRARY.glob("*.nn")):
        e = Elaboration({}, lambda: definitions)
        definitions.update(open_module(e, Source.read(path, f"<library>/{path.name}")).definitions)
        if e.model.diagnostics:
            raise ProgramError(e.model.diagnostics.values())
    return definitions
