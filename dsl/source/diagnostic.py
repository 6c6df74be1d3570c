"""What is wrong with a program, as data: rendered in one place, sent to tools as it is."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from dsl.source.hint import Hint, Remedy
from dsl.source.text import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that matters, and why it does."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: its kind, what was found and expected, where, the other places, and a hint.

    `label` is written under the place itself; `labels` are the other places, the most important first.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    labels: tuple[Label, ...] = ()
    hint: str = ""
    severity: Severity = "error"

    @property
    def identity(self) -> tuple[str, str, Span | None]:
        """What two diagnostics have in common that say the same."""
        return self.code, self.message, self.span

    @property
    def remedy(self) -> Remedy | None:
        """What the hint would have one write; None for a hint that is only words."""
        return self.hint.remedy if isinstance(self.hint, Hint) else None

    @property
    def places(self) -> tuple[Label, ...]:
        """The place itself and the other places, each with its words; nothing for a diagnostic without a place."""
        return (Label(self.span, self.label), *self.labels) if self.span else ()

    def as_json(self) -> dict[str, Any]:
        """The facts for tools; places are 1-based lines and columns, the end exclusive."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            **_place(self.span),
            "label": self.label,
            "labels": [{**_place(label.span), "text": label.text} for label in self.labels],
            "hint": self.hint,
        }


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {"file": span.source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


class ProgramError(Exception):
    """A user's mistake: one or more diagnostics, printed by `str()` as the command line prints them."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: Sequence[Diagnostic] = tuple(diagnostics)
        super().__init__()

    def at(self, span: Span | None) -> ProgramError:
        """The same mistake, with this place where it has none."""
        return ProgramError(replace(found, span=found.span or span) for found in self.diagnostics)

    def __str__(self) -> str:
        from dsl.source.render import render

        return "\n\n".join(render(diagnostic) for diagnostic in self.diagnostics)


def fail(
    code: str,
    message: str,
    span: Span | None = None,
    *,
    label: str = "",
    labels: Sequence[Label] = (),
    hint: str = "",
) -> ProgramError:
    """An error made of a single diagnostic, to be raised."""
    return ProgramError([Diagnostic(code, message, span, label, tuple(labels), hint)])


@contextmanager
def placed(span: Span | None) -> Generator[None]:
    """Give this place to the diagnostics of an error raised inside that name none."""
    try:
        yield
    except ProgramError as error:
        raise error.at(span) from None
