"""Where names live: one frame for a file, for each call of a function or layer, and for each pass of a `repeat`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dsl.language import syntax
from dsl.language.elaborate.values import BUILTINS, PENDING, Definition, LayerInstance
from dsl.source.text import Source, Span


@dataclass(slots=True, eq=False)
class Module:
    """A file: its functions and layers, and which of its statements have been elaborated."""

    source: Source
    tree: syntax.Program
    definitions: dict[str, Definition] = field(default_factory=dict[str, Definition])
    binders: dict[str, int] = field(default_factory=dict[str, int])
    """The statement (by its index) that binds each name at the top of the file."""
    state: bytearray = field(default_factory=bytearray)
    """For each statement: 0 waiting, 1 in progress, 2 done."""
    unknown: set[str] = field(default_factory=set[str])
    """The names that have been reported to stand for nothing, which is said once."""
    lacks_imports: bool = False
    """Whether a file with names that are not known could not be imported."""
    underway: list[int] = field(default_factory=list[int])
    """The statements in progress, the innermost last."""
    frame: Frame = field(init=False)
    """The names at the top of the file."""

    def __post_init__(self) -> None:
        self.state = bytearray(len(self.tree.statements))
        self.frame = Frame(self)


@dataclass(slots=True, eq=False)
class Frame:
    """Names and what they stand for. `path` is what node names begin with, `owner` the layer that parameters belong to."""

    module: Module
    parent: Frame | None = None
    path: str = ""
    owner: LayerInstance | None = None
    definition: Definition | None = None
    """The function or layer whose body this is; None at the top of a file."""
    names: dict[str, Any] = field(default_factory=dict[str, Any])
    bound_at: dict[str, Span] = field(default_factory=dict[str, Span])
    counters: dict[str, int] = field(default_factory=dict[str, int])
    carried: dict[str, str] = field(default_factory=dict[str, str])
    """In a pass of `repeat`: the carried names, and the node path that a new value gets."""
    depth: int = 0
    """How many `if` blocks deep the statement under way is in this frame."""
    bound_depth: dict[str, int] = field(default_factory=dict[str, int])
    """The depth at which names were bound, where it is not 0."""
    statement: str = ""
    """The path of the statement under way, which what it makes on the side is named after."""
    returned: Any = PENDING

    def find(self, name: str) -> Any:
        """What a name stands for here, PENDING when it is not bound (yet)."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.parent
        return PENDING

    def place(self, name: str) -> Span | None:
        """Where a name that can be seen from here was bound."""
        return next((frame.bound_at[name] for frame in self.chain() if name in frame.bound_at), None)

    def chain(self) -> Iterator[Frame]:
        """This frame and those around it."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.parent

    def visible(self) -> set[str]:
        """Every name that can be used for a value here."""
        names = {name for frame in self.chain() for name in frame.names if name not in self.module.unknown}
        return names | set(BUILTINS) | (set(self.module.binders) if self.definition is None else set())

    def allocate(self, path: str) -> str:
        """The path, or the path with the next number when it has been given out here: `h.Dense`, `h.Dense_2`."""
        count = self.counters.get(path, 0) + 1
        self.counters[path] = count
        return path if count == 1 else f"{path}_{count}"

    def below(self, name: str) -> str:
        """The path of something named `name` in this frame."""
        return f"{self.path}.{name}" if self.path else name

    def below_statement(self, name: str) -> str:
        """The path of something that the statement under way makes on the side."""
        return f"{self.statement}.{name}" if self.statement else self.below(name)
