"""`nn check FILE…`: every mistake that can be found without running, and on request the gradients."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsl.app.options import format_option, read_settings, set_option

if TYPE_CHECKING:
    from dsl.language.elaborate.model import Model
    from dsl.source.diagnostic import Diagnostic


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False), metavar="FILE…")
@click.option("--gradients", is_flag=True, help="Compare every gradient of the loss with finite differences.")
@click.option(
    "--print", "stage", type=click.Choice(["tree", "graph", "gradient"]), help="Print the program at a stage of its way."
)
@set_option
@format_option
def command(
    files: tuple[str, ...], gradients: bool, stage: str | None, settings: tuple[str, ...], format: str
) -> int:
    """Check programs: syntax, names, shapes, element types. The exit status is 1 when there is an error."""
    from dsl.app.output import print_json, show_diagnostics

    diagnostics: list[Diagnostic] = []
    failed = False
    for file in files:
        model, found = _model(file, settings)
        diagnostics += found
        errors = [d for d in found if d.severity == "error"]
        if format == "table":
            if found:
                show_diagnostics(found)
            _summary(file, errors, found)
        if errors or model is None:
            failed = True
            continue
        if stage:
            from dsl.app.stages import print_stage

            print_stage(stage, model)
        if gradients:
            from dsl.app.gradient_check import check_gradients

            failed |= not check_gradients(model, quiet=format == "json")
    if format == "json":
        print_json({"diagnostics": [diagnostic.as_json() for diagnostic in diagnostics]})
    return 1 if failed else 0


def _model(file: str, settings: tuple[str, ...]) -> tuple[Model | None, list[Diagnostic]]:
    """The elaborated program and all that was found; no program when the file cannot be read."""
    from dsl.app.program import unreadable
    from dsl.language.program import elaborate
    from dsl.source.text import Source

    try:
        source = Source.read(Path(file), file)
    except (OSError, UnicodeDecodeError) as error:
        return None, list(unreadable(file, error).diagnostics)
    model = elaborate(source, read_settings(settings))
    return model, list(model.diagnostics.values())


def _summary(file: str, errors: list[Diagnostic], found: list[Diagnostic]) -> None:
    warnings = len(found) - len(errors)
    parts = [_count(len(errors), "error")] if errors else []
    parts += [_count(warnings, "warning")] if warnings else []
    click.echo(f"{file}: {' and '.join(parts) or 'no mistakes found'}", file=sys.stderr if parts else sys.stdout)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
