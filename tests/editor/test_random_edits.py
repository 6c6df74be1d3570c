"""Programs edited at random through a real client, broken in between, are checked like files."""

from __future__ import annotations

import random

import pytest
from every_program import ROOT
from language_client import client, replacement

from dsl.language.program import elaborate
from dsl.source.text import Source

PROGRAMS = sorted((ROOT / "programs").glob("*.nn"))
PIECES = [
    "(", ")", "[", "]", "{", "}", "=", " |> ", "\n", "\n\n", ";", '"', "# ", "##", "..", "**", ",", ".", "~", "\r\n", "\t",
    "x", "w", " = 1\n", "y = x + 1\n", "def f(a) { return a }\n", "layer L(n)(x: [..., m]) {\n", "}\n", "dim n\n", "𝛼", "ß",
    "relu(", "show ", "if true {\n", "repeat i in 0..2 with h = 1 { h = h + i }\n", 'import "blocks.nn"\n', "train {\n",
    "data d {\n", "parameter p: [2] = 0\n", "1e400", "-", "\0", "\u2028",
]  # fmt: skip
SHORT, ALL = 150, 2000


class Text:
    """The text as the server should have it, with positions in UTF-16 units."""

    def __init__(self, text):
        self.text = text

    def position(self, offset):
        before = self.text[:offset]
        line = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return len(line) - 1, len(line[-1].encode("utf-16-le")) // 2

    def change(self, start, end, text):
        """The change for the server."""
        change = replacement(self.position(start), self.position(end), text)
        self.text = self.text[:start] + text + self.text[end:]
        return change


def edit(text, chance):
    """An edit as people make them: something typed, taken away, moved or copied."""
    size = len(text.text)
    start = chance.randrange(size + 1)
    match chance.randrange(6):
        case 0:
            end = min(start + chance.randint(1, 6), size)
            return text.change(start, end, "")
        case 1:
            end = min(start + chance.randint(1, 40), size)
            return text.change(start, end, "")
        case 2:
            other = chance.randrange(size + 1)
            return text.change(start, start, text.text[other : other + chance.randint(1, 30)])
        case 3:
            end = min(start + chance.randint(1, 8), size)
            return text.change(start, end, chance.choice(PIECES))
        case _:
            return text.change(start, start, chance.choice(PIECES))


def is_between_return_and_newline(text, offset):
    return text[offset - 1 : offset + 1] == "\r\n"


def freshly_checked(text, path):
    source = Source(text.replace("\r\n", "\n").replace("\r", "\n"), str(path), path)
    return [diagnostic.as_json() for diagnostic in elaborate(source).diagnostics.values()]


def carry_out(edits, seed):
    """So many edits, a few in each program in turn; each begins from the program as it is."""
    chance = random.Random(seed)
    done = 0
    with client() as editor:
        while done < edits:
            path = chance.choice(PROGRAMS)
            uri = path.as_uri()
            text = Text(path.read_text(encoding="utf-8"))
            editor.open(uri, text.text)
            assert [d["data"] for d in editor.diagnostics(uri)] == freshly_checked(text.text, path)
            for _ in range(chance.randint(5, 25)):
                before = text.text
                change = edit(text, chance)
                editor.change(uri, change)
                asked = ask_something(editor, uri, text, chance)
                found = [d["data"] for d in editor.diagnostics(uri)]
                assert found == freshly_checked(text.text, path), (path.name, before, change)
                for number in asked:
                    answer = editor.answer(number)
                    assert "error" not in answer, (path.name, text.text, answer["error"])
                done += 1
            editor.close_document(uri)
        assert editor.shut_down() == 0
        assert not editor.notifications
        assert editor.errors == b""


def ask_something(editor, uri, text, chance):
    """Requests as editors make them after a key; their answers come while the analysis is made."""
    line, character = text.position(chance.randrange(len(text.text) + 1))
    place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
    methods = ["completion", "signatureHelp", "hover", "definition", "documentHighlight"]
    about = ["documentSymbol", "foldingRange", "semanticTokens/full", "codeLens"]
    return [
        editor.ask("textDocument/completion", place),
        editor.ask(f"textDocument/{chance.choice(methods)}", place),
        editor.ask(f"textDocument/{chance.choice(about)}", {"textDocument": {"uri": uri}}),
    ]


def test_edited_programs_have_the_diagnostics_of_a_fresh_check():
    carry_out(SHORT, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_programs_edited_many_times_have_the_diagnostics_of_a_fresh_check(seed):
    carry_out(ALL // 4, seed)
