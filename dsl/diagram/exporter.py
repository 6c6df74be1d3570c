"""The formats that diagrams are written in: a registry by the ending of the file, one class a format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from dsl.diagram.model import Diagram
from dsl.diagram.recording import Recording
from dsl.diagram.scene import Scene
from dsl.source.diagnostic import fail
from dsl.source.nearest import did_you_mean

MOST_BOXES = 3000
"""So many boxes are laid out; more take minutes, and nobody reads them."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is written: a diagram, and where it can be folded otherwise the scene that it is one folding of."""

    diagram: Diagram
    scene: Scene | None = None
    recording: Recording | None = None


class Exporter(Protocol):
    """A format. `ending` is that of its files, `doc` what it is in a line, `is_laid_out` whether every box gets a place."""

    ending: ClassVar[str]
    doc: ClassVar[str]
    is_laid_out: ClassVar[bool]

    def check(self) -> None:
        """Raise ProgramError where something is not installed that it needs."""
        ...

    def export(self, subject: Subject) -> bytes:
        """The contents of a file. Raises ProgramError."""
        ...


E = TypeVar("E", bound=type[Exporter])


class Exporters(dict[str, type[Exporter]]):
    """The formats by their ending."""

    def register(self, ending: str) -> Callable[[E], E]:
        """Give the decorated format this ending. Raises ValueError when it is taken."""

        def add(exporter: E) -> E:
            if ending in self:
                raise ValueError(f"there is a format {ending} already")
            exporter.ending = ending
            self[ending] = exporter
            return exporter

        return add


EXPORTERS = Exporters()


def exporter_of(path: str | Path) -> Exporter:
    """The format of a file by its ending. Raises ProgramError for another, and where something is not installed."""
    name = Path(path).name
    ending = Path(path).suffix.lower() or (name.lower() if name.startswith(".") else "")
    if ending not in EXPORTERS:
        known = ", ".join(EXPORTERS)
        hint = did_you_mean(ending, EXPORTERS) if ending else ""
        listed = f"a diagram ends in one of {known}"
        raise fail("file", f"no diagram of the kind `{ending or name}` can be drawn", hint=f"{hint} {listed}".strip())
    exporter = EXPORTERS[ending]()
    exporter.check()
    return exporter


def check_size(exporter: Exporter, diagram: Diagram) -> None:
    """Raise ProgramError for more boxes than are laid out in reasonable time."""
    count = len(diagram.boxes)
    if exporter.is_laid_out and count > MOST_BOXES:
        raise fail(
            "limit",
            f"the diagram would have {count:,} boxes, and at most {MOST_BOXES:,} are laid out",
            hint="fold it, `--depth 0`, or show a part, `--of NAME`; `.dot`, `.mmd` and `.json` take any number",
        )


def write(subject: Subject, path: str | Path) -> None:
    """Write a diagram to a file, in the format of its ending, whole or not at all. Raises ProgramError."""
    from dsl.source.writing import written_whole

    exporter = exporter_of(path)
    check_size(exporter, subject.diagram)
    data = exporter.export(subject)
    with written_whole(Path(path)) as part:
        part.write_bytes(data)
