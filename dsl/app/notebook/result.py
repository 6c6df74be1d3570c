"""What a cell comes to: values by name, metrics, expectations, told as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsl.app.notebook.screen import printed
from dsl.app.outcome import ExpectResult
from dsl.app.report import Outputs, expect_line, metrics_table, print_expects, print_metrics, print_outputs, type_of
from dsl.engine.figures import elements
from dsl.source import html
from dsl.training.history import History
from dsl.training.loop import Outcome


@dataclass(frozen=True, eq=False, repr=False)
class Result(Mapping[str, Any]):
    """The values of a cell by name, as `program.run` gives them; `histories`, `metrics`, `expects`: what else came of it."""

    outputs: Outputs
    outcomes: Sequence[Outcome] = ()
    expects: Sequence[ExpectResult] = ()
    notes: Sequence[str] = ()
    histories: dict[str, History] = field(init=False, default_factory=dict[str, History])
    """The history of each training run by its name."""

    def __post_init__(self) -> None:
        self.histories.update({outcome.name: outcome.history for outcome in self.outcomes})

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)

    def __bool__(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.outputs or self.outcomes or self.expects or self.notes)

    @property
    def history(self) -> History | None:
        """That of the last training run."""
        return self.outcomes[-1].history if self.outcomes else None

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """The loss and the metrics of the last training run, by data set."""
        return self.outcomes[-1].metrics if self.outcomes else {}

    def _repr_html_(self) -> str:
        tables: list[str] = []
        if self.outputs:
            rows = [[name, type_of(value, dtype), elements(value)] for name, (value, dtype) in self.outputs.items()]
            tables.append(html.table(["output", "type", "value"], rows))
        for outcome in self.outcomes:
            title, names, rows = metrics_table(outcome)
            tables.append(html.table(["on", *names], rows, right=names, title=title))
        return html.block(*tables, *map(_expectation, self.expects), *map(html.line, self.notes))

    def __repr__(self) -> str:
        parts = [
            printed(lambda: print_outputs(self.outputs)),
            printed(lambda: print_metrics(self.outcomes)),
            printed(lambda: print_expects(self.expects)),
            "\n".join(self.notes),
        ]
        return "\n\n".join(filter(None, parts))


def _expectation(result: ExpectResult) -> str:
    mark, style = ("holds", "color: #22863a") if result.passed else ("fails", "color: #d73a49; font-weight: bold")
    return f'<div><span style="{style}">{mark}</span>&ensp;<code>{html.escaped(expect_line(result))}</code></div>'
