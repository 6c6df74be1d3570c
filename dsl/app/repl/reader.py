"""Entries read in a terminal: highlighted while they are typed, completed, over several lines, with a history to search.

What highlights and completes is imported when it is first needed, so that the prompt is there at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, get_common_complete_suffix
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, has_selection, is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import Style

from dsl.app.repl.prompts import FIRST, FOLLOWING
from dsl.source.cache import state_folder
from dsl.source.render import printable

if TYPE_CHECKING:
    from dsl.app.completion.candidates import Candidate
    from dsl.app.completion.language import Completion as Found

Complete = Callable[[str], "Found"]
"""What can follow the text before the cursor."""

_INDENT = "    "
_MOST_HISTORY = 1_000_000
"""Bytes; of a longer history the older half is forgotten."""
_WIDEST_META = 90
_PROMPT: StyleAndTextTuples = [("class:prompt", FIRST)]

_STYLE = Style.from_dict(
    {
        "prompt": "bold",
        "keyword": "ansiblue bold",
        "operator-word": "ansiblue",
        "operation": "ansicyan",
        "layer": "ansicyan bold",
        "function": "ansicyan",
        "constant": "ansimagenta",
        "type": "ansimagenta",
        "number": "ansigreen",
        "string": "ansiyellow",
        "comment": "ansibrightblack",
        "documentation": "ansibrightblack italic",
        "error": "ansired",
        "command": "ansiblue bold",
        "completion-menu": "bg:ansibrightblack fg:ansiwhite",
        "completion-menu.completion.current": "bg:ansiblue fg:ansiwhite",
    }
)


class Reader:
    """Reads what is typed, entry by entry. `when_shown` is called each time when the prompt has been drawn."""

    def __init__(self, complete: Complete, when_shown: Callable[[], None]) -> None:
        colourful = not os.environ.get("NO_COLOR")
        words = _Words(complete)
        self._session: PromptSession[str] = PromptSession(
            prompt_continuation=_continuation,
            multiline=Condition(self._has_lines),
            lexer=_Colours() if colourful else None,
            style=_STYLE if colourful else None,
            completer=words,
            complete_while_typing=True,
            complete_in_thread=True,
            history=_history(),
            key_bindings=_keys(words),
            enable_open_in_editor=True,
            enable_suspend=True,
        )
        self._when_shown = when_shown
        self._session.app.after_render += self._shown

    def _has_lines(self) -> bool:
        """Whether the entry has several lines; the search of the history stands in the line of one that has not."""
        return "\n" in self._session.default_buffer.text

    def _shown(self, application: Application[str]) -> None:
        self._when_shown()

    def read(self) -> str:
        """The next entry. Raises EOFError where the user leaves, KeyboardInterrupt where the line is given up.

        A terminal that cannot move its cursor gives one line at a time.
        """
        text = self._session.prompt(_PROMPT)
        from dsl.app.repl.entries import goes_on

        while goes_on(text):
            text += "\n" + self._session.prompt(FOLLOWING)
        return text


def _continuation(width: int, line: int, wraps: int) -> str:
    return FOLLOWING if not wraps else " " * width


# -- the history ----------------------------------------------------------------------------------------------------------


def _history() -> History:
    """The user's history, in a file that nobody else may read; one of this session alone where there can be no file."""
    folder = state_folder()
    if folder is None:
        return InMemoryHistory()
    path = folder / "history"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        _shorten(path)
        path.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _shorten(path: Path) -> None:
    """Forget the older half of a long history; an entry begins behind an empty line."""
    from dsl.source.cache import keep

    if path.stat().st_size > _MOST_HISTORY:
        text = path.read_text(encoding="utf-8", errors="replace")
        keep(path, text[text.find("\n\n", len(text) // 2) + 1 :])


# -- keys -----------------------------------------------------------------------------------------------------------------


def _keys(words: Completer) -> KeyBindings:
    """Enter carries out what is whole, and begins a new line, indented, in what is not; Alt-Enter always begins a line.

    Tab completes at once as far as all words agree that fit, and goes through the menu then.
    """
    keys = KeyBindings()

    @keys.add("enter", filter=~has_selection & ~is_searching)
    def _(event: KeyPressEvent) -> None:
        from dsl.app.repl.entries import goes_on

        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None  # takes the word that is chosen, and no more
        elif goes_on(buffer.text):
            buffer.insert_text("\n" + _indent(buffer.document))
        else:
            buffer.validate_and_handle()

    @keys.add("tab", filter=~is_searching)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state:
            buffer.complete_next()
        else:
            _begin_completion(buffer, words)

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n" + _indent(event.current_buffer.document))

    @Condition
    def at_indentation() -> bool:
        from prompt_toolkit.application.current import get_app

        before = get_app().current_buffer.document.current_line_before_cursor
        return bool(before) and not before.strip()

    for bracket in "}])":

        @keys.add(bracket, filter=at_indentation)
        def _(event: KeyPressEvent, bracket: str = bracket) -> None:
            buffer = event.current_buffer
            buffer.delete_before_cursor(min(len(_INDENT), len(buffer.document.current_line_before_cursor)))
            buffer.insert_text(bracket)

    return keys


def _begin_completion(buffer: Buffer, words: Completer) -> None:
    found = list(words.get_completions(buffer.document, CompleteEvent(completion_requested=True)))
    common = get_common_complete_suffix(buffer.document, found)
    if len(found) == 1:
        buffer.apply_completion(found[0])
    elif common:
        buffer.insert_text(common)
    elif found:
        buffer.start_completion()


def _indent(document: Document) -> str:
    """The blanks before a new line: a step for each line with a bracket that is open at the cursor."""
    from dsl.language.brackets import open_brackets

    text = document.text_before_cursor
    lines = {text.count("\n", 0, bracket.offset) for bracket in open_brackets(text, len(text))}
    return _INDENT * len(lines)


# -- words and colours ----------------------------------------------------------------------------------------------------


class _Words(Completer):
    """The session's completion, as the terminal's library wants it."""

    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The words that fit at the cursor; while one types only where a word has been begun."""
        before = document.text_before_cursor
        found = self._complete(before)
        if not complete_event.completion_requested and found.start == len(before) and not before.endswith("."):
            return
        for candidate in found.candidates:
            if candidate.text != before[found.start :] or complete_event.completion_requested:
                yield _completion(candidate, found.start - len(before))


def _completion(candidate: Candidate, start: int) -> Completion:
    meta = candidate.meta if len(candidate.meta) <= _WIDEST_META else f"{candidate.meta[:_WIDEST_META]}…"
    return Completion(
        candidate.text + candidate.behind, start, display=printable(candidate.text), display_meta=printable(meta)
    )


class _Colours(Lexer):
    """The roles of a program's words as classes of the style."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The fragments of each line."""
        if not document.text:
            return lambda number: []
        lines = _command_line(document.text) if document.text.lstrip().startswith(":") else _fragments(document.text)
        return lambda number: lines[number] if number < len(lines) else []


def _fragments(text: str) -> list[StyleAndTextTuples]:
    from dsl.language.highlighting.roles import Role, highlighted

    lines: list[StyleAndTextTuples] = [[]]
    for lexeme, role in highlighted(text):
        style = "" if role in (Role.BLANK, Role.NAME) else f"class:{role.replace(' ', '-')}"
        for place, part in enumerate(lexeme.text.split("\n")):
            if place:
                lines.append([])
            if part:
                lines[-1].append((style, part))
    return lines


def _command_line(text: str) -> list[StyleAndTextTuples]:
    first, *others = text.split("\n")
    name, blank, rest = first.partition(" ")
    return [[("class:command", name), ("", blank + rest)], *([("", line)] for line in others)]
