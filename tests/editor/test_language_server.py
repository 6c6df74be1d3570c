"""The language server, driven by a client in a process of its own, as an editor drives it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from every_program import ROOT
from language_client import PATIENCE, LanguageClient, client, replacement

from dsl.app.editor import start
from dsl.source.diagnostic import ProgramError

HERE = "untitled:program"
PROGRAM = """\
## Two layers.
dim batch
placeholder x: [batch, 4]

## What it sees of x.
hidden = x |> Dense(8) |> relu
y      = hidden |> Dense(2)
loss   = mean(square(y))
train { minimize = loss; epochs = 2 }
"""


@pytest.fixture(scope="module")
def running():
    with client() as made:
        yield made
        assert made.shut_down() == 0
        assert made.errors == b""


@pytest.fixture
def editor(running):
    yield running
    for uri in running.opened:
        running.close_document(uri)


def opened(editor, text, uri=HERE):
    editor.open(uri, text)
    return editor.diagnostics(uri)


def applied(text, edits):
    """The text after a server's edits, which count from its beginning."""
    lines = [0]
    for line in text.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))

    def offset(place):
        return lines[place["line"]] + place["character"]

    for edit in sorted(edits, key=lambda e: offset(e["range"]["start"]), reverse=True):
        text = text[: offset(edit["range"]["start"])] + edit["newText"] + text[offset(edit["range"]["end"]) :]
    return text


def test_a_whole_session():
    editor = LanguageClient()
    try:
        capabilities = editor.initialise()["capabilities"]
        assert capabilities["textDocumentSync"]["change"] == 2, "incremental"
        assert capabilities["renameProvider"]["prepareProvider"]
        for provider in ("hover", "completion", "definition", "references", "documentSymbol", "documentFormatting",
                         "signatureHelp", "semanticTokens", "inlayHint", "codeAction", "foldingRange", "codeLens"):  # fmt: skip
            assert capabilities[f"{provider}Provider"]
        assert opened(editor, PROGRAM) == []
        editor.change(HERE, replacement((6, 9), (6, 15), "hid"))
        found = editor.diagnostics(HERE)
        assert [d["data"]["message"] for d in found] == ["`hid` is not defined"]
        items = editor.at("completion", HERE, (6, 12))["items"]
        assert items[0]["textEdit"]["newText"] == "hidden"
        editor.change(HERE, {"range": items[0]["textEdit"]["range"], "text": items[0]["textEdit"]["newText"]})
        assert editor.diagnostics(HERE) == []
        said = editor.at("hover", HERE, (6, 12))["contents"]["value"]
        assert "f32[batch, 8]" in said
        assert "What it sees of x." in said
        edits = editor.at("rename", HERE, (6, 12), newName="seen")["changes"][HERE]
        assert applied(PROGRAM, edits) == PROGRAM.replace("hidden =", "seen =").replace("= hidden", "= seen")
        edits = editor.about("formatting", HERE, options={"tabSize": 4, "insertSpaces": True})
        assert applied(PROGRAM, edits) == _laid_out(PROGRAM)
        assert editor.shut_down() == 0
        assert editor.errors == b""
    finally:
        editor.kill()


def _laid_out(text):
    done = subprocess.run(
        [sys.executable, "-m", "dsl.app.main", "fmt", "-"], input=text, capture_output=True, text=True
    )
    return done.stdout


def test_a_text_that_is_broken_still_completes_and_hovers_in_its_healthy_part(editor):
    opened(editor, PROGRAM)
    editor.change(HERE, replacement((6, 0), (6, 0), "z = ) hidden\n"))
    assert [d["code"] for d in editor.diagnostics(HERE)] == ["syntax"]
    editor.change(HERE, replacement((6, 0), (6, 0), "a = hid\n"))
    assert "hidden" in [item["label"] for item in editor.at("completion", HERE, (6, 7))["items"]]
    assert "f32[batch, 2]" in editor.at("hover", HERE, (8, 0))["contents"]["value"]
    assert editor.at("definition", HERE, (8, 12))[0]["range"]["start"] == {"line": 5, "character": 0}
    assert editor.about("formatting", HERE, options={"tabSize": 4, "insertSpaces": True}) == []


