"""The wheel: all that is needed is inside, and it runs a program in another folder, away from the checkout."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("dsl", "grammar", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network by Hatchling as it is installed, from a copy of the sources."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    target = tmp_path_factory.mktemp("wheel")
    code = f"from hatchling.build import build_wheel; print(build_wheel({str(target)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return target / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `nn` of an empty environment with the wheel, which finds its dependencies in the running environment.

    The wheel is unpacked by hand, as an installer does, so that neither a network nor pip is needed.
    """
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False, symlinks=os.name != "nt")
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    query = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([python, "-c", query], text=True).strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        (entry_points,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        module, function = re.search(
            r"^nn = ([\w.]+):(\w+)$", archive.read(entry_points).decode(), re.MULTILINE
        ).groups()
    # Behind the environment's own packages, and without the editable install of this checkout, which a .pth file makes.
    (site / "dependencies.pth").write_text("\n".join(_homes_of_dependencies()) + "\n")
    command = python.with_name("nn.py")
    command.write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    return command


def _homes_of_dependencies() -> list[str]:
    """The folders in which this process finds what the wheel requires."""
    specs = [
        importlib.util.find_spec(name)
        for name in ("numpy", "lark", "networkx", "click", "rich", "safetensors", "latex2mathml", "prompt_toolkit")
    ]
    homes = [str(Path(spec.origin).parents[1]) for spec in specs if spec and spec.origin]
    return list(dict.fromkeys([*homes, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]))


def run(command: Path, *arguments: str, folder: Path, stdin: IO[str] | None = None) -> subprocess.CompletedProcess[str]:
    """The installed `nn` in another folder, with nothing of this process's paths."""
    python = command.with_name("python.exe" if os.name == "nt" else "python")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        [python, "-P", command, *arguments],
        cwd=folder,
        env={**clean, "PYTHONUTF8": "1"},
        stdin=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


class TestContents:
    def test_the_grammar_and_the_library_are_inside(self, wheel):
        names = set(zipfile.ZipFile(wheel).namelist())
        assert "dsl/grammar/nn.lark" in names
        library = {f"dsl/language/library/{path.name}" for path in (ROOT / "dsl/language/library").glob("*.nn")}
        assert library
        assert library <= names

    def test_the_files_for_editors_are_inside_and_pygments_is_told_of_the_lexer(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            names = set(archive.namelist())
            (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
            lexers = archive.read(entry_points).decode().partition("[pygments.lexers]\n")[2]
        assert {"dsl/grammar/nn.tmLanguage.json", "dsl/grammar/vscode/package.json"} <= names
        assert "= dsl.language.highlighting.pygments_lexer:NnLexer\n" in lexers

    def test_the_script_and_the_style_sheet_of_pages_are_inside(self, wheel):
        names = set(zipfile.ZipFile(wheel).namelist())
        page = {f"dsl/diagram/page/{path.name}" for path in (ROOT / "dsl/diagram/page").iterdir()}
        assert len(page) >= 8
        assert page <= names

    def test_every_module_is_inside_and_nothing_else(self, wheel):
        names = set(zipfile.ZipFile(wheel).namelist())
        modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dsl").rglob("*.py")}
        assert modules <= names
        assert not [name for name in names if not re.match(r"dsl/|nn_lang-[^/]+\.dist-info/", name)]
        assert not [name for name in names if "__pycache__" in name]

    def test_the_metadata(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            metadata = archive.read(name).decode()
        assert "Name: nn-lang\n" in metadata
        required = [
            name.replace("_", "-") for name in re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", metadata, re.MULTILINE)
        ]
        assert sorted(required) == [
            "click", "lark", "latex2mathml", "networkx", "numpy", "prompt-toolkit", "rich", "safetensors",
        ]  # fmt: skip
        assert "Requires-Python: >=3.11\n" in metadata


class TestInstalled:
    def test_it_is_the_wheel_that_runs(self, installed, tmp_path):
        python = installed.with_name("python.exe" if os.name == "nt" else "python")
        code = "import dsl; print(dsl.__file__)"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        found = subprocess.check_output([python, "-P", "-c", code], text=True, cwd=tmp_path, env=clean)
        assert Path(found.strip()).is_relative_to(installed.parents[1])

    @pytest.mark.parametrize(("name", "data"), [("digits", ["digits.csv"]), ("neuron", [])])
    def test_a_copied_program_runs_elsewhere(self, installed, tmp_path, name, data):
        (tmp_path / "data").mkdir()
        shutil.copy(ROOT / "programs" / f"{name}.nn", tmp_path)
        for file in data:
            shutil.copy(ROOT / "programs" / "data" / file, tmp_path / "data")
        done = run(installed, "train" if data else "run", f"{name}.nn", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "holds" in done.stdout

    def test_a_program_is_laid_out_elsewhere(self, installed, tmp_path):
        (tmp_path / "ugly.nn").write_text("x=1\n")
        assert run(installed, "fmt", "ugly.nn", folder=tmp_path).stdout == "ugly.nn: formatted\n"
        assert (tmp_path / "ugly.nn").read_text() == "x = 1\n"

    def test_a_script_of_a_session_runs_elsewhere(self, installed, tmp_path):
        (tmp_path / "script").write_text("x = 2\nx |> square\n:graph\n")
        with (tmp_path / "script").open() as script:
            done = run(installed, "repl", folder=tmp_path, stdin=script)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("x: f32 = 2\nx² = 4   [f32]\n")

    def test_messages_name_the_library(self, installed, tmp_path):
        (tmp_path / "bad.nn").write_text("dim n\nplaceholder x: [n, 2]\ny = x |> Dense(-1)\n")
        done = run(installed, "check", "bad.nn", folder=tmp_path)
        assert done.returncode == 1
        assert "<library>/dense.nn" in done.stderr
