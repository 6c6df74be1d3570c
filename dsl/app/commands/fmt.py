"""`nn fmt FILE…`: programs in the canonical layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dsl.app import options

if TYPE_CHECKING:
    from dsl.app.formatting import Formatted


@click.command("fmt")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True), metavar="FILE…")
@click.option(
    "--check", is_flag=True, help="Write nothing; name the files that would change, and fail if there are any."
)
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
@options.format_option
def command(files: tuple[str, ...], check: bool, diff: bool, format: str) -> int:
    """Bring programs into the canonical layout, which changes blanks, line ends and brackets, and nothing that they mean.

    With `-` a program is read from standard input and written to standard output.
    """
    from dsl.app.formatting import STANDARD_INPUT, format_file
    from dsl.app.output import print_json

    if STANDARD_INPUT in files and len(files) > 1:
        raise click.UsageError("`-`, standard input, stands alone")
    task = _Formatting(check, diff, as_json=format == "json")
    for file in files:
        task.do(format_file(file))
    if task.as_json:
        print_json({"files": task.files, "diagnostics": task.diagnostics})
    return 1 if task.failed else 0


class _Formatting:
    """What becomes of the files: they are written, or compared."""

    def __init__(self, check: bool, diff: bool, as_json: bool) -> None:
        self.check = check
        self.diff = diff
        self.as_json = as_json
        self.failed = False
        self.files: list[Any] = []
        self.diagnostics: list[Any] = []

    def do(self, formatted: Formatted) -> None:
        """Write or compare one file, and tell of it."""
        from dsl.app.output import show_diagnostics
        from dsl.source.diagnostic import ProgramError

        try:
            if formatted.diagnostics:
                raise ProgramError(formatted.diagnostics)
            self._settle(formatted)
        except ProgramError as error:
            self.failed = True
            self.diagnostics += [diagnostic.as_json() for diagnostic in error.diagnostics]
            if not self.as_json:
                show_diagnostics(error.diagnostics)
        else:
            self.files.append(formatted.as_json(self.diff))

    def _settle(self, formatted: Formatted) -> None:
        from dsl.app.formatting import STANDARD_INPUT
        from dsl.source.render import printable

        is_input = formatted.file == STANDARD_INPUT
        if self.check or self.diff:
            self.failed |= self.check and formatted.changed
            if self.as_json or not formatted.changed:
                return
            click.echo(formatted.diff() if self.diff else f"{printable(formatted.name)}\n", nl=False)
        elif is_input:
            if not self.as_json:
                formatted.write()
        else:
            if formatted.changed:
                formatted.write()
            if not self.as_json:
                click.echo(f"{printable(formatted.name)}: {'formatted' if formatted.changed else 'unchanged'}")
