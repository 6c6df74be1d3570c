"""A terminal for tests: what a program writes to it, as rows of letters, and the answers that a terminal gives."""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"\x1b\[(?P<mode>[?>=]?)(?P<arguments>[0-9;]*)(?P<letter>[@-~])"
    r"|\x1b\](?P<title>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b(?P<other>[()][0-9A-B]|[=>78cDEHM])"
)
_BEGUN = re.compile(r"\x1b(?:\[[?>=]?[0-9;]*|\][^\x07\x1b]*\x1b?|[()]?)?\Z")


class Screen:
    """Rows as wide as the terminal. Rows that have been scrolled out of sight stay; the cursor cannot go back to them."""

    def __init__(self, rows: int, columns: int) -> None:
        self.height, self.width = rows, columns
        self.rows: list[list[str]] = [[]]
        self.top = 0
        """The first row in sight."""
        self.row = self.column = 0
        self.answers = ""
        """What the terminal has to answer."""
        self._rest = ""

    def feed(self, text: str) -> None:
        """Take what was written."""
        text, at = self._rest + text, 0
        self._rest = ""
        while at < len(text):
            if text[at] == "\x1b":
                match = _SEQUENCE.match(text, at)
                if match is None:
                    if _BEGUN.match(text, at):
                        self._rest = text[at:]
                        return
                    raise AssertionError(f"an unknown sequence: {text[at : at + 12]!r}")
                self._sequence(match)
                at = match.end()
            else:
                self._letter(text[at])
                at += 1

    @property
    def text(self) -> str:
        """All rows, without blanks at their ends."""
        return "\n".join("".join(row).rstrip() for row in self.rows).rstrip()

    @property
    def cursor_row(self) -> str:
        """The row that the cursor is in."""
        return "".join(self.rows[self.row])

    def _letter(self, letter: str) -> None:
        match letter:
            case "\r":
                self.column = 0
            case "\n":
                self._down()
            case "\b":
                self.column = max(self.column - 1, 0)
            case "\x07" | "\x00":
                pass
            case _:
                assert letter.isprintable(), f"a control character: {letter!r}"
                if self.column == self.width:
                    self.column = 0
                    self._down()
                row = self.rows[self.row]
                row.extend(" " * (self.column + 1 - len(row)))
                row[self.column] = letter
                self.column += 1

    def _down(self) -> None:
        self._go(self.row + 1)
        self.top = max(self.top, self.row - self.height + 1)

    def _go(self, row: int) -> None:
        self.row = max(row, self.top)
        self.rows.extend([] for _ in range(self.row + 1 - len(self.rows)))

    def _sequence(self, match: re.Match[str]) -> None:
        if match["letter"] is None or match["mode"]:
            return
        numbers = [int(part) if part else 0 for part in match["arguments"].split(";")]
        count = max(numbers[0], 1)
        row = self.rows[self.row]
        match match["letter"]:
            case "A":
                self._go(self.row - count)
            case "B":
                self._go(min(self.row + count, self.top + self.height - 1))
            case "C":
                self.column = min(self.column + count, self.width - 1)
            case "D":
                self.column = max(self.column - count, 0)
            case "G":
                self.column = count - 1
            case "H":
                self._go(self.top + count - 1)
                self.column = max(numbers[1], 1) - 1 if len(numbers) > 1 else 0
            case "J" if numbers[0] == 0:
                del row[self.column :]
                del self.rows[self.row + 1 :]
            case "J":
                self.top = self.row = len(self.rows)
                self.rows.append([])
            case "K" if numbers[0] == 0:
                del row[self.column :]
            case "K":
                start = 0 if numbers[0] else self.column
                row[start : self.column if numbers[0] == 1 else len(row)] = []
            case "n" if numbers[0] == 6:
                self.answers += f"\x1b[{self.row - self.top + 1};{self.column + 1}R"
            case "m" | "h" | "l" | "q" | "t":
                pass
            case letter:
                raise AssertionError(f"an unknown sequence: {letter}")