def test_what_a_program_looks_like_is_told(editor):
    text = "dim n\nlayer L(k)(x: [n]) {\n    parameter w: [n] = k\n    return x * w\n}\nplaceholder x: [3] = 1\ny = x |> L(2)\n"
    assert opened(editor, text) == []
    symbols = editor.about("documentSymbol", HERE)
    assert [symbol["name"] for symbol in symbols] == ["n", "L", "x", "y"]
    assert [inner["name"] for inner in symbols[1]["children"]] == ["w"]
    assert [(fold["startLine"], fold["endLine"]) for fold in editor.about("foldingRange", HERE)] == [(1, 4)]
    whole = replacement((0, 0), (9, 0), "")["range"]
    hints = [(hint["position"]["line"], hint["label"]) for hint in editor.about("inlayHint", HERE, range=whole)]
    assert hints == [(6, ": f32[3]")]
    assert editor.at("signatureHelp", HERE, (6, 12))["signatures"][0]["label"].startswith("L(k)")
    kinds = [each["kind"] for each in editor.at("documentHighlight", HERE, (2, 14))]
    assert kinds == [3, 2], "bound, then read"
    data = editor.about("semanticTokens/full", HERE)["data"]
    lines = text.split("\n")
    line = character = 0
    words = []
    for index in range(0, len(data), 5):
        character = data[index + 1] + (character if data[index] == 0 else 0)
        line += data[index]
        words.append(lines[line][character : character + data[index + 2]])
    assert words == ["n", "L", "k", "x", "n", "w", "n", "k", "x", "w", "x", "y", "x", "L"]


def test_completion_does_not_wait_for_the_analysis(editor):
    opened(editor, PROGRAM)
    for typed in range(20):
        editor.change(HERE, replacement((8, typed), (8, typed), "l"))
    editor.change(HERE, replacement((8, 0), (8, 20), "show lo"))
    assert "loss" in [item["label"] for item in editor.at("completion", HERE, (8, 7))["items"]]


def test_a_diagnostic_shows_the_other_place_and_the_correction(editor):
    text = "placeholder x: [2]\nplaceholder y: [3]\nz = x + y\nw = rleu(x)\n"
    shape, name = sorted(opened(editor, text), key=lambda d: d["range"]["start"]["line"])
    assert [each["location"]["range"]["start"]["line"] for each in shape["relatedInformation"]] == [0, 1]
    assert (shape["code"], shape["severity"], shape["source"]) == ("shape", 1, "nn")
    assert "hint: two sizes go together" in shape["message"]
    (action,) = editor.about("codeAction", HERE, range=name["range"], context={"diagnostics": [name]})
    assert action["diagnostics"] == [name]
    assert applied(text, action["edit"]["changes"][HERE]) == text.replace("rleu", "relu")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("x = 1\nshwo x", "x = 1\nshow x"),
        ("x = 1\ny = True", "x = 1\ny = true"),
        ("placeholder x: [2] = 1\ny = x.size", "placeholder x: [2] = 1\ny = x.shape"),
        ("y = concat([ones([2])])", "y = concatenate([ones([2])])"),
        ("y = sum(ones([2]), axes=0)", "y = sum(ones([2]), axis=0)"),
        ("parameter w: [2, 2] ~ xavier_uniform()", "parameter w: [2, 2] ~ glorot_uniform()"),
        ("placeholder x: float32 = 1\ny = x", "placeholder x: f32 = 1\ny = x"),
        ("x = 1\nx = x + 1", "x = 1\nx_2 = x + 1"),
        ("y = ones([2])\nshow y.(shap)", None),
        ('import "blcks.nn"', None),
    ],
)
def test_hints_become_changes(editor, wrong, right):
    (found, *_) = opened(editor, wrong)
    actions = editor.about("codeAction", HERE, range=found["range"], context={"diagnostics": []})
    assert [applied(wrong, action["edit"]["changes"][HERE]) for action in actions] == ([right] if right else [])


