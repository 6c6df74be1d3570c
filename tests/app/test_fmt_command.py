"""`nn fmt`."""

from __future__ import annotations

import io
import os
import stat
import subprocess
from pathlib import Path

import pytest
from command_line import NEURON, command, nn, spawn

import dsl
from dsl.language.layout import formatter

UGLY = "x=1\ny  =  x+1 # why\n"
NEAT = "x = 1\ny = x + 1                                    # why\n"
BROKEN = "x = (1\n"


@pytest.fixture
def ugly(folder) -> Path:
    Path("ugly.nn").write_text(UGLY)
    return Path("ugly.nn")


@pytest.fixture
def given(monkeypatch):
    """Hands a text to standard input."""

    def give(text: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text), encoding="ascii"))

    return give


class TestFiles:
    def test_a_file_is_written_in_the_canonical_layout(self, ugly):
        result = nn("fmt", ugly)
        assert (result.status, result.out, result.err) == (0, "ugly.nn: formatted\n", "")
        assert ugly.read_text() == NEAT

    def test_a_file_in_the_canonical_layout_is_not_touched(self, neuron):
        Path("neat.nn").write_text(NEAT)
        before = os.stat("neat.nn")
        assert nn("fmt", "neat.nn").out == "neat.nn: unchanged\n"
        assert (os.stat("neat.nn").st_ino, os.stat("neat.nn").st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_several_files(self, ugly, neuron):
        result = nn("fmt", neuron, ugly, ugly)
        assert result.out == "neuron.nn: unchanged\nugly.nn: formatted\nugly.nn: unchanged\n"

    def test_the_program_means_the_same(self, neuron):
        neuron.write_text(NEURON.replace(" = ", "="))
        before = nn("grad", neuron, "--format", "json").document
        assert nn("fmt", neuron).out == "neuron.nn: formatted\n"
        after = nn("grad", neuron, "--format", "json").document
        assert [before["nodes"][name]["gradient"] for name in before["order"]] == [
            after["nodes"][name]["gradient"] for name in after["order"]
        ]

    @pytest.mark.parametrize(
        "data",
        [UGLY.replace("\n", "\r\n").encode(), UGLY.replace("\n", "\r").encode(), b"\xef\xbb\xbf" + UGLY.encode()],
    )
    def test_line_ends_and_byte_order_marks_are_normalised(self, folder, data):
        Path("ugly.nn").write_bytes(data)
        assert nn("fmt", "ugly.nn").status == 0
        assert Path("ugly.nn").read_bytes() == NEAT.encode()

    def test_line_ends_alone_are_a_change(self, folder):
        Path("neat.nn").write_bytes(NEAT.replace("\n", "\r\n").encode())
        assert nn("fmt", "neat.nn", "--check").status == 1
        assert nn("fmt", "neat.nn").out == "neat.nn: formatted\n"

    def test_nothing_is_left_beside_the_file(self, ugly):
        nn("fmt", ugly)
        assert [path.name for path in Path().iterdir()] == ["ugly.nn"]

    @pytest.mark.skipif(os.name == "nt", reason="permissions and links of POSIX")
    def test_permissions_and_links_stay(self, ugly):
        ugly.chmod(0o640)
        Path("link.nn").symlink_to("ugly.nn")
        assert nn("fmt", "link.nn").out == "link.nn: formatted\n"
        assert Path("link.nn").is_symlink()
        assert ugly.read_text() == NEAT
        assert stat.S_IMODE(ugly.stat().st_mode) == 0o640

    def test_an_empty_file_stays_empty(self, folder):
        Path("empty.nn").write_text("")
        assert nn("fmt", "empty.nn").out == "empty.nn: unchanged\n"


class TestMistakes:
    def test_a_program_with_a_syntax_error_is_left_as_it_is(self, ugly):
        Path("broken.nn").write_text(BROKEN)
        result = nn("fmt", "broken.nn", ugly)
        assert result.status == 1
        assert "this `(` is not closed\n  --> broken.nn:1:5" in result.err
        assert result.out == "ugly.nn: formatted\n"
        assert Path("broken.nn").read_text() == BROKEN

    def test_other_mistakes_do_not_matter(self, folder):
        Path("bad.nn").write_text("y=sigmod( x )\n")
        assert nn("fmt", "bad.nn").status == 0
        assert Path("bad.nn").read_text() == "y = sigmod(x)\n"

    def test_missing_files_and_bytes_are_told_of(self, ugly):
        Path("bytes.nn").write_bytes(b"\xff\xfe")
        result = nn("fmt", "ulgy.nn", "bytes.nn", ugly)
        assert result.status == 1
        assert "did you mean `ugly.nn`?" in result.err
        assert "`bytes.nn` is not UTF-8 text" in result.err
        assert ugly.read_text() == NEAT

    def test_a_file_that_cannot_be_written_is_told_of(self, ugly, monkeypatch):
        monkeypatch.setattr(os, "access", lambda path, mode, **options: mode != os.W_OK)
        result = nn("fmt", ugly)
        assert (result.status, result.out) == (1, "")
        assert "`ugly.nn` cannot be written" in result.err
        assert ugly.read_text() == UGLY

    @pytest.mark.parametrize(
        "layout", ["x = 1\ny = x + 2  # why\n", "x = 1\ny = x + 1\n", "x = 1\ny = x + 1.0  # why\n", "x = (\n"]
    )
    def test_a_layout_that_changes_the_program_is_never_written(self, ugly, monkeypatch, layout):
        monkeypatch.setattr(formatter, "_lay_out", lambda found: layout)
        result = nn("fmt", ugly)
        assert result.status == 1
        assert "internal error: LayoutError: the layout" in result.err
        assert ugly.read_text() == UGLY
        assert list(Path().iterdir()) == [ugly]

    def test_wrong_usage(self, ugly, folder):
        assert nn("fmt").status == 2
        assert nn("fmt", folder).status == 2
        assert nn("fmt", "-", ugly).status == 2


class TestCheck:
    def test_files_that_would_change_are_named(self, ugly):
        Path("neat.nn").write_text(NEAT)
        result = nn("fmt", "--check", "neat.nn", ugly)
        assert (result.status, result.out, result.err) == (1, "ugly.nn\n", "")
        assert ugly.read_text() == UGLY

    def test_nothing_to_do(self, folder):
        Path("neat.nn").write_text(NEAT)
        result = nn("fmt", "--check", "neat.nn")
        assert (result.status, result.out) == (0, "")

    def test_a_difference(self, ugly):
        result = nn("fmt", "--diff", ugly)
        assert result.status == 0
        assert result.out.splitlines() == [
            "--- ugly.nn", "+++ ugly.nn (formatted)", "@@ -1,2 +1,2 @@", "-x=1", "-y  =  x+1 # why", *(
                f"+{line}" for line in NEAT.splitlines()
            ),
        ]  # fmt: skip
        assert ugly.read_text() == UGLY
        assert nn("fmt", "--diff", "--check", ugly).status == 1

    def test_a_difference_can_be_applied(self, folder):
        Path("bare.nn").write_text("x=1\ny = 2\nz=3")
        difference = nn("fmt", "--diff", "bare.nn").out
        assert "\\ No newline at end of file\n" in difference
        try:
            subprocess.run(["patch", "-s", "bare.nn"], input=difference, text=True, check=True)
        except FileNotFoundError:
            pytest.skip("there is no `patch`")
        assert Path("bare.nn").read_text() == "x = 1\ny = 2\nz = 3\n"


class TestStandardInput:
    def test_a_program_goes_through(self, folder, given):
        given(UGLY.encode())
        result = nn("fmt", "-")
        assert (result.status, result.out, result.err) == (0, NEAT, "")

    def test_letters_of_every_script_go_through(self, folder):
        done = subprocess.run(
            command("fmt", "-"),
            input="größe=1 # 学习\r\n".encode(),
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
            timeout=60,
        )
        assert done.stdout.decode() == "größe = 1                                    # 学习\n"

    def test_a_mistake_prints_no_program(self, folder, given):
        given(BROKEN.encode())
        result = nn("fmt", "-")
        assert (result.status, result.out) == (1, "")
        assert "--> <stdin>:1:5" in result.err

    def test_check_and_difference(self, folder, given):
        given(UGLY.encode())
        assert nn("fmt", "-", "--check").out == "<stdin>\n"
        given(UGLY.encode())
        assert nn("fmt", "-", "--diff").out.startswith("--- <stdin>\n")
        given(NEAT.encode())
        assert nn("fmt", "-", "--check").status == 0

    def test_no_standard_input_is_an_empty_program(self, folder, monkeypatch):
        monkeypatch.setattr("sys.stdin", None)
        assert nn("fmt", "-").out == ""


class TestDocument:
    def test_files(self, ugly):
        Path("broken.nn").write_text(BROKEN)
        result = nn("fmt", ugly, "broken.nn", "--format", "json")
        assert result.status == 1
        assert result.document["files"] == [{"file": "ugly.nn", "changed": True}]
        assert [(found["code"], found["file"]) for found in result.document["diagnostics"]] == [("syntax", "broken.nn")]
        assert not result.err
        assert ugly.read_text() == NEAT

    def test_check_and_difference(self, ugly):
        result = nn("fmt", ugly, "--check", "--diff", "--format", "json")
        assert result.status == 1
        (file,) = result.document["files"]
        assert file["changed"]
        assert file["diff"].startswith("--- ugly.nn\n")
        assert ugly.read_text() == UGLY

    def test_standard_input(self, folder, given):
        given(UGLY.encode())
        document = nn("fmt", "-", "--format", "json").document
        assert document == {"files": [{"file": "<stdin>", "changed": True, "text": NEAT}], "diagnostics": []}

    def test_an_internal_error(self, ugly, monkeypatch):
        monkeypatch.setattr(formatter, "_lay_out", lambda found: "x = 2\n")
        result = nn("fmt", ugly, "--format", "json")
        assert [found["code"] for found in result.document["diagnostics"]] == ["internal"]


class TestFromPython:
    def test_a_text(self):
        assert dsl.format_text(UGLY) == NEAT

    def test_a_mistake(self):
        with pytest.raises(dsl.ProgramError) as caught:
            dsl.format_text(BROKEN)
        assert caught.value.diagnostics[0].code == "syntax"


def test_it_needs_neither_numpy_nor_rich(folder):
    Path("neuron.nn").write_text(NEURON)
    assert spawn("fmt", "neuron.nn").status == 0
    code = (
        "import sys; from dsl.app.main import run; run(['fmt', 'neuron.nn', '--check', '--diff']);"
        "print(sorted({'numpy', 'rich', 'lark', 'networkx', 'pygments'} & set(sys.modules)))"
    )
    done = subprocess.run([command()[0], "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n"
