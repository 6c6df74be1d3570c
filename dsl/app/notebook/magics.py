"""`%%nn` and `%nn`, as IPython calls them."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class

from dsl.app.notebook.cell import carry_out
from dsl.app.notebook.desk import Desk
from dsl.app.notebook.entry import enter
from dsl.app.notebook.failure import without_traceback
from dsl.app.notebook.result import Result


@magics_class
class NnMagics(Magics):
    """The magic of this package, with the programs of the notebook behind it."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.desk = Desk(shell)

    @line_cell_magic
    def nn(self, line: str, cell: str | None = None) -> Result | None:
        """A cell that is a program: it is checked, drawn, trained and run. `%%nn --help` lists what can be asked for.

        As a line, an entry of the interactive session with the program of the last cell: `%nn loss`, `%nn :grad loss wrt k`;
        `%nn :help` lists its commands.
        """
        with without_traceback():
            if cell is None:
                enter(self.desk, line)
                return None
            return carry_out(self.desk, line, cell)