def test_names_lead_to_other_files_and_the_library(editor, tmp_path):
    other = tmp_path / "my blocks ß.nn"
    other.write_text("layer Twice()(x) { return 2 * x }\n", encoding="utf-8")
    uri = (tmp_path / "here.nn").as_uri()
    text = 'from "my blocks ß.nn" import Twice\ny = ones([1, 2]) |> Twice() |> Dense(2)\n'
    assert opened(editor, text, uri) == []
    (place,) = editor.at("definition", uri, (1, 22))
    assert place["uri"] == other.as_uri()
    assert place["range"]["start"] == {"line": 0, "character": 6}
    (place,) = editor.at("definition", uri, (1, 33))
    assert place["uri"].endswith("/dsl/language/library/dense.nn")
    with pytest.raises(ValueError, match="another file"):
        editor.at("rename", uri, (1, 22), newName="Double")


def test_imports_see_what_is_not_saved(editor, tmp_path):
    (tmp_path / "other.nn").write_text("def f(x) { return x }\n")
    here, other = (tmp_path / "here.nn").as_uri(), (tmp_path / "other.nn").as_uri()
    assert opened(editor, 'import "other.nn"\ny = f(1)\n', here) == []
    opened(editor, "def f(x) { return x }\n", other)
    assert editor.diagnostics(here, anew=True) == []
    editor.change(other, replacement((0, 4), (0, 5), "g"))
    (found,) = editor.diagnostics(here, anew=True)
    assert "there is no function, layer or operation `f`" in found["message"]
    editor.change(other, replacement((0, 0), (0, 0), ")"))
    found = [d for d in editor.diagnostics(here, anew=True) if d["code"] == "syntax"]
    assert found[0]["relatedInformation"][0]["location"]["uri"] == other
    editor.close_document(other)
    assert editor.diagnostics(here, anew=True) == []


def test_a_closed_document_has_no_diagnostics(editor):
    assert opened(editor, "y = a\n")
    editor.close_document(HERE)
    while editor.published[HERE]:
        editor.next()
    assert editor.at("hover", HERE, (0, 0)) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_characters_are_counted_as_the_client_counts_them(encoding):
    width = {"utf-8": 4, "utf-16": 2, "utf-32": 1}[encoding]
    with client(encodings=[encoding]) as editor:
        opened(editor, "𝛼 = 1\ny = 𝛼 + b\n")
        (found,) = editor.published[HERE]
        assert found["range"]["start"]["character"] == 7 + width
        editor.change(HERE, replacement((1, 7 + width), (1, 8 + width), "𝛼"))
        assert editor.diagnostics(HERE) == []
        places = editor.at("references", HERE, (1, 4), context={"includeDeclaration": True})
        assert [place["range"]["start"] for place in places] == [
            {"line": 0, "character": 0}, {"line": 1, "character": 4}, {"line": 1, "character": 7 + width},
        ]  # fmt: skip


POSITIONED = ["completion", "hover", "definition", "documentHighlight", "signatureHelp"]
ABOUT = ["documentSymbol", "foldingRange", "semanticTokens/full", "codeLens"]


@pytest.mark.parametrize(
    "uri", [HERE, "file:///not/there.nn", "git:/a.nn?x=1", "", "::", "http://example.org/a%00b.nn"]
)
def test_odd_addresses_and_places_are_answered(editor, uri):
    for is_open in (False, True):
        if is_open:
            opened(editor, "y = 1 + a\n𝛼 = y", uri)
        for place in [(0, 0), (0, 99), (99, 0), (1, 1), (2**31 - 1, 2**31 - 1)]:
            for method in POSITIONED:
                editor.at(method, uri, place)
        for method in ABOUT:
            editor.about(method, uri)
    editor.change(uri, replacement((50, 3), (70, 1), "\nz = 2"), replacement((1, 5), (0, 2), "q"))
    editor.diagnostics(uri)


