"""`nn lsp`: the language server, which an editor starts and speaks to over the standard streams."""

from __future__ import annotations

import click


@click.command("lsp")
@click.option("--log", type=click.Path(dir_okay=False), help="Write what happens to a file, for looking into trouble.")
@click.option("--stdio", is_flag=True, help="Speak over the standard streams, as it does anyway; some editors say so.")
def command(log: str | None, stdio: bool) -> int:
    """Serve an editor: diagnostics as you type, completion, hovers, renaming and what else an editor asks.

    An editor starts it by itself; docs/editor.md says how. Messages come over standard input and output.
    """
    from dsl.app.editor.start import serve

    return serve(log)
