"""Cells run in this process, and what they show."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


@dataclass(frozen=True)
class Ran:
    """What a cell came to: whether it went through, what it displayed, its result in all formats, what it printed."""

    passed: bool
    error: BaseException | None
    displayed: list[dict[str, Any]]
    result: dict[str, Any]
    out: str
    err: str

    def shown(self, kind: str) -> list[str]:
        """All that was shown in a format."""
        return [bundle[kind] for bundle in [*self.displayed, self.result] if kind in bundle]

    @property
    def html(self) -> str:
        """All that a page shows and that is no picture."""
        return "\n".join(self.shown("text/html"))

    @property
    def below(self) -> str:
        """What stands below the cell in a terminal, without colours and without the progress of trainings."""
        return _COLOUR.sub("", "\n".join([*(bundle["text/plain"] for bundle in self.displayed), self.out]))

    @property
    def text(self) -> str:
        """The same, and what is printed on standard error."""
        return f"{self.below}\n{_COLOUR.sub('', self.err)}"


@contextmanager
def open_notebook() -> Iterator[Notebook]:
    """A notebook in the current folder that has nothing but the extension loaded; its shell keeps no history."""
    main = sys.modules["__main__"]
    with mock.patch.dict("os.environ", {"IPYTHONDIR": str(Path(".ipython").absolute())}):
        shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
        try:
            notebook = Notebook(shell)
            notebook.run("%load_ext dsl")
            yield notebook
        finally:
            shell.restore_sys_module_state()
            sys.modules["__main__"] = main
            InteractiveShell.clear_instance()


class Notebook:
    """A shell, and its variables."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def run(self, cell: str) -> Ran:
        """Run a cell as a front end does."""
        with capture_output() as captured:
            done = self.shell.run_cell(cell, store_history=True)
        error = done.error_before_exec or done.error_in_exec
        result: dict[str, Any] = {}
        if done.result is not None:
            result, _ = self.shell.display_formatter.format(done.result)
        displayed = [output.data for output in captured.outputs]
        return Ran(bool(done.success), error, displayed, result, captured.stdout, captured.stderr)

    def __getitem__(self, name: str) -> Any:
        return self.shell.user_ns[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.shell.user_ns[name] = value

    def __contains__(self, name: str) -> bool:
        return name in self.shell.user_ns
