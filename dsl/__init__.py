"""nn-lang: a small language for computation graphs of neural networks, and the interpreter that runs it.

`load` and `loads` give a `Program`; a mistake in it raises `ProgramError`, which prints as the command line prints it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dsl.app.loading import load, loads
    from dsl.app.program import Program
    from dsl.language.layout.formatter import format_text
    from dsl.source.diagnostic import Diagnostic, ProgramError

__version__ = "0.4.0"

__all__ = ["Diagnostic", "Program", "ProgramError", "__version__", "format_text", "load", "loads"]

_HOMES = {
    "Program": "dsl.app.program",
    "load": "dsl.app.loading",
    "loads": "dsl.app.loading",
    "format_text": "dsl.language.layout.formatter",
    "Diagnostic": "dsl.source.diagnostic",
    "ProgramError": "dsl.source.diagnostic",
    "load_ipython_extension": "dsl.app.notebook.extension",
    "unload_ipython_extension": "dsl.app.notebook.extension",
}
"""Where public names come from; the last two are what `%load_ext dsl` and `%unload_ext dsl` ask for."""


def __dir__() -> list[str]:
    """The public names, for completion: they are not there before they are used."""
    return __all__


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import dsl` costs nothing."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'dsl' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
