"""What `%load_ext dsl` adds to IPython, and `%unload_ext dsl` takes away."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from dsl.app.notebook.completing import complete_with, completes_no_more
from dsl.app.notebook.magics import NnMagics


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Let a shell know `%%nn` and `%nn`, and complete them."""
    unload_ipython_extension(shell)
    magics = NnMagics(shell)
    shell.register_magics(magics)
    complete_with(shell, magics.desk)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Let a shell be as it was before; the programs of its cells stay."""
    known: Any = shell.magics_manager
    for kind in ("line", "cell"):
        known.magics[kind].pop("nn", None)
    known.registry.pop(NnMagics.__name__, None)
    completes_no_more(shell)