def test_messages_that_make_no_sense_do_no_harm(editor):
    editor.notify(
        "textDocument/didChange", {"textDocument": {"uri": "untitled:other", "version": 3}, "contentChanges": []}
    )
    editor.notify("textDocument/didClose", {"textDocument": {"uri": "untitled:other"}})
    editor.notify("no/such/notification", {"a": 1})
    assert "error" in editor.answer(editor.ask("no/such/request", {}))
    assert "error" in editor.answer(editor.ask("textDocument/hover", {"textDocument": 3}))
    assert "error" in editor.answer(
        editor.ask("workspace/executeCommand", {"command": "nn.run", "arguments": ["untitled:x"]})
    )
    assert "error" in editor.answer(editor.ask("workspace/executeCommand", {"command": "nn.run", "arguments": [3, 4]}))
    assert "error" in editor.answer(editor.ask("workspace/executeCommand", {"command": "nn.fly", "arguments": []}))
    editor.notify("$/cancelRequest", {"id": 12345})
    assert opened(editor, "y = 1\n") == []


def test_values_of_a_run_are_shown_until_the_text_changes_them(editor):
    opened(editor, "placeholder x = 3\ny = x * x\nz = y + 1\nw = x + 1\n")
    assert editor.request("workspace/executeCommand", {"command": "nn.run", "arguments": [HERE]}).startswith("4 values")
    assert "`9`" in editor.at("hover", HERE, (1, 0))["contents"]["value"]
    assert "`10`" in editor.at("hover", HERE, (2, 0))["contents"]["value"]
    editor.change(HERE, replacement((1, 4), (1, 9), "x + x"))
    editor.diagnostics(HERE)
    assert "`9`" not in editor.at("hover", HERE, (1, 0))["contents"]["value"]
    assert "`10`" not in editor.at("hover", HERE, (2, 0))["contents"]["value"]
    assert "`4`" in editor.at("hover", HERE, (3, 0))["contents"]["value"]


def test_training_moves_the_parameters(editor):
    opened(editor, (ROOT / "programs" / "line.nn").read_text(), (ROOT / "programs" / "line.nn").as_uri())
    uri = (ROOT / "programs" / "line.nn").as_uri()
    lenses = [lens["command"]["command"] for lens in editor.about("codeLens", uri)]
    assert lenses == ["nn.run", "nn.train"]
    assert "values" in editor.request("workspace/executeCommand", {"command": "nn.train", "arguments": [uri]})


def test_a_run_can_be_stopped():
    text = "parameter w = 1\nloss = w * w\ntrain { minimize = loss; steps = 100000000; optimizer = sgd(lr=1e-9) }\n"
    with client(progress=True) as editor:
        opened(editor, text)
        number = editor.ask("workspace/executeCommand", {"command": "nn.train", "arguments": [HERE]})
        opened(editor, "y = 1\n", "untitled:other")
        assert editor.at("hover", "untitled:other", (0, 0)) is not None, "the conversation goes on"
        assert editor.request("workspace/executeCommand", {"command": "nn.stop", "arguments": [HERE]}) is True
        assert editor.answer(number)["result"] == "stopped"
        assert editor.shut_down() == 0


def test_a_program_that_cannot_run_says_why(editor):
    opened(editor, "placeholder x\ny = x\n")
    said = editor.request("workspace/executeCommand", {"command": "nn.run", "arguments": [HERE]})
    assert "nothing is given for `x`" in said


def test_the_status_says_whether_the_editor_said_goodbye():
    editor = LanguageClient()
    try:
        editor.initialise()
        editor.notify("exit")
        assert editor.process.wait(PATIENCE) == 1
    finally:
        editor.kill()


def test_the_server_ends_when_the_editor_has_gone():
    editor = LanguageClient()
    try:
        editor.initialise()
        editor.process.stdin.close()
        assert editor.process.wait(PATIENCE) == 1
    finally:
        editor.kill()


def test_the_log_goes_to_a_file(tmp_path):
    messages = [{"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}}]
    messages += [{"id": 2, "method": "shutdown"}, {"method": "exit"}]
    bodies = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in messages]
    done = subprocess.run(
        [sys.executable, "-m", "dsl.app.main", "lsp", "--stdio", "--log", str(tmp_path / "log")],
        input=b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies), capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == b""
    assert "Language server initialized" in (tmp_path / "log").read_text()


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(start, "find_spec", lambda name: None)
    with pytest.raises(ProgramError, match=r"pip install 'nn-lang\[lsp\]'"):
        start.serve()
