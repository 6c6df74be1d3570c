"""`nn check FILE…`: every mistake that can be found without running, and on request the gradients."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsl.app import options
from dsl.app.options import read_feeds, read_settings
from dsl.engine.names import AUTOMATIC, ENGINES, REFERENCE

if TYPE_CHECKING:
    from dsl.app.plan_report import PlanStage
    from dsl.app.stages import Stage
    from dsl.language.elaborate.model import Model
    from dsl.source.diagnostic import Diagnostic


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False), metavar="FILE…")
@click.option("--gradients", is_flag=True, help="Compare every gradient of the loss with finite differences.")
@click.option(
    "--print",
    "stage",
    type=click.Choice(["tree", "graph", "gradient", "passes", "plan", "code"]),
    help="Print the program at a stage of its way.",
)
@options.feed_option
@options.set_option
@click.option(
    "--engine",
    type=click.Choice([name for name in ENGINES if name != REFERENCE]),
    default=AUTOMATIC,
    help="The code generator whose plan or code is printed.",
)
@options.format_option
def command(
    files: tuple[str, ...],
    gradients: bool,
    stage: Stage | PlanStage | None,
    feeds: tuple[str, ...],
    settings: tuple[str, ...],
    engine: str,
    format: str,
) -> int:
    """Check programs: syntax, names, shapes, element types. The exit status is 1 when there is an error."""
    from dsl.app.output import print_json

    overrides, given = read_settings(settings), read_feeds(feeds)
    as_json = format == "json"
    failed = False
    diagnostics: list[Any] = []
    stages: dict[str, Any] = {}
    comparisons: list[Any] = []
    for file in files:
        checked = _Checked(file, overrides)
        if not as_json:
            checked.print_found()
        if checked.model is not None and stage:
            stages[file] = checked.stage(stage, given, engine, as_json)
        if checked.model is not None and gradients:
            comparisons += checked.gradients(given, as_json)
        diagnostics += [diagnostic.as_json() for diagnostic in checked.found]
        failed |= checked.failed
    if as_json:
        more: dict[str, Any] = {stage: stages} if stage else {}
        more |= {"gradients": comparisons} if gradients else {}
        print_json({"diagnostics": diagnostics, **more})
    return 1 if failed else 0


class _Checked:
    """One file: its model, None when it has errors, and all that was found in it."""

    def __init__(self, file: str, overrides: dict[str, Any]) -> None:
        from dsl.app.files import unreadable
        from dsl.language.program import elaborate
        from dsl.source.text import Source

        self.file = file
        self.model: Model | None = None
        self.found: list[Diagnostic] = []
        try:
            model = elaborate(Source.read(Path(file), file), overrides)
        except (OSError, UnicodeDecodeError) as error:
            self.found += unreadable(file, error).diagnostics
        else:
            self.found += model.diagnostics.values()
            self.model = None if model.errors else model
        self.failed = self.model is None

    def print_found(self) -> None:
        """The diagnostics, and how many there are."""
        from dsl.app.output import show_diagnostics
        from dsl.app.wording import plural
        from dsl.source.render import printable

        if self.found:
            show_diagnostics(self.found)
        errors = sum(diagnostic.severity == "error" for diagnostic in self.found)
        counts = {"error": errors, "warning": len(self.found) - errors}
        parts = [plural(count, kind) for kind, count in counts.items() if count]
        summary = f"{printable(self.file)}: {' and '.join(parts) or 'no mistakes found'}"
        click.echo(summary, file=sys.stderr if parts else sys.stdout)

    def stage(self, stage: Stage | PlanStage, feeds: dict[str, Any], engine: str, as_json: bool) -> Any:
        """Print the program at a stage, or give it for the document."""
        assert self.model is not None
        with self._noting_mistakes(as_json):
            if stage in ("tree", "graph", "gradient"):
                from dsl.app.stages import print_stage, stage_as_json

                return stage_as_json(stage, self.model) if as_json else print_stage(stage, self.model)
            from dsl.app.plan_report import plan_as_json, print_plan
            from dsl.app.program import Program

            program = Program(self.model)
            program.feed(feeds)
            return plan_as_json(stage, program, engine) if as_json else print_plan(stage, program, engine)
        return None

    def gradients(self, feeds: dict[str, Any], as_json: bool) -> list[Any]:
        """Compare the gradients, and print the comparison or give it for the document."""
        from dsl.app.gradient_check import agrees, compare_losses, comparisons_as_json, print_comparisons

        assert self.model is not None
        with self._noting_mistakes(as_json):
            reports = compare_losses(self.model, feeds)
            self.failed |= not all(agrees(c) for report in reports.values() for c in report.comparisons)
            if as_json:
                return comparisons_as_json(self.file, reports)
            print_comparisons(reports)
        return []

    @contextmanager
    def _noting_mistakes(self, as_json: bool) -> Generator[None]:
        """Keep a mistake that shows inside, such as a data file that is missing, so that the other files are checked too."""
        from dsl.app.output import show_diagnostics
        from dsl.source.diagnostic import ProgramError

        try:
            yield
        except ProgramError as error:
            self.failed = True
            self.found += error.diagnostics
            if not as_json:
                show_diagnostics(error.diagnostics)
